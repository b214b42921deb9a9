/**
 * The program dies at every step of merges that publish in one way each, and of an undoing: opened again, main is as before or
 * as after, the ledger says which, and what was interrupted can be done.
 */
import { copyFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";
import { type TestSession, World } from "../support/world.js";
import { statesDuring, tornStates, type FileState } from "./file-states.js";
import { seededRandom } from "./random.js";

const TABLES = `CREATE TABLE parent (id int PRIMARY KEY, u int UNIQUE, n text);
  CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES parent, n text); CREATE TABLE bag (a int);
  INSERT INTO parent SELECT i, i, 'x' FROM range(20) r(i); INSERT INTO child SELECT i, i, 'x' FROM range(10) r(i);
  INSERT INTO bag SELECT i FROM range(5) r(i); CREATE BRANCH b; CREATE BRANCH other`;
const CONTENT = `SELECT (SELECT to_json(list(p ORDER BY id))::text FROM parent AS p), (SELECT to_json(list(c ORDER BY id))::text FROM child AS c),
  (SELECT to_json(list(a ORDER BY a))::text FROM bag)`;
const LEDGER = "SELECT status, count(*)::int FROM duckbranch.merges GROUP BY ALL ORDER BY ALL";

interface Case {
  readonly branch: string;
  readonly main: string;
  readonly work: string;
  /** Merged first: what is recorded is the undoing. */
  readonly isUndone?: true;
}

const CASES: Readonly<Record<string, Case>> = {
  "rows of tables that refer to each other": {
    branch:
      "DELETE FROM child WHERE id < 3; DELETE FROM parent WHERE id < 3; INSERT INTO parent VALUES (30, 30)",
    main: "UPDATE child SET n = 'main' WHERE id = 5",
    work: "MERGE BRANCH b",
  },
  "unique columns of rows that others refer to": {
    branch: "UPDATE parent SET u = u + 100 WHERE id < 5; INSERT INTO child VALUES (50, 4)",
    main: "UPDATE parent SET n = 'main' WHERE id = 7",
    work: "MERGE BRANCH b",
  },
  "a definition and its rows": {
    branch: "ALTER TABLE parent ADD COLUMN w int DEFAULT 7; UPDATE parent SET w = 8 WHERE id = 1",
    main: "INSERT INTO parent VALUES (40, 40)",
    work: "MERGE BRANCH b",
  },
  "cells, and a table without a key": {
    branch:
      "UPDATE parent SET n = 'branch' WHERE id = 15; INSERT INTO bag VALUES (9); DELETE FROM bag WHERE a = 1",
    main: "UPDATE parent SET u = 99 WHERE id = 15; INSERT INTO bag VALUES (8)",
    work: "MERGE BRANCH b WITH (granularity 'cell')",
  },
  "an undoing": {
    branch: "UPDATE child SET n = 'branch' WHERE id < 5; INSERT INTO bag VALUES (9)",
    main: "UPDATE child SET n = 'main' WHERE id > 7",
    work: "MERGE BRANCH b",
    isUndone: true,
  },
};

let directory: TemporaryDirectory;
let filled: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  filled = directory.file("filled.db");
  await using world = await World.open(filled);
  await using main = await world.connect();
  await main.query(TABLES);
});

afterAll(async () => await directory[Symbol.asyncDispose]());

async function state(main: TestSession): Promise<unknown> {
  return [await main.query(CONTENT), await main.query(LEDGER)];
}

async function perform(main: TestSession, { work, isUndone }: Case): Promise<void> {
  if (isUndone === undefined) {
    await main.query(work);
    return;
  }
  const [row] = await main.query("SELECT merge_id FROM duckbranch.merges");
  await main.query(`UNDO MERGE '${String(row?.[0])}'`);
}

async function reopen(
  { path, step }: FileState,
  wanted: Case,
  before: unknown,
  after: unknown,
): Promise<boolean> {
  await using world = await World.open(path);
  await using main = await world.connect();
  const found = await state(main);
  expect([before, after], step).toContainEqual(found);
  const isDone = JSON.stringify(found) === JSON.stringify(after);
  // Done again it is done already.
  await perform(main, wanted);
  expect(await state(main), step).toEqual(after);
  await using other = await world.connect("main/other");
  expect(await other.query("SELECT count(*)::int, max(u) FROM parent"), step).toEqual([[20, 19]]);
  return isDone;
}

describe("the program dies while a merge publishes", () => {
  test.each(Object.entries(CASES))("%s", { timeout: 120_000 }, async (name, wanted) => {
    const file = directory.file(`${name.replaceAll(" ", "-")}.db`);
    await copyFile(filled, file);
    await using world = await World.open(file);
    await using main = await world.connect();
    await using branch = await world.connect("main/b");
    await branch.query(wanted.branch);
    await main.query(wanted.main);
    if (wanted.isUndone) await main.query(wanted.work);
    const before = await state(main);
    const { states } = await statesDuring(
      file,
      (n) => `${file}-${n}`,
      async () => await perform(main, wanted),
    );
    const after = await state(main);
    expect(after).not.toEqual(before);
    const done: boolean[] = [];
    for (const one of states) done.push(await reopen(one, wanted, before, after));
    expect([done[0], done.at(-1)]).toEqual([false, true]);
    for (const torn of await tornStates(states, seededRandom())) await reopen(torn, wanted, before, after);
  });
});

/** What `total_size_bytes` says of branches, beside what they really take of the file. */
import { statSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { World } from "../support/world.js";

const SIZES = "SELECT name, total_size_bytes::int FROM _hatidata_branches ORDER BY name";
const BLOCK = 262_144;
const ROWS = 100_000;

/** Runs statements on a head of the file, opened for them alone; the rows of the last one. */
async function runOn(path: string, head: string, sql: string): Promise<unknown[][]> {
  await using world = await World.open(path);
  await using session = await world.connect(head);
  return await session.query(sql);
}

async function sizeOf(path: string, name: string): Promise<number> {
  const row = (await runOn(path, "main", SIZES)).find(([branch]) => branch === name);
  return Number(row?.[1]);
}

async function newFile(): Promise<string> {
  const directory = await temporaryDirectory();
  onTestFinished(async () => await directory[Symbol.asyncDispose]());
  const path = directory.file("data.duckdb");
  await runOn(
    path,
    "main",
    `CREATE TABLE t (id int PRIMARY KEY, v int, s text);
     INSERT INTO t SELECT i, i, md5(i::text) FROM range(${ROWS}) r(i); CREATE BRANCH b; CREATE BRANCH idle`,
  );
  return path;
}

test("a branch that changed nothing takes nothing, and one that changed a row at most a block for each of its two tables", async () => {
  const path = await newFile();
  expect(await sizeOf(path, "b")).toBe(0);
  await runOn(path, "main/b", "UPDATE t SET s = md5('changed') WHERE id = 5");
  expect(await sizeOf(path, "b")).toBeGreaterThan(0);
  expect(await sizeOf(path, "b")).toBeLessThanOrEqual(2 * BLOCK);
  expect(await sizeOf(path, "idle")).toBe(0);
});

test("rows that only the log has yet count by their width", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, v bigint); INSERT INTO t VALUES (1, 1); CREATE BRANCH b",
  );
  await using branch = await world.connect("main/b");
  await branch.query("INSERT INTO t SELECT i + 2, i FROM range(1000) r(i)");
  await main.query(
    "CREATE BRANCH few FROM main; USE BRANCH few; INSERT INTO t VALUES (2, 2); USE BRANCH main",
  );
  const [[, bytes] = [], [, few] = []] = await main.query(SIZES);
  expect(few).toBeGreaterThanOrEqual(8);
  expect(few).toBeLessThan(100);
  expect(bytes).toBeGreaterThanOrEqual(1_000 * 12);
  expect(bytes).toBeLessThan(1_000 * 12 * 2);
});

test("a branch that has all rows of a table takes what the file has grown by", async () => {
  const path = await newFile();
  const before = statSync(path).size;
  await runOn(path, "main/b", "UPDATE t SET v = v + 1 WHERE random() < 2");
  const grown = statSync(path).size - before;
  const size = await sizeOf(path, "b");
  expect(size).toBeGreaterThan(ROWS * 16);
  // Sixteen bytes of a hash are not to be had for less. The file grows by the key's index, too.
  expect(size).toBeLessThanOrEqual(grown);
});

test("a table with a quotation mark in its name is counted, too", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(`CREATE TABLE "a""b" (id int PRIMARY KEY); CREATE BRANCH b`);
  await using branch = await world.connect("main/b");
  await branch.query(`INSERT INTO "a""b" SELECT i FROM range(100) AS r (i)`);
  expect(await main.query(SIZES)).toEqual([["b", 1_600]]);
  expect(await main.outcome("DESCRIBE BRANCH b")).toBe("ok");
});

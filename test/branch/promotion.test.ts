/** An overlay that replaces a large part of its base becomes a table with all the rows, and nobody sees a difference. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Version } from "../../src/branch/model.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const ROWS = 120_000;

let opened: OpenWorld;
let main: TestSession;
let branch: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query(`CREATE TABLE "a ""b" (id int PRIMARY KEY, v int NOT NULL, "Über" int[]);
    INSERT INTO "a ""b" SELECT i, 0, [i] FROM range(${ROWS}) r(i)`);
  await main.query("CREATE BRANCH b");
  branch = await opened.session("main/b");
});

afterEach(async () => await opened[Symbol.asyncDispose]());

/** The branch's own version of the table. */
function own(): Version | undefined {
  const { state } = opened.world.context.registry;
  const head = state.findBranch("b")?.id;
  return head === undefined ? undefined : state.own(head, { schema: "main", name: 'a "b' });
}

/** One row in five of those above `from`. */
function change(residue: number): string {
  return `UPDATE "a ""b" SET v = ${residue + 1} WHERE id % 5 = ${residue}`;
}

async function totals(session: TestSession): Promise<unknown> {
  const [row] = await session.query('SELECT count(*), sum(v), count(DISTINCT "Über"[1]) FROM "a ""b"');
  return row?.map(Number);
}

const FIFTH = ROWS / 5;
const TWICE = [ROWS, FIFTH + 2 * FIFTH, ROWS];
const THRICE = [ROWS, FIFTH + 2 * FIFTH + 3 * FIFTH, ROWS];

test("changes of many statements add up", async () => {
  await branch.query(change(0));
  await branch.query(change(1));
  expect(own()?.layer?.kind).toBe("overlay");
  await main.query("CREATE BRANCH child FROM b");
  const child = await opened.session("main/child");
  await child.query('UPDATE "a ""b" SET v = 100 WHERE id = 4');
  await branch.query(change(2));
  expect(own()?.layer).toBeNull();
  expect(await totals(branch)).toEqual(THRICE);
  expect(await totals(child)).toEqual([ROWS, 3 * FIFTH + 100, ROWS]);
  expect(await totals(main)).toEqual([ROWS, 0, ROWS]);
  expect(await main.query("DIFF BRANCH b")).toHaveLength(3 * FIFTH);
  await main.query("MERGE BRANCH child INTO b");
  await main.query("MERGE BRANCH b");
  expect(await totals(main)).toEqual([ROWS, 6 * FIFTH + 100, ROWS]);
});

test("a read that was prepared before goes on behind it, in the same transaction too", async () => {
  const read = await branch.prepared('SELECT sum(v)::int FROM "a ""b"');
  const sum = async (): Promise<unknown> => (await read())[0]?.[0];
  await branch.query(change(0));
  await branch.query(change(1));
  expect(await sum()).toBe(3 * FIFTH);
  await branch.query("BEGIN");
  expect(await sum()).toBe(3 * FIFTH);
  await branch.query(change(2));
  expect(await sum()).toBe(6 * FIFTH);
  await branch.query("ROLLBACK");
  expect(own()?.layer?.kind).toBe("overlay");
  expect(await sum()).toBe(3 * FIFTH);
  await branch.query(change(2));
  expect(own()?.layer).toBeNull();
  expect(await sum()).toBe(6 * FIFTH);
  await branch.query(`INSERT INTO "a ""b" VALUES (${ROWS}, 1, [])`);
  expect(await sum()).toBe(6 * FIFTH + 1);
});

test("keys are kept by the whole table, and rows that were deleted stay so", async () => {
  await branch.query('DELETE FROM "a ""b" WHERE id % 5 = 0');
  await branch.query('UPDATE "a ""b" SET id = id - 1 WHERE id % 5 = 1');
  expect(own()?.layer?.kind).toBe("overlay");
  await branch.query(change(2));
  expect(own()?.layer).toBeNull();
  expect(await branch.outcome('INSERT INTO "a ""b" VALUES (4, 1, [])')).toBe("23505");
  expect(await branch.outcome('INSERT INTO "a ""b" VALUES (1, 1, [])')).toBe("ok");
  const [counts] = await branch.query('SELECT count(*)::int, sum(CAST(id % 5 = 0 AS int))::int FROM "a ""b"');
  expect(counts).toEqual([4 * FIFTH + 1, FIFTH]);
});

test("a race is not lost for it: where another session changed the table the overlay stays one", async () => {
  const other = await opened.session("main/b");
  await branch.query(change(0));
  await branch.query(change(1));
  await branch.query("BEGIN");
  await branch.query('SELECT 1 FROM "a ""b" WHERE id = 0');
  await other.query('UPDATE "a ""b" SET v = 50 WHERE id = 4');
  await branch.query(change(2));
  await branch.query("COMMIT");
  expect(own()?.layer?.kind).toBe("overlay");
  expect(await totals(branch)).toEqual([ROWS, 6 * FIFTH + 50, ROWS]);
  await branch.query('UPDATE "a ""b" SET v = 0 WHERE id = 4');
  expect(own()?.layer).toBeNull();
  expect(await totals(branch)).toEqual(THRICE);
  expect(await totals(other)).toEqual(THRICE);
});

test("below the threshold nothing is copied", async () => {
  await branch.query(change(0));
  await branch.query(change(1));
  expect(own()?.layer?.kind).toBe("overlay");
  expect(await totals(branch)).toEqual(TWICE);
});

test("who began before it and changes a row behind it lost a race, and nothing is changed", async () => {
  const other = await opened.session("main/b");
  await branch.query(change(0));
  await branch.query(change(1));
  await other.query("BEGIN");
  await other.query('SELECT 1 FROM "a ""b" WHERE id = 0');
  await branch.query(change(2));
  expect(own()?.layer).toBeNull();
  expect(await other.outcome('UPDATE "a ""b" SET v = 9 WHERE id = 4; COMMIT')).toBe("40001");
  await other.query("ROLLBACK");
  expect(await totals(branch)).toEqual(THRICE);
  expect(await totals(other)).toEqual(THRICE);
  expect(own()?.layer).toBeNull();
});

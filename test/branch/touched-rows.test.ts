/**
 * A scan of an overlay looks for replaced rows only where some were replaced. What it reads is compared with the same query in
 * the form that asks for rows by key, which never leaves anything out.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { MAIN, type Version } from "../../src/branch/model.js";
import { isSmallPart, nothingTouched, widened, withTouchedMeanwhile } from "../../src/branch/touched-rows.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const GROUP = 122_880;
const ROWS = 8 * GROUP;

let opened: OpenWorld;
let main: TestSession;
let branch: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query(`CREATE TABLE "T ü" (id int PRIMARY KEY, v int, "a ""b" int[]);
    INSERT INTO "T ü" SELECT i, 1, CASE WHEN i % 50000 = 0 THEN [i] END FROM range(${ROWS}) r(i)`);
  await main.query("CREATE BRANCH b");
  branch = await opened.session("main/b");
});

afterEach(async () => await opened[Symbol.asyncDispose]());

function versionOn(name: string): Version | undefined {
  const { state } = opened.world.context.registry;
  const head = state.findBranch(name)?.id;
  return head === undefined ? undefined : state.own(head, { schema: "main", name: "T ü" });
}

function touchedOn(name: string): readonly number[] | undefined {
  const layer = versionOn(name)?.layer;
  const touched = layer?.kind === "overlay" ? layer.touched : undefined;
  return touched === undefined ? undefined : [touched.from, touched.below];
}

/** Rows, sum of the values, and of the first elements of the lists; the second query names the key. */
async function totals(session: TestSession): Promise<readonly number[] | undefined> {
  const what = 'count(*), sum(v), sum("a ""b"[1]) FROM "T ü"';
  const [scanned] = await session.query(`SELECT ${what}`);
  const [byKey] = await session.query(`SELECT ${what} WHERE id IS NOT NULL`);
  expect(scanned).toEqual(byKey);
  return scanned?.slice(0, 2).map(Number);
}

test("an overlay that only adds rows has touched nothing, and one that changes few knows where", async () => {
  await branch.query(`INSERT INTO "T ü" VALUES (${ROWS}, 5, [7])`);
  expect(touchedOn("b")).toEqual([0, 0]);
  expect(await totals(branch)).toEqual([ROWS + 1, ROWS + 5]);
  await branch.query(`UPDATE "T ü" SET v = 3 WHERE id = ${2 * GROUP}`);
  expect(touchedOn("b")).toEqual([2 * GROUP, 3 * GROUP]);
  expect(await totals(branch)).toEqual([ROWS + 1, ROWS + 7]);
  await branch.query(`DELETE FROM "T ü" WHERE id = ${2 * GROUP - 1}`);
  expect(touchedOn("b")).toEqual([GROUP, 3 * GROUP]);
  expect(await totals(branch)).toEqual([ROWS, ROWS + 6]);
  await branch.query('UPDATE "T ü" SET v = 2 WHERE id = 0');
  expect(touchedOn("b")).toBeUndefined();
  expect(await totals(branch)).toEqual([ROWS, ROWS + 7]);
  expect(await totals(main)).toEqual([ROWS, ROWS]);
});

test("rows at either end of the table", async () => {
  await branch.query('UPDATE "T ü" SET v = 0, "a ""b" = [1] WHERE id IN (0, 1)');
  expect(touchedOn("b")).toEqual([0, GROUP]);
  expect(await totals(branch)).toEqual([ROWS, ROWS - 2]);
  await main.query("CREATE BRANCH c");
  const other = await opened.session("main/c");
  await other.query(`DELETE FROM "T ü" WHERE id = ${ROWS - 1}`);
  expect(touchedOn("c")).toEqual([7 * GROUP, 8 * GROUP]);
  expect(await totals(other)).toEqual([ROWS - 1, ROWS - 1]);
});

test("a transaction reads what it has touched itself, also through what was prepared before", async () => {
  const read = await branch.prepared('SELECT sum(v)::int FROM "T ü"');
  const sum = async (): Promise<unknown> => (await read())[0]?.[0];
  expect([await sum(), await sum()]).toEqual([ROWS, ROWS]);
  await branch.query('UPDATE "T ü" SET v = 2 WHERE id = 5');
  expect([await sum(), await sum()]).toEqual([ROWS + 1, ROWS + 1]);
  await branch.query("BEGIN");
  expect(await sum()).toBe(ROWS + 1);
  await branch.query(`UPDATE "T ü" SET v = 2 WHERE id = ${GROUP}`);
  expect(await sum()).toBe(ROWS + 2);
  await branch.query(`SAVEPOINT s; DELETE FROM "T ü" WHERE id = ${GROUP + 1}`);
  expect(await sum()).toBe(ROWS + 1);
  await branch.query("ROLLBACK TO s");
  expect(await sum()).toBe(ROWS + 2);
  await branch.query(`INSERT INTO "T ü" VALUES (6, 9, NULL) ON CONFLICT (id) DO UPDATE SET v = 9`);
  expect(await sum()).toBe(ROWS + 10);
  await branch.query("ROLLBACK");
  expect(await sum()).toBe(ROWS + 1);
  expect(touchedOn("b")).toEqual([0, GROUP]);
  await branch.query(`UPDATE "T ü" SET v = 2 WHERE id = ${GROUP}`);
  expect([await sum(), await sum()]).toEqual([ROWS + 2, ROWS + 2]);
});

test("WITH that changes rows reads the table as it was, and cursors as it was when they were opened", async () => {
  const sums = 'SELECT (SELECT sum(v)::int FROM "T ü"), (SELECT count(*)::int FROM changed)';
  await branch.query('UPDATE "T ü" SET v = 2 WHERE id = 5');
  const [first] = await branch.query(
    `WITH changed AS (UPDATE "T ü" SET v = 2 WHERE id = ${GROUP} RETURNING v) ${sums}`,
  );
  expect(first).toEqual([ROWS + 1, 1]);
  expect(await totals(branch)).toEqual([ROWS, ROWS + 2]);
  await branch.query('BEGIN; DECLARE c CURSOR FOR SELECT sum(v)::int FROM "T ü"');
  await branch.query('DELETE FROM "T ü" WHERE id = 7');
  expect(await branch.query("FETCH c")).toEqual([[ROWS + 2]]);
  await branch.query('DECLARE d CURSOR FOR SELECT sum(v)::int FROM "T ü"');
  expect(await branch.query("FETCH d")).toEqual([[ROWS + 1]]);
  await branch.query("COMMIT");
  expect(await totals(branch)).toEqual([ROWS - 1, ROWS + 1]);
});

test("two sessions of one branch do not forget each other's rows", async () => {
  const other = await opened.session("main/b");
  await branch.query('UPDATE "T ü" SET v = 2 WHERE id = 5');
  await branch.query("BEGIN");
  await branch.query('SELECT 1 FROM "T ü" WHERE id = 0');
  await other.query(`UPDATE "T ü" SET v = 2 WHERE id = ${GROUP}`);
  await branch.query('UPDATE "T ü" SET v = 2 WHERE id = 6');
  await branch.query("COMMIT");
  expect(touchedOn("b")).toEqual([0, 2 * GROUP]);
  expect(await totals(branch)).toEqual([ROWS, ROWS + 3]);
});

test("a branch of a branch, main's later changes, and views", async () => {
  await main.query('CREATE VIEW seen AS SELECT v, "a ""b" FROM "T ü"; CREATE BRANCH d');
  const parent = await opened.session("main/d");
  await parent.query(`UPDATE "T ü" SET v = 2 WHERE id BETWEEN ${GROUP} AND ${GROUP + 9}`);
  await main.query("CREATE BRANCH e FROM d");
  const child = await opened.session("main/e");
  expect(await totals(child)).toEqual([ROWS, ROWS + 10]);
  await child.query(`DELETE FROM "T ü" WHERE id = ${GROUP + 9}`);
  expect(touchedOn("e")).toEqual([GROUP, 2 * GROUP]);
  await parent.query(`UPDATE "T ü" SET v = 4 WHERE id = ${2 * GROUP}`);
  await main.query('UPDATE "T ü" SET v = 7 WHERE id % 1000 = 1; DELETE FROM "T ü" WHERE id < 100');
  expect(await totals(child)).toEqual([ROWS - 1, ROWS + 8]);
  expect(await totals(parent)).toEqual([ROWS, ROWS + 13]);
  expect((await parent.query("SELECT sum(v)::int FROM seen"))[0]).toEqual([ROWS + 13]);
  await main.query('ALTER TABLE "T ü" ADD COLUMN w int DEFAULT 1');
  expect(await totals(child)).toEqual([ROWS - 1, ROWS + 8]);
  expect(await totals(parent)).toEqual([ROWS, ROWS + 13]);
  await parent.query('ALTER TABLE "T ü" ADD COLUMN w int DEFAULT 2');
  expect((await parent.query('SELECT sum(v)::int, sum(w)::int FROM "T ü"'))[0]).toEqual([
    ROWS + 13,
    2 * ROWS,
  ]);
  await parent.query(`UPDATE "T ü" SET w = 3 WHERE id = ${2 * GROUP + 1}`);
  expect((await parent.query('SELECT sum(v)::int, sum(w)::int FROM "T ü"'))[0]).toEqual([
    ROWS + 13,
    2 * ROWS + 1,
  ]);
});

test("ranges go in steps of row groups, and are forgotten where they are no use", () => {
  const none = nothingTouched(["id"]);
  const first = widened(none, 5, 5);
  expect(first).toEqual({ from: 0, below: GROUP, keys: ["id"] });
  expect(widened(first, 0, GROUP - 1)).toBe(first);
  const both = widened(first, 3 * GROUP, 3 * GROUP);
  expect(both).toEqual({ from: 0, below: 4 * GROUP, keys: ["id"] });
  expect(isSmallPart(both, 16 * GROUP)).toBe(true);
  expect(isSmallPart(both, 16 * GROUP - 1)).toBe(false);
  const overlay = { kind: "overlay", before: { schema: "s", name: "before1" }, baseOf: MAIN } as const;
  const far = widened(none, 9 * GROUP, 9 * GROUP);
  const merged = withTouchedMeanwhile({ ...overlay, touched: first }, { ...overlay, touched: far });
  expect(merged).toEqual({ ...overlay, touched: { from: 0, below: 10 * GROUP, keys: ["id"] } });
  expect(withTouchedMeanwhile({ ...overlay, touched: first }, { ...overlay, touched: none })).toEqual({
    ...overlay,
    touched: first,
  });
  expect(withTouchedMeanwhile({ ...overlay, touched: first }, overlay)).toEqual(overlay);
  expect(withTouchedMeanwhile(overlay, { ...overlay, touched: first })).toEqual(overlay);
  const inOrder = { ...overlay, inOrder: true } as const;
  expect(withTouchedMeanwhile(inOrder, inOrder)).toEqual(inOrder);
  expect(withTouchedMeanwhile(inOrder, overlay)).toEqual(overlay);
});

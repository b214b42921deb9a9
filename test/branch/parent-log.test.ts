/** What a branch keeps of its own whole tables, made on it or promoted, while branches of it read them as they were. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keptRows } from "../support/kept-rows.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

let opened: OpenWorld;
let parent: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  const main = await opened.session();
  await main.query("CREATE TABLE other (id int PRIMARY KEY); CREATE BRANCH p");
  parent = await opened.session("main/p");
  await parent.query(`CREATE TABLE "t ""Ü" (id int PRIMARY KEY, v int, tags int[]);
    INSERT INTO "t ""Ü" SELECT i, 0, [i] FROM range(1000) r(i)`);
});

afterEach(async () => await opened[Symbol.asyncDispose]());

async function child(name: string, of = parent): Promise<TestSession> {
  await of.query(`CREATE BRANCH ${name}`);
  return await opened.session(`main/${name}`);
}

async function changed(session: TestSession): Promise<unknown> {
  const rows = await session.query(
    'SELECT id, v FROM "t ""Ü" WHERE v <> 0 OR id >= 1000 OR tags <> [id] ORDER BY id',
  );
  const [[count] = []] = await session.query('SELECT count(*)::int FROM "t ""Ü"');
  return { count, rows };
}

const UNTOUCHED = { count: 1000, rows: [] };

describe("only rows that change are kept", () => {
  test.each([
    ['UPDATE "t ""Ü" SET v = 1 WHERE id = 5', 1],
    ['UPDATE "t ""Ü" AS x SET v = s.n FROM (VALUES (3, 30), (4, 40)) AS s(id, n) WHERE s.id = x.id', 2],
    ['UPDATE "t ""Ü" SET id = id + 5000 WHERE id < 3', 3],
    ['UPDATE "t ""Ü" SET tags = [7] WHERE id < 4; UPDATE "t ""Ü" SET tags = [8] WHERE id < 4', 4],
    ['DELETE FROM "t ""Ü" WHERE id >= 990; INSERT INTO "t ""Ü" VALUES (995, 1, [])', 10],
    ['DELETE FROM "t ""Ü" USING (SELECT 4 AS n) AS s WHERE "t ""Ü".id = s.n RETURNING "t ""Ü".id', 1],
    ['INSERT INTO "t ""Ü" SELECT i, 0, [i] FROM range(2000, 2500) r(i)', 0],
    ['INSERT INTO "t ""Ü" VALUES (1, 9, []), (-1, 2, []) ON CONFLICT (id) DO UPDATE SET v = excluded.v', 1],
    ['PREPARE u AS UPDATE "t ""Ü" SET v = $1 WHERE id = $2; EXECUTE u(1, 2); EXECUTE u(3, 4)', 2],
    [
      'BEGIN; UPDATE "t ""Ü" SET v = 1 WHERE id = 1; SAVEPOINT a; DELETE FROM "t ""Ü" WHERE id = 2; ROLLBACK TO a; COMMIT',
      1,
    ],
    ['WITH s AS (SELECT 9 AS id) UPDATE "t ""Ü" SET v = 1 WHERE id IN (SELECT id FROM s) OR id = 10', 2],
    [
      'MERGE INTO "t ""Ü" AS t USING (VALUES (1, 5), (2000, 7)) AS s (id, v) ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.v)',
      1,
    ],
  ])("%s", async (statements, count) => {
    const early = await child("early");
    await parent.query(statements);
    const after = await changed(parent);
    expect(after).not.toEqual(UNTOUCHED);
    expect(await changed(early)).toEqual(UNTOUCHED);
    expect((await keptRows(opened.world)).copied).toEqual([]);
    expect((await keptRows(opened.world)).logged.reduce((sum, n) => sum + n, 0)).toBe(count);
    const late = await child("late");
    await parent.query('UPDATE "t ""Ü" SET v = 77 WHERE id = 500; DELETE FROM "t ""Ü" WHERE id = 501');
    expect(await changed(late)).toEqual(after);
    expect(await changed(early)).toEqual(UNTOUCHED);
    expect((await keptRows(opened.world)).copied).toEqual([]);
  });

  test("of a table that the branch promoted, and for branches of branches with overlays of their own", async () => {
    const one = await child("one");
    await one.query('UPDATE "t ""Ü" SET v = 1 WHERE id = 1; ALTER TABLE "t ""Ü" ALTER COLUMN v TYPE bigint');
    const two = await child("two", one);
    await two.query('DELETE FROM "t ""Ü" WHERE id = 2');
    const three = await child("three", two);
    await one.query('UPDATE "t ""Ü" SET v = 9 WHERE id < 5');
    await parent.query('DELETE FROM "t ""Ü" WHERE id = 3');
    expect(await changed(two)).toEqual({ count: 999, rows: [[1, 1n]] });
    expect(await changed(three)).toEqual({ count: 999, rows: [[1, 1n]] });
    await three.query('UPDATE "t ""Ü" SET v = v + 1 WHERE id < 3');
    expect(await changed(three)).toEqual({
      count: 999,
      rows: [
        [0, 1n],
        [1, 2n],
      ],
    });
    expect(await changed(parent)).toEqual({ count: 999, rows: [] });
    expect((await keptRows(opened.world)).copied).toEqual([]);
  });

  test("of a branch that others are merged into", async () => {
    const [one, two] = [await child("one"), await child("two")];
    await one.query('UPDATE "t ""Ü" SET v = 1 WHERE id = 1; DELETE FROM "t ""Ü" WHERE id = 2');
    await parent.query("MERGE BRANCH one INTO p");
    expect(await changed(parent)).toEqual({ count: 999, rows: [[1, 1]] });
    expect(await changed(two)).toEqual(UNTOUCHED);
    expect(await keptRows(opened.world)).toEqual({ logged: [2], copied: [] });
  });
});

test("what cannot be named copies the table once, and what read through the log goes on", async () => {
  const one = await child("one");
  await parent.query('UPDATE "t ""Ü" SET v = 1 WHERE id = 1');
  const two = await child("two");
  await parent.query('TRUNCATE "t ""Ü"');
  expect(await changed(one)).toEqual(UNTOUCHED);
  expect(await changed(two)).toEqual({ count: 1000, rows: [[1, 1]] });
  await parent.query('DROP TABLE "t ""Ü"');
  expect(await changed(one)).toEqual(UNTOUCHED);
  expect((await keptRows(opened.world)).copied).toEqual([1000]);
});

test("what only a branch read goes with it", async () => {
  const main = await opened.session();
  await child("one");
  await parent.query('UPDATE "t ""Ü" SET v = 1 WHERE id = 1');
  await child("two");
  await parent.query('UPDATE "t ""Ü" SET v = 2 WHERE id = 1');
  await main.query("DROP BRANCH one; DROP BRANCH two");
  expect(await keptRows(opened.world)).toEqual({ logged: [], copied: [] });
  await main.query("DROP BRANCH p");
});

test("a race between two sessions of the parent is lost by one of them, and the child sees neither", async () => {
  const one = await child("one");
  const other = await opened.session("main/p");
  await other.query('BEGIN; SELECT count(*) FROM "t ""Ü"');
  await parent.query('UPDATE "t ""Ü" SET v = 1 WHERE id = 1');
  expect(await other.outcome('UPDATE "t ""Ü" SET v = 2 WHERE id = 1')).toBe("40001");
  await other.query("ROLLBACK");
  expect(await changed(one)).toEqual(UNTOUCHED);
  expect(await changed(parent)).toEqual({ count: 1000, rows: [[1, 1]] });
});

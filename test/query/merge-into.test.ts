/** What MERGE INTO leaves behind: rows of a branch in overlays, rows of main in logs, nothing where nothing was changed. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

let opened: OpenWorld;
let main: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, v int);
    INSERT INTO t SELECT i, 0 FROM range(1000) r(i)`);
});

afterEach(async () => await opened[Symbol.asyncDispose]());

const MERGE = `MERGE INTO t USING (VALUES (1, 5), (2, 6), (2000, 7)) AS s (id, v) ON t.id = s.id
  WHEN MATCHED AND s.v = 6 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v
  WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.v)`;

async function branch(name: string, from = "main"): Promise<TestSession> {
  await main.query(`CREATE BRANCH ${name} FROM ${from}`);
  return await opened.session(`main/${name}`);
}

async function changed(session: TestSession): Promise<unknown> {
  return await session.query("SELECT id, v FROM t WHERE v <> 0 OR id > 999 OR id = 2 ORDER BY id");
}

/** Rows in every table behind the relations. */
async function stored(): Promise<Record<string, number>> {
  using connection = await opened.world.context.registry.database.connect("data");
  const tables = await connection.rows(
    `SELECT schema_name AS s, table_name AS t FROM duckdb_tables()
     WHERE schema_name = 'duckbranch_store' OR schema_name LIKE 'branch\\_%' ESCAPE '\\' ORDER BY 1, 2`,
  );
  const counts: Record<string, number> = {};
  for (const { s, t } of tables) {
    const [row] = await connection.rows(`SELECT count(*)::INTEGER AS n FROM "${String(s)}"."${String(t)}"`);
    const name = String(s).startsWith("branch_") ? "own" : String(t).replaceAll(/\d/g, "");
    counts[name] = (counts[name] ?? 0) + Number(row?.["n"]);
  }
  return counts;
}

const AFTER = [
  [1, 5],
  [2000, 7],
];
const BEFORE = [[2, 0]];

test("on a branch only the rows that meet one of the source are taken over", async () => {
  const one = await branch("one");
  await one.query(MERGE);
  expect(await changed(one)).toEqual(AFTER);
  expect(await changed(main)).toEqual(BEFORE);
  expect(await stored()).toEqual({ before: 2, own: 2 });
  const two = await branch("two", "one");
  await two.query(
    "MERGE INTO t USING (SELECT 1 AS id) AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = t.v + 1",
  );
  expect(await changed(two)).toEqual([
    [1, 6],
    [2000, 7],
  ]);
  expect(await changed(one)).toEqual(AFTER);
});

test("a key that a row of the base has is taken, one that the branch has deleted is free", async () => {
  const one = await branch("one");
  const insert =
    "MERGE INTO t USING (SELECT 7 AS id) AS s ON false WHEN NOT MATCHED THEN INSERT (id, v) VALUES (7, 1)";
  expect(await one.outcome(insert)).toBe("23505");
  await one.query("DELETE FROM t WHERE id = 7");
  expect(await one.outcome(insert)).toBe("ok");
  expect(await one.query("SELECT v FROM t WHERE id = 7")).toEqual([[1]]);
});

test.each([
  "MERGE INTO t USING (SELECT -1 AS id) AS s ON t.id = s.id WHEN MATCHED THEN DELETE",
  "MERGE INTO t USING (SELECT 1 AS id) AS s ON t.id = s.id AND random() < 0 WHEN MATCHED THEN DELETE",
])("changing nothing leaves nothing: %s", async (text) => {
  const one = await branch("one");
  await one.query(text);
  expect(await stored()).toEqual({});
  await one.query(`BEGIN; ${MERGE}; ROLLBACK`);
  expect(await stored()).toEqual({});
  expect(await changed(one)).toEqual(BEFORE);
});

test("on main the rows that change are logged, and nothing is copied", async () => {
  const one = await branch("one");
  await main.query(MERGE);
  expect(await changed(main)).toEqual(AFTER);
  expect(await changed(one)).toEqual(BEFORE);
  expect(await stored()).toEqual({ log: 2 });
  const two = await branch("two");
  await main.query("MERGE INTO t USING t AS o ON t.id = o.id - 990 WHEN MATCHED THEN UPDATE SET v = 9");
  expect(await stored()).toEqual({ log: 11 });
  expect(await changed(two)).toEqual(AFTER);
  expect(await changed(one)).toEqual(BEFORE);
});

test("rows of a source that chooses anew each time are chosen once", async () => {
  const one = await branch("one");
  for (const session of [main, one]) {
    await session.query(
      `MERGE INTO t USING (SELECT id FROM t ORDER BY random() LIMIT 5) AS s ON t.id = s.id
       WHEN MATCHED THEN UPDATE SET v = 3`,
    );
    expect(await session.query("SELECT count(*)::int FROM t WHERE v = 3")).toEqual([[5]]);
  }
});

test("a source read from the target is read before anything changes", async () => {
  const one = await branch("one");
  for (const session of [main, one]) {
    await session.query(
      `MERGE INTO t USING (SELECT id + 500 AS id, id AS v FROM t) AS s ON t.id = s.id
       WHEN MATCHED THEN UPDATE SET v = s.v + (SELECT max(v) FROM t) WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, -1)`,
    );
    expect(await session.query("SELECT count(*)::int, sum(v)::int, max(v) FROM t")).toEqual([
      [1500, (499 * 500) / 2 - 500, 499],
    ]);
  }
});

test("rows that have no partner in the source: the whole table is the branch's own", async () => {
  const one = await branch("one");
  const two = await branch("two");
  const merge =
    "MERGE INTO t USING (SELECT 1 AS id) AS s ON t.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE";
  await one.query(merge);
  expect(await one.query("SELECT id FROM t")).toEqual([[1]]);
  await main.query(merge);
  expect(await main.query("SELECT id FROM t")).toEqual([[1]]);
  expect(await two.query("SELECT count(*)::int FROM t")).toEqual([[1000]]);
});

test("two sessions that change one row of the base by MERGE: one of them loses", async () => {
  const one = await branch("one");
  const other = await opened.session("main/one");
  await one.query("BEGIN");
  await other.query("BEGIN; SELECT count(*) FROM t");
  await one.query(MERGE);
  await one.query("COMMIT");
  expect(await other.outcome(MERGE)).toBe("40001");
  expect(await changed(one)).toEqual(AFTER);
});

/** EXCEPT strategy FOR: schemas, tables and columns; the most specific one counts. */
import { expect, test } from "vitest";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";

const TABLES = `CREATE SCHEMA app; CREATE TABLE app.a (id int PRIMARY KEY, v int, w int); CREATE TABLE app.b (id int PRIMARY KEY, v int);
  CREATE TABLE t (id int PRIMARY KEY, v int, w int); INSERT INTO app.a VALUES (1, 0, 0); INSERT INTO app.b VALUES (1, 0); INSERT INTO t VALUES (1, 0, 0);
  CREATE TABLE bag (x int)`;
const SOURCE =
  "UPDATE app.a SET v = 1, w = 1; UPDATE app.b SET v = 1; UPDATE t SET v = 1, w = 1; INSERT INTO bag VALUES (1)";
const TARGET = "UPDATE app.a SET v = 2, w = 2; UPDATE app.b SET v = 2; UPDATE t SET v = 2, w = 2";
const CELL = "WITH (granularity 'cell')";

test.each([false, true])("the most specific one counts; into a branch: %s", async (onBranch) => {
  await using open = await OpenWorld.open();
  const { target, source } = await mergeHeads(open, TABLES, onBranch);
  await source.query(SOURCE);
  await target.query(TARGET);
  for (const [asked, code] of [
    ["EXCEPT branch_wins FOR SCHEMA app", "40002"],
    ["EXCEPT branch_wins FOR SCHEMA nowhere", "3F000"],
    ["EXCEPT branch_wins FOR SCHEMA app, EXCEPT main_wins FOR SCHEMA app", "22023"],
    ["EXCEPT branch_wins FOR COLUMN t.v", "22023"],
    [`EXCEPT branch_wins FOR COLUMN v ${CELL}`, "42601"],
    [`EXCEPT branch_wins FOR COLUMN t.nothing ${CELL}`, "42703"],
    [`EXCEPT branch_wins FOR COLUMN nothing.v ${CELL}`, "42P01"],
    [`EXCEPT branch_wins FOR COLUMN bag.x ${CELL}`, "0A000"],
    [`EXCEPT abort FOR COLUMN t.v ${CELL}`, "22023"],
    [`EXCEPT branch_wins FOR COLUMN t.v, COLUMN public.t.v ${CELL}`, "22023"],
    [`USING main_wins EXCEPT abort FOR SCHEMA app ${CELL}`, "40002"],
  ])
    expect([asked, await target.outcome(`MERGE BRANCH b ${asked}`)]).toEqual([asked, code]);
  const rows = "SELECT a.v, a.w, b.v, t.v, t.w FROM app.a AS a JOIN app.b AS b USING (id) JOIN t USING (id)";
  expect(await target.query(rows)).toEqual([[2, 2, 2, 2, 2]]);
  const [told = []] = await target.query(
    `MERGE BRANCH b EXCEPT branch_wins FOR SCHEMA app, COLUMN t.w, EXCEPT main_wins FOR app.b, COLUMN app.a.w, SCHEMA public ${CELL}`,
  );
  expect(told[0]).toBe("merged");
  expect(await target.query(rows)).toEqual([[1, 2, 2, 2, 1]]);
});

test.each([false, true])(
  "RESOLVE goes by the strategies of columns that its merge was given; into a branch: %s",
  async (onBranch) => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, TABLES, onBranch);
    await source.query(SOURCE);
    await target.query(TARGET);
    const [told = []] = await target.query(
      `MERGE BRANCH b USING manual EXCEPT branch_wins FOR COLUMN t.w, COLUMN app.a.v, EXCEPT main_wins FOR COLUMN app.a.w ${CELL}`,
    );
    expect(told[0]).toBe("conflicted");
    const reported = `SELECT table_name, key::text FROM duckbranch.conflicts WHERE merge_id = '${String(told[1])}' ORDER BY 1`;
    expect(await target.query(reported)).toEqual([
      ["app.b", '{"id":1}'],
      ["t", '{"id":1}'],
    ]);
    await target.query(`RESOLVE MERGE '${String(told[1])}' WITH (t 'main_wins', app.b 'branch_wins')`);
    const rows =
      "SELECT a.v, a.w, b.v, t.v, t.w FROM app.a AS a JOIN app.b AS b USING (id) JOIN t USING (id)";
    expect(await target.query(rows)).toEqual([[1, 2, 1, 2, 1]]);
  },
);

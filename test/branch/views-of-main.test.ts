/** Views of main, read on a branch: whatever their names say, they show the branch's rows. */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";

const VIEWS = `CREATE SCHEMA s; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1);
  CREATE VIEW full_name AS SELECT t.id FROM public.t; CREATE VIEW full_column AS SELECT public.t.id FROM public.t;
  CREATE VIEW s.other_schema AS SELECT * FROM public.t; CREATE VIEW nested AS SELECT * FROM public.full_name;
  CREATE MACRO rows_of(x) AS TABLE SELECT * FROM public.t WHERE id >= x;
  CREATE VIEW calling AS SELECT * FROM public.rows_of(0)`;
const ALL = ["full_name", "full_column", "s.other_schema", "nested", "rows_of(0)", "calling"];

test("what a view of main names with its schema is the branch's table, not main's present one", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${VIEWS}; CREATE BRANCH b; INSERT INTO t VALUES (2)`);
  const b = await open.session("main/b");
  await b.query("INSERT INTO t VALUES (3)");
  for (const view of ALL) expect(await b.query(`SELECT id FROM ${view} ORDER BY id`)).toEqual([[1], [3]]);
  await b.query("CREATE BRANCH c; INSERT INTO t VALUES (4)");
  const c = await open.session("main/c");
  for (const view of ALL) expect(await c.query(`SELECT id FROM ${view} ORDER BY id`)).toEqual([[1], [3]]);
});

test("so it is once the branch has given the view another name, and after that is merged, and undone", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${VIEWS}; CREATE BRANCH p`);
  const p = await open.session("main/p");
  await p.query("CREATE BRANCH b FROM p");
  const b = await open.session("main/b");
  await b.query("ALTER VIEW full_name RENAME TO other; DROP VIEW nested");
  await main.query("INSERT INTO t VALUES (2)");
  expect(await b.query("SELECT id FROM other")).toEqual([[1]]);
  const [merge] = await p.query("MERGE BRANCH b");
  expect(await p.query("SELECT id FROM other")).toEqual([[1]]);
  await p.query(`UNDO MERGE '${String(merge?.[1])}'`);
  expect(await p.query("SELECT id FROM full_name")).toEqual([[1]]);
  expect(await p.query("SELECT id FROM nested")).toEqual([[1]]);
});

test("a view is one whatever its columns are called, and a table is one", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`CREATE TABLE t (rowid int, v int); INSERT INTO t VALUES (7, 1);
    CREATE VIEW v AS SELECT * FROM t; CREATE VIEW w AS SELECT 1::bigint AS rowid;
    BEGIN; CREATE TABLE base (a int); CREATE TABLE swapped (a int); DROP TABLE swapped;
    CREATE VIEW swapped AS SELECT a FROM base; COMMIT; CREATE BRANCH b`);
  await main.query("INSERT INTO t VALUES (8, 2); INSERT INTO base VALUES (1); DROP VIEW w");
  const b = await open.session("main/b");
  expect(await b.query("SELECT * FROM v")).toEqual([[7, 1]]);
  expect(await b.query("SELECT * FROM w")).toEqual([[1n]]);
  expect(await b.query("SELECT * FROM swapped")).toEqual([]);
  await b.query("UPDATE t SET v = 9");
  expect(await b.query("SELECT * FROM v")).toEqual([[7, 9]]);
});

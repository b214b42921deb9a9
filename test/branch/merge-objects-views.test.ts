/** Views made, replaced, renamed and dropped on a branch, merged into main and into a branch. */
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { MAIN } from "../../src/branch/model.js";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";
import type { World } from "../support/world.js";

function viewsOf({ context }: World, head: string): readonly string[] {
  const { state } = context.registry;
  const views = state.visible(state.findBranch(head)?.id ?? MAIN).filter(({ kind }) => kind === "view");
  return views.map(({ schema, name, definition }) => `${schema}.${name}: ${definition ?? ""}`).toSorted();
}

const BEFORE = `CREATE SCHEMA "Über"; CREATE TABLE t (id int PRIMARY KEY, q int); INSERT INTO t VALUES (1, 10), (2, 20);
  CREATE TABLE "Über".t (id int); INSERT INTO "Über".t VALUES (7);
  CREATE VIEW v AS SELECT id, q / 3 AS part FROM t; CREATE VIEW gone AS SELECT 1 AS one; CREATE VIEW "old ""name""" AS SELECT 2 AS two`;

describe.each([false, true])("into a branch: %s", (onBranch) => {
  test("views come with the rows, whatever they are called and read", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, BEFORE, onBranch);
    await source.query(`CREATE TABLE made (id int PRIMARY KEY, d text); INSERT INTO made VALUES (1, 'x');
      ALTER TABLE t ADD COLUMN more int DEFAULT 5;
      CREATE OR REPLACE VIEW v AS SELECT id, more, q / 3 AS part FROM public.t WHERE q::text LIKE '2%';
      CREATE VIEW "a ""b" (x, y) AS SELECT made.id, made.d FROM made;
      CREATE VIEW over AS SELECT v.id, n.x FROM v CROSS JOIN "a ""b" AS n;
      CREATE VIEW "Über"."Ü" AS SELECT id FROM "Über".t;
      DROP VIEW gone; ALTER VIEW "old ""name""" RENAME TO new_name; INSERT INTO t VALUES (29, 29)`);
    const prepared = await target.prepared("SELECT id, part FROM v ORDER BY id");
    expect(await prepared()).toEqual([
      [1, 3],
      [2, 6],
    ]);
    await target.query("CREATE BRANCH other");
    expect((await target.query("EXPLAIN MERGE BRANCH b")).map((row) => [row[0], row[6]])).toEqual([
      ['a "b', "new view"],
      ["gone", "dropped view"],
      ["made", "new table"],
      ['old "name"', 'view renamed to "new_name"'],
      ["over", "new view"],
      ["t", 'new column "more", new default of column "more"'],
      ["Über.Ü", "new view"],
      ["v", "changed view"],
    ]);
    await target.query("MERGE BRANCH b");
    expect(await target.query("SELECT id, more, part FROM v ORDER BY id")).toEqual([
      [2, 5, 6],
      [29, 5, 9],
    ]);
    expect(await target.query('SELECT * FROM "a ""b"')).toEqual([[1, "x"]]);
    expect(await target.query("SELECT id, x FROM over ORDER BY id")).toEqual([
      [2, 1],
      [29, 1],
    ]);
    expect(await target.query('SELECT id FROM "Über"."Ü"')).toEqual([[7]]);
    expect(await target.query("SELECT two FROM new_name")).toEqual([[2]]);
    for (const name of ["gone", '"old ""name"""'])
      expect(await target.outcome(`SELECT * FROM ${name}`)).toBe("42P01");
    expect(await prepared()).toEqual([
      [2, 6],
      [29, 9],
    ]);
    const other = await open.session("main/other");
    expect(await other.query("SELECT id, part FROM v ORDER BY id")).toEqual([
      [1, 3],
      [2, 6],
    ]);
    expect(await other.query('SELECT one, two FROM gone, "old ""name"""')).toEqual([[1, 2]]);
    expect(await other.outcome("SELECT * FROM over")).toBe("42P01");
    await target.query("DROP BRANCH b");
    expect(await target.query("SELECT count(*)::int FROM over")).toEqual([[2]]);
    const [merge] = await target.query("SELECT merge_id FROM duckbranch.merges WHERE status = 'merged'");
    const mergeId = String(merge?.[0]);
    expect(await target.outcome(`UNDO MERGE '${mergeId}'`)).toBe("ok");
  });

  test.each([
    [
      "one that only reads like the same",
      "CREATE OR REPLACE VIEW v AS SELECT id FROM t",
      "CREATE OR REPLACE VIEW v AS select T.ID from public.t",
      "40002",
    ],
    [
      "one text in two spellings",
      "CREATE OR REPLACE VIEW v AS SELECT id FROM t WHERE (q = 2)",
      "CREATE OR REPLACE VIEW v AS select id\nfrom public.t where q = 2",
      "ok",
    ],
    ["made on both sides alike", "CREATE VIEW n AS SELECT 1 AS a", "CREATE VIEW n AS SELECT (1) AS a", "ok"],
    [
      "made on both sides differently",
      "CREATE VIEW n AS SELECT 1 AS a",
      "CREATE VIEW n AS SELECT 2 AS a",
      "40002",
    ],
    ["a view here and a table there", "CREATE TABLE n (a int)", "CREATE VIEW n AS SELECT 2 AS a", "40002"],
    [
      "replaced differently",
      "CREATE OR REPLACE VIEW v AS SELECT id FROM t",
      "CREATE OR REPLACE VIEW v AS SELECT q FROM t",
      "40002",
    ],
    ["dropped here, replaced there", "CREATE OR REPLACE VIEW v AS SELECT id FROM t", "DROP VIEW v", "40002"],
    ["replaced here, dropped there", "DROP VIEW v", "CREATE OR REPLACE VIEW v AS SELECT id FROM t", "40002"],
    ["dropped on both sides", "DROP VIEW v", "DROP VIEW v", "ok"],
    [
      "replaced and put back here, replaced there",
      "CREATE OR REPLACE VIEW v AS SELECT id FROM t",
      "CREATE OR REPLACE VIEW v AS SELECT 1; CREATE OR REPLACE VIEW v AS SELECT id, q / 3 AS part FROM t",
      "ok",
    ],
    [
      "renamed here, replaced there",
      "CREATE OR REPLACE VIEW v AS SELECT 4 AS id",
      "ALTER VIEW v RENAME TO w",
      "ok",
    ],
    ["renamed to two names", "ALTER VIEW v RENAME TO w", "ALTER VIEW v RENAME TO x", "40002"],
    ["renamed to a name that the target gave", "CREATE TABLE w (a int)", "ALTER VIEW v RENAME TO w", "40002"],
    ["another one reads what is dropped", "CREATE VIEW reads AS SELECT id FROM v", "DROP VIEW v", "2BP01"],
    [
      "the column it reads is dropped there",
      "ALTER TABLE t DROP COLUMN q",
      "CREATE VIEW n AS SELECT q FROM t",
      "2BP01",
    ],
    [
      "a dropped table under a new view",
      "INSERT INTO kept VALUES (5)",
      "DROP VIEW v; DROP TABLE t; CREATE VIEW t AS SELECT 5 AS id",
      "ok",
    ],
    [
      "a view that gives way to a table",
      "INSERT INTO kept VALUES (5)",
      "DROP VIEW v; CREATE TABLE v (id int)",
      "ok",
    ],
    [
      "made again under the name of a dropped table",
      "INSERT INTO kept VALUES (5)",
      "DROP VIEW v; DROP TABLE t; CREATE TABLE t (id int, other text)",
      "ok",
    ],
  ])("%s: %s | %s", async (_, there, here, code) => {
    await using open = await OpenWorld.open();
    const before =
      "CREATE TABLE t (id int PRIMARY KEY, q int); CREATE TABLE kept (id int); CREATE VIEW v AS SELECT id, q / 3 AS part FROM t";
    const { target, source } = await mergeHeads(open, before, onBranch);
    await source.query(`${here}; INSERT INTO kept VALUES (1)`);
    await target.query(there);
    const views = (): readonly string[] => viewsOf(open.world, onBranch ? "parent" : "main");
    const old = views();
    expect(await target.outcome("MERGE BRANCH b")).toBe(code);
    expect(await target.query("SELECT count(*)::int FROM kept WHERE id = 1")).toEqual([
      [code === "ok" ? 1 : 0],
    ]);
    expect(code === "ok" || isDeepStrictEqual(views(), old)).toBe(true);
  });
});

/** Views of what gets another name: they go on reading it, on main and on a branch, and when a merge brings the name. */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const SHOP = `CREATE SCHEMA s; CREATE TABLE t (id int PRIMARY KEY, a int, b text); INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'y');
  CREATE VIEW plain AS SELECT id, a FROM t WHERE a > 10;
  CREATE VIEW qualified AS SELECT t.id, public.t.a, o.b FROM public.t JOIN t AS o ON o.id = t.id;
  CREATE VIEW star AS SELECT * FROM t;
  CREATE VIEW nested AS SELECT p.id, t.a AS q FROM plain AS p JOIN t USING (id);
  CREATE VIEW s.far AS SELECT max(a) AS m FROM t;
  CREATE VIEW of_with AS WITH u AS (SELECT 7 AS seven) SELECT u.seven, count(*) AS n FROM t, u GROUP BY u.seven;
  CREATE VIEW listed AS SELECT x.q FROM t AS x(p, q, r);
  CREATE VIEW row_of AS SELECT (t).a AS a FROM (SELECT t FROM t) AS r;
  CREATE VIEW natural_one AS SELECT o.id FROM t NATURAL JOIN t AS o;
  CREATE TABLE a (t int); CREATE VIEW not_of_t AS SELECT t FROM a`;
const VIEWS = "plain qualified star nested s.far of_with listed row_of natural_one not_of_t".split(" ");

async function contents(session: TestSession): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const view of VIEWS) found.push([view, await session.query(`SELECT * FROM ${view} ORDER BY 1`)]);
  return found;
}

const RENAMES = [
  "ALTER TABLE t RENAME TO u",
  "ALTER TABLE t RENAME COLUMN a TO c",
  "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN a TO t",
  "ALTER TABLE t RENAME COLUMN a TO aside; ALTER TABLE t RENAME COLUMN id TO a; ALTER TABLE t RENAME COLUMN aside TO id",
  "ALTER TABLE t SET SCHEMA s",
  "ALTER VIEW plain RENAME TO other; CREATE VIEW plain AS SELECT * FROM other",
  "CREATE INDEX i ON t (a); ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t",
  "BEGIN; ALTER TABLE t RENAME TO u; SAVEPOINT one; ALTER TABLE u RENAME TO v; ROLLBACK TO one; ALTER TABLE u RENAME a TO v; COMMIT",
];

test.each(RENAMES)("on main, on a branch, merged and undone: %s", async (rename) => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(SHOP);
  const before = await contents(main);
  await main.query("CREATE BRANCH b; CREATE BRANCH old");
  const b = await open.session("main/b");
  await b.query(rename);
  expect(await contents(b)).toEqual(before);
  await main.query("CREATE VIEW late AS SELECT t.id, t.a FROM t WHERE t.a = 20");
  const [merge] = await main.query("MERGE BRANCH b");
  expect(await contents(main)).toEqual(before);
  expect(await main.query("SELECT * FROM late")).toEqual([[2, 20]]);
  await main.query(`UNDO MERGE '${String(merge?.[1])}'`);
  expect(await contents(main)).toEqual(before);
  expect(await main.query("SELECT * FROM late")).toEqual([[2, 20]]);
  await main.query(rename);
  expect(await contents(main)).toEqual(before);
  expect(await main.query("SELECT * FROM late")).toEqual([[2, 20]]);
  expect(await contents(await open.session("main/old"))).toEqual(before);
});

test("what a view does not read can still be dropped, its comment stays, and what it reads is told by the new name", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, a int, b int); CREATE VIEW v AS SELECT a FROM t; COMMENT ON VIEW v IS 'note';
    ALTER TABLE t RENAME a TO c; ALTER TABLE t RENAME TO u; ALTER TABLE u DROP COLUMN b; INSERT INTO u VALUES (1, 5)`);
  expect(await main.query("SELECT * FROM v")).toEqual([[5]]);
  expect(await main.query("SELECT obj_description('v'::regclass, 'pg_class')")).toEqual([["note"]]);
  expect(await main.outcome("DROP TABLE u")).toBe("2BP01");
});

test("a branch that is brought up to date has its own views read what its parent renamed, and merges", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1); CREATE BRANCH b",
  );
  const b = await open.session("main/b");
  await b.query("CREATE VIEW own AS SELECT t.a FROM t; UPDATE t SET a = 5");
  await main.query("ALTER TABLE t RENAME TO u; INSERT INTO u VALUES (2, 2); MERGE BRANCH main INTO b");
  expect(await b.query("SELECT a FROM own ORDER BY a")).toEqual([[2], [5]]);
  await main.query("MERGE BRANCH b");
  expect(await main.query("SELECT a FROM own ORDER BY a")).toEqual([[2], [5]]);
});

const SWAP =
  "BEGIN; ALTER TABLE t RENAME a TO c; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME c TO b; COMMIT";

test.each([
  ["of a table it has not written", "", SWAP],
  ["of a table it has written", "UPDATE t SET id = id + 10", SWAP],
  ["of a table that got another name", "", `${SWAP}; ALTER TABLE t RENAME TO u`],
  ["one of which got another name", "", "ALTER TABLE t RENAME a TO c"],
])(
  "a branch that is brought up to date has its own views read the columns they did, %s",
  async (_, here, there) => {
    await using open = await OpenWorld.open();
    const main = await open.session();
    await main.query(
      `CREATE TABLE t (id int PRIMARY KEY, a text, b text); INSERT INTO t VALUES (1, 'a', 'b'); CREATE BRANCH x`,
    );
    const branch = await open.session("main/x");
    await branch.query(`CREATE VIEW own AS SELECT a, b FROM t; ${here}`);
    await main.query(there);
    await main.query("MERGE BRANCH main INTO x");
    expect(await branch.query("SELECT a, b FROM own")).toEqual([["a", "b"]]);
    await main.query("MERGE BRANCH x");
    expect(await main.query("SELECT a, b FROM own")).toEqual([["a", "b"]]);
  },
);

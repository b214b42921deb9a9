/** EXPLAIN MERGE binds again what leans on what the merge changes; DIFF and RESOLVE speak of tables and keys as their users do. */
import { expect, test } from "vitest";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const TABLES = `CREATE TABLE r (id int PRIMARY KEY, x int, y text); INSERT INTO r VALUES (1, 1, 'a');
  CREATE TABLE gone (id int PRIMARY KEY); CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a'`;

/** Name, what would be done, what would be violated. */
async function explained(session: TestSession): Promise<unknown[][]> {
  return (await session.query("EXPLAIN MERGE BRANCH b")).map((row) => [row[0], row[6], row[7]]);
}

test.each([false, true])("EXPLAIN tells what MERGE would break; into a branch: %s", async (onBranch) => {
  await using open = await OpenWorld.open();
  const { target, source } = await mergeHeads(open, TABLES, onBranch);
  await source.query(
    "ALTER TABLE r DROP COLUMN x; DROP FUNCTION f(int); DROP TABLE gone; UPDATE r SET y = 'b' WHERE id = 1",
  );
  const clean = await explained(target);
  expect(clean.map(([, , violations]) => violations)).toEqual(clean.map(() => ""));
  await target.query(
    "CREATE VIEW one AS SELECT x FROM r; CREATE VIEW two AS SELECT f(1) AS f; CREATE VIEW fine AS SELECT y FROM r",
  );
  const told = await explained(target);
  const broken = told.filter(([, , violations]) => violations !== "").map(([name]) => name);
  expect(broken).toEqual(["one", "two"]);
  expect(told.length).toBe(clean.length + 2);
  // Nothing was done, and it is what MERGE says.
  expect(await target.query("SELECT x, y, f(2) FROM r")).toEqual([[1, "a", 2]]);
  expect(await target.outcome("MERGE BRANCH b")).toBe("2BP01");
  await target.query("DROP VIEW one; DROP VIEW two");
  expect(await explained(target)).toEqual(clean);
  const [row] = await target.query("EXPLAIN MERGE BRANCH b");
  await target.query(`MERGE BRANCH b WITH (token '${String(row?.at(-1))}')`);
  expect(await target.query("SELECT * FROM r")).toEqual([[1, "b"]]);
});

test("DIFF shows a replaced table by its own name", async () => {
  await using open = await OpenWorld.open();
  const { target, source } = await mergeHeads(
    open,
    "CREATE TABLE t (id serial PRIMARY KEY, v varchar(5), CONSTRAINT pos CHECK (id > 0))",
    false,
  );
  await source.query(
    "DROP TABLE t; CREATE TABLE t (id serial PRIMARY KEY, w text UNIQUE, CONSTRAINT short CHECK (length(w) < 9))",
  );
  const [row = []] = await target.query("DIFF BRANCH b");
  expect(row.slice(0, 3)).toEqual(["t", null, "columns changed"]);
  const told = row.slice(3).map(String).join("\n");
  expect(told).toMatch(/^CREATE TABLE "t" \(id INTEGER.*\nCREATE TABLE "t" \(id INTEGER.*w VARCHAR UNIQUE/);
  expect(told).not.toMatch(/branch_[0-9a-f]{12}|duckbranch_db/);
});

function key(n: string, d: string, s: string): string {
  return `{"n": ${n}, "d": ${d}, "at": "2024-01-02T03:04:05", "u": "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "s": ${s}, "ok": true}`;
}

test("keys of RESOLVE are read as their columns' types", async () => {
  await using open = await OpenWorld.open();
  const { target, source } = await mergeHeads(
    open,
    `CREATE TABLE t (n bigint, d numeric(20,2), at timestamp, u uuid, s text, ok bool, q int, PRIMARY KEY (n, d, at, u, s, ok));
     INSERT INTO t VALUES (9007199254740993, 1.5, '2024-01-02 03:04:05', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '1', true, 0)`,
    false,
  );
  await source.query("UPDATE t SET q = 1");
  await target.query("UPDATE t SET q = 2");
  const [row] = await target.query("MERGE BRANCH b USING manual");
  const resolve = (text: string): string =>
    `RESOLVE MERGE ${String(row?.[1])} WITH (t ROW '${text}' 'branch_wins')`;
  for (const other of [
    key("9007199254740992", "1.5", '"1"'),
    key("9007199254740993", "1.501", '"1"'),
    key("9007199254740993", "1.5", '"01"'),
    key("9007199254740993", '"x"', '"1"'),
    key("9007199254740993", "1.5", '["1"]'),
    key("9007199254740993", "null", '"1"'),
  ])
    expect([other, await target.outcome(resolve(other))]).toEqual([other, "42704"]);
  await target.query(resolve(key('"9007199254740993"', '"1.5"', '"1"')));
  expect(await target.query("SELECT q FROM t")).toEqual([[1]]);
});

/** Names of result columns: the expected ones are what PostgreSQL 15 gives for the same statements. */
import { Client } from "pg";
import { beforeAll, expect, test } from "vitest";
import { hasPostgres, startPostgres } from "../support/postgres.js";
import { createAnalyser, loadParser } from "../../src/sql/analyse.js";

beforeAll(loadParser);

/** Statement ⇒ names as psql 15 shows them for `t (a int, b text)`. */
const CASES: readonly (readonly [sql: string, names: readonly string[]])[] = [
  ["SELECT 1, 'x', NULL", ["?column?", "?column?", "?column?"]],
  ['SELECT a, t.b, a AS Renamed, b "Quoted Name" FROM t', ["a", "b", "renamed", "Quoted Name"]],
  ["SELECT count(*), sum(a), pg_catalog.lower(b) FROM t GROUP BY b", ["count", "sum", "lower"]],
  [
    "SELECT a::text, '1'::int, CAST(a + 1 AS bigint), lower(b)::varchar FROM t",
    ["a", "int4", "int8", "lower"],
  ],
  [
    "SELECT a + 1, -a, a = 1, a IS NULL, a > 1 AND true FROM t",
    ["?column?", "?column?", "?column?", "?column?", "?column?"],
  ],
  ["SELECT CASE WHEN a = 1 THEN 2 END, CASE WHEN a = 1 THEN 2 ELSE a END FROM t", ["case", "a"]],
  [
    "SELECT coalesce(a, 1), nullif(a, 1), greatest(a, 1), least(a, 1) FROM t",
    ["coalesce", "nullif", "greatest", "least"],
  ],
  [
    "SELECT (SELECT max(a) FROM t), EXISTS (SELECT 1), ARRAY(SELECT 1), ARRAY[1]",
    ["max", "exists", "array", "array"],
  ],
  [
    "SELECT current_date, current_user, current_timestamp",
    ["current_date", "current_user", "current_timestamp"],
  ],
  ["SELECT a FROM t UNION SELECT 2 ORDER BY 1", ["a"]],
  ["VALUES (1, 2), (3, 4)", ["column1", "column2"]],
  ["INSERT INTO t VALUES (1, 'x') RETURNING a, a + 1, upper(b)", ["a", "?column?", "upper"]],
  ["UPDATE t SET a = 2 RETURNING a AS z", ["z"]],
  ["DELETE FROM t RETURNING b", ["b"]],
];

async function namesOf(sql: string) {
  const [statement] = await createAnalyser({ cacheSize: 1, maxCachedTextBytes: 1000 }).analyse(sql);
  return statement?.kind === "relational" ? statement.columnNames : undefined;
}

test.each(CASES)("%s", async (sql, names) => {
  expect(await namesOf(sql)).toEqual({ head: names, star: false, tail: [] });
});

test("columns before and behind one star are known, two stars leave all as they are", async () => {
  expect(await namesOf("SELECT count(*) OVER (), *, 1 FROM t")).toEqual({
    head: ["count"],
    star: true,
    tail: ["?column?"],
  });
  expect(await namesOf("SELECT a.*, b.* FROM a, b")).toBeUndefined();
  expect(await namesOf("FROM t SELECT a")).toBeUndefined();
});

test.skipIf(!hasPostgres)("PostgreSQL 15 gives the expected names", { timeout: 60_000 }, async () => {
  await using server = await startPostgres();
  const client = new Client({ ...server.address, user: "postgres", database: "postgres" });
  await client.connect();
  try {
    await client.query("CREATE TABLE t (a int, b text)");
    for (const [sql, names] of CASES) {
      const result = await client.query({ text: sql, rowMode: "array" });
      expect(
        result.fields.map((field) => field.name),
        sql,
      ).toEqual(names);
    }
  } finally {
    await client.end();
  }
});

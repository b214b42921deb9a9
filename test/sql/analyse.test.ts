import { beforeAll, describe, expect, test } from "vitest";
import type { NameReference, RelationalStatement } from "../../src/sql/analysis.js";
import { createAnalyser, loadParser, type Analyser } from "../../src/sql/analyse.js";
import { openDuckdb, serializerOf } from "./engine.js";
import { LABELLED } from "./labelled-statements.js";

let analyser: Analyser;
beforeAll(async () => {
  await loadParser();
  const serializeSelect = serializerOf(await openDuckdb());
  analyser = createAnalyser({ cacheSize: 100, maxCachedTextBytes: 65_536, serializeSelect });
});

async function relational(sql: string): Promise<RelationalStatement> {
  const [analysis] = await analyser.analyse(sql);
  if (analysis?.kind !== "relational") throw new Error(`${sql} was read as ${JSON.stringify(analysis)}`);
  return analysis;
}

function label({ role, parts, alias, aliasAt }: NameReference): string {
  const isFixed = aliasAt === undefined && role !== "columnQualifier";
  return `${isFixed ? "#" : ""}${role}:${parts.join(".")}${alias === undefined ? "" : `/${alias}`}`;
}

describe("labelled statements", () => {
  test.each(LABELLED)("%s", async (sql, verb, certain, names) => {
    const analysis = await relational(sql);
    const found = analysis.names.filter(({ role }) => role !== "function").map(label);
    // What is not certain need not be complete.
    const expected = certain ? names : found.join(" ");
    expect([analysis.verb, analysis.certain, found.join(" ")]).toEqual([verb, certain, expected]);
    const listed = certain ? [] : names.split(" ").filter((name) => name !== "");
    expect(found).toEqual(expect.arrayContaining(listed));
  });
});

describe("what else is said of a statement", () => {
  test.each<[string, Partial<RelationalStatement>]>([
    [
      "INSERT INTO t VALUES ($1, $3) RETURNING a",
      { returning: true, writes: true, parameterCount: 3, tag: "INSERT" },
    ],
    ["SELECT 1", { writes: false, returning: false, tag: "SELECT", parameterCount: 0 }],
    ["SELECT nextval('s')", { writes: true }],
    ["EXPLAIN INSERT INTO t VALUES (1)", { writes: false, verb: "explain" }],
    ["EXPLAIN ANALYZE INSERT INTO t VALUES (1)", { writes: true, verb: "explain" }],
    [
      "CREATE TEMP TABLE IF NOT EXISTS t (a int)",
      { temporary: true, ifNotExists: true, tag: "CREATE TABLE" },
    ],
    ["CREATE OR REPLACE TEMP TABLE t AS FROM u", { temporary: true, orReplace: true, tag: "SELECT" }],
    ["DROP VIEW IF EXISTS v CASCADE", { ifExists: true, cascade: true, tag: "DROP VIEW" }],
    ["DELETE FROM t WHERE a IN [1] RETURNING a", { returning: true }],
    ["DELETE FROM t WHERE a IN [(SELECT 1 AS returning)]", { returning: false }],
  ])("%s", async (sql, expected) => {
    expect(await relational(sql)).toMatchObject(expected);
  });

  test.each([
    ["CREATE VIEW v AS SELECT 1 AS x", "SELECT 1 AS x", []],
    ["CREATE VIEW v AS SELECT a, count(*) FROM t", "SELECT a, count(*) FROM t", ["a", "count"]],
    ['CREATE VIEW v (a, "B") AS (SELECT 1, 2)', "(SELECT 1, 2)", ["a", "B"]],
    ["CREATE TABLE t AS SELECT 1 AS x WITH NO DATA", "SELECT 1 AS x", []],
    ["CREATE OR REPLACE TABLE t AS FROM u WITH DATA", "FROM u", []],
    ["CREATE VIEW v (a) AS FROM u", "FROM u", ["a"]],
  ])("the query of %s", async (sql, text, columns) => {
    const { query } = await relational(sql);
    expect([sql.slice(query?.start, query?.end), query?.columns]).toEqual([text, columns]);
  });

  test.each([
    ["EXPLAIN (ANALYZE, BUFFERS) SELECT 1", "EXPLAIN ANALYZE SELECT 1"],
    ["EXPLAIN VERBOSE SELECT 1", "EXPLAIN SELECT 1"],
    ["EXPLAIN (COSTS, FORMAT JSON) SELECT 1", "EXPLAIN (FORMAT JSON) SELECT 1"],
    ["EXPLAIN (FORMAT 'json', ANALYZE) SELECT 1", "EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1"],
    ["EXPLAIN (ANALYZE off, COSTS on) SELECT 1", "EXPLAIN SELECT 1"],
  ])("%s becomes %s", async (sql, after) => {
    const { text, edits } = await relational(sql);
    const [edit] = edits;
    expect(text.slice(0, edit?.start) + (edit?.text ?? "") + text.slice(edit?.end)).toBe(after);
  });
});

describe("refusals", () => {
  test.each([
    "ATTACH 'x.db'",
    "DETACH x",
    "INSTALL httpfs",
    "FORCE INSTALL httpfs",
    "LOAD httpfs",
    "UPDATE EXTENSIONS",
    "EXPORT DATABASE 'x'",
    "IMPORT DATABASE 'x'",
    "CREATE OR REPLACE TEMPORARY SECRET s (TYPE s3)",
    "DROP SECRET s",
    "PRAGMA table_info('t')",
    "CALL pragma_version()",
    "COPY t FROM 'x.csv'",
    "COPY t TO 'x'",
    "COPY (SELECT 1) TO 'x'",
    "COPY t FROM PROGRAM 'ls'",
    "COPY FROM DATABASE a TO b",
    "USE memory",
    "GRANT SELECT ON t TO bob",
    "CREATE ROLE bob",
    "SELECT * FROM (WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d) AS q",
    "INSERT INTO t VALUES ([1]) ON CONFLICT ON CONSTRAINT c DO NOTHING",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
    "CREATE TRIGGER x BEFORE UPDATE ON t EXECUTE FUNCTION f()",
    "DELETE FROM t WHERE CURRENT OF c",
    "EXPLAIN (FORMAT xml) SELECT 1",
    "SELECT * FROM force_checkpoint()",
    "FROM duckdb_secrets()",
    "SELECT add_parquet_key('k', '0123456789112345')",
    "SELECT branch_list() FROM t",
  ])("%s is refused with 0A000", async (sql) => {
    expect(await analyser.analyse(sql)).toMatchObject([{ kind: "refused", error: { code: "0A000" } }]);
  });

  test.each([
    ["SELECT 1;\n  SELEC 2", 13],
    ["SELECT '😀'; SELECT FROM FROM", 25],
    ["INSERT INTO t VALUE (1)", 15],
    ["BEGIN SOON", 7],
    ["SELECT 'x", 8],
    ["foo", 1],
  ])("%s is a syntax error at %i", async (sql, position) => {
    await expect(analyser.analyse(sql)).rejects.toMatchObject({ code: "42601", position });
  });
});

describe("createAnalyser", () => {
  test("gives back the same analysis for the same text, and forgets the least recently used", async () => {
    const small = createAnalyser({ cacheSize: 2, maxCachedTextBytes: 20 });
    const first = await small.analyse("SELECT 1");
    await small.analyse("SELECT 2");
    expect(await small.analyse("SELECT 1")).toBe(first);
    await small.analyse("SELECT 3");
    expect(await small.analyse("SELECT 1")).toBe(first);
    await small.analyse("SELECT 4; SELECT 5; SELECT 6");
    expect(await small.analyse("SELECT 1")).toBe(first);
    await small.analyse("SELECT 2");
    await small.analyse("SELECT 3");
    expect(await small.analyse("SELECT 1")).not.toBe(first);
  });

  test("reads a text without a statement as one empty one", async () => {
    for (const text of ["", " ; ;", "-- nothing", "/* ; */"]) {
      expect(await analyser.analyse(text)).toEqual([{ kind: "empty", text: "" }]);
    }
  });

  test("reads a large INSERT of constants from its tokens, and any other with the parser", async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `(${index}, 'x;y', NULL)`).join(", ");
    const insert = await relational(`INSERT INTO s.t (a, b, c) VALUES ${rows}`);
    expect(insert.names.map(label)).toEqual(["write:s.t"]);
    const withQuery = await relational(`INSERT INTO s.t VALUES ${rows}, ((SELECT max(a) FROM u), '', 1)`);
    expect(withQuery.names.map(label)).toEqual(["write:s.t", "#function:max", "read:u"]);
  });

  test("is never certain of a query in DuckDB's dialect without DuckDB's parser", async () => {
    const without = createAnalyser({ cacheSize: 0, maxCachedTextBytes: 0 });
    expect(await without.analyse("FROM t")).toMatchObject([{ kind: "relational", certain: false }]);
  });
});

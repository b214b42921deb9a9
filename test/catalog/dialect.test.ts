/** Casts, columns and literals of catalogue statements, as the dialect passes rewrite them. */
import { beforeAll, expect, test } from "vitest";
import { createAnalyser, loadParser } from "../../src/sql/analyse.js";
import { CATALOG_SCHEMA } from "../../src/sql/dialect/catalog-casts.js";
import { applyEdits } from "../../src/sql/splice.js";

beforeAll(async () => await loadParser());

/** The statement with the edits that depend on its text alone; names of the catalogue's schema left out. */
async function rewritten(sql: string): Promise<string> {
  const [analysis] = await createAnalyser({ cacheSize: 0, maxCachedTextBytes: 0 }).analyse(sql);
  if (analysis?.kind !== "relational") throw new Error(`not read as a relational statement: ${sql}`);
  return applyEdits(analysis.text, analysis.edits).replaceAll(`${CATALOG_SCHEMA}.`, "");
}

const SERIES = "SELECT CAST(generate_series AS INTEGER) AS generate_series FROM generate_series";
const ALIAS = "duckbranch_generate_series";

test.each([
  ["SELECT 'app.t'::regclass", "SELECT _regclass_name(_regclass('app.t'))"],
  ["SELECT 1 WHERE 1 = 'app.t'::regclass", "SELECT 1 WHERE 1 = _regclass('app.t')"],
  ["SELECT '1'::pg_catalog.regclass::pg_catalog.oid", "SELECT _regclass('1')::oid"],
  ["SELECT c.oid::regclass FROM pg_class c", "SELECT _regclass_name(c.oid) FROM pg_class c"],
  ["SELECT f(a)::regclass::text FROM t", "SELECT duckbranch_text(_regclass_name(f(a))) FROM t"],
  [
    "SELECT f(a::regclass::text)::regclass::oid FROM t",
    "SELECT _regclass(f(duckbranch_text(_regclass_name(a))))::oid FROM t",
  ],
  ["SELECT a::regtype = 'int4'::regtype FROM t", "SELECT _regtype(a) = _regtype('int4') FROM t"],
  ["SELECT CAST('t' AS regclass)", "SELECT _regclass_name(_regclass('t' ))"],
  ["SELECT f(CAST('t' AS regclass))", "SELECT f(_regclass('t' ))"],
  [
    "SELECT 1 FROM pg_class WHERE oid = CAST($1::varchar AS regclass)",
    "SELECT 1 FROM pg_class WHERE oid = _regclass($1::varchar )",
  ],
  ["SELECT nextval('s'::regclass)", "SELECT nextval('s')"],
  [
    "SELECT 1 FROM pg_attribute WHERE atttypid = ANY ('{int,\"a,b\"}'::regtype[])",
    "SELECT 1 FROM pg_attribute WHERE atttypid = ANY ([_regtype('int'), _regtype('a,b')])",
  ],
  ["SELECT '{a, b}'::regclass[]", "SELECT [_regclass_name(_regclass('a')), _regclass_name(_regclass('b'))]"],
  ["SELECT '{a,\"b c\",NULL}'::text[]", "SELECT ['a','b c',NULL]::text[]"],
  ["SELECT 1 FROM t WHERE k = ANY ('{r,p}')", "SELECT 1 FROM t WHERE k IN ('r','p')"],
  ["SELECT 1 FROM t WHERE k <> ALL ('{1,null}')", "SELECT 1 FROM t WHERE k NOT IN ('1',NULL)"],
  ["SELECT 1 FROM t WHERE k = ANY ('{1,2}'::int[])", "SELECT 1 FROM t WHERE k = ANY (['1','2']::int[])"],
  ["SELECT 1 FROM t WHERE k = ANY ('{}')", "SELECT 1 FROM t WHERE k = ANY ([])"],
  ["SELECT 1 FROM t WHERE k > ANY ('{1}')", "SELECT 1 FROM t WHERE k > ANY (['1'])"],
  ["SELECT '{a,b}'::text", "SELECT '{a,b}'::text"],
  ["SELECT '{{1},{2}}'::int[]", "SELECT [['1'],['2']]::int[][]"],
  ["SELECT s FROM generate_series(x, 3) s", "SELECT s FROM generate_series(x, 3) s(s)"],
  ["SELECT s FROM generate_series(1, $1) s", `SELECT s FROM (${SERIES}(1, CAST($1 AS INTEGER))) s(s)`],
  [
    "SELECT 1 FROM t JOIN generate_series(1, 2) ON true",
    `SELECT 1 FROM t JOIN (${SERIES}(1, 2)) AS generate_series ON true`,
  ],
  [
    "SELECT generate_series(1, 3) s LIMIT 1",
    `SELECT ${ALIAS}.generate_series s FROM (${SERIES}(1, 3)) AS ${ALIAS} LIMIT 1`,
  ],
  [
    "SELECT (generate_series(1, 3)) * 2, a FROM t",
    "SELECT (unnest(CAST(generate_series(1, 3) AS INTEGER[]))) * 2, a FROM t",
  ],
  [
    "SELECT generate_series(1, 2), unnest(l)",
    "SELECT unnest(CAST(generate_series(1, 2) AS INTEGER[])), unnest(l)",
  ],
  ["SELECT generate_series(a, 3000000000) FROM t", "SELECT unnest(generate_series(a, 3000000000)) FROM t"],
  ["SELECT list_sum(generate_series(1, 3))", "SELECT list_sum(generate_series(1, 3))"],
  ["CREATE TABLE t (a int) WITH (fillfactor=100)", "create table t (a int)"],
  ["SELECT x FROM t, unnest(t.l) AS x WHERE true", "SELECT x FROM t, unnest(t.l) AS x(x) WHERE true"],
  ["SELECT i.indkey::varchar FROM pg_index i", "SELECT array_to_string(i.indkey, ' ') FROM pg_index i"],
  ["SELECT 1 WHERE a = ANY (i.indkey)", "SELECT 1 WHERE a  IN coalesce(coalesce(i.indkey, [NULL]))"],
  ["SELECT 1 WHERE a=any(i.indkey)", "SELECT 1 WHERE a IN coalesce(coalesce(i.indkey, [NULL]))"],
  ["CREATE TABLE t (a int CHECK (a=ANY(ARRAY[1, 2])))", "create table t (a int check (a IN (1, 2)))"],
  ["CREATE TABLE t (a int CHECK (a <> ALL (ARRAY[1])))", "create table t (a int check (a  NOT IN (1)))"],
  [
    "SELECT substr(t.typname, 1) FROM pg_type t WHERE typname[0] = '_'",
    "SELECT substr(t.typname, 1) FROM pg_type t WHERE typname[1 + (0)] = '_'",
  ],
  ["SELECT p.tableoid FROM pg_proc p", "SELECT _regclass('pg_proc') FROM pg_proc p"],
  ["SELECT p.xmin AS v FROM pg_proc p", "SELECT 2::BIGINT AS v FROM pg_proc p"],
  ["SELECT t.xmin, xmin FROM mine t, pg_proc p", "SELECT t.xmin, xmin FROM mine t, pg_proc p"],
  [
    "SELECT 1 FROM pg_type t LEFT JOIN pg_proc p ON p.oid = t.typreceive",
    "SELECT 1 FROM pg_type t LEFT JOIN pg_proc p ON p.oid = _type_function(t.typreceive)",
  ],
  ["SELECT CAST(CAST(f(a) AS regclass) AS oid) FROM t", "SELECT CAST(_regclass(f(a) ) AS oid) FROM t"],
  ["SELECT CAST(a AS regclass) AS oid FROM t", "SELECT _regclass_name(a ) AS oid FROM t"],
  ["SELECT pg_get_functiondef('f'::regproc)", "SELECT pg_get_functiondef(_regproc('f'))"],
  [
    "SELECT current_user, t.current_user FROM t",
    "SELECT getvariable('duckbranch_user'), t.current_user FROM t",
  ],
  ["SELECT at.a, b AT TIME ZONE 'UTC' FROM t at", 'SELECT "at".a, b AT TIME ZONE \'UTC\' FROM t "at"'],
])("%s", async (sql, expected) => {
  expect(await rewritten(sql)).toBe(expected);
});

test("a long text is walked once by every pass", async () => {
  const values = Array.from({ length: 20_000 }, (_, i) => `(${i}, 'x')`).join(", ");
  expect(await rewritten(`SELECT * FROM (VALUES ${values}) AS v(a, b)`)).toContain("(19999, 'x')");
});

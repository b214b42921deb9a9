/** Positions, and statements executed on a real DuckDB after their names or operators were replaced. */
import type { DuckDBConnection } from "@duckdb/node-api";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { RelationalStatement } from "../../src/sql/analysis.js";
import { createAnalyser, loadParser, type Analyser } from "../../src/sql/analyse.js";
import { foldIdentifier, formatName, quoteIdentifier, quoteLiteral } from "../../src/sql/names.js";
import { applyEdits, sortEdits } from "../../src/sql/splice.js";
import { TokenReader } from "../../src/sql/token-reader.js";
import { STATEMENTS } from "./corpus.js";
import { openDuckdb, rowsOf, serializerOf } from "./engine.js";
import { LABELLED } from "./labelled-statements.js";

const texts = [...LABELLED.map(([sql]) => sql), ...STATEMENTS.map(({ sql }) => sql)];
let connection: DuckDBConnection;
let analyser: Analyser;

beforeAll(async () => {
  await loadParser();
  connection = await openDuckdb();
  analyser = createAnalyser({
    cacheSize: 0,
    maxCachedTextBytes: 0,
    serializeSelect: serializerOf(connection),
  });
  await connection.run("CREATE SCHEMA s; CREATE TABLE s.t (a INT, b VARCHAR, j JSON)");
  await connection.run("CREATE TABLE u (a INT, b VARCHAR); CREATE TABLE main.t (a INT)");
  await connection.run("INSERT INTO s.t VALUES (1, 'abc', '{}'), (2, E'x\\nABC', NULL), (3, NULL, '[1]')");
  await connection.run("INSERT INTO u VALUES (1, 'one'), (3, 'three')");
});

async function relationalOf(sql: string): Promise<RelationalStatement[]> {
  const analyses = await analyser.analyse(sql);
  return analyses.filter((analysis) => analysis.kind === "relational");
}

describe("positions", () => {
  test("every name's text is the name, and replacing each by itself changes nothing", async () => {
    let checked = 0;
    for (const { text, names, edits } of (await Promise.all(texts.map(relationalOf))).flat()) {
      const same = names.map(({ start, end }) => ({ start, end, text: text.slice(start, end) }));
      expect(applyEdits(text, same)).toBe(text);
      expect(applyEdits(text, [...same, ...edits])).toBe(applyEdits(text, edits));
      expect(edits).toEqual(sortEdits(edits));
      for (const { role, parts, start, end, aliasAt } of names) {
        checked += 1;
        expect(aliasAt ?? end).toBeGreaterThanOrEqual(end);
        const source = new TokenReader(text.slice(start, end));
        const name = role === "sequence" ? new TokenReader(source.string()) : source;
        expect([name.qualifiedName().parts, name.atEnd]).toEqual([parts, true]);
      }
    }
    expect(checked).toBeGreaterThan(300);
  });
});

/** Puts full names where the statement has short ones, keeping the name the statement sees, as a resolver does. */
function qualify({ text, names, edits }: RelationalStatement): string {
  const full = new Map([
    ["t", ["memory", "s", "t"]],
    ["u", ["memory", "main", "u"]],
  ]);
  const splices = names.flatMap(({ role, parts, alias, aliasAt, start, end }) => {
    const own = parts.at(-1) ?? "";
    const target = full.get(foldIdentifier(own));
    if (target === undefined || role === "function") return [];
    if (role === "columnQualifier") return [{ start, end, text: quoteIdentifier(own) }];
    const named = alias === undefined && aliasAt !== undefined;
    const aliasEdit = named ? [{ start: aliasAt, end: aliasAt, text: ` AS ${quoteIdentifier(own)}` }] : [];
    return [{ start, end, text: formatName(target) }, ...aliasEdit];
  });
  return applyEdits(text, [...edits, ...splices]);
}

describe("spliced statements give the same rows", () => {
  test.each([
    [
      "SELECT t.a, u.b FROM t JOIN u ON t.a = u.a ORDER BY 1",
      [
        [1, "one"],
        [3, "three"],
      ],
    ],
    ["SELECT s.t.a FROM s.t WHERE s.t.a IN (SELECT u.a FROM u WHERE u.a = s.t.a) ORDER BY 1", [[1], [3]]],
    ["WITH u AS (SELECT a + 1 AS a FROM u) SELECT u.a FROM u ORDER BY 1", [[2], [4]]],
    ['SELECT /* é😀 */ "T".a FROM t * TABLESAMPLE 100% ORDER BY T.a LIMIT 1', [[1]]],
    [
      "TABLE u",
      [
        [1, "one"],
        [3, "three"],
      ],
    ],
    ["FROM t SELECT t.* EXCLUDE (b, j) ORDER BY t.a LIMIT 1", [[1]]],
    ["FROM t, u SELECT max(t.a) + max(main.u.a)", [[6]]],
    ["SELECT count(*) FROM (DESCRIBE u)", [["2"]]],
    [
      "PIVOT u ON b USING count(*) ORDER BY a",
      [
        [1, "1", "0"],
        [3, "0", "1"],
      ],
    ],
    ["SELECT x.a FROM t x, LATERAL (SELECT u.b FROM u WHERE u.a = x.a) y ORDER BY 1", [[1], [3]]],
  ])("%s", async (sql, rows) => {
    const [statement] = await relationalOf(sql);
    if (statement === undefined) throw new Error("not relational");
    expect(statement.certain).toBe(true);
    expect(await rowsOf(connection, qualify(statement))).toEqual(rows);
  });
});

async function translated(sql: string): Promise<string> {
  const [statement] = await relationalOf(sql);
  if (statement === undefined) throw new Error(`${sql} is not relational`);
  return applyEdits(statement.text, statement.edits);
}

describe("dialect passes", () => {
  test.each<[string, string, unknown]>([
    ["SELECT 'abc' ~ 'b'", "SELECT 'abc' ~ '(?s:.*)(?s:b)(?s:.*)'", true],
    ["SELECT 'abc' !~* 'B|x'", "SELECT 'abc' !~ '(?s:.*)(?si:B|x)(?s:.*)'", false],
    [
      "SELECT 'abc' OPERATOR(pg_catalog.~) '^(a)' COLLATE pg_catalog.default",
      "SELECT 'abc' ~ ('(?s:.*)(?s:' || '^(a)'  || ')(?s:.*)')",
      true,
    ],
    ["SELECT E'x\\nb' ~ 'b$'", "SELECT E'x\\nb' ~ '(?s:.*)(?s:b$)(?s:.*)'", true],
    [
      "SELECT NOT 'a' || 'b' ~ 'ab'::text AND true",
      "SELECT NOT 'a' || 'b' ~ ('(?s:.*)(?s:' || 'ab'::text || ')(?s:.*)') AND true",
      false,
    ],
    ["SELECT NULL ~ 'x'", "SELECT NULL ~ '(?s:.*)(?s:x)(?s:.*)'", null],
    ["SELECT ~5", "SELECT ~5", -6],
    ["SELECT 1 OPERATOR(pg_catalog.+) 2", "SELECT 1 OPERATOR(+) 2", 3],
    ["SELECT 'a'::pg_catalog.text", "SELECT 'a'::text", "a"],
    ["SELECT CAST('a' AS pg_catalog.name)", "SELECT CAST('a' AS VARCHAR)", "a"],
    ["SELECT '{}'::jsonb", "SELECT '{}'::JSON", "{}"],
    ["SELECT ('x'::\"char\")::pg_catalog.varchar(3)", "SELECT left(('x'::VARCHAR)::varchar(3), 3)", "x"],
    ["SELECT 'xyz'::character varying", "SELECT 'xyz'::character varying", "xyz"],
    ["SELECT CAST('xyz' AS char varying)", "SELECT CAST('xyz' AS char varying)", "xyz"],
    ["SELECT 'xyz'::character", "SELECT rtrim(left('xyz'::character, 1), ' ')", "x"],
    ["SELECT 'b' COLLATE \"C\" > 'a'", "SELECT 'b'  > 'a'", true],
    ["SELECT U&'d\\0061t'", "SELECT 'dat'", "dat"],
    ["SELECT a FROM u ORDER BY a LIMIT 1 FOR NO KEY UPDATE OF u", "SELECT a FROM u ORDER BY a LIMIT 1 ", 1],
  ])("%s", async (before, after, first) => {
    const sql = await translated(before);
    expect(sql).toBe(after);
    expect((await rowsOf(connection, sql))[0]?.[0]).toBe(first);
  });

  test("a pattern may be a parameter", async () => {
    const reader = await connection.runAndReadAll(
      await translated("SELECT b FROM s.t WHERE b ~* $1 ORDER BY a"),
      ["^ab"],
    );
    expect(reader.getRows()).toEqual([["abc"]]);
  });

  test.each([
    "SELECT a FROM t FOR UPDATE SKIP LOCKED",
    "SELECT a FROM t FOR SHARE OF t NOWAIT",
    "SELECT a ~ b + c FROM t",
    "SELECT a ~ CASE WHEN true THEN 'x' END FROM t",
    "SELECT a ~ -b FROM t",
  ])("%s is refused", async (sql) => {
    expect(await analyser.analyse(sql)).toMatchObject([{ kind: "refused", error: { code: "0A000" } }]);
  });

  test("CREATE INDEX … USING btree and nextval(…::regclass) lose what DuckDB does not know", async () => {
    expect(await translated("CREATE INDEX i ON u USING btree (a)")).toBe("CREATE INDEX i ON u (a)");
    expect(await translated("SELECT nextval('q'::regclass)")).toBe("SELECT nextval('q')");
  });
});

async function survivesQuoting(sample: readonly string[]): Promise<void> {
  const columns = sample.map(
    (text, index) => `${quoteLiteral(text)} AS ${quoteIdentifier(`${index}${text}`)}`,
  );
  const reader = await connection.runAndReadAll(`SELECT ${columns.join(", ")}`);
  expect(reader.columnNames()).toEqual(sample.map((text, index) => `${index}${text}`));
  expect(reader.getRows()).toEqual([sample]);
}

describe("names and edits", () => {
  test("any name and any text survive quoting and DuckDB", async () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((name) => !name.includes("\0"));
    const names = fc.array(text, { minLength: 1, maxLength: 10 });
    await fc.assert(fc.asyncProperty(names, survivesQuoting), { numRuns: 30 });
  });

  test("a NUL is refused, edits that overlap or leave the text too", () => {
    expect(() => quoteIdentifier("a\0b")).toThrow(expect.objectContaining({ code: "22021" }));
    expect(() =>
      applyEdits("abcd", [
        { start: 0, end: 2, text: "" },
        { start: 1, end: 3, text: "" },
      ]),
    ).toThrow(RangeError);
    expect(() => applyEdits("abcd", [{ start: 3, end: 5, text: "" }])).toThrow(RangeError);
    expect(
      applyEdits("abcd", [
        { start: 2, end: 3, text: "C" },
        { start: 2, end: 2, text: "+" },
        { start: 2, end: 2, text: "-" },
      ]),
    ).toBe("ab+-Cd");
  });
});

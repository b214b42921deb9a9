import { beforeAll, describe, expect, it } from "vitest";
import { createAnalyser, loadParser } from "../../src/sql/analyse.js";

beforeAll(loadParser);

async function repetition(sql: string): Promise<string> {
  const [analysis] = await createAnalyser({ cacheSize: 1, maxCachedTextBytes: 1 }).analyse(sql);
  if (analysis?.kind !== "relational") throw new Error(`not relational: ${sql}`);
  const { deterministic, insertsRows } = analysis.repetition;
  return [deterministic ? "same" : "other", insertsRows ? "rows" : ""].join(" ").trim();
}

function largeInsert(value: string): string {
  return `INSERT INTO t VALUES ${`(1, ${value}), `.repeat(10_000)} (2, 'b')`;
}

describe("a statement run again", () => {
  it.each([
    ["INSERT INTO t VALUES (1, 'a')", "same rows"],
    ["INSERT INTO t DEFAULT VALUES", "same rows"],
    ["INSERT INTO t SELECT * FROM u", "same rows"],
    ["INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", "same rows"],
    ["INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET v = 1", "same"],
    ["UPDATE t SET a = lower(b) WHERE c IN (SELECT count(*) FROM d)", "same"],
    ["DELETE FROM t USING u WHERE t.id = u.id", "same"],
    ["CREATE TABLE t (r double DEFAULT random())", "same"],
    ["CREATE TABLE t AS SELECT DISTINCT a FROM b", "same"],
  ])("does the same: %s", async (sql, expected) => {
    expect(await repetition(sql)).toBe(expected);
  });

  it.each([
    ["INSERT INTO t VALUES (now())", "other rows"],
    ["INSERT INTO t VALUES ('now')", "other rows"],
    ["INSERT INTO t VALUES (' Today ')", "other rows"],
    ["INSERT INTO t SELECT * FROM u LIMIT 1", "other rows"],
    ["WITH x AS (SELECT DISTINCT ON (a) a FROM b) INSERT INTO t SELECT a FROM x", "other rows"],
    ["UPDATE t SET a = DEFAULT", "other"],
    ["UPDATE t SET a = current_date", "other"],
    ["UPDATE t SET a = x FROM (SELECT row_number() OVER () AS x FROM u) q", "other"],
    ["UPDATE t SET a = my_macro(b)", "other"],
    ["UPDATE t SET a = my_schema.lower(b)", "other"],
    ["CREATE TABLE t AS SELECT random()", "other"],
    ["ALTER TABLE t ADD COLUMN c timestamptz DEFAULT now()", "other"],
    ["DELETE FROM t WHERE id IN (SELECT id FROM u TABLESAMPLE system (10))", "other"],
    ["UPDATE t SET a = [x FOR x IN b]", "other"],
  ])("may do something else: %s", async (sql, expected) => {
    expect(await repetition(sql)).toBe(expected);
  });

  it("is judged without a parser for large inserts of constants", async () => {
    expect(await repetition(largeInsert("'a'"))).toBe("same rows");
    expect(await repetition(largeInsert("'now'"))).toBe("other rows");
  });
});

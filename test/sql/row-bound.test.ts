/** What a SELECT says of the number of its rows. */
import { beforeAll, expect, test } from "vitest";
import { createAnalyser, loadParser } from "../../src/sql/analyse.js";

const analyser = createAnalyser({
  cacheSize: 10,
  maxCachedTextBytes: 10_000,
  serializeSelect: async () => "",
});

beforeAll(async () => {
  await loadParser();
});

async function boundOf(text: string): Promise<string> {
  const [statement] = await analyser.analyse(text);
  if (statement?.kind !== "relational") throw new Error("it is a query");
  const bound = statement.rowBound;
  return bound === undefined ? "unknown" : bound.kind === "few" ? "few" : `key ${bound.columns.join(", ")}`;
}

test.for([
  ["SELECT * FROM t LIMIT 2048", "few"],
  ["SELECT unnest(a) FROM t LIMIT 0", "few"],
  ["SELECT * FROM t LIMIT 2049", "unknown"],
  ["SELECT * FROM t LIMIT $1", "unknown"],
  ["SELECT * FROM t LIMIT ALL", "unknown"],
  ["(SELECT 1 LIMIT 1) UNION ALL SELECT a FROM t", "unknown"],
  ["SELECT 1, $1::int", "few"],
  ["SELECT generate_series(1, 10)", "unknown"],
  ["SELECT unnest($1::int[])", "unknown"],
  ["VALUES (1), (2)", "unknown"],
  ["SELECT * FROM t WHERE id = $1", "key id"],
  ['SELECT a, t.b::text AS c FROM t WHERE ($1 = t."Id" AND a > 2) AND b = 5', "key Id, b"],
  ["SELECT a FROM s.t AS u WHERE u.id = $1::bigint FOR UPDATE", "key id"],
  ["SELECT a FROM t WHERE id = $1 OR a = 2", "unknown"],
  ["SELECT a FROM t WHERE NOT id = 1", "unknown"],
  ["SELECT a FROM t WHERE id = a", "unknown"],
  ["SELECT a FROM t WHERE id <= $1", "unknown"],
  ["SELECT a FROM t WHERE id = ANY ($1)", "unknown"],
  ["SELECT a FROM t WHERE id IN (1, 2)", "unknown"],
  ["SELECT f(a) FROM t WHERE id = $1", "unknown"],
  ["SELECT t.a FROM t, u WHERE t.id = $1", "unknown"],
  ["SELECT t.a FROM t JOIN u ON true WHERE t.id = $1", "unknown"],
  ["SELECT a FROM generate_series(1, 9) AS g (a) WHERE a = $1", "unknown"],
  ["WITH t AS (SELECT 1 AS id) SELECT id FROM t WHERE id = $1", "unknown"],
  ["UPDATE t SET a = 1 WHERE id = $1 RETURNING a", "unknown"],
] as const)("%s: %s", async ([text, bound]) => {
  expect(await boundOf(text)).toBe(bound);
});

/** Parameters that DuckDB cannot infer: a declared type wins, a numeric keeps its digits, a list takes its column's type. */
import { expect, test } from "vitest";
import { OID } from "../../src/pgtypes/oids.js";
import { World, type TestSession } from "../support/world.js";

async function run(
  session: TestSession,
  sql: string,
  values: readonly (string | null)[],
  oids: readonly number[] = [],
) {
  const [statement] = await session.session.parse(sql);
  if (statement === undefined) throw new Error("no statement");
  const parameters = values.map(
    (value) => ({ format: "text", bytes: value === null ? null : Buffer.from(value) }) as const,
  );
  const result = await session.session.execute(statement, parameters, oids);
  const rows: string[][] = [];
  if (result.kind !== "rows") return rows;
  for await (const batch of result.batches) {
    if (batch.kind === "chunk") rows.push(...batch.chunk.getRows().map((row) => row.map(String)));
  }
  return rows;
}

const CASES: readonly (readonly [
  sql: string,
  values: readonly string[],
  oids: readonly number[],
  expected: string,
])[] = [
  ["SELECT $1 + 1", ["1.5"], [OID.float8], "2.5"],
  ["SELECT id * $1 FROM t", ["1.15"], [OID.numeric], "1.15"],
  ["SELECT price * $1 FROM t", ["1.155"], [], "11.55000"],
  ["SELECT 1.5 * $1", ["1.25"], [], "1.875"],
  ["SELECT $1 < $2", ["9", "10"], [OID.int2, OID.int2], "true"],
  ["SELECT greatest($1, $2)", ["9", "10"], [OID.int4, OID.int4], "10"],
  ["SELECT $1", ["007"], [], "007"],
  ["SELECT id + $1 FROM t", ["5"], [], "6"],
  ["SELECT id FROM t WHERE id = ANY($1)", ["{1,2}"], [], "1"],
  ["SELECT count(*) FROM t WHERE id <> ALL($1)", ["{1,2}"], [], "0"],
];

test.each(CASES)("%s with %j", async (sql, values, oids, expected) => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (id INTEGER, price DECIMAL(10, 2)); INSERT INTO t VALUES (1, 10)");
  expect(await run(main, sql, values, oids)).toEqual([[expected]]);
});

test("a value that does not fit the operand's type is refused, not rounded", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1)");
  await expect(run(main, "SELECT id + $1 FROM t", ["1.5"])).rejects.toMatchObject({ code: "22P02" });
});

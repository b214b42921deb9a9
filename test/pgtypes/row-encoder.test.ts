/** What the captured values cannot show: whole vectors, chunk borders, strings wherever they lie, and round trips. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeParameter } from "../../src/pgtypes/parameters.js";
import { OID } from "../../src/pgtypes/oids.js";
import { RowEncoder } from "../../src/pgtypes/row-encoder.js";
import { textOf } from "./data-rows.js";
import { TestEngine } from "./engine.js";
import { readDataRows } from "./data-rows.js";

interface RoundTrip {
  readonly type: string;
  readonly oid: number;
  readonly values: fc.Arbitrary<string>;
}

const signed = (bits: number): fc.Arbitrary<string> =>
  fc.bigInt({ min: -(1n << BigInt(bits - 1)), max: (1n << BigInt(bits - 1)) - 1n }).map(String);
const roundTrips: readonly RoundTrip[] = [
  { type: "SMALLINT", oid: OID.int2, values: signed(16) },
  { type: "INTEGER", oid: OID.int4, values: signed(32) },
  { type: "BIGINT", oid: OID.int8, values: signed(64) },
  { type: "HUGEINT", oid: OID.numeric, values: signed(127) },
  {
    type: "DECIMAL(38,10)",
    oid: OID.numeric,
    values: fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map((unscaled) => {
      const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(11, "0");
      return `${unscaled < 0n ? "-" : ""}${digits.slice(0, -10)}.${digits.slice(-10)}`;
    }),
  },
  { type: "DATE", oid: OID.date, values: fc.integer({ min: -700_000, max: 3_000_000 }).map(isoDate) },
  {
    type: "TIMESTAMP",
    oid: OID.timestamp,
    values: fc
      .tuple(
        fc.integer({ min: -700_000, max: 3_000_000 }),
        fc.integer({ min: 0, max: 86_399 }),
        fc.nat(999_999),
      )
      .map(([days, seconds, micros]) => `${isoDate(days)} ${isoClock(seconds)}${fractionOf(micros)}`),
  },
];

function isoDate(days: number): string {
  return new Date(days * 86_400_000).toISOString().replace(/T.*/, "").replace(/^\+0*/, "");
}

function isoClock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}

function fractionOf(micros: number): string {
  return micros === 0 ? "" : `.${String(micros).padStart(6, "0").replace(/0+$/, "")}`;
}

describe("rows of many chunks", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await TestEngine.open();
    await engine.connection.run(`CREATE TABLE texts AS
      SELECT range AS i, 'a text of some length number ' || range AS long, 's' || range AS short FROM range(6000)`);
    await engine.connection.run(`CREATE TABLE kinds AS
      SELECT 'a long label of kind ' || (range % 5) AS kind, (range % 5)::integer AS n FROM range(10000)`);
    await engine.connection.run("CHECKPOINT");
  });
  afterAll(() => engine.close());

  /** Our text of some columns, and DuckDB's own: the oracle for types both write alike. */
  async function bothTexts(
    from: string,
    columns: readonly string[],
  ): Promise<{ ours: unknown; duckdb: unknown }> {
    const encoded = await engine.rows(`SELECT ${columns.join(", ")} ${from}`);
    const casts = columns.map((column) => `(${column})::varchar`);
    const read = await engine.connection.runAndReadAll(`SELECT ${casts.join(", ")} ${from}`);
    return { ours: encoded.map((row) => row.map(textOf)), duckdb: read.getRowsJson() };
  }

  const numbered = [
    "range::integer",
    "nullif(range % 3, 0)::bigint",
    "CASE WHEN range % 7 > 0 THEN 'v' || range END",
  ];
  const mixed = "CASE WHEN i % 2 = 0 THEN long ELSE short END";
  const shared = "['the same long string', 'another long string'][1 + i % 2]";

  test.each<[string, string, readonly string[]]>([
    ...[1, 63, 64, 65, 2047, 2048, 2049, 5000].map((count): [string, string, readonly string[]] => [
      `${count} rows, NULLs among them`,
      `FROM range(${count})`,
      numbered,
    ]),
    ...[0, 1, 11, 12, 13, 14, 255, 4096, 100_000].map((length): [string, string, readonly string[]] => [
      `strings of ${length} bytes`,
      "FROM range(50)",
      [`repeat('x', ${length})`, `repeat('y', ${length}) || range`],
    ]),
    ["strings in any order of memory", "FROM texts ORDER BY hash(i)", ["long", "short", mixed]],
    ["strings in descending order", "FROM texts ORDER BY i DESC", ["long", mixed]],
    ["strings that share memory", "FROM texts ORDER BY i", [shared, "long"]],
    [
      "constant and all-NULL columns",
      "FROM range(3000)",
      ["'a constant, long'", "NULL::varchar", "42", "NULL::integer"],
    ],
    ["dictionary columns", "FROM kinds WHERE n <> 2", ["kind", "n"]],
    ["joined columns", "FROM kinds JOIN (SELECT range::integer AS n FROM range(3)) USING (n)", ["kind", "n"]],
  ])("%s come out as they are", async (_name, from, columns) => {
    const texts = await bothTexts(from, columns);
    expect(texts.ours).toEqual(texts.duckdb);
  });

  test("nested columns whose parts are constant, filtered, empty or NULL", async () => {
    await engine.connection.run(`CREATE TABLE fixed AS
      SELECT range AS i, array_value('left hand side', 'right' || range) AS a FROM range(4100) WHERE range % 2 = 0`);
    const rows = await engine.rows(`SELECT
        {'a': 1, 'b': range, 'c': CASE WHEN range % 2 = 0 THEN 'a string longer than twelve' END},
        CASE WHEN range % 3 = 0 THEN NULL WHEN range % 3 = 1 THEN [] ELSE [range, NULL, 7] END,
        a,
        map {'k' || range: [range]},
        CASE WHEN range % 2 = 0 THEN {'n': {'m': range}} END
      FROM range(4100) LEFT JOIN fixed ON i = range WHERE range % 5 <> 3 ORDER BY range`);
    const kept = Array.from({ length: 4100 }, (_, i) => i).filter((i) => i % 5 !== 3);
    expect(rows.map((row) => row.map(textOf))).toEqual(
      kept.map((i) => [
        JSON.stringify({ a: 1, b: i, c: i % 2 === 0 ? "a string longer than twelve" : null }),
        i % 3 === 0 ? null : i % 3 === 1 ? "{}" : `{${i},NULL,7}`,
        i % 2 === 0 ? `{"left hand side",right${i}}` : null,
        `{"k${i}":[${i}]}`,
        i % 2 === 0 ? `{"n":{"m":${i}}}` : null,
      ]),
    );
  });

  test("UNION, lists of structs and jagged lists", async () => {
    const [row] =
      await engine.rows(`SELECT union_value(num := 2), [{'a': 'x"y'}, NULL], [[1], [2, 3], NULL], [[], []],
      map {1: 'one', 2: NULL}`);
    expect(row?.map(textOf)).toEqual([
      '{"num":2}',
      String.raw`{"{\"a\":\"x\\\"y\"}",NULL}`,
      "{{1},{2,3},NULL}",
      "{}",
      '{"1":"one","2":null}',
    ]);
  });

  test("row(…) is a record, its fields read by position since all have the same name", async () => {
    const [row] = await engine.rows(
      String.raw`SELECT row(42, 'foo', NULL, 1.5, 'a "b" \c', '', true), [row(1, 'x'), NULL], {'a': row(1, 'longer than twelve')}`,
    );
    expect(row?.map(textOf)).toEqual([
      String.raw`(42,foo,,1.5,"a ""b"" \\c","",t)`,
      '{"(1,x)",NULL}',
      '{"a":{"f1":1,"f2":"longer than twelve"}}',
    ]);
  });

  test("a record in binary names the type of each field", async () => {
    const [row] = await engine.rows("SELECT row(7, NULL::text, 'ab', [1])", "binary");
    const fields = ["00000004", "00000017 00000004 00000007", "00000019 ffffffff", "00000019 00000002 6162"];
    const list = "00000001 00000000 00000017 00000001 00000001 00000004 00000001";
    const expected = [...fields, "000003ef 0000001c", list].join("").replaceAll(" ", "");
    expect(Buffer.from(row?.[0] ?? []).toString("hex")).toBe(expected);
  });

  test("a jagged list is refused in binary format", async () => {
    await expect(engine.rows("SELECT [[1], [2, 3]]", "binary")).rejects.toMatchObject({ code: "0A000" });
  });

  test("types without a PostgreSQL counterpart are refused", async () => {
    await expect(engine.rows("SELECT 1::variant")).rejects.toMatchObject({ code: "0A000" });
  });

  test("a part of a chunk is its rows", async () => {
    const { types, chunks } = await engine.chunks(
      "SELECT range::integer, 'text number ' || range FROM range(100)",
    );
    const encoder = new RowEncoder(types, ["text", "text"], { timeZone: "UTC" });
    const [chunk] = chunks;
    if (chunk === undefined) throw new Error("no chunk");
    const all = readDataRows(encoder.encodeChunk(chunk));
    expect(readDataRows(encoder.encodeChunk(chunk, 40, 25))).toEqual(all.slice(40, 65));
    expect(readDataRows(encoder.encodeChunk(chunk, 90))).toEqual(all.slice(90));
    expect(encoder.encodeChunk(chunk, 100)).toHaveLength(0);
  });

  test("rows this server makes itself", () => {
    const encoder = new RowEncoder([null, null], [], { timeZone: "UTC" });
    const rows = readDataRows(
      encoder.encodeText([
        ["ä", null],
        ["", "x"],
      ]),
    );
    expect(rows.map((row) => row.map(textOf))).toEqual([
      ["ä", null],
      ["", "x"],
    ]);
  });

  test.each(roundTrips)(
    "$type reads back what was written, in text and in binary",
    async ({ type, oid, values }) => {
      await fc.assert(
        fc.asyncProperty(fc.array(values, { minLength: 1, maxLength: 200 }), async (texts) => {
          const list = texts.map((text) => `('${text}'::${type})`).join(", ");
          const written = await engine.rows(`SELECT * FROM (VALUES ${list})`);
          expect(written.map((row) => textOf(row[0]))).toEqual(texts);
          const binary = await engine.rows(`SELECT * FROM (VALUES ${list})`, "binary");
          const read = binary.map((row) =>
            decodeParameter({ format: "binary", bytes: row[0] ?? null }, oid, undefined),
          );
          const parsed = texts.map((text) =>
            decodeParameter({ format: "text", bytes: Buffer.from(text) }, oid, undefined),
          );
          expect(read.map(({ value }) => String(value))).toEqual(parsed.map(({ value }) => String(value)));
        }),
        { numRuns: 10 },
      );
    },
  );

  test("any double and any string survive", async () => {
    const doubles = fc.double({ noNaN: true });
    const strings = fc.string({ unit: "binary", maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(doubles, strings), { minLength: 1, maxLength: 300 }),
        async (pairs) => {
          await engine.connection.run("CREATE OR REPLACE TABLE pairs (i INTEGER, d DOUBLE, s VARCHAR)");
          const appender = await engine.connection.createAppender("pairs");
          for (const [index, [number, text]] of pairs.entries()) {
            appender.appendInteger(index);
            appender.appendDouble(number);
            appender.appendVarchar(text);
            appender.endRow();
          }
          appender.closeSync();
          const rows = await engine.rows("SELECT d, s FROM pairs ORDER BY i");
          const read = rows.map((row) => [Number(textOf(row[0])), textOf(row[1])]);
          expect(read).toEqual(pairs.map(([number, text]) => [number, text]));
        },
      ),
      { numRuns: 20 },
    );
  });
});

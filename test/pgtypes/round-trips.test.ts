/**
 * Random values of every type go out and come back: encoded as a result, read as a parameter, bound into a table of the
 * same type, and encoded again. Both formats, alone and in arrays of one and two dimensions with NULLs.
 */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Connection } from "../../src/engine/connection.js";
import { INTEGER } from "../../src/engine/vector-values.js";
import { decodeParameter, inferParameterOid } from "../../src/pgtypes/parameters.js";
import type { ValueFormat } from "../../src/pgtypes/row-encoder.js";
import { TestEngine } from "./engine.js";

/** DuckDB's type, and SQL expressions of its values. */
interface ValueKind {
  readonly type: string;
  readonly values: fc.Arbitrary<string>;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const between = (min: bigint, max: bigint): fc.Arbitrary<string> =>
  fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max)).map((value) => quoted(String(value)));
const signed = (bits: bigint): fc.Arbitrary<string> =>
  between(-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n);
const unsigned = (bits: bigint): fc.Arbitrary<string> => between(0n, (1n << bits) - 1n);

function decimal(width: number, scale: number): ValueKind {
  const limit = 10n ** BigInt(width) - 1n;
  // Numbers of every length, not only the longest.
  const unscaled = fc
    .tuple(fc.bigInt({ min: -limit, max: limit }), fc.integer({ min: 0, max: width - 1 }))
    .map(([value, cut]) => value / 10n ** BigInt(cut));
  const values = unscaled.map((value) => {
    const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
    const point = digits.length - scale;
    return quoted(`${value < 0n ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`);
  });
  return { type: `DECIMAL(${width},${scale})`, values };
}

const numberText = (value: number): string => quoted(Object.is(value, -0) ? "-0" : String(value));
const hexDigits = (options: fc.StringConstraints): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcdef")), ...options });
/** Microseconds of the times that both systems have: DuckDB's earliest is later than PostgreSQL's 4713 BC by nothing. */
const instants = fc.oneof(
  fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
  fc.bigInt({ min: -210_866_803_200_000_000n, max: 9_223_371_331_200_000_000n }),
);
const timestamps = (type: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 20, arbitrary: instants.map((micros) => `make_timestamp(${micros})::${type}`) },
    { weight: 1, arbitrary: fc.constantFrom(`'infinity'::${type}`, `'-infinity'::${type}`) },
  );
const coarse = (micros: bigint): fc.Arbitrary<string> =>
  fc
    .bigInt({ min: -9_000_000_000_000_000n / micros, max: 9_000_000_000_000_000n / micros })
    .map((value) => `make_timestamp(${value * micros})`);
const dayMicros = fc.oneof(fc.integer({ min: 0, max: 86_400_000_000 }), fc.constantFrom(86_400_000_000));
const pad = (value: number, width = 2): string => String(value).padStart(width, "0");
const clock = (micros: number): string => {
  const seconds = Math.floor(micros / 1_000_000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map((part) => pad(part)).join(":")}.${pad(micros % 1_000_000, 6)}`;
};
const offset = (seconds: number): string =>
  `${seconds < 0 ? "-" : "+"}${clock(Math.abs(seconds) * 1_000_000).slice(0, 8)}`;

const kinds: readonly ValueKind[] = [
  { type: "BOOLEAN", values: fc.constantFrom("true", "false") },
  { type: "TINYINT", values: signed(8n) },
  { type: "UTINYINT", values: unsigned(8n) },
  { type: "SMALLINT", values: signed(16n) },
  { type: "USMALLINT", values: unsigned(16n) },
  { type: "INTEGER", values: signed(32n) },
  { type: "UINTEGER", values: unsigned(32n) },
  { type: "BIGINT", values: signed(64n) },
  { type: "UBIGINT", values: unsigned(64n) },
  { type: "HUGEINT", values: signed(128n) },
  { type: "UHUGEINT", values: unsigned(128n) },
  { type: "BIGNUM", values: signed(300n) },
  ...[
    [4, 0],
    [4, 4],
    [9, 3],
    [15, 6],
    [18, 0],
    [18, 12],
    [18, 13],
    [18, 18],
    [19, 1],
    [38, 0],
    [38, 7],
    [38, 37],
    [38, 38],
  ].map(([width = 1, scale = 0]) => decimal(width, scale)),
  { type: "FLOAT", values: fc.float().map(numberText) },
  { type: "DOUBLE", values: fc.double().map(numberText) },
  {
    type: "VARCHAR",
    values: fc.string({ unit: "binary", maxLength: 40 }).map((t) => quoted(t.replaceAll("\0", ""))),
  },
  { type: "ENUM('a b', 'NULL', '', 'ü\"')", values: fc.constantFrom("'a b'", "'NULL'", "''", "'ü\"'") },
  { type: "JSON", values: fc.json().map((text) => quoted(text.replaceAll("\\u0000", ""))) },
  {
    type: "BLOB",
    values: hexDigits({ maxLength: 60 }).map((hex) => `unhex('${hex.length % 2 === 0 ? hex : `0${hex}`}')`),
  },
  {
    type: "BIT",
    values: fc.string({ unit: fc.constantFrom("0", "1"), minLength: 1, maxLength: 70 }).map(quoted),
  },
  { type: "UUID", values: fc.uuid().map(quoted) },
  {
    type: "DATE",
    values: fc.oneof(
      {
        weight: 20,
        arbitrary: fc
          .integer({ min: -2_440_588, max: 2_145_031_948 })
          .map((day) => `DATE '1970-01-01' + (${day})`),
      },
      {
        weight: 20,
        arbitrary: fc.integer({ min: -800_000, max: 3_000_000 }).map((day) => `DATE '1970-01-01' + (${day})`),
      },
      { weight: 1, arbitrary: fc.constantFrom("'infinity'", "'-infinity'") },
    ),
  },
  { type: "TIME", values: dayMicros.map((micros) => quoted(clock(micros))) },
  { type: "TIME_NS", values: dayMicros.map((micros) => quoted(clock(micros))) },
  {
    type: "TIMETZ",
    values: fc
      .tuple(dayMicros, fc.integer({ min: -57_599, max: 57_599 }))
      .map(([micros, seconds]) => quoted(clock(micros) + offset(seconds))),
  },
  { type: "TIMESTAMP", values: timestamps("TIMESTAMP") },
  { type: "TIMESTAMPTZ", values: timestamps("TIMESTAMPTZ") },
  { type: "TIMESTAMP_S", values: coarse(1_000_000n) },
  { type: "TIMESTAMP_MS", values: coarse(1000n) },
  { type: "TIMESTAMP_NS", values: coarse(1n) },
  {
    type: "INTERVAL",
    values: fc
      .tuple(fc.integer(), fc.integer(), fc.bigInt({ min: -(1n << 62n), max: 1n << 62n }))
      .map(
        ([months, days, micros]) => `to_months(${months}) + to_days(${days}) + to_microseconds(${micros})`,
      ),
  },
];

/** A value alone, or lists of it. */
const shapes: Readonly<Record<string, (kind: ValueKind) => ValueKind>> = {
  value: (kind) => kind,
  list: ({ type, values }) => ({ type: `${type}[]`, values: listOf(type, values, { maxLength: 6 }) }),
  "list of lists": ({ type, values }) => ({
    type: `${type}[][]`,
    values: fc
      .integer({ min: 1, max: 3 })
      .chain((width) =>
        fc.array(listOf(type, values, { minLength: width, maxLength: width }), {
          minLength: 1,
          maxLength: 3,
        }),
      )
      .map((lists) => `[${lists.join(", ")}]`),
  }),
  array: ({ type, values }) => ({
    type: `${type}[2]`,
    values: listOf(type, values, { minLength: 2, maxLength: 2 }).map((list) => `${list}::${type}[2]`),
  }),
};

function listOf(type: string, values: fc.Arbitrary<string>, size: fc.ArrayConstraints): fc.Arbitrary<string> {
  const item = fc.oneof({ weight: 6, arbitrary: values }, { weight: 1, arbitrary: fc.constant("NULL") });
  return fc
    .array(
      item.map((sql) => `(${sql})::${type}`),
      size,
    )
    .map((items) => `[${items.join(", ")}]::${type}[]`);
}

const cases = kinds.flatMap((kind) =>
  Object.entries(shapes).map(([shape, make]) => [shape, make(kind)] as const),
);

describe("a value comes back as it went out", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await TestEngine.open();
  });
  afterAll(() => engine.close());

  test.each(cases.map(([shape, kind]) => [shape, kind.type, kind.values] as const))(
    "%s of %s",
    async (_shape, type, values) => {
      const rows = fc.array(fc.option(values, { nil: "NULL", freq: 10 }), { minLength: 1, maxLength: 30 });
      await fc.assert(
        fc.asyncProperty(rows, async (list) => {
          const rowSql = list.map((value, i) => `(${i}, (${value})::${type})`).join(", ");
          await engine.connection.run(`CREATE OR REPLACE TABLE there (i INTEGER, v ${type})`);
          await engine.connection.run(`INSERT INTO there VALUES ${rowSql}`);
          for (const format of ["text", "binary"] as const) {
            expect(await differences(engine, type, format)).toEqual([]);
          }
        }),
        { numRuns: 3, endOnFailure: true },
      );
    },
  );
});

/** Rows that came back as something else, as DuckDB compares them and as they are encoded. */
async function differences(
  engine: TestEngine,
  type: string,
  format: ValueFormat,
): Promise<readonly unknown[]> {
  const { types } = await engine.chunks("SELECT v FROM there");
  const sent = await engine.rows("SELECT v FROM there ORDER BY i", format);
  await engine.connection.run(`CREATE OR REPLACE TABLE back (i INTEGER, v ${type})`);
  const insert = await new Connection(engine.connection).prepare("INSERT INTO back VALUES ($1, $2)");
  const oid = inferParameterOid(types[0]);
  for (const [index, row] of sent.entries()) {
    const decoded = decodeParameter({ format, bytes: row[0] ?? null }, oid, types[0]);
    insert.bind([index, decoded.value], [INTEGER, decoded.type]);
    await (await insert.stream()).changedRows();
  }
  insert.close();
  const different = await engine.connection.runAndReadAll(
    "SELECT i, there.v::VARCHAR, back.v::VARCHAR FROM there JOIN back USING (i) WHERE there.v IS DISTINCT FROM back.v",
  );
  const again = await engine.rows("SELECT v FROM back ORDER BY i", format);
  const changed = again.flatMap((row, i) =>
    sameBytes(row[0], sent[i]?.[0]) ? [] : [{ i, sent: sent[i], again: row }],
  );
  return [...different.getRowsJson(), ...changed];
}

function sameBytes(one: Uint8Array | null | undefined, other: Uint8Array | null | undefined): boolean {
  return one && other ? Buffer.compare(one, other) === 0 : one === other;
}

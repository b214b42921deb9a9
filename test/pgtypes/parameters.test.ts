/** Parameters: PostgreSQL's input rules and errors, and the types DuckDB is given. */
import { DuckDBTimestampTZValue } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EngineType } from "../../src/engine/types.js";
import { OID } from "../../src/pgtypes/oids.js";
import { decodeParameter, inferParameterOid } from "../../src/pgtypes/parameters.js";
import {
  ARRAY,
  DECIMAL,
  EngineTypeId,
  HUGEINT,
  INTEGER,
  LIST,
  SMALLINT,
  TIMESTAMPTZ,
  VARCHAR,
} from "../../src/engine/vector-values.js";
import { textOf } from "./data-rows.js";
import { TestEngine } from "./engine.js";

function decodeText(text: string, oid: number, inferred?: EngineType): ReturnType<typeof decodeParameter> {
  return decodeParameter({ format: "text", bytes: Buffer.from(text) }, oid, inferred, {
    timeZone: "Europe/Berlin",
  });
}

function decodeHex(hex: string, oid: number): ReturnType<typeof decodeParameter> {
  return decodeParameter({ format: "binary", bytes: Buffer.from(hex, "hex") }, oid, undefined);
}

describe("text parameters", () => {
  test.each<[number, string, string, string]>([
    [OID.int2, " -7 ", "SMALLINT", "-7"],
    [OID.int4, "+42", "INTEGER", "42"],
    [OID.int8, "9223372036854775807", "BIGINT", "9223372036854775807"],
    [OID.numeric, "1.20", "DECIMAL(3,2)", "1.20"],
    [OID.numeric, "-1.5e3", "DECIMAL(4,0)", "-1500"],
    [OID.numeric, "1.5e-3", "DECIMAL(4,4)", "0.0015"],
    [OID.numeric, "1".repeat(45), "BIGNUM", "1".repeat(45)],
    [OID.float8, "-inf", "DOUBLE", "-Infinity"],
    [OID.float8, "1e-5", "DOUBLE", "0.00001"],
    [OID.float4, "0.1", "FLOAT", "0.10000000149011612"],
    [OID.bool, "of", "BOOLEAN", "false"],
    [OID.bool, "Y", "BOOLEAN", "true"],
    [OID.date, "2024-02-29", "DATE", "2024-02-29"],
    [OID.date, "20240229", "DATE", "2024-02-29"],
    [OID.date, "2024-02-28 24:00", "DATE", "2024-02-28"],
    [OID.date, "0044-03-15 BC", "DATE", "0044-03-15 (BC)"],
    [OID.date, "0900-01-01 -05", "DATE", "0900-01-01"],
    [OID.timestamptz, "2024-01-01+05:30", "TIMESTAMP WITH TIME ZONE", "2023-12-31 18:30:00+00"],
    [OID.date, "2024-02-29T23:59:59+02", "DATE", "2024-02-29"],
    [OID.time, "24:00", "TIME", "24:00:00"],
    [OID.time, "1:02:03.5 PM", "TIME", "13:02:03.5"],
    [OID.timestamp, "2024-02-29T12:34:56.789Z", "TIMESTAMP", "2024-02-29 12:34:56.789"],
    [OID.timestamp, "2024-02-28 23:59:60", "TIMESTAMP", "2024-02-29 00:00:00"],
    [OID.timestamp, "2024-02-29 12:34:56.1234567", "TIMESTAMP", "2024-02-29 12:34:56.123457"],
    [OID.uuid, "{00112233-44556677-8899aabbccddeeff}", "UUID", "00112233-4455-6677-8899-aabbccddeeff"],
    [OID.varbit, "x1F", "BIT", "00011111"],
    [OID.interval, "1 year 2 mons -3 days +04:05:06.5", "INTERVAL", "1 year 2 months -3 days 04:05:06.5"],
    [OID.interval, "P1Y2M3DT4H5M6S", "INTERVAL", "1 year 2 months 3 days 04:05:06"],
    [OID.interval, "@ 1.5 days ago", "INTERVAL", "-1 day -12:00:00"],
    [OID.interval, "90", "INTERVAL", "00:01:30"],
    [OID.text, "plain 'text' 🦆", "VARCHAR", "plain 'text' 🦆"],
    [1007, "{1,NULL,-3}", "INTEGER[]", "[1, NULL, -3]"],
    [1007, "{{1,2},{3,4}}", "INTEGER[][]", "[[1, 2], [3, 4]]"],
    [1009, '{a,"b \\"c\\"",NULL,"NULL", x\\ y }', "VARCHAR[]", `['a', 'b "c"', NULL, 'NULL', 'x y']`],
    [1231, "{1,2.50,NULL}", "DECIMAL(3,2)[]", "[1.00, 2.50, NULL]"],
  ])("OID %i: %s", (oid, text, type, value) => {
    const decoded = decodeText(text, oid);
    expect(decoded.type.toString()).toBe(type);
    expect(String(decoded.value)).toBe(value);
  });

  test("a bytea is its bytes, in hex and in escape form", () => {
    expect(decodeText("\\x00fF 5c", OID.bytea).value).toMatchObject({ bytes: Buffer.from("00ff5c", "hex") });
    expect(decodeText("a\\\\\\000\\377", OID.bytea).value).toMatchObject({
      bytes: Uint8Array.of(97, 92, 0, 255),
    });
  });

  test.each<[string, bigint]>([
    ["2024-01-01 12:00", 11n],
    ["2024-07-01 12:00", 10n],
    ["2024-03-31 02:30", 1n],
    ["2024-10-27 02:30", 1n],
    ["2024-07-01 12:00Z", 12n],
    ["2024-07-01 12:00+05:30", 6n],
    ["2024-07-01 12:00 America/New_York", 16n],
  ])("timestamptz %s is read in the session's zone when it names none", (text, hour) => {
    const { value } = decodeText(text, 0, TIMESTAMPTZ);
    const micros = value instanceof DuckDBTimestampTZValue ? value.micros : undefined;
    expect(micros === undefined ? undefined : (micros / 3_600_000_000n) % 24n).toBe(hour);
  });

  test.each<[number, string, string, string]>([
    [OID.int4, "x", "22P02", 'invalid input syntax for type integer: "x"'],
    [OID.int4, "", "22P02", 'invalid input syntax for type integer: ""'],
    [OID.int4, "3.5", "22P02", 'invalid input syntax for type integer: "3.5"'],
    [OID.int2, "32768", "22003", 'value "32768" is out of range for type smallint'],
    [OID.int8, "9223372036854775808", "22003", 'value "9223372036854775808" is out of range for type bigint'],
    [OID.float8, "1e400", "22003", '"1e400" is out of range for type double precision'],
    [OID.float4, "1e-60", "22003", '"1e-60" is out of range for type real'],
    [OID.numeric, ".", "22P02", 'invalid input syntax for type numeric: "."'],
    [OID.numeric, "NaN", "0A000", 'numeric value "NaN" is not supported'],
    [OID.bool, "o", "22P02", 'invalid input syntax for type boolean: "o"'],
    [OID.date, "2023-02-29", "22008", 'date/time field value out of range: "2023-02-29"'],
    [OID.date, "2024-01-01-05", "22007", 'invalid input syntax for type date: "2024-01-01-05"'],
    [OID.date, "1/2/2024", "22007", 'invalid input syntax for type date: "1/2/2024"'],
    [OID.timestamp, "2024-01-01 25:00", "22008", 'date/time field value out of range: "2024-01-01 25:00"'],
    [
      OID.timestamptz,
      "2024-01-01 00:00 Nowhere",
      "22007",
      'invalid input syntax for type timestamp with time zone: "2024-01-01 00:00 Nowhere"',
    ],
    [OID.timestamptz, "2024-01-01 00:00 No/where", "22023", 'time zone "No/where" not recognized'],
    [OID.interval, "1 day 1 day", "22007", 'invalid input syntax for type interval: "1 day 1 day"'],
    [OID.interval, "1 parsec", "22007", 'invalid input syntax for type interval: "1 parsec"'],
    [OID.uuid, "0011", "22P02", 'invalid input syntax for type uuid: "0011"'],
    [OID.varbit, "012", "22P02", '"2" is not a valid binary digit'],
    [OID.bytea, "\\xg0", "22023", 'invalid hexadecimal digit: "g"'],
    [1007, "{1,2", "22P02", 'malformed array literal: "{1,2"'],
    [1007, "{1,a}", "22P02", 'invalid input syntax for type integer: "a"'],
    [1007, "{{1},{2,3}}", "22P02", 'malformed array literal: "{{1},{2,3}}"'],
  ])("OID %i refuses %s", (oid, text, code, message) => {
    expect(() => decodeText(text, oid)).toThrowError(expect.objectContaining({ code, message }));
  });

  test("bytes that are not UTF-8, and NUL, are refused", () => {
    const bad = { format: "text", bytes: Buffer.from([0x61, 0xe2, 0x28, 0xa1]) } as const;
    const message = 'invalid byte sequence for encoding "UTF8": 0xe2 0x28 0xa1';
    expect(() => decodeParameter(bad, 0, undefined)).toThrowError(
      expect.objectContaining({ code: "22021", message }),
    );
    const nul = { format: "text", bytes: Buffer.from([0]) } as const;
    expect(() => decodeParameter(nul, 0, undefined)).toThrowError(expect.objectContaining({ code: "22021" }));
  });
});

describe("the type of a parameter", () => {
  test("an unknown one is text, a NULL is of the type the statement was prepared with", () => {
    expect(inferParameterOid(undefined)).toBe(OID.text);
    expect(decodeText("1", 0)).toMatchObject({ value: "1", type: VARCHAR });
    const { type } = decodeParameter({ format: "text", bytes: null }, OID.int4, INTEGER);
    expect(type.typeId).toBe(EngineTypeId.INTEGER);
  });

  test("what the client declared wins over what DuckDB inferred", () => {
    expect(decodeText("1", OID.int8, SMALLINT).type.typeId).toBe(EngineTypeId.BIGINT);
    expect(decodeText("1", OID.unknown, SMALLINT).type.typeId).toBe(EngineTypeId.SMALLINT);
  });

  test("a number keeps its digits whatever DECIMAL it meets", () => {
    expect(decodeText("1.234", 0, DECIMAL(12, 2)).type.toString()).toBe("DECIMAL(4,3)");
    expect(decodeText("1", 0, HUGEINT).type.typeId).toBe(EngineTypeId.HUGEINT);
  });

  test("lists and arrays follow the place they go to", () => {
    expect(decodeText("{}", 0, LIST(LIST(INTEGER))).type.toString()).toBe("INTEGER[][]");
    expect(decodeText("{1,2}", 0, ARRAY(INTEGER, 2)).type.toString()).toBe("INTEGER[2]");
  });
});

describe("binary parameters", () => {
  test.each<[number, string, string]>([
    [OID.int2, "00", "08P01"],
    [OID.int4, "0000000000", "22P03"],
    [OID.int4, "00", "08P01"],
    [OID.numeric, "0001000000000000", "08P01"],
    [OID.numeric, "000000000000000000", "22P03"],
    [OID.numeric, "00010000c00000000001", "0A000"],
    [1007, "00000001000000000000001700000001", "08P01"],
    [1007, "000000010000000000000014000000010000000100000004", "42804"],
    [1007, "000000070000000000000017", "54000"],
    [1007, "ffffffff0000000000000017", "22P03"],
    [OID.time, "ffffffffffffffff", "22008"],
    [OID.jsonb, "027b7d", "XX000"],
    [600, "00", "08P01"],
    [3614, "00", "0A000"],
  ])("OID %i refuses %s", (oid, hex, code) => {
    expect(() => decodeHex(hex, oid)).toThrowError(expect.objectContaining({ code }));
  });

  test("text comes as it is", () => {
    expect(decodeHex("c3bc", OID.text)).toMatchObject({ value: "ü", type: VARCHAR });
    expect(decodeHex("017b7d", OID.jsonb)).toMatchObject({ value: "{}", type: VARCHAR });
  });
});

describe("bound to DuckDB", () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await TestEngine.open();
  });
  afterAll(() => engine.close());

  const samples: readonly string[] = [
    "-7::smallint",
    "2147483647::integer",
    "-9007199254740993::bigint",
    "12.50::decimal(9,2)",
    "-0.00001::decimal(20,5)",
    "170141183460469231731687303715884105727::hugeint",
    "0.1::double",
    "1.5::float",
    "true",
    "'süß 🦆'",
    "unhex('00ff5c')",
    "'10110'::bit",
    "uuid '00112233-4455-6677-8899-aabbccddeeff'",
    "date '2024-02-29'",
    "date 'infinity'",
    "time '12:34:56.789'",
    "'12:00:00+05:30'::timetz",
    "timestamp '2024-02-29 12:34:56.789'",
    "timestamp '-infinity'",
    "timestamptz '2024-02-29 12:34:56.789+00'",
    "to_months(14) + to_days(-3) + to_microseconds(14706500000)",
    "[1, NULL, 3]::integer[]",
    "[[1, 2], [3, 4]]::bigint[][]",
    "['a', 'b \"c', NULL, '']",
    "[1.50, 2.25]::decimal(6,2)[]",
    "[timestamp '2024-02-29 12:34:56']",
  ];

  test.each(samples.flatMap((sample) => [["text", sample] as const, ["binary", sample] as const]))(
    "%s of %s comes back as the same value",
    async (format, sample) => {
      const { types } = await engine.chunks(`SELECT ${sample}`);
      const oid = inferParameterOid(types[0]);
      const [row] = await engine.rows(`SELECT ${sample}`, format);
      const decoded = decodeParameter({ format, bytes: row?.[0] ?? null }, oid, types[0]);
      const statement = await engine.connection.prepare(`SELECT $1 IS NOT DISTINCT FROM ${sample}, $1`);
      statement.bindValue(1, decoded.value, decoded.type);
      const [answer] = (await statement.runAndReadAll()).getRows();
      expect(answer?.[0]).toBe(true);
      expect(textOf(row?.[0])).not.toBeNull();
    },
  );

  test("a value that is finer than its column finds nothing", async () => {
    await engine.connection.run("CREATE TABLE prices AS SELECT 1.23::decimal(12,2) AS price");
    const statement = await engine.connection.prepare(
      "SELECT count(*)::integer FROM prices WHERE price = $1",
    );
    const found: unknown[] = [];
    for (const text of ["1.23", "1.230", "1.234"]) {
      const { value, type } = decodeText(text, 0, DECIMAL(12, 2));
      statement.bindValue(1, value, type);
      found.push((await statement.runAndReadAll()).getRows()[0]?.[0]);
    }
    expect(found).toEqual([1, 1, 0]);
  });
});

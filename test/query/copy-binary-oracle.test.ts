/** Binary COPY beside PostgreSQL 15: the same messages out, the same values in, the same errors for broken data. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import type { WireClient } from "../support/wire-client.js";
import { copyIn, copyOut, rowsOf, startHeads, type Heads } from "./copy-heads.js";

/** Values of each type, as COPY's text. */
const TYPES: readonly (readonly [type: string, values: readonly string[]])[] = [
  ["smallint", ["1", "-32768", "32767", "\\N"]],
  ["int", ["0", "-2147483648", "2147483647"]],
  ["bigint", ["0", "-9223372036854775808", "9223372036854775807", "4294967296", "-1"]],
  ["real", ["1.5", "0.1", "NaN", "Infinity", "-Infinity", "-0", "1e-40", "3.4e38"]],
  ["double precision", ["1.5", "0.1", "NaN", "-Infinity", "-0", "1e-320", "1.7e308"]],
  ["numeric(12,4)", ["0", "1.5", "-99999999.9999", "0.0001", "10000", "123456.7"]],
  ["numeric(38,0)", ["99999999999999999999999999999999999999", "-1"]],
  ["boolean", ["t", "f"]],
  [
    "text",
    ["x", "", 'tab\\tline\\nbackslash\\\\ "quote"', "ü€😀", "a longer text than is kept inline", "\\x01"],
  ],
  ["bytea", ["\\\\x00ff", "\\\\x", "text"]],
  ["uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "ffffffff-ffff-ffff-ffff-ffffffffffff"]],
  ["date", ["2000-01-01", "1969-12-31", "0044-03-15 BC", "infinity", "-infinity", "294000-01-01"]],
  ["time", ["00:00:00", "24:00:00", "12:34:56.789012"]],
  ["timetz", ["12:34:56.5+02", "00:00:00-03:30", "01:02:03+00:00:01"]],
  [
    "timestamp",
    [
      "2000-01-01 00:00:00",
      "1969-12-31 23:59:59.999999",
      "0044-03-15 01:02:03 BC",
      "infinity",
      "-infinity",
      "294000-01-01 00:00:00.1",
    ],
  ],
  ["timestamptz", ["2024-07-01 12:00:00.000001+02", "-infinity", "0001-01-01 00:00:00+00"]],
  ["interval", ["1 mon -2 days 03:00:00.5", "-178 years", "-00:00:00.000001", "100000:00:00"]],
  ["varbit", ["0", "10110", "1111111100000000"]],
  ["json", ['{"a": [1, null]}', "[]"]],
  ["int[]", ["{1,NULL,3}", "{}", "{2147483647}"]],
  ["text[]", ['{a,"b c",NULL,"NULL","\\\\"q\\\\\\\\",""}', "{}"]],
  ["timestamp[]", ['{"2024-01-01 00:00:00",infinity}']],
  ["numeric(6,2)[]", ["{1.50,NULL,-0.01}"]],
  ["bytea[]", ['{"\\\\\\\\x00ff",NULL}']],
];

const HEADER = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function field(bytes: string | Buffer): Buffer {
  const value = Buffer.from(bytes);
  return Buffer.concat([int32(value.length), value]);
}

const END = int16(-1);
/** A row of (a int, b text). */
const ROW = Buffer.concat([int16(2), field(int32(7)), field("x")]);

/** Into t (a int, b text); all but the first few are broken. */
const DATA: readonly (readonly [name: string, ...parts: Buffer[]])[] = [
  ["one row", HEADER, ROW, END],
  ["no trailer", HEADER, ROW],
  ["no rows", HEADER, END],
  ["NULL", HEADER, int16(2), field(int32(1)), int32(-1), END],
  ["an extension", HEADER.subarray(0, 15), field("extension"), ROW, END],
  ["flags that are not critical", HEADER.subarray(0, 11), int32(0xff), int32(0), ROW, END],
  ["half a field count", HEADER, ROW, Buffer.of(0)],
  ["nothing"],
  ["half a signature", HEADER.subarray(0, 5)],
  ["another signature", Buffer.from("PGCOPY\n\xff\r\nx", "latin1"), Buffer.alloc(8), END],
  ["no flags", HEADER.subarray(0, 13)],
  ["OIDs", HEADER.subarray(0, 11), int32(1 << 16), int32(0), END],
  ["critical flags", HEADER.subarray(0, 11), int32(1 << 20), int32(0), END],
  ["no length", HEADER.subarray(0, 17)],
  ["a negative length", HEADER.subarray(0, 15), int32(-1), ROW],
  ["a length beyond the end", HEADER.subarray(0, 15), int32(100), ROW],
  ["too few fields", HEADER, ROW, int16(1), field(int32(1)), END],
  ["too many fields", HEADER, ROW, int16(3), END],
  ["a negative field count", HEADER, int16(-2)],
  ["a cut length", HEADER, int16(2), field(int32(1)), Buffer.of(0, 0)],
  ["a cut value", HEADER, int16(2), field(int32(1)), int32(5), Buffer.from("abc")],
  ["a negative field size", HEADER, int16(2), int32(-2), END],
  ["a negative field size behind", HEADER, ROW, int16(2), field(int32(1)), int32(-7), END],
  ["data behind the trailer", HEADER, ROW, END, Buffer.of(0)],
  ["a short integer", HEADER, ROW, int16(2), field(Buffer.of(0, 1)), field("x"), END],
  ["a long integer", HEADER, int16(2), field(Buffer.alloc(8)), field("x"), END],
  ["text that is not UTF-8", HEADER, int16(2), field(int32(1)), field(Buffer.of(0x61, 0xff)), END],
  ["text with a NUL", HEADER, int16(2), field(int32(1)), field(Buffer.of(0x61, 0)), END],
];

/** One value of a type that is none. */
const BAD_VALUES: readonly (readonly [type: string, hex: string])[] = [
  ["smallint", "00"],
  ["bigint", "00000000"],
  ["double precision", "00000000"],
  ["boolean", "0000"],
  ["numeric(6,2)", "0001"],
  ["numeric(6,2)", "0001000012340000 0001"],
  ["numeric(6,2)", "0001000000005000 0001"],
  ["numeric(6,2)", "0001000000000000 2711"],
  ["numeric(6,2)", "0002000100000000 00010000"],
  ["date", "7ffffffe"],
  ["date", "80000001"],
  ["time", "7fffffffffffffff"],
  ["time", "ffffffffffffffff"],
  ["timetz", "00000000000000000000ffff"],
  ["timetz", "0000000000000000"],
  ["timestamp", "7ffffffffffffffe"],
  ["timestamp", "8000000000000001"],
  ["interval", "0000000000000000"],
  ["uuid", "00"],
  ["varbit", "ffffffff"],
  ["varbit", "0000001000"],
  ["varbit", "000000080000"],
  ["int[]", "00"],
  ["int[]", "00000007 00000000 00000017"],
  ["int[]", "ffffffff 00000000 00000017"],
  ["int[]", "00000001 00000002 00000017"],
  ["int[]", "00000001 00000000 00000017 00000001 00000001"],
  ["int[]", "00000001 00000000 00000017 00000001 00000001 00000002 0001"],
  ["int[]", "00000001 00000000 00000017 00000001 00000001 00000004 00000001 00"],
];

async function makeTable(client: WireClient, columns: string): Promise<void> {
  await client.query("drop table if exists t");
  await rowsOf(client, `create table t (${columns})`);
}

describe.skipIf(!hasPostgres)("binary COPY as in PostgreSQL 15", () => {
  let heads: Heads;
  beforeAll(async () => {
    heads = await startHeads();
    await heads.oracle.query("set timezone = 'UTC'");
    for (const client of heads.ours) await client.query("set timezone = 'UTC'");
  }, 60_000);
  afterAll(async () => await heads[Symbol.asyncDispose]());

  test.each(TYPES)("%s out and in", async (type, values) => {
    const text = Buffer.from(values.map((value, index) => `${index}\t${value}\n`).join(""));
    await makeTable(heads.oracle, `n int, v ${type}`);
    await copyIn(heads.oracle, "copy t from stdin", text);
    const expected = await copyOut(heads.oracle, "copy t to stdout (format binary)");
    const rows = await rowsOf(heads.oracle, "select * from t");
    expect(rows).toHaveLength(values.length);
    const file = Buffer.from((expected.rows ?? []).slice(1).join(""), "hex");
    for (const client of heads.ours) {
      await makeTable(client, `n int, v ${type}`);
      const tag = `COPY ${values.length}`;
      expect(await copyIn(client, "copy t from stdin (format binary)", file)).toEqual({ tag });
      expect(await rowsOf(client, "select * from t")).toEqual(rows);
      expect(await copyOut(client, "copy t to stdout (format binary)")).toEqual(expected);
    }
  });

  test.each(DATA.map(([name, ...parts]) => [name, Buffer.concat(parts)] as const))(
    "%s",
    async (_name, data) => {
      const run = async (client: WireClient): Promise<unknown> => {
        await makeTable(client, "a int, b text");
        const outcome = await copyIn(client, "copy t from stdin binary", data);
        return { ...outcome, rows: await rowsOf(client, "select * from t") };
      };
      const expected = await run(heads.oracle);
      for (const client of heads.ours) expect(await run(client)).toEqual(expected);
    },
  );

  test.each(BAD_VALUES)("no value of type %s: %s", async (type, hex) => {
    const data = Buffer.concat([HEADER, int16(1), field(Buffer.from(hex.replaceAll(" ", ""), "hex")), END]);
    const run = async (client: WireClient): Promise<unknown> => {
      await makeTable(client, `v ${type}`);
      return await copyIn(client, "copy t from stdin (format 'binary')", data);
    };
    const expected = await run(heads.oracle);
    for (const client of heads.ours) expect(await run(client)).toEqual(expected);
  });

  test.each([
    "copy t to stdout binary",
    "copy binary t to stdout",
    "copy (select 1 where false) to stdout (format binary)",
    "copy (select a, null::text as n from t order by a) to stdout (format binary)",
  ])("%s", async (statement) => {
    const run = async (client: WireClient): Promise<unknown> => {
      await makeTable(client, "a int, b text");
      await copyIn(client, "copy t from stdin", Buffer.from("1\tx\n2\t\\N\n"));
      return await copyOut(client, statement);
    };
    const expected = await run(heads.oracle);
    for (const client of heads.ours) expect(await run(client)).toEqual(expected);
  });
});

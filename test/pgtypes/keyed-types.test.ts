/**
 * Types that DuckDB has nothing like, beside texts and bytes captured from PostgreSQL 15 (`range_send` and its kin): both
 * forms are read and written alike, and keys are in PostgreSQL's order.
 */
import { expect, test } from "vitest";
import { assert, integer, property } from "fast-check";
import { KEYED_TYPES, keyedTypeText } from "../../src/core/keyed-types.js";
import {
  engineTypeOf,
  keyedTypeByOid,
  keyedTypeOf,
  type NamedKeyedType,
} from "../../src/pgtypes/keyed/registry.js";

const UTC = { timeZone: "UTC" };

const CAPTURED: readonly (readonly [type: string, text: string, hex: string])[] = [
  ["int4range", "[1,5)", "0200000004000000010000000400000005"],
  ["int4range", "empty", "01"],
  ["int4range", "(,)", "18"],
  ["int4range", "(,8)", "080000000400000008"],
  ["int4range", "[-2147483648,)", "120000000480000000"],
  ["int8range", "[1,9223372036854775806)", "02000000080000000000000001000000087ffffffffffffffe"],
  ["numrange", "[1.5,2]", "060000000c0002000000000001000113880000000a00010000000000000002"],
  ["numrange", "(-123456.789,0.0001)", "000000000e0003000140000003000c0d801ed20000000a0001ffff000000040001"],
  ["numrange", "[0,10000)", "020000000800000000000000000000000a00010001000000000001"],
  ["numrange", "[0.00001,)", "120000000a0001fffe0000000503e8"],
  ["daterange", "[2024-01-01,2024-02-01)", "02000000040000223e000000040000225d"],
  ["daterange", "(,infinity]", "0c000000047fffffff"],
  ["daterange", '["0044-03-15 BC",)', "1200000004fff49d7b"],
  ["daterange", "[-infinity,2024-01-02)", "020000000480000000000000040000223f"],
  ["tsrange", '["2024-01-01 10:00:00.5",)', "12000000080002b0de36b54920"],
  ["tsrange", "[-infinity,infinity]", "06000000088000000000000000000000087fffffffffffffff"],
  [
    "tstzrange",
    '["2024-01-01 10:00:00+00","2024-07-01 12:00:00+00"]',
    "06000000080002b0de36ada800000000080002bf2d1af33000",
  ],
  ["int4multirange", "{}", "00000000"],
  [
    "int4multirange",
    "{[1,2),[5,6)}",
    "00000002000000110200000004000000010000000400000002000000110200000004000000050000000400000006",
  ],
  [
    "nummultirange",
    "{[1.5,2),(3,)}",
    "000000020000001f020000000c0002000000000001000113880000000a000100000000000000020000000f100000000a00010000000000000003",
  ],
  ["datemultirange", "{[2024-01-01,2024-01-02)}", "000000010000001102000000040000223e000000040000223f"],
  ["int8multirange", "{(,5)}", "000000010000000d08000000080000000000000005"],
  ["tsmultirange", '{["2024-01-01 00:00:00",)}', "000000010000000d12000000080002b0d5d4e94000"],
  ["tstzmultirange", '{["2024-01-01 00:00:00+00",)}', "000000010000000d12000000080002b0d5d4e94000"],
  ["inet", "10.0.0.1", "022000040a000001"],
  ["inet", "10.0.0.1/24", "021800040a000001"],
  ["inet", "::1", "0380001000000000000000000000000000000001"],
  ["inet", "2001:db8::/32", "0320001020010db8000000000000000000000000"],
  ["inet", "::ffff:1.2.3.4", "0380001000000000000000000000ffff01020304"],
  ["inet", "1::2:0:0:3", "0380001000010000000000000002000000000003"],
  ["cidr", "10.0.0.0/8", "020801040a000000"],
  ["cidr", "::/0", "0300011000000000000000000000000000000000"],
  ["cidr", "192.168.1.0/24", "02180104c0a80100"],
  ["macaddr", "08:00:2b:01:02:03", "08002b010203"],
  ["point", "(1.5,-2)", "3ff8000000000000c000000000000000"],
  ["lseg", "[(1,2),(3,4)]", "3ff0000000000000400000000000000040080000000000004010000000000000"],
  ["box", "(3,4),(1,2)", "400800000000000040100000000000003ff00000000000004000000000000000"],
  ["path", "[(1,2),(3,4)]", "00000000023ff0000000000000400000000000000040080000000000004010000000000000"],
  ["path", "((1,2))", "01000000013ff00000000000004000000000000000"],
  ["polygon", "((1,2),(3,4))", "000000023ff0000000000000400000000000000040080000000000004010000000000000"],
  ["line", "{1,2,3}", "3ff000000000000040000000000000004008000000000000"],
  ["circle", "<(1,2),3>", "3ff000000000000040000000000000004008000000000000"],
  ["macaddr8", "08:00:2b:ff:fe:01:02:03", "08002bfffe010203"],
];

/** In ascending order, as PostgreSQL's ORDER BY has them. */
const ORDERED: readonly (readonly [type: string, texts: readonly string[]])[] = [
  [
    "numrange",
    [
      "empty",
      "(,-3]",
      "(,)",
      "[-10.5,)",
      "[-10.25,)",
      "[-9,1)",
      "[-9,1]",
      "(-9,0)",
      "[0,1)",
      "[0.001,1)",
      "[0.01,1)",
      "[9.99,10)",
      "[10,11)",
      "[100,)",
    ],
  ],
  ["int4range", ["empty", "(,1)", "[-5,-3)", "[-5,-2)", "[2,3)", "[10,11)", "[10,)"]],
  ["int4multirange", ["{}", "{[1,2)}", "{[1,2),[5,6)}", "{[1,3)}"]],
  ["inet", ["9.255.0.1", "10.0.0.0/8", "10.2.0.0/8", "10.1.0.0/16", "10.1.0.0", "10.1.0.1", "::", "::1"]],
  ["circle", ["<(9,9),0.5>", "<(1,2),3>", "<(1,3),3>", "<(0,0),10>"]],
  ["lseg", ["[(9,9),(10,10)]", "[(0,0),(3,4)]", "[(0,0),(30,4)]"]],
  ["macaddr", ["08:00:2b:01:02:03", "08:00:2b:01:02:04", "ff:00:00:00:00:00"]],
];

function typeNamed(name: string): NamedKeyedType {
  const type = keyedTypeByOid(KEYED_TYPES.get(name)?.oid ?? 0);
  if (type === undefined) throw new Error(`no type ${name}`);
  return type;
}

test.each(CAPTURED)("%s %s", (name, text, hex) => {
  const type = typeNamed(name);
  const value = type.read(text, UTC);
  expect(value.text).toBe(text);
  expect(Buffer.from(type.writeBinary(text)).toString("hex")).toBe(hex);
  expect(type.readBinary(Buffer.from(hex, "hex"))).toEqual(value);
});

test.each(ORDERED)("keys of %s are in order", (name, texts) => {
  const keys = texts.map((text) => typeNamed(name).read(text, UTC).key);
  expect(keys.toSorted()).toEqual(keys);
  expect(new Set(keys).size).toBe(keys.length);
});

test("ranges of numbers are in the order of their lower bounds", () => {
  const range = typeNamed("numrange");
  const keyOf = (cents: number): string => range.read(`[${(cents / 1000).toFixed(3)},)`, UTC).key;
  const number = integer({ min: -2_000_000, max: 2_000_000 });
  assert(
    property(number, number, (a, b) => {
      expect(keyOf(a) < keyOf(b)).toBe(a < b);
      expect(keyOf(a) === keyOf(b)).toBe(a === b);
    }),
  );
});

test.each([
  "",
  "1.2.3",
  "1.2.3.256",
  "1.2.3.4/33",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1::2::3",
  ":1::",
  "::1.2.3",
  "::g",
  "1:2:3:4:5:6:7::8",
  "::1%eth0",
  "::/129",
])("%j is no address", (text) => {
  expect(() => typeNamed("inet").read(text, UTC)).toThrow(expect.objectContaining({ code: "22P02" }));
});

test("bytes cut short or too many are refused", () => {
  for (const [name, , hex] of CAPTURED) {
    const bytes = Buffer.from(hex, "hex");
    for (const wrong of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.alloc(1)])])
      expect(() => typeNamed(name).readBinary(wrong), `${name} ${hex}`).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^(?:08P01|22P03)$/) }),
      );
  }
});

test("a STRUCT is a keyed type by the names of its fields", () => {
  for (const [name, { oid }] of KEYED_TYPES) {
    const type = engineTypeOf(typeNamed(name));
    expect(type.toString()).toBe(keyedTypeText(name));
    expect(keyedTypeOf(type)?.oid).toBe(oid);
  }
});

/**
 * Captures how PostgreSQL 15 writes values, in text and in binary format, into encodings.json beside this file: the
 * oracle of encodings.test.ts. Starts a throw-away server on a free loopback port and stops it again.
 *
 * Run     node test/pgtypes/capture-encodings.mjs          (PG_BIN = folder of initdb and postgres, if elsewhere)
 * Limits  PostgreSQL refuses to run as root: as root it is started as the user `postgres`
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";

const bin = process.env.PG_BIN ?? "/usr/lib/postgresql/15/bin";
const isRoot = process.getuid?.() === 0;
const [uid, gid] = isRoot ? ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, "postgres"]))) : [];
const identity = isRoot ? { uid, gid } : {};

/** A case: the same value as PostgreSQL and as DuckDB write it in SQL. One expression when both read it alike. */
const both = (expression, settings) => ({ postgres: expression, duckdb: expression, ...settings });
const pair = (postgres, duckdb, settings) => ({ postgres, duckdb, ...settings });
const cast = (type, literals) => literals.map((literal) => both(`'${literal}'::${type}`));

const integers = [
  ...cast("smallint", ["0", "-1", "32767", "-32768"]),
  ...cast("integer", ["0", "7", "-10", "99", "100", "12345678", "2147483647", "-2147483648"]),
  ...cast("bigint", [
    "0",
    "1000000000",
    "-999999999",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
  ]),
  ...cast("bigint", ["4294967295", "4294967296", "-4294967296", "-4294967297", "1234567890123456789"]),
  pair("'-128'::int2", "'-128'::tinyint"),
  pair("'255'::int2", "'255'::utinyint"),
  pair("'65535'::int4", "'65535'::usmallint"),
  pair("'4294967295'::int8", "'4294967295'::uinteger"),
  pair("'18446744073709551615'::numeric", "'18446744073709551615'::ubigint"),
  pair("'9999999999'::numeric", "'9999999999'::ubigint"),
  ...[
    "0",
    "-1",
    "10000",
    "170141183460469231731687303715884105727",
    "-170141183460469231731687303715884105728",
  ].map((n) => pair(`'${n}'::numeric`, `'${n}'::hugeint`)),
  ...["18446744073709551616", "1000000000000000000000000000000", "-99999999999999999999"].map((n) =>
    pair(`'${n}'::numeric`, `'${n}'::hugeint`),
  ),
  pair(
    "'340282366920938463463374607431768211455'::numeric",
    "'340282366920938463463374607431768211455'::uhugeint",
  ),
  pair(`'${"9".repeat(60)}'::numeric`, `'${"9".repeat(60)}'::bignum`),
  pair(`'-1${"0".repeat(50)}'::numeric`, `'-1${"0".repeat(50)}'::bignum`),
  pair("'0'::numeric", "'0'::bignum"),
];

/** Precision and scale, and literals of that type. */
const decimalLiterals = {
  "4,2": ["0", "0.05", "-0.05", "12.34", "-99.99"],
  "4,4": ["0.0001", "-0.9999"],
  "9,3": ["0", "-0.001", "123456.789", "999999.999"],
  "18,6": ["0.000001", "-123456789012.345678", "999999999999.999999", "5000"],
  "18,18": ["0.000000000000000001", "-0.999999999999999999"],
  "18,0": ["999999999999999999", "-1"],
  "38,10": ["0", "0.0000000001", "-1234567890123456789012345678.0123456789", "10000", "99990000.0001"],
  "38,37": ["1.5", "-0.0000000000000000000000000000000000001"],
  "38,38": ["0.00000000000000000000000000000000000001", "-0.99999999999999999999999999999999999999"],
  "38,0": ["99999999999999999999999999999999999999", "-10000000000000000000"],
};
const decimals = Object.entries(decimalLiterals).flatMap(([modifier, literals]) =>
  cast(`decimal(${modifier})`, literals),
);

/** A fixed linear congruential generator: the file must come out the same on every run. */
let seed = 20240229n;
function randomBits() {
  seed = (seed * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return seed;
}

function randomDoubles(count) {
  const view = new DataView(new ArrayBuffer(8));
  const numbers = [];
  while (numbers.length < count) {
    view.setBigUint64(0, ((randomBits() >> 32n) << 32n) | (randomBits() >> 32n));
    const number = view.getFloat64(0);
    if (Number.isFinite(number)) numbers.push(number);
  }
  return numbers;
}

function randomFloats(count) {
  const view = new DataView(new ArrayBuffer(4));
  const numbers = [];
  while (numbers.length < count) {
    view.setUint32(0, Number(randomBits() >> 32n));
    const number = view.getFloat32(0);
    if (Number.isFinite(number)) numbers.push(number);
  }
  return numbers;
}

const float = (type, number) => both(`'${Object.is(number, -0) ? "-0" : String(number)}'::${type}`);
const doubles = [
  0,
  -0,
  1,
  -1.5,
  0.1,
  0.3,
  1 / 3,
  100,
  1e14,
  1e15,
  123456789012345,
  1234567890123456,
  1e20,
  1e21,
  1e22,
  1e23,

  0.0001,
  0.00001,
  0.000123,
  1e-7,
  5e-324,
  2.2250738585072014e-308,
  1.7976931348623157e308,
  2 ** 53 + 2,

  0.1 + 0.2,
  1e6,
  999999.999999,
  4.35,
  0.000001,
  2.5e-5,
  123456.7,

  0.1234567,
  12345678.25,

  NaN,
  Infinity,
  -Infinity,
  9.5e22,
  8.5e22,
  9007199254740996,
  18014398509481988,
  1.5e23,
  3e23,
  ...Array.from({ length: 60 }, (_, i) => 2 ** (i * 34 - 1022)),
  ...randomDoubles(120),
].map((number) => float("double precision", number));
const floats = [
  0,
  -0,
  1,
  0.1,
  -1.5,
  1e5,
  1e6,
  123456,
  1234567,
  1e-4,
  1e-5,
  3.4028234663852886e38,
  1.401298464324817e-45,

  16777216,
  0.3,
  1e10,
  9e9,
  8.5e9,
  1.1e10,
  33554436,
  NaN,
  Infinity,
  -Infinity,
  ...Array.from({ length: 260 }, (_, i) => 2 ** (i - 140)),
  ...randomFloats(120),
].map((number) => float("real", number));
const rounded = [0.1, 1 / 3, 123456789.123, 1e15, 1e-5, 2.5].flatMap((number) => [
  both(`'${number}'::double precision`, { extraFloatDigits: 0 }),
  both(`'${number}'::double precision`, { extraFloatDigits: -3 }),
  both(`'${number}'::real`, { extraFloatDigits: 0 }),
]);

const strings = [
  ...["", "a", "twelve bytes", "thirteen byte", "NULL", "süß 漢字 🦆", "x".repeat(5000)].map((text) =>
    both(`'${text}'::text`),
  ),
  both(`'{"a": [1, 2.50, null]}'::json`),
  pair("'sad'::text", "'sad'::enum('happy', 'sad')"),
  pair("NULL::text", "NULL"),
  ...["", "00", "6869", "5c27ff00", "ab".repeat(40)].map((hex) =>
    pair(`'\\x${hex}'::bytea`, `unhex('${hex}')`),
  ),
  ...["00", "6869", "5c27ff00", "7e7f80"].map((hex) =>
    pair(`'\\x${hex}'::bytea`, `unhex('${hex}')`, { byteaOutput: "escape" }),
  ),
  ...["1", "0", "10110", "11111111", "101100111", "0".repeat(70)].map((bits) =>
    pair(`'${bits}'::varbit`, `'${bits}'::bit`),
  ),
  ...cast("uuid", [
    "00112233-4455-6677-8899-aabbccddeeff",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
  ]),
  both("true"),
  both("false"),
  both("NULL::boolean"),
];

const dates = [
  ...cast("date", [
    "1970-01-01",
    "2000-02-29",
    "1999-12-31",
    "0001-01-01",
    "9999-12-31",
    "1582-10-10",
    "infinity",
  ]),
  ...cast("date", ["-infinity", "1900-03-01"]),
  pair("'0044-03-15 BC'::date", "'0044-03-15 (BC)'::date"),
  pair("'4713-01-01 BC'::date", "'4713-01-01 (BC)'::date"),
  pair("'12345-06-07'::date", "'12345-06-07'::date"),
  ...cast("time", ["00:00:00", "12:34:56", "23:59:59.999999", "01:02:03.5", "24:00:00", "00:00:00.000001"]),
  pair("'01:02:03.123456'::time", "'01:02:03.123456789'::time_ns"),
  ...["12:00:00+02", "23:59:59.5-03:30", "00:00:00+00", "12:00:00+05:30:15", "24:00:00-15:59"].map((text) =>
    pair(`'${text}'::timetz`, `'${text}'::timetz`),
  ),
  ...cast("timestamp", [
    "1970-01-01 00:00:00",
    "2024-02-29 12:34:56.789",
    "1969-12-31 23:59:59.999999",
    "infinity",
  ]),
  ...cast("timestamp", [
    "-infinity",
    "0001-01-01 00:00:00",
    "2000-01-01 00:00:00.1",
    "9999-12-31 23:59:59.99",
  ]),
  ...cast("timestamp", ["294246-12-31 23:59:59.999999", "2255-06-05 23:47:34.740993"]),
  pair("'0044-03-15 12:00 BC'::timestamp", "'0044-03-15 (BC) 12:00:00'::timestamp"),
  pair("'2024-02-29 12:34:56'::timestamp", "'2024-02-29 12:34:56'::timestamp_s"),
  pair("'2024-02-29 12:34:56.789'::timestamp", "'2024-02-29 12:34:56.789'::timestamp_ms"),
  pair("'2024-02-29 12:34:56.789123'::timestamp", "'2024-02-29 12:34:56.789123456'::timestamp_ns"),
  pair("'1969-12-31 23:59:59.5'::timestamp", "'1969-12-31 23:59:59.5'::timestamp_ms"),
];

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "America/St_Johns",
];
const instants = [
  "2024-01-01 00:00:00+00",
  "2024-07-01 12:34:56.7+00",
  "2024-03-31 00:59:59.999999+00",
  "2024-03-31 01:00:00+00",

  "2024-10-27 00:59:59+00",
  "2024-10-27 01:00:00+00",
  "1883-11-18 12:00:00+00",
  "1900-01-01 00:00:00+00",
  "2024-03-10 06:59:59.5+00",
  "2024-03-10 07:00:00+00",
  "2099-07-01 00:00:00+00",
  "2024-04-06 14:59:59+00",

  "1916-06-01 00:00:00+00",
  "infinity",
  "-infinity",
  "2037-12-31 23:59:59+00",
  "2500-07-01 00:00:00+00",
  "0900-01-01 00:00:00+00",
];
const zoned = zones.flatMap((timeZone) => [
  ...instants.map((text) => both(`'${text}'::timestamptz`, { timeZone })),
  pair("'0044-03-15 12:00:00+00 BC'::timestamptz", "'0044-03-15 (BC) 12:00:00+00'::timestamptz", {
    timeZone,
  }),
]);

const intervals = [
  [0, 0, 0],
  [14, 3, 14706500000],
  [-14, -3, -14706500000],
  [1, 0, 0],
  [-1, 2, 0],
  [12, -1, 1],
  [-13, 0, 3600000000],
  [0, -1, -1],
  [0, 0, 360000000000],
  [0, 1, 0],
  [24, 1, -500000],
  [0, 0, 9000000000000001],
].map(([months, days, micros]) =>
  pair(
    `make_interval(months => ${months}, days => ${days}) + '${micros} microseconds'::interval`,
    `to_months(${months}) + to_days(${days}) + to_microseconds(${micros})`,
  ),
);

const arrays = [
  pair("ARRAY[1, NULL, -3]::int4[]", "[1, NULL, -3]::int4[]"),
  pair("'{}'::int4[]", "[]::int4[]"),
  pair("NULL::int4[]", "NULL::int4[]"),
  pair("'{{1,2},{3,4}}'::int4[]", "[[1, 2], [3, 4]]::int4[][]"),
  pair("'{{{1},{2}},{{3},{4}}}'::int8[]", "[[[1], [2]], [[3], [4]]]::int8[][][]"),
  pair("'{1,2,3}'::int4[]", "array_value(1, 2, 3)::int4[3]"),
  pair(
    "ARRAY[[1, 2], [NULL, 4]]::int4[]",
    "array_value(array_value(1, 2), array_value(NULL, 4))::int4[2][2]",
  ),
  pair(
    `ARRAY['a', 'b c', '', 'NULL', 'null', NULL, 'x,y', '{}', 'q"q', 'b\\s', E'tab\\t', 'it''s', 'thirteen bytes and more']::text[]`,
    `['a', 'b c', '', 'NULL', 'null', NULL, 'x,y', '{}', 'q"q', 'b\\s', 'tab' || chr(9), 'it''s', 'thirteen bytes and more']`,
  ),
  pair("ARRAY[true, false, NULL]", "[true, false, NULL]"),
  pair("ARRAY[1.5, 0, 'NaN']::float8[]", "['1.5', '0', 'NaN']::double[]"),
  pair("ARRAY[1.50, -0.05]::numeric(6,2)[]", "[1.50, -0.05]::decimal(6,2)[]"),
  pair("ARRAY['2024-01-02 03:04:05']::timestamp[]", "['2024-01-02 03:04:05']::timestamp[]"),
  pair("ARRAY['2024-01-02', '0044-03-15 BC']::date[]", "['2024-01-02', '0044-03-15 (BC)']::date[]"),
  pair("ARRAY['\\x00ff'::bytea, '\\x'::bytea]", "[unhex('00ff'), unhex('')]"),
  pair(
    "ARRAY['00112233-4455-6677-8899-aabbccddeeff']::uuid[]",
    "['00112233-4455-6677-8899-aabbccddeeff']::uuid[]",
  ),
  pair("ARRAY['1 day 02:00:00']::interval[]", "[to_days(1) + to_hours(2)]"),
  pair("ARRAY['101', '0']::varbit[]", "['101', '0']::bit[]"),
  pair(`ARRAY['{"a":1}']::json[]`, `['{"a":1}']::json[]`),
];

/** Per element type: PostgreSQL's name, DuckDB's, and two elements as SQL; `{}` of each must keep its element's OID. */
const elementTypes = [
  ["bool", "boolean", "true", "false"],
  ["int2", "tinyint", "'-128'", "'127'"],
  ["int2", "utinyint", "'255'", "'0'"],
  ["int2", "smallint", "'-32768'", "'32767'"],
  ["int4", "usmallint", "'65535'", "'0'"],
  ["int4", "integer", "'-2147483648'", "'2147483647'"],
  ["int8", "uinteger", "'4294967295'", "'0'"],
  ["int8", "bigint", "'-9223372036854775808'", "'9223372036854775807'"],
  ["numeric", "ubigint", "'18446744073709551615'", "'0'"],
  ["numeric", "hugeint", "'-170141183460469231731687303715884105728'", "'10000'"],
  ["numeric", "uhugeint", "'340282366920938463463374607431768211455'", "'0'"],
  ["numeric", "bignum", `'-${"8".repeat(45)}'`, "'0'"],
  ["numeric(4,1)", "decimal(4,1)", "'-999.9'", "'0'"],
  ["numeric(9,9)", "decimal(9,9)", "'0.000000001'", "'-0.1'"],
  ["numeric(18,5)", "decimal(18,5)", "'-9999999999999.99999'", "'10000'"],
  ["numeric(38,37)", "decimal(38,37)", "'-9.9999999999999999999999999999999999999'", "'0'"],
  ["float4", "float", "'-Infinity'", "'1e-45'"],
  ["float8", "double", "'NaN'", "'1e-320'"],
  ["text", "varchar", "'quo\"te'", "'ü, {}'"],
  ["text", "enum('on the way', 'NULL')", "'on the way'", "'NULL'"],
  ["json", "json", `'{"a": [1]}'`, "'null'"],
  ["varbit", "bit", "'1'", "'101010101'"],
  ["uuid", "uuid", "'00112233-4455-6677-8899-aabbccddeeff'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  ["date", "date", "'infinity'", "'2000-01-01'"],
  ["time", "time", "'24:00:00'", "'00:00:00.000001'"],
  ["time", "time_ns", "'12:34:56'", "'00:00:00.000001'"],
  ["timetz", "timetz", "'12:00:00+15:59:59'", "'23:59:59.5-15:59'"],
  ["timestamp", "timestamp", "'-infinity'", "'1999-12-31 23:59:59.999999'"],
  ["timestamp", "timestamp_s", "'1969-12-31 23:59:59'", "'2000-01-01 00:00:00'"],
  ["timestamp", "timestamp_ms", "'1969-12-31 23:59:59.999'", "'2000-01-01 00:00:00'"],
  ["timestamp", "timestamp_ns", "'1969-12-31 23:59:59.999999'", "'2000-01-01 00:00:00'"],
  ["timestamptz", "timestamptz", "'infinity'", "'2024-07-01 12:00:00+00'"],
  ["interval", "interval", "'-1 year -2 days -00:00:00.5'", "'00:00:00'"],
];

const arraysOfEach = elementTypes.flatMap(([postgres, duckdb, one, two]) => {
  const settings = { timeZone: "Asia/Kolkata" };
  return [
    pair(`ARRAY[${one}, NULL, ${two}]::${postgres}[]`, `[${one}, NULL, ${two}]::${duckdb}[]`, settings),
    pair(
      `ARRAY[[${one}, ${two}], [NULL, ${one}]]::${postgres}[]`,
      `[[${one}, ${two}], [NULL, ${one}]]::${duckdb}[][]`,
      settings,
    ),
    pair(`ARRAY[${two}, ${one}]::${postgres}[]`, `array_value(${two}, ${one})::${duckdb}[2]`, settings),
    pair(`'{}'::${postgres}[]`, `[]::${duckdb}[]`, settings),
    pair(`'{NULL}'::${postgres}[]`, `[NULL]::${duckdb}[]`, settings),
    pair(`NULL::${postgres}[]`, `NULL::${duckdb}[]`, settings),
    pair(`NULL::${postgres}`, `NULL::${duckdb}`, settings),
  ];
});

const extremes = [
  ...["1e-320", "-5e-324", "1.7976931348623157e308", "-2.2250738585072009e-308", "-0"].map((number) =>
    both(`'${number}'::double precision`),
  ),
  ...["-3.4028235e38", "-1e-45", "-0", "1.17549435e-38"].map((number) => both(`'${number}'::real`)),
  ...["23:59:59+15:59:59", "00:00:00-15:59:59", "00:00:00.000001+00:00:01", "24:00:00+00"].map((text) =>
    both(`'${text}'::timetz`),
  ),
  ...cast("date", ["5874897-12-31", "0001-12-31"]),
  ...["0001-12-31", "0005-02-28", "4714-11-24"].map((day) =>
    pair(`'${day} BC'::date`, `'${day} (BC)'::date`),
  ),
  pair("'4714-11-24 00:00:00 BC'::timestamp", "'4714-11-24 (BC) 00:00:00'::timestamp"),
  pair("'0001-12-31 23:59:59.999999 BC'::timestamp", "'0001-12-31 (BC) 23:59:59.999999'::timestamp"),
  ...cast("decimal(38,0)", ["-99999999999999999999999999999999999999", "0", "10000000000000000"]),
  ...cast("decimal(38,19)", ["-9999999999999999999.9999999999999999999", "1", "0.0000000000000000001"]),
  ...cast("decimal(18,12)", ["999999.999999999999", "-0.000000000001", "10000.0001"]),
  ...cast("decimal(18,13)", ["99999.9999999999999", "-0.0000000000001"]),
  ...cast("decimal(18,1)", ["99999999999999999.9", "-450359962737049.5", "450359962737049.6"]),
  ...cast("decimal(16,4)", ["100000000.0000", "999999999999.9999", "-0.0001", "10000"]),
  pair(`'${"01".repeat(100)}'::varbit`, `'${"01".repeat(100)}'::bit`),
  pair("decode(repeat('00ff5c27', 300), 'hex')", "unhex(repeat('00ff5c27', 300))"),
];

const extremeIntervals = [
  [2147483647, 2147483647, 0],
  [-2147483648, -2147483648, -1],
  [-12, 0, -86399999999],
  [0, -1, 3600000000],
  [5, -40, 0],
].map(([months, days, micros]) =>
  pair(
    `make_interval(months => ${months}, days => ${days}) + '${micros} microseconds'::interval`,
    `to_months(${months}) + to_days(${days}) + to_microseconds(${micros})`,
  ),
);

const structs = [
  pair(
    "row_to_json(r) FROM (SELECT 1 AS a, 'x' AS b, NULL::int AS c) r",
    "{'a': 1, 'b': 'x', 'c': NULL::int}",
  ),
  pair(
    `row_to_json(r) FROM (SELECT E'q"q\\\\ \\n\\u0001/ü' AS "odd ""name", true AS b, 1.50::numeric(4,2) AS d) r`,
    `{'odd "name': 'q"q\\ ' || chr(10) || chr(1) || '/ü', 'b': true, 'd': 1.50::decimal(4,2)}`,
  ),
  pair(
    "row_to_json(r) FROM (SELECT '2024-01-02 03:04:05.5'::timestamp AS t, '2024-01-02'::date AS d, '2024-07-01 00:00+00'::timestamptz AS z) r",
    "{'t': '2024-01-02 03:04:05.5'::timestamp, 'd': '2024-01-02'::date, 'z': '2024-07-01 00:00:00+00'::timestamptz}",
    { timeZone: "Asia/Kolkata" },
  ),
  pair(`row_to_json(r) FROM (SELECT 1 AS "k", NULL::int AS "a b") r`, "map {'k': 1, 'a b': NULL}"),
  pair(`row_to_json(r) FROM (SELECT 'x' AS "str") r`, "union_value(str := 'x')"),
  pair("'{}'::json", "map {}::map(varchar, integer)"),
  pair(
    "row_to_json(r) FROM (SELECT row_to_json(s) AS s, ARRAY[row_to_json(s), NULL] AS l FROM (SELECT 1 AS a) s) r",
    "{'s': {'a': 1}, 'l': [{'a': 1}, NULL]}",
  ),
  pair("ARRAY[row_to_json(r), NULL] FROM (SELECT 'a\"b' AS t) r", "[{'t': 'a\"b'}, NULL]"),
  pair(
    "row_to_json(r) FROM (SELECT '00112233-4455-6677-8899-aabbccddeeff'::uuid AS u, '1 day'::interval AS i, '12:00:00+02'::timetz AS t, decode('00ff', 'hex') AS b) r",
    "{'u': '00112233-4455-6677-8899-aabbccddeeff'::uuid, 'i': '1 day'::interval, 't': '12:00:00+02'::timetz, 'b': unhex('00ff')}",
  ),
  pair(
    "row_to_json(r) FROM (SELECT ARRAY[1, 2] AS l, 'NaN'::float8 AS n, 1e30::float8 AS e, json_build_object('k', 1) AS j) r",
    `{'l': [1, 2], 'n': 'NaN'::double, 'e': 1e30::double, 'j': '{"k" : 1}'::json}`,
  ),
];

const cases = [
  ...integers,
  ...decimals,
  ...doubles,
  ...floats,
  ...rounded,
  ...strings,
  ...dates,
  ...zoned,
  ...intervals,
  ...arrays,
  ...arraysOfEach,
  ...extremes,
  ...extremeIntervals,
  ...structs,
];

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function startServer(folder, port) {
  execFileSync(
    join(bin, "initdb"),
    ["-D", join(folder, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8"],
    {
      ...identity,
      stdio: "ignore",
    },
  );
  const options = ["-D", join(folder, "data"), "-k", folder, "-p", String(port), "-c", "fsync=off"];
  const server = spawn(join(bin, "postgres"), options, { ...identity, stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface({ input: server.stderr })) {
    if (line.includes("ready to accept connections")) return server;
  }
  throw new Error("PostgreSQL did not start");
}

const rawText = { getTypeParser: () => (value) => value };

async function captureText(client, { postgres }) {
  const { rows, fields } = await client.query({
    text: `SELECT ${postgres}`,
    rowMode: "array",
    types: rawText,
  });
  return { oid: fields[0].dataTypeID, text: rows[0][0] };
}

/** COPY's binary format: an 11-byte signature, two i32 fields, then per row the number of fields and length + bytes. */
function captureBinary(port, { postgres, timeZone = "UTC" }) {
  const out = execFileSync(
    join(bin, "psql"),
    [
      "-h",
      "127.0.0.1",
      "-p",
      String(port),
      "-U",
      "postgres",
      "-qAt",
      "-c",
      `COPY (SELECT ${postgres}) TO STDOUT (FORMAT binary)`,
    ],
    { env: { ...process.env, PGTZ: timeZone } },
  );
  const length = out.readInt32BE(21);
  return length < 0 ? null : out.toString("hex", 25, 25 + length);
}

const folder = mkdtempSync(join(tmpdir(), "capture-encodings-"));
if (isRoot) chownSync(folder, uid, gid);
const port = await freePort();
const server = await startServer(folder, port);
const client = new Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres" });
try {
  await client.connect();
  const captured = [];
  for (const value of cases) {
    const { timeZone = "UTC", extraFloatDigits = 1, byteaOutput = "hex" } = value;
    await client.query(
      `SET TimeZone = '${timeZone}'; SET extra_float_digits = ${extraFloatDigits}; SET bytea_output = ${byteaOutput}`,
    );
    captured.push({
      ...value,
      ...(await captureText(client, value)),
      binary: captureBinary(port, value),
    });
  }
  const lines = captured.map((value) => `  ${JSON.stringify(value)}`);
  writeFileSync(new URL("encodings.json", import.meta.url), `[\n${lines.join(",\n")}\n]\n`);
  process.stdout.write(`${captured.length} encodings captured\n`);
} finally {
  await client.end();
  server.kill("SIGINT");
  await once(server, "exit");
  rmSync(folder, { recursive: true });
}

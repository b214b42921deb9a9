/** Results as Arrow IPC streams, read by Arrow's own reader. */
import { tableFromIPC, RecordBatchReader, type Table } from "apache-arrow";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DuckbranchClient } from "../../src/client/index.js";
import { failure, type HttpApp, startHttpApp } from "./http-app.js";

const ARROW = "application/vnd.apache.arrow.stream";

let app: HttpApp;
beforeAll(async () => {
  app = await startHttpApp();
  await app.write(`CREATE TYPE mood AS ENUM ('low', 'high');
    CREATE TABLE v (i2 smallint, i4 int, i8 bigint, h hugeint, r real, d double precision, n4 numeric(4,2), n9 numeric(9,3), n18 numeric(18,4),
      n38 numeric(38,9), b boolean, t text, x bytea, dt date, tm time, ts timestamp, tz timestamptz, u uuid, m mood, j json, l int[],
      ll text[][], nl numeric(5,1)[], iv interval);
    INSERT INTO v VALUES (-2, 4, 9007199254740993, 170141183460469231731687303715884105727, 0.5, 'NaN', -1.25, -1234.5, -12345678901234.5678,
      -12345678901234567890123456789.123456789, true, 'Ü"', '\\x00ff', '2024-02-29', '01:02:03.000004', '2024-01-02 03:04:05.678901',
      '2024-01-02 03:04:05+02', '00000000-0000-0000-0000-000000000001', 'high', '{"a": 1}', '{1,NULL,3}', '{{a,b},{NULL,d}}', '{1.5,-2.5}', '1 day 2 hours'),
      (${Array<string>(24).fill("NULL").join(", ")}), (7, 7, 7, 7, 7, 7, 7, 7, 7, 7, false, '', '\\x', '1970-01-01', '00:00', 'epoch', 'epoch',
      '00000000-0000-0000-0000-000000000007', 'low', '[]', '{}', '{}', '{0.5}', '0')`);
});
afterAll(async () => await app[Symbol.asyncDispose]());

async function ask(sql: string, accept = ARROW): Promise<Response> {
  return await fetch(`${app.url}/v1/query`, {
    method: "POST",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify({ sql }),
  });
}

async function tableOf(sql: string): Promise<Table> {
  const response = await ask(sql);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, ARROW]);
  return tableFromIPC(new Uint8Array(await response.arrayBuffer()));
}

/** Numbers of 128 bits as text, with the point where their scale says. */
function plain(value: unknown, scale: number | undefined): unknown {
  if (value instanceof Uint32Array) {
    const bits = value.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
    const digits = String(BigInt.asIntN(128, bits)).padStart((scale ?? 0) + 1, "0");
    return scale === undefined || scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value === "bigint") return String(value);
  if (typeof value === "object" && value !== null && Symbol.iterator in value) {
    const items: Iterable<unknown> = Object(value);
    return Array.from(items, (item) => plain(item, 1));
  }
  return value;
}

test("every type, with NULLs and without", async () => {
  const table = await tableOf("SELECT * FROM v ORDER BY i2 NULLS LAST");
  const found = table.schema.fields.map(({ name, type }, index) => {
    const scale: number | undefined = Object(type).scale;
    return [name, String(type), ...Array.from(table.getChildAt(index) ?? [], (value) => plain(value, scale))];
  });
  expect(found).toEqual([
    ["i2", "Int16", -2, 7, null],
    ["i4", "Int32", 4, 7, null],
    ["i8", "Int64", "9007199254740993", "7", null],
    ["h", "Decimal[38e0]", "170141183460469231731687303715884105727", "7", null],
    ["r", "Float32", 0.5, 7, null],
    ["d", "Float64", Number.NaN, 7, null],
    ["n4", "Decimal[4e+2]", "-1.25", "7.00", null],
    ["n9", "Decimal[9e+3]", "-1234.500", "7.000", null],
    ["n18", "Decimal[18e+4]", "-12345678901234.5678", "7.0000", null],
    ["n38", "Decimal[38e+9]", "-12345678901234567890123456789.123456789", "7.000000000", null],
    ["b", "Bool", true, false, null],
    ["t", "Utf8", 'Ü"', "", null],
    ["x", "Binary", "00ff", "", null],
    ["dt", "Date32<DAY>", Date.UTC(2024, 1, 29), 0, null],
    ["tm", "Time64<MICROSECOND>", "3723000004", "0", null],
    ["ts", "Timestamp<MICROSECOND>", Date.UTC(2024, 0, 2, 3, 4, 5) + 678.901, 0, null],
    ["tz", "Timestamp<MICROSECOND, UTC>", Date.UTC(2024, 0, 2, 1, 4, 5), 0, null],
    ["u", "Utf8", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000007", null],
    ["m", "Utf8", "high", "low", null],
    ["j", "Utf8", '{"a": 1}', "[]", null],
    ["l", "List<Int32>", [1, null, 3], [], null],
    [
      "ll",
      "List<List<Utf8>>",
      [
        ["a", "b"],
        [null, "d"],
      ],
      [],
      null,
    ],
    ["nl", "List<Decimal[5e+1]>", ["1.5", "-2.5"], ["0.5"], null],
    ["iv", "Utf8", "1 day 02:00:00", "00:00:00", null],
  ]);
});

test("many batches of rows, lists in an order of their own, names that repeat, and no rows", async () => {
  const table = await tableOf(
    "SELECT n, CASE WHEN n % 3 = 0 THEN NULL ELSE 'x' || n END AS t, ARRAY[n, n + 1] AS l, n AS n FROM range(10000) AS r(n) ORDER BY n DESC",
  );
  expect(table.numRows).toBe(10_000);
  expect(table.batches.length).toBeGreaterThan(1);
  let row = 9999;
  for (const values of table.getChildAt(1) ?? []) {
    expect(values).toBe(row % 3 === 0 ? null : `x${row}`);
    row--;
  }
  expect(plain(table.getChildAt(2)?.get(5000), 1)).toEqual(["4999", "5000"]);
  const grouped = await tableOf(
    "SELECT list(n ORDER BY n) AS l FROM range(50) AS r(n) GROUP BY n % 5 ORDER BY n % 5 DESC",
  );
  expect(plain(grouped.getChildAt(0)?.get(0), 1)).toEqual([
    "4",
    "9",
    "14",
    "19",
    "24",
    "29",
    "34",
    "39",
    "44",
    "49",
  ]);
  const none = await tableOf("SELECT * FROM v WHERE false");
  expect([none.numRows, none.schema.fields.length]).toEqual([0, 24]);
});

test("a diff comes as Arrow, too; a failure is JSON before the first row and a cut behind it", async () => {
  await app.write("CREATE TABLE k (id int PRIMARY KEY, n numeric(5,2))");
  await app.post("/v1/branches", { name: "b" });
  await app.write("INSERT INTO k VALUES (2, 2.50)", "b");
  const diff = await fetch(`${app.url}/v1/branches/b/diff`, { headers: { accept: ARROW } });
  const table = tableFromIPC(new Uint8Array(await diff.arrayBuffer()));
  expect(table.getChild("new_values")?.get(0)).toBe('{"id":2,"n":2.50}');
  const client = new DuckbranchClient({ url: app.url });
  const own = await tableFromIPC(
    await client.branches.arrow("b", "SELECT id FROM k WHERE id = $1", { params: [2] }),
  );
  expect(own.toArray().map((row) => row.id)).toEqual([2]);
  expect(await tableFromIPC(await client.arrow("SELECT 1 AS a"))).toMatchObject({ numRows: 1 });
  const refused = await app.post("/v1/query", { sql: "SELECT 1 / 0" }, { accept: ARROW });
  expect(failure(refused)).toBe("400 VALIDATION_ERROR 22012");
  const cut = await ask("SELECT n, 1 / (300000 - n) AS x FROM range(1000000) AS r(n)");
  expect(cut.status).toBe(200);
  await expect(cut.arrayBuffer()).rejects.toThrow("terminated");
});

test.each(["timestamp 'infinity'", "timestamptz '-infinity'", "date 'infinity'"])(
  "%s has no value in Arrow, and is refused",
  async (value) => {
    const refused = await app.post("/v1/query", { sql: `SELECT ${value} AS v` }, { accept: ARROW });
    expect(failure(refused)).toBe("400 VALIDATION_ERROR 0A000");
    expect(await app.rows(`SELECT ${value} AS v`)).toEqual([{ v: expect.stringContaining("infinity") }]);
  },
);

test("rows come as they are read", async () => {
  const response = await ask("SELECT n, repeat('x', 1000) AS t FROM range(1000000000) AS r(n)");
  if (response.body === null) throw new Error("no body");
  const reader = await RecordBatchReader.from(response.body);
  let rows = 0;
  for await (const batch of reader) {
    rows += batch.numRows;
    if (rows > 20_000) break;
  }
  expect(rows).toBeGreaterThan(20_000);
});

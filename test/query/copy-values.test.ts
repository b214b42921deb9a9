/** COPY FROM STDIN by type: PostgreSQL's reading of every text, and nothing left behind by a text it refuses. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SqlError } from "../../src/core/errors.js";
import { World, type TestSession } from "../support/world.js";

let world: World;
let session: TestSession;

/** Copies `data` into a new table with one column v; gives its values as texts, or the failure. */
async function copy(type: string, data: string): Promise<readonly unknown[] | SqlError> {
  await session.query(`DROP TABLE IF EXISTS kept; CREATE TABLE kept (v ${type})`);
  try {
    await feed("COPY kept FROM STDIN", data);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return error;
  }
  const rows = await session.query("SELECT v::VARCHAR FROM kept ORDER BY rowid");
  return rows.map(([value]) => value);
}

async function feed(statement: string, data: string): Promise<string> {
  const [parsed] = await session.session.parse(statement);
  if (parsed === undefined) throw new Error("no statement");
  const result = await session.session.execute(parsed, [], []);
  if (result.kind !== "copyIn") throw new Error(`unexpected ${result.kind}`);
  try {
    await result.sink.write(Buffer.from(data));
    return await result.sink.finish();
  } catch (error) {
    await result.sink.abort("failed");
    await session.session.fail();
    throw error;
  }
}

beforeAll(async () => {
  world = await World.open();
  session = await world.connect();
});

afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

describe("what a text means", () => {
  test.each<[string, string, readonly (string | null)[]]>([
    ["smallint", " 7\n+8\n-32768\n007\n", ["7", "8", "-32768", "7"]],
    [
      "bigint",
      "-9223372036854775808\n9223372036854775807\n",
      ["-9223372036854775808", "9223372036854775807"],
    ],
    ["hugeint", "170141183460469231731687303715884105727\n", ["170141183460469231731687303715884105727"]],
    ["boolean", "on\nyes\nt\n1\nTRUE\n", ["true", "true", "true", "true", "true"]],
    ["boolean", "off\nno\nf\n0\nfal\n", ["false", "false", "false", "false", "false"]],
    ["numeric(6,2)", "1.005\n-1.005\n.5\n1e3\n12.\n", ["1.01", "-1.01", "0.50", "1000.00", "12.00"]],
    ["numeric(2,2)", "0.5\n-.994\n", ["0.50", "-0.99"]],
    ["double precision", "1e-7\nNaN\n-Infinity\n.5\n", ["1e-07", "NaN", "-Infinity", "0.5"]],
    ["real", "0.1\n 2 \n", ["0.1", "2"]],
    [
      "bytea",
      "\\\\x00ff41\n\\\\xDEADbeef\nab\\\\\\\\c\\\\001\n",
      ["\\x00ff41", "\\xdeadbeef", "\\x61625c6301"],
    ],
    [
      "date",
      "2024-02-29\n20240101\ninfinity\n0044-03-15 BC\n",
      ["2024-02-29", "2024-01-01", "infinity", "0044-03-15 BC"],
    ],
    [
      "timestamp",
      "2024-02-29 12:30\n2024-01-01T00:00:00.1234567\n",
      ["2024-02-29 12:30:00", "2024-01-01 00:00:00.123457"],
    ],
    [
      "timestamptz",
      "2024-07-01 12:00:00+02\n2024-07-01 12:00:00 America/New_York\n",
      ["2024-07-01 10:00:00+00", "2024-07-01 16:00:00+00"],
    ],
    ["time", "24:00:00\n1:02 PM\n", ["24:00:00", "13:02:00"]],
    ["interval", "1 mon -2 days 03:00:00.5\nP1DT2H\n", ["1 mon -2 days +03:00:00.5", "1 day 02:00:00"]],
    ["uuid", "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}\n", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]],
    ["int[]", "{1,NULL,+3}\n{}\n", ["{1,NULL,3}", "{}"]],
    ["int[][]", "{{1,2},{3,NULL}}\n", ["{{1,2},{3,NULL}}"]],
    ["int[2]", "{1,2}\n", ["{1,2}"]],
    ["boolean[]", "{on,f}\n", ["{t,f}"]],
    ["bytea[]", '{"\\\\\\\\x00ff",NULL}\n', ['{"\\\\x00ff",NULL}']],
    ["json", '{"a": [1]}\n', ['{"a": [1]}']],
    ["struct(a int, b varchar)", '{"a": 1, "b": "x"}\n', ["{'a': 1, 'b': x}"]],
    ["text", "\\N\n\nNULL\n", [null, "", "NULL"]],
    ["text collate nocase", "A\n", ["A"]],
    ["enum('a', 'b')", "b\n", ["b"]],
  ])("%s: %j", async (type, data, values) => {
    expect(await copy(type, data)).toEqual(values);
  });

  test("elements of a text array come back as they were, whatever they hold", async () => {
    const element = fc.option(fc.string({ unit: "grapheme", maxLength: 8 }).filter((s) => !s.includes("\0")));
    await fc.assert(
      fc.asyncProperty(fc.array(element, { maxLength: 5 }), async (elements) => {
        const items = elements.map((e) => (e === null ? "NULL" : `"${e.replace(/["\\]/g, "\\$&")}"`));
        const field = `{${items.join(",")}}`.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
        await session.query("DROP TABLE IF EXISTS kept; CREATE TABLE kept (v text[])");
        await feed("COPY kept FROM STDIN", `${field.replaceAll("\r", "\\r").replaceAll("\t", "\\t")}\n`);
        const [row] = await session.query("SELECT to_json(v)::VARCHAR FROM kept");
        expect(JSON.parse(String(row?.[0]))).toEqual(elements);
      }),
      { numRuns: 60 },
    );
  });
});

describe("what no text of the type may be", () => {
  test.each<[string, string, string]>([
    ["int", "1.5", "22P02"],
    ["int", "0x10", "22P02"],
    ["int", "1_000", "22P02"],
    ["int", "1e3", "22P02"],
    ["int", "", "22P02"],
    ["int", "2147483648", "22003"],
    ["smallint", "32768", "22003"],
    ["bigint", "9223372036854775808", "22003"],
    ["utinyint", "-1", "22003"],
    ["boolean", "2", "22P02"],
    ["boolean", "o", "22P02"],
    ["numeric(4,2)", "123.45", "22003"],
    ["numeric(4,2)", "99.995", "22003"],
    ["numeric(4,2)", "1,5", "22P02"],
    ["double precision", "1e400", "22003"],
    ["real", "1e39", "22003"],
    ["bytea", "\\\\x0", "22023"],
    ["bytea", "\\\\9", "22P02"],
    ["date", "2024-02-30", "22008"],
    ["date", "yesterday", "22007"],
    ["timestamp", "2024-01-01 25:00:00", "22008"],
    ["uuid", "a0eebc99", "22P02"],
    ["int[]", "{1,1.5}", "22P02"],
    ["int[]", "[1,2]", "22P02"],
    ["int[]", "{{1},{2}}", "22P02"],
    ["int[][]", "{1}", "22P02"],
    ["json", "{a:1}", "22P02"],
    ["enum('a', 'b')", "c", "22P02"],
  ])("%s: %j is %s, with its place", async (type, field, code) => {
    const failure = await copy(type, `\\N\n${field}\n`);
    if (!(failure instanceof SqlError)) throw new Error(`accepted: ${String(failure)}`);
    expect(failure.code).toBe(code);
    const shown = field.replaceAll("\\\\", "\\");
    expect(failure.where).toBe(`COPY kept, line 2, column v: "${shown}"`);
    expect(await session.query("SELECT count(*) FROM kept")).toEqual([[0n]]);
  });
});

test("on a branch the same texts mean the same, and a refused row leaves the branch as it was", async () => {
  await session.query(
    "DROP TABLE IF EXISTS shared; CREATE TABLE shared (id int primary key, flags boolean[])",
  );
  await session.query("CREATE BRANCH copying; SET branch = copying");
  expect(await feed("COPY shared FROM STDIN", "1\t{on,NULL}\n")).toBe("COPY 1");
  await expect(feed("COPY shared FROM STDIN", "2\t{}\n3\t{maybe}\n")).rejects.toMatchObject({
    code: "22P02",
    where: 'COPY shared, line 2, column flags: "{maybe}"',
  });
  expect(await session.query("SELECT id, flags::VARCHAR FROM shared")).toEqual([[1, "{t,NULL}"]]);
  await session.query("SET branch = main");
  expect(await session.query("SELECT count(*) FROM shared")).toEqual([[0n]]);
});

/** Bytes written into the text of a statement, in PostgreSQL's forms. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { World, type TestSession } from "../support/world.js";

let world: World;
let session: TestSession;

beforeAll(async () => {
  world = await World.open();
  session = await world.connect();
});

afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

describe("a literal cast to bytea is the bytes PostgreSQL reads", () => {
  test.each([
    [String.raw`'\x00ff5c27'::bytea`, "00FF5C27"],
    [String.raw`'\xDEAD'::pg_catalog.bytea`, "DEAD"],
    [String.raw`E'\\x00ff'::bytea`, "00FF"],
    [String.raw`'\x'::bytea`, ""],
    [String.raw`'\x 00 ff'::bytea`, "00FF"],
    [String.raw`'a\\b\000\377'::bytea`, "615C6200FF"],
    [String.raw`'ü'::bytea`, "C3BC"],
    [String.raw`('\x00ff')::bytea`, "00FF"],
    [String.raw`CAST('\x00ff' AS bytea)`, "00FF"],
    [String.raw`CAST(('\x00ff') AS bytea)`, "00FF"],
    [String.raw`bytea '\x00ff'`, "00FF"],
    [String.raw`('{"\\x00ff","\\x01ab"}'::bytea[])[2]`, "01AB"],
    [String.raw`coalesce(NULL, '\x00ff'::bytea)`, "00FF"],
  ])("%s", async (expression, hex) => {
    expect(await session.query(`SELECT hex(${expression})`)).toEqual([[hex]]);
  });

  test.each([
    [String.raw`'\x0'::bytea`, "22023"],
    [String.raw`'\x0g'::bytea`, "22023"],
    [String.raw`'\9'::bytea`, "22P02"],
  ])("%s is %s", async (expression, code) => {
    expect(await session.outcome(`SELECT ${expression}`)).toBe(code);
  });

  test("a literal that is no bytes stays as it is", async () => {
    const texts = String.raw`SELECT '\x00ff', '\x00ff'::text, length('\x00ff')::int4`;
    expect(await session.query(texts)).toEqual([[String.raw`\x00ff`, String.raw`\x00ff`, 6]]);
  });
});

describe.each(["main", "a branch"])("a literal without a cast means what its place wants, on %s", (head) => {
  beforeAll(async () => {
    await session.query("CREATE OR REPLACE TABLE kept (id int, b bytea, t text)");
    if (head !== "main") await session.query("CREATE BRANCH bytes; SET branch = bytes");
  });

  afterAll(async () => {
    await session.query("SET branch = main");
  });

  test("INSERT, UPDATE, comparisons", async () => {
    await session.query(String.raw`INSERT INTO kept VALUES (1, '\x00ff', '\x00ff'), (2, E'\\xDEAD', NULL)`);
    await session.query(String.raw`UPDATE kept SET b = '\xbeef' WHERE b = '\xdead' RETURNING id`);
    const rows = await session.query("SELECT id, hex(b), t FROM kept ORDER BY id");
    expect(rows).toEqual([
      [1, "00FF", String.raw`\x00ff`],
      [2, "BEEF", null],
    ]);
    expect(await session.query(String.raw`SELECT id FROM kept WHERE b IN ('\x00ff', '\x01ab')`)).toEqual([
      [1],
    ]);
    expect(await session.query(String.raw`SELECT id FROM kept WHERE t = '\x00ff'`)).toEqual([[1]]);
    await session.query("DELETE FROM kept");
  });

  test("beside what tells nothing, each literal is asked for alone", async () => {
    await session.query(String.raw`INSERT INTO kept (b, t) VALUES ('\x00ff', upper('x' || '\x01ab'::text))`);
    expect(await session.query("SELECT hex(b), t FROM kept")).toEqual([["00FF", String.raw`X\X01AB`]]);
    await session.query("DELETE FROM kept");
  });

  test("where it cannot be known, nothing is stored", async () => {
    const [outcome, rows] = [
      await session.outcome(String.raw`INSERT INTO kept (b) SELECT '\x00ff'`),
      await session.query("SELECT * FROM kept"),
    ];
    expect([outcome, rows]).toEqual(["0A000", []]);
  });
});

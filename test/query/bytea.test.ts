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

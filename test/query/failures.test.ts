/** Failures DuckDB words in its own way, as a client of PostgreSQL gets them. */
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SqlError } from "../../src/core/errors.js";
import { startTestApp } from "../cli/test-app.js";
import { World, type TestSession } from "../support/world.js";

let world: World;

beforeAll(async () => {
  world = await World.open();
  await using session = await world.connect();
  await session.query(
    "CREATE TABLE kept (id int PRIMARY KEY, name text NOT NULL, n int CHECK (n > 0)); INSERT INTO kept VALUES (1, 'a', 1)",
  );
  await session.query("CREATE BRANCH apart; SET branch = apart; INSERT INTO kept VALUES (2, 'b', 1)");
});

afterAll(async () => await world[Symbol.asyncDispose]());

async function failureOf(session: TestSession, text: string): Promise<SqlError> {
  try {
    await session.query(text);
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
  throw new Error(`succeeded: ${text}`);
}

/** What a branch's own images are called in the file. */
const INTERNAL_NAME = /\bv\d+\b|duckbranch/;

describe.each(["main", "main/apart"])("on %s", (database) => {
  test.each<[string, string, string]>([
    ["INSERT INTO kept VALUES (1, 'x', 1)", "23505", "duplicate key value violates unique constraint"],
    [
      "BEGIN; INSERT INTO kept VALUES (7, 'x', 1); INSERT INTO kept VALUES (7, 'y', 1)",
      "23505",
      "duplicate key value violates unique constraint",
    ],
    [
      "INSERT INTO kept VALUES (8, 'x', 1), (8, 'y', 1)",
      "23505",
      "duplicate key value violates unique constraint",
    ],
    ["INSERT INTO kept (id, name) VALUES (3)", "42601", "INSERT has more target columns than expressions"],
    ["INSERT INTO kept (id) VALUES (3, 'x')", "42601", "INSERT has more expressions than target columns"],
    ["INSERT INTO kept VALUES (3, NULL, 1)", "23502", 'null value in column "name"'],
    ["INSERT INTO kept VALUES (3, 'x', 0)", "23514", "violates check constraint"],
  ])("%s: %s", async (text, code, message) => {
    await using session = await world.connect(database);
    const failure = await failureOf(session, text);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(message);
    expect(`${failure.message} ${failure.detail ?? ""} ${failure.hint ?? ""}`).not.toMatch(INTERNAL_NAME);
  });
});

describe("names looked up in the catalogue", () => {
  test.each<[string, string, string]>([
    ["SELECT 'missing'::regclass", "42P01", 'relation "missing" does not exist'],
    ["SELECT 'missing'::regtype", "42704", 'type "missing" does not exist'],
    ["SELECT 'missing'::regproc::oid", "42883", 'function "missing" does not exist'],
  ])("%s: %s", async (text, code, message) => {
    await using app = await startTestApp();
    const client = new Client({ ...app.address, user: "tester", database: "main" });
    await client.connect();
    try {
      await expect(client.query(text)).rejects.toMatchObject({ code, message });
    } finally {
      await client.end();
    }
  });
});

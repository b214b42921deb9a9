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
  await session.query(
    `CREATE TABLE keyed (id int PRIMARY KEY, n int UNIQUE, word text UNIQUE);
     CREATE TABLE words (id int PRIMARY KEY, word text); CREATE UNIQUE INDEX folded ON words (lower(word));
     INSERT INTO words VALUES (1, 'b');
     INSERT INTO keyed VALUES (1, 7, 'a'), (2, 20, 'b'); CREATE VIEW shown AS SELECT id FROM kept`,
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

/** Two keys of numbers, one of text, one on an expression; the statement that fails may be the second of a block. */
const KEYS: readonly (readonly [text: string, constraint: string, detail: string])[] = [
  ["INSERT INTO keyed VALUES (1, 50, 'x')", "keyed_pkey", "(id)=(1)"],
  ["INSERT INTO keyed VALUES (7, 77, 'x'), (7, 78, 'y')", "keyed_pkey", "(id)=(7)"],
  ["INSERT INTO keyed VALUES (81, 90, 'x'), (82, 90, 'y')", "keyed_n_key", "(n)=(90)"],
  ["INSERT INTO keyed VALUES (81, 90, 'x'), (82, 91, 'x')", "keyed_word_key", "(word)=(x)"],
  ["INSERT INTO words VALUES (81, 'x'), (82, 'X')", "folded", "(lower(word))=(x)"],
  ["INSERT INTO words VALUES (81, 'B')", "folded", "(lower(word))=(b)"],
  [
    "BEGIN; UPDATE keyed SET word = 'q' WHERE id = 1; INSERT INTO keyed (word, n, id) VALUES ('w', 40, 1)",
    "keyed_pkey",
    "(id)=(1)",
  ],
  [
    "BEGIN; INSERT INTO keyed VALUES (98, 99, 'x'); UPDATE keyed SET n = 99 WHERE id = 1",
    "keyed_n_key",
    "(n)=(99)",
  ],
];

test.each(["main", "main/apart"])("the constraint of a temporary table, on %s", async (database) => {
  await using session = await world.connect(database);
  await session.query(
    `CREATE TEMP TABLE held (id int PRIMARY KEY, n int UNIQUE CHECK (n > 0));
     CREATE TEMP TABLE led (id int, held int REFERENCES held (id)); INSERT INTO held VALUES (1, 5)`,
  );
  for (const [text, code, constraint, message, detail] of [
    ["INSERT INTO held VALUES (1, 6)", "23505", "held_pkey", "unique", "Key (id)=(1) already exists."],
    [
      "INSERT INTO held VALUES (7, 8), (7, 9)",
      "23505",
      "held_pkey",
      "unique",
      "Key (id)=(7) already exists.",
    ],
    ["INSERT INTO held VALUES (2, -1)", "23514", "held_n_check", "check", undefined],
    [
      "INSERT INTO led VALUES (1, 9)",
      "23503",
      "led_held_fkey",
      "foreign key",
      'Key (held)=(9) is not present in table "held".',
    ],
  ] as const) {
    const failure = await failureOf(session, text);
    expect(failure).toMatchObject({ code, object: { schema: "pg_temp", constraint } });
    expect(failure.message).toContain(`${message} constraint "${constraint}"`);
    expect(failure.detail).toBe(detail);
  }
});

test.each(["main", "main/apart"])("the key that a row violated, on %s", async (database) => {
  await using session = await world.connect(database);
  for (const [text, constraint, detail] of KEYS) {
    const failure = await failureOf(session, text);
    expect(failure).toMatchObject({
      code: "23505",
      message: `duplicate key value violates unique constraint "${constraint}"`,
      detail: `Key ${detail} already exists.`,
      object: { schema: "public", table: constraint === "folded" ? "words" : "keyed", constraint },
    });
    await session.query("ROLLBACK");
  }
});

test.each(["main", "main/apart"])(
  "one name for two relations, and a view as a target, on %s",
  async (database) => {
    await using session = await world.connect(database);
    for (const text of [
      "SELECT kept.id FROM kept, kept",
      "UPDATE kept SET n = 1 FROM kept WHERE kept.id = 1",
      "DELETE FROM kept USING public.kept WHERE kept.id = 1",
    ])
      expect(await failureOf(session, text)).toMatchObject({
        code: "42712",
        message: 'table name "kept" specified more than once',
      });
    expect(await failureOf(session, "INSERT INTO shown VALUES (1)")).toMatchObject({
      code: "42809",
      message: 'cannot change view "shown"',
    });
  },
);

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

test.each([
  ["numeric", "numeric and integer"],
  ["text", "text and integer"],
])("a foreign key from %s to integer", async (type, types) => {
  await using session = await world.connect();
  const error = await failureOf(session, `CREATE TABLE referring (x ${type} REFERENCES kept)`);
  expect(error).toMatchObject({
    code: "42804",
    detail: `Key columns "x" and "id" are of incompatible types: ${types}.`,
  });
});

/**
 * SERIALIZABLE between two sessions: what PostgreSQL 15 allows and refuses in these sequences, on main, on a branch of a
 * branch. Where this server refuses more than PostgreSQL has to, a test of its own says so.
 */
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { startTestApp, type TestApp } from "../cli/test-app.js";
import { hasPostgres, type PostgresServer, startPostgres } from "../support/postgres.js";
import { type Address, WireClient } from "../support/wire-client.js";
import { answer } from "../sql/statement-script.js";
import { World } from "../support/world.js";

const SETUP = [
  "CREATE TABLE doctors (name text PRIMARY KEY, on_call boolean)",
  "INSERT INTO doctors VALUES ('alice', true), ('bob', true)",
  "CREATE TABLE mytab (class int, value int)",
  "INSERT INTO mytab VALUES (1, 10), (1, 20), (2, 100), (2, 200)",
  "CREATE TABLE audit (line text)",
  "CREATE VIEW on_duty AS SELECT count(*) AS n FROM doctors WHERE on_call",
];

/** `a` and `b` are sessions. Every sequence begins with the tables of SETUP as they are there. */
const SEQUENCES: Readonly<Record<string, readonly (readonly ["a" | "b", string])[]>> = {
  "write skew: both doctors leave": [
    ["a", "BEGIN ISOLATION LEVEL SERIALIZABLE"],
    ["b", "BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE"],
    ["a", "SELECT count(*) FROM doctors WHERE on_call"],
    ["b", "SELECT count(*) FROM doctors WHERE on_call"],
    ["a", "UPDATE doctors SET on_call = false WHERE name = 'alice'"],
    ["b", "UPDATE doctors SET on_call = false WHERE name = 'bob'"],
    ["a", "COMMIT"],
    ["b", "COMMIT"],
    ["a", "SELECT count(*) FROM doctors WHERE on_call"],
  ],
  "write skew through a view": [
    ["a", "BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
    ["b", "BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
    ["a", "SELECT n FROM on_duty"],
    ["b", "SELECT n FROM on_duty"],
    ["a", "UPDATE doctors SET on_call = false WHERE name = 'alice'"],
    ["b", "UPDATE doctors SET on_call = false WHERE name = 'bob'"],
    ["a", "COMMIT"],
    ["b", "COMMIT"],
  ],
  "the manual's example: each inserts the sum of the other's class": [
    ["a", "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
    ["b", "SET default_transaction_isolation = 'serializable'"],
    ["a", "BEGIN"],
    ["b", "BEGIN"],
    ["a", "SHOW transaction_isolation"],
    ["a", "SELECT sum(value) FROM mytab WHERE class = 1"],
    ["b", "SELECT sum(value) FROM mytab WHERE class = 2"],
    ["a", "INSERT INTO mytab VALUES (2, 30)"],
    ["b", "INSERT INTO mytab VALUES (1, 300)"],
    ["b", "COMMIT"],
    ["a", "COMMIT"],
    ["a", "ROLLBACK"],
  ],
  "crosswise: each reads what the other writes": [
    ["a", "BEGIN ISOLATION LEVEL SERIALIZABLE"],
    ["b", "BEGIN ISOLATION LEVEL SERIALIZABLE"],
    ["a", "SELECT count(*) FROM mytab"],
    ["b", "SELECT count(*) FROM audit"],
    ["a", "INSERT INTO audit VALUES ('a')"],
    ["b", "INSERT INTO mytab VALUES (4, 4)"],
    ["a", "COMMIT"],
    ["b", "COMMIT"],
    ["b", "SELECT count(*) FROM mytab"],
  ],
  "repeatable read allows it": [
    ["a", "BEGIN ISOLATION LEVEL REPEATABLE READ"],
    ["b", "BEGIN ISOLATION LEVEL REPEATABLE READ"],
    ["a", "SELECT count(*) FROM doctors WHERE on_call"],
    ["b", "SELECT count(*) FROM doctors WHERE on_call"],
    ["a", "UPDATE doctors SET on_call = false WHERE name = 'alice'"],
    ["b", "UPDATE doctors SET on_call = false WHERE name = 'bob'"],
    ["a", "COMMIT"],
    ["b", "COMMIT"],
  ],
  "a transaction that only reads is never refused": [
    ["a", "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE"],
    ["a", "SELECT count(*) FROM doctors"],
    ["b", "UPDATE doctors SET on_call = true"],
    ["a", "SELECT count(*) FROM doctors"],
    ["a", "COMMIT"],
  ],
  "what was not read may change": [
    ["a", "BEGIN ISOLATION LEVEL SERIALIZABLE"],
    ["a", "SELECT count(*) FROM doctors"],
    ["b", "INSERT INTO mytab VALUES (3, 3)"],
    ["a", "INSERT INTO audit VALUES ('seen')"],
    ["a", "COMMIT"],
  ],
  "settings are read back, and one that comes too late is refused": [
    ["a", "BEGIN"],
    ["a", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE"],
    ["a", "SHOW transaction_isolation"],
    ["a", "SELECT 1"],
    ["a", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"],
    ["a", "ROLLBACK"],
    ["a", "SHOW default_transaction_isolation"],
    ["a", "SELECT current_setting('transaction_isolation')"],
  ],
};

/** On a branch the second writer of a table waits for the first: only these get through one step after the other. */
const ON_BRANCHES = new Set([
  "crosswise: each reads what the other writes",
  "a transaction that only reads is never refused",
  "what was not read may change",
  "settings are read back, and one that comes too late is refused",
]);

async function open(address: Address, database: string): Promise<WireClient> {
  return await WireClient.start(address, { database });
}

/** The first line of each answer: a row, a tag or an error's code. */
async function play(a: WireClient, b: WireClient, steps: (typeof SEQUENCES)[string]): Promise<string[]> {
  const answers: string[] = [];
  for (const [who, sql] of steps) {
    const step = { line: 0, sql, parameters: undefined, postgres: [], ours: undefined };
    const lines = await answer(who === "a" ? a : b, step, "simple");
    answers.push(`${who}: ${lines.filter((line) => !line.startsWith("  ")).join(" / ")}`);
  }
  return answers;
}

/** Makes the tables of SETUP anew. */
async function fresh(address: Address, database: string): Promise<void> {
  using client = await open(address, database);
  await client.query("DROP VIEW IF EXISTS on_duty");
  for (const table of ["doctors", "mytab", "audit"]) await client.query(`DROP TABLE IF EXISTS ${table}`);
  for (const sql of SETUP) await client.query(sql);
}

const COMMIT_REFUSED =
  "ERROR 40001 could not serialize access due to read/write dependencies among transactions";

describe.skipIf(!hasPostgres)("as PostgreSQL 15", () => {
  let postgres: PostgresServer;
  let app: TestApp;
  beforeAll(async () => {
    postgres = await startPostgres();
    app = await startTestApp();
  });
  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  });

  describe.each(Object.entries(SEQUENCES))("%s", (title, steps) => {
    it("on main and on a branch of a branch", async () => {
      await fresh(postgres.address, "postgres");
      using a = await open(postgres.address, "postgres");
      using b = await open(postgres.address, "postgres");
      const expected = await play(a, b, steps);
      await fresh(app.address, "main");
      using maker = await open(app.address, "main");
      await maker.query("CREATE BRANCH upper");
      await maker.query("CREATE BRANCH lower FROM upper");
      for (const database of ON_BRANCHES.has(title) ? ["main/lower", "main"] : ["main"]) {
        using ours = await open(app.address, database);
        using other = await open(app.address, database);
        expect(await play(ours, other, steps)).toEqual(expected);
      }
      await maker.query("DROP BRANCH lower");
      await maker.query("DROP BRANCH upper");
    });
  });
});

test("a macro may read what no statement names", async () => {
  await using world = await World.open();
  await using a = await world.connect();
  await using b = await world.connect();
  await a.query(
    "CREATE TABLE t (x int); CREATE TABLE u (x int); CREATE MACRO total() AS (SELECT sum(x) FROM t)",
  );
  await a.query("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT total(); INSERT INTO u VALUES (1)");
  await b.query("INSERT INTO t VALUES (1)");
  await expect(a.query("COMMIT")).rejects.toMatchObject({ code: "40001", message: COMMIT_REFUSED.slice(12) });
  expect(await b.query("SELECT * FROM u")).toEqual([]);
});

test("what was read before a savepoint counts after a rollback to it", async () => {
  await using world = await World.open();
  await using a = await world.connect();
  await using b = await world.connect();
  await a.query("CREATE TABLE t (x int); CREATE TABLE u (x int PRIMARY KEY); INSERT INTO u VALUES (1)");
  await a.query("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM t; SAVEPOINT s");
  expect(await a.outcome("INSERT INTO u VALUES (1)")).toBe("23505");
  await a.query("ROLLBACK TO s; INSERT INTO u VALUES (2)");
  await b.query("INSERT INTO t VALUES (1)");
  expect(await a.outcome("COMMIT")).toBe("40001");
});

test("a statement alone that lost is run again", async () => {
  await using world = await World.open();
  await using a = await world.connect();
  await using b = await world.connect();
  await a.query(
    "SET default_transaction_isolation = serializable; CREATE TABLE t (x int); CREATE TABLE u (x bigint)",
  );
  await b.query("SET default_transaction_isolation = serializable");
  const add = "INSERT INTO u SELECT count(*) FROM u";
  for (let round = 0; round < 10; round++) await Promise.all([a.query(add), b.query(add)]);
  expect(await a.query("SELECT count(DISTINCT x), max(x) FROM u")).toEqual([[20n, 19n]]);
});

test("reads of a parent's state cannot be changed by the parent", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query("CREATE TABLE t (x int); CREATE TABLE u (x int); CREATE BRANCH b");
  await using branch = await world.connect("main/b");
  await branch.query("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM t; INSERT INTO u VALUES (1)");
  await main.query("INSERT INTO t VALUES (1)");
  expect(await branch.outcome("COMMIT")).toBe("ok");
  await branch.query("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT * FROM main.t; INSERT INTO u VALUES (1)");
  await main.query("INSERT INTO t VALUES (1)");
  expect(await branch.outcome("COMMIT")).toBe("40001");
});

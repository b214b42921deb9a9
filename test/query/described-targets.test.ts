/**
 * A write is described by its table as that is defined, whatever holds the table's rows: here main has changed all rows
 * since the branch was made, so that the branch reads a copy without constraints.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestSession, World } from "../support/world.js";

const SETUP = `CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE TABLE "a ""Ü" (id serial PRIMARY KEY, n int UNIQUE, "x y" mood DEFAULT 'ok', s int GENERATED ALWAYS AS (n + 1) STORED);
  CREATE UNIQUE INDEX pair ON "a ""Ü" (n, "x y");
  INSERT INTO "a ""Ü" (n) VALUES (10), (20);
  CREATE TABLE plain (k int, v text); INSERT INTO plain VALUES (1, 'a')`;

let world: World;
let main: TestSession;

beforeAll(async () => {
  world = await World.open();
  main = await world.connect();
  await main.query(SETUP);
  await main.query("CREATE BRANCH b");
  await main.query("CREATE BRANCH c FROM b");
  await main.query(`UPDATE "a ""Ü" SET "x y" = 'sad'; UPDATE plain SET v = 'b'`);
});

afterAll(async () => {
  await main[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** Names of the columns a client is told before the statement runs. */
async function described(session: TestSession, text: string): Promise<readonly string[] | null> {
  const [statement] = await session.session.parse(text);
  if (statement === undefined) throw new Error("no statement");
  const { columns } = await session.session.describe(statement, []);
  return columns?.map(({ name }) => name) ?? null;
}

const ALL = ["id", "n", "x y", "s"];

const WRITES: readonly (readonly [text: string, columns: readonly string[] | null, rows: unknown[][]])[] = [
  [`INSERT INTO "a ""Ü" VALUES (9, 90)`, null, []],
  [`INSERT INTO "a ""Ü" VALUES (9, 90, 'sad') RETURNING *`, ALL, [[9, 90, "sad", 91]]],
  [
    `INSERT INTO "a ""Ü" AS w VALUES (9, 10) ON CONFLICT (n) DO UPDATE SET n = w.n + 1 RETURNING *`,
    ALL,
    [[1, 11, "ok", 12]],
  ],
  [
    `INSERT INTO "a ""Ü" (n, "x y") VALUES (10, 'ok') ON CONFLICT (n, "x y") DO NOTHING RETURNING id`,
    ["id"],
    [],
  ],
  [`UPDATE "a ""Ü" SET n = 21 WHERE id = 2 RETURNING *`, ALL, [[2, 21, "ok", 22]]],
  [`DELETE FROM "a ""Ü" WHERE "a ""Ü".n = 20 RETURNING *`, ALL, [[2, 20, "ok", 21]]],
  [`WITH d AS (DELETE FROM "a ""Ü" WHERE id = 2 RETURNING *) SELECT * FROM d`, ALL, [[2, 20, "ok", 21]]],
  [`MERGE INTO "a ""Ü" AS w USING (VALUES (2)) AS v(i) ON v.i = w.id WHEN MATCHED THEN DELETE`, null, []],
  ["INSERT INTO plain VALUES (2, 'c') RETURNING *", ["k", "v"], [[2, "c"]]],
  ["DELETE FROM plain RETURNING *", ["k", "v"], [[1, "a"]]],
];

describe.each(["main/b", "main/c"])("on %s", (head) => {
  test.each(WRITES)("%s", async (text, columns, rows) => {
    await using session = await world.connect(head);
    expect(await described(session, text)).toEqual(columns);
    await session.query("BEGIN");
    // Behind the client's columns stand those by which the block remembers what was inserted.
    const returned = (await session.query(text)).map((row) => row.slice(0, columns?.length));
    expect(returned).toEqual(rows);
    // Now that the branch has rows of its own.
    expect(await described(session, text)).toEqual(columns);
    await session.query("ROLLBACK");
  });
});

test("inside a block, and after a description that failed", async () => {
  await using session = await world.connect("main/b");
  await session.query("BEGIN; SELECT 1");
  expect(await described(session, "INSERT INTO plain VALUES (2) RETURNING *")).toEqual(["k", "v"]);
  await session.query("SAVEPOINT s");
  await expect(described(session, "INSERT INTO plain VALUES (2, 'b') RETURNING zz")).rejects.toMatchObject({
    code: "42703",
  });
  await session.session.fail();
  await session.query("ROLLBACK TO s");
  expect(await session.query("EXPLAIN INSERT INTO plain VALUES (3, 'x')")).not.toEqual([]);
  expect(await session.query("INSERT INTO plain VALUES (2) RETURNING *")).toEqual([[2, null]]);
  await session.query("COMMIT");
  expect(await session.query("SELECT count(*)::int FROM plain")).toEqual([[2]]);
});

test("nothing is left behind, and nothing is made on the branch", async () => {
  await using session = await world.connect("main/c");
  for (const [text] of WRITES) await described(session, text);
  await expect(described(session, "UPDATE plain SET zz = 1")).rejects.toMatchObject({ code: "42703" });
  expect(
    await session.query("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%described%'"),
  ).toEqual([]);
  const heads = [...world.context.registry.state.branches.values()].filter(({ name }) => name === "c");
  expect(heads.flatMap(({ id }) => world.context.registry.state.liveVersionsOf(id))).toEqual([]);
});

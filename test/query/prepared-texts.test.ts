/** What was learnt of a text with parameters is used only while the definitions are those it was learnt by. */
import { describe, expect, test } from "vitest";
import { World, type TestSession } from "../support/world.js";

const LARGE = "5000000000";
const ADD = "UPDATE t SET n = n + $1 WHERE id = $2";
const WIDEN = "ALTER TABLE t ALTER n TYPE BIGINT";

async function run(session: TestSession, sql: string, values: readonly string[]): Promise<string[][]> {
  const [statement] = await session.session.parse(sql);
  if (statement === undefined) throw new Error("no statement");
  const parameters = values.map((value) => ({ format: "text", bytes: Buffer.from(value) }) as const);
  const rows: string[][] = [];
  try {
    const result = await session.session.execute(statement, parameters, []);
    if (result.kind !== "rows") return rows;
    for await (const batch of result.batches) {
      if (batch.kind === "chunk") rows.push(...batch.chunk.getRows().map((row) => row.map(String)));
    }
  } catch (error) {
    await session.session.fail();
    throw error;
  }
  return rows;
}

async function valueOf(session: TestSession): Promise<string> {
  return String((await session.query("SELECT n FROM t WHERE id = 1"))[0]?.[0]);
}

async function refusesLarge(session: TestSession): Promise<void> {
  await expect(run(session, ADD, [LARGE, "1"])).rejects.toMatchObject({ code: "22003" });
}

describe.each(["main", "main/b", "main/c"])("on %s", (database) => {
  async function open(world: World): Promise<TestSession> {
    await using main = await world.connect();
    await main.query("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 1)");
    await main.query("CREATE BRANCH b; USE BRANCH b; CREATE BRANCH c");
    return await world.connect(database);
  }

  test("a column widened by another session", async () => {
    await using world = await World.open();
    await using session = await open(world);
    await using other = await world.connect(database);
    await run(session, ADD, ["1", "1"]);
    await refusesLarge(session);
    await other.query(WIDEN);
    await run(session, ADD, [LARGE, "1"]);
    expect(await valueOf(session)).toBe("5000000002");
  });

  test("a column widened by another session, used inside a block", async () => {
    await using world = await World.open();
    await using session = await open(world);
    await using other = await world.connect(database);
    await session.query("BEGIN");
    await run(session, ADD, ["1", "1"]);
    await session.query("COMMIT");
    await other.query(WIDEN);
    await session.query("BEGIN");
    await run(session, ADD, [LARGE, "1"]);
    await session.query("COMMIT");
    expect(await valueOf(session)).toBe("5000000002");
  });

  test("a column widened in the block, which is rolled back", async () => {
    await using world = await World.open();
    await using session = await open(world);
    await run(session, ADD, ["1", "1"]);
    await session.query(`BEGIN; ${WIDEN}`);
    await run(session, ADD, [LARGE, "1"]);
    expect(await valueOf(session)).toBe("5000000002");
    await session.query("ROLLBACK");
    await refusesLarge(session);
    expect(await valueOf(session)).toBe("2");
  });

  test("a column widened behind a savepoint", async () => {
    await using world = await World.open();
    await using session = await open(world);
    await session.query("BEGIN; SAVEPOINT s");
    await session.query(WIDEN);
    await run(session, ADD, [LARGE, "1"]);
    await session.query("ROLLBACK TO s");
    await run(session, ADD, ["1", "1"]);
    await refusesLarge(session);
    await session.query("ROLLBACK");
    expect(await valueOf(session)).toBe("1");
  });

  test("a column whose parameter needed no type before", async () => {
    await using world = await World.open();
    await using session = await open(world);
    const find = "SELECT id FROM t WHERE n = $1";
    expect(await run(session, find, ["01"])).toEqual([["1"]]);
    await session.query("ALTER TABLE t ALTER n TYPE TEXT");
    expect(await run(session, find, ["01"])).toEqual([]);
    expect(await run(session, find, ["1"])).toEqual([["1"]]);
  });
});

test("a temporary table in front of a table, in a block and behind it", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 1)");
  await run(session, ADD, ["1", "1"]);
  await session.query(`BEGIN; CREATE TEMP TABLE t (id INTEGER, n BIGINT) ON COMMIT DROP;
    INSERT INTO t VALUES (1, 7)`);
  await run(session, ADD, [LARGE, "1"]);
  expect(await valueOf(session)).toBe("5000000007");
  await session.query("COMMIT");
  await refusesLarge(session);
  expect(await valueOf(session)).toBe("2");
});

test("a number's own digits, from one execution to the next", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query("CREATE TABLE p (price DECIMAL(10, 2)); INSERT INTO p VALUES (10)");
  const results: string[][][] = [];
  for (const value of ["1.155", "2", "1.5", "1.155"]) {
    results.push(await run(session, "SELECT price * $1 FROM p", [value]));
  }
  expect(results.map((rows) => Number(rows[0]?.[0]))).toEqual([11.55, 20, 15, 11.55]);
});

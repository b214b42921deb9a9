/** Reads that are known to give few rows are made whole: they must be the reads they were, on every head. */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Database } from "../../src/engine/database.js";
import type { DataChunk } from "../../src/engine/types.js";
import type { StatementResult } from "../../src/query/types.js";
import { World, type TestSession, type Value } from "../support/world.js";

/** More often than it takes until a table's keys are asked for. */
const TIMES = 6;

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
}

function long(words: string): string {
  return `SELECT i, '${words}' || i FROM range(10000) r (i)`;
}

function rowsIn(chunks: readonly DataChunk[]): unknown[][] {
  return chunks.flatMap((chunk) => chunk.getRows());
}

async function readByKey(session: TestSession, sql: string, ...values: string[]): Promise<Value[][]> {
  const [statement] = await session.session.parse(sql);
  if (statement === undefined) throw new Error("there is a statement");
  const parameters = values.map((value) => ({ format: "text" as const, bytes: Buffer.from(value) }));
  return await rowsOf(await session.session.execute(statement, parameters, []));
}

async function rowsOf(result: StatementResult): Promise<Value[][]> {
  if (result.kind !== "rows") throw new Error("a query gives rows");
  const rows: Value[][] = [];
  for await (const batch of result.batches) if (batch.kind === "chunk") rows.push(...batch.chunk.getRows());
  return rows;
}

const TABLES = `CREATE TABLE t (id int PRIMARY KEY, a text UNIQUE);
  INSERT INTO t SELECT i, 'a long text of row ' || i FROM range(5000) r (i);
  CREATE TABLE "odd ""t" ("The Key" int, b int, PRIMARY KEY (b, "The Key"));
  INSERT INTO "odd ""t" VALUES (1, 1), (1, 2), (2, 1)`;

test.for(["main", "main/b", "main/b/c"])("rows by their key on %s", async (head) => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(`${TABLES}; CREATE BRANCH b`);
  await using b = await world.connect("main/b");
  await b.query("UPDATE t SET a = 'of the branch' WHERE id = 7; CREATE BRANCH \"b/c\"");
  await using session = await world.connect(head);
  const seventh = head === "main" ? "a long text of row 7" : "of the branch";
  for (let i = 0; i < TIMES; i++) {
    expect(await readByKey(session, "SELECT id, a FROM t WHERE id = $1", "7")).toEqual([[7, seventh]]);
    expect(await readByKey(session, "SELECT id FROM t WHERE a = $1", "a long text of row 8")).toEqual([[8]]);
    expect(await readByKey(session, "SELECT id FROM t WHERE id = $1", "-1")).toEqual([]);
    expect(await session.query("SELECT id FROM t WHERE id = 4999")).toEqual([[4999]]);
    const odd = 'SELECT b FROM "odd ""t" WHERE "The Key" = $1';
    expect((await readByKey(session, `${odd} ORDER BY b`, "1")).length).toBe(2);
    expect(await readByKey(session, `${odd} AND b = $2`, "1", "2")).toEqual([[2]]);
  }
});

test("a table made anew without its key gives all its rows", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await using owner = await world.connect();
  await owner.query(TABLES);
  const read = async (): Promise<number> =>
    (await readByKey(session, "SELECT id, a FROM t WHERE id = $1", "7")).length;
  for (let i = 0; i < TIMES; i++) expect(await read()).toBe(1);
  await owner.query(
    "DROP TABLE t; CREATE TABLE t (id int, a text); INSERT INTO t SELECT 7, 'x' FROM range(9000)",
  );
  for (let i = 0; i < TIMES; i++) expect(await read()).toBe(9000);
});

test("chunks of a whole result are those of a stream, and outlive it", async () => {
  await using database = await Database.open({ path: ":memory:" });
  using connection = await database.connect("data");
  const read = async (sql: string, whole: boolean): Promise<DataChunk[]> => {
    const stream = await connection.stream(sql, whole);
    const chunks = [];
    for (let chunk = await stream.next(); chunk !== undefined; chunk = await stream.next())
      chunks.push(chunk);
    return chunks;
  };
  const streamed = await read(long("longer than what lies in the vector itself, "), false);
  const whole = await read(long("longer than what lies in the vector itself, "), true);
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await setImmediate();
    await read(long("something else in the memory that was given back, "), true);
  }
  expect(rowsIn(whole)).toEqual(rowsIn(streamed));
});

test("a whole result that fails says why, and one that is cancelled is cancelled", async () => {
  await using database = await Database.open({ path: ":memory:" });
  using connection = await database.connect("data");
  await expect(connection.stream("SELECT error('told') LIMIT 1", true)).rejects.toThrow("told");
  const sql = "SELECT count(*) FROM range(1000000) a, range(1000000) b";
  const running = connection.stream(sql, true);
  const cancel = setInterval(() => connection.interrupt(), 10);
  try {
    await expect(running).rejects.toMatchObject({ code: "57014" });
  } finally {
    clearInterval(cancel);
  }
});

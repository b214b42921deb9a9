/** What the storage of branches takes for granted of DuckDB: found by trying, promised nowhere. */
import { copyFile } from "node:fs/promises";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FIRST_LOCAL_ROW_ID } from "../../src/branch/rows.js";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";

/** More than a row group. */
const ROWS = 150_000;

let directory: TemporaryDirectory;
let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeEach(async () => {
  directory = await temporaryDirectory();
  await open();
});

afterEach(async () => {
  close();
  await directory[Symbol.asyncDispose]();
});

async function open(): Promise<void> {
  instance = await DuckDBInstance.create(directory.file("data.duckdb"));
  connection = await instance.connect();
}

function close(): void {
  connection.closeSync();
  instance.closeSync();
}

async function reopen(): Promise<void> {
  close();
  await open();
}

async function run(...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await connection.run(statement);
}

async function rows(sql: string, of = connection): Promise<unknown[][]> {
  return (await of.runAndReadAll(sql)).getRowsJson();
}

const KEYED = "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, w INTEGER, tags INTEGER[])";
const UNIQUE = "CREATE TABLE t (id INTEGER UNIQUE, v INTEGER, w INTEGER, tags INTEGER[])";
const PLAIN = "CREATE TABLE t (id INTEGER, v INTEGER, w INTEGER, tags INTEGER[])";
const FILL = `INSERT INTO t SELECT i, 0, 0, [i] FROM range(${ROWS}) r(i)`;
/** Rows whose row id is no longer the number they were inserted as. */
const MOVED = "SELECT count(*)::INTEGER FROM t WHERE rowid <> id";

describe("row ids", () => {
  test.each([
    ["a primary key", KEYED],
    ["a unique constraint", UNIQUE],
  ])(
    "of a table with %s are never given anew, whatever is deleted and written to the file",
    async (_, create) => {
      await run(create, FILL, `DELETE FROM t WHERE id % 3 = 0 OR id < ${ROWS / 2}`, "CHECKPOINT");
      expect(await rows(MOVED)).toEqual([[0]]);
      await reopen();
      await run("DELETE FROM t WHERE id % 7 = 0", "CHECKPOINT");
      expect(await rows(MOVED)).toEqual([[0]]);
    },
  );

  test.each([
    ["a key", KEYED],
    ["no key", PLAIN],
  ])("of rows added to a table with %s are higher than all before", async (_, create) => {
    await run(create, FILL, "CHECKPOINT");
    await reopen();
    await run(`INSERT INTO t SELECT i, 1, 0, [] FROM range(${ROWS}, ${2 * ROWS}) r(i)`, "CHECKPOINT");
    expect(await rows(MOVED)).toEqual([[0]]);
    expect(await rows("SELECT count(*) = max(rowid) + 1 FROM t")).toEqual([[true]]);
  });

  test("of deleted rows are not given again to a table with a key", async () => {
    await run(KEYED, FILL, `DELETE FROM t WHERE id >= ${ROWS - 10}`, "CHECKPOINT");
    await reopen();
    await run("INSERT INTO t VALUES (-1, 0, 0, [])");
    expect(await rows(`SELECT rowid >= ${ROWS} FROM t WHERE id = -1`)).toEqual([[true]]);
  });

  test("stay with a row that is updated, unless its key or a list changes: then it gets a higher one", async () => {
    await run(KEYED, FILL, "UPDATE t SET v = 1 WHERE id % 2 = 0", "CHECKPOINT");
    expect(await rows(MOVED)).toEqual([[0]]);
    await run("UPDATE t SET id = -1 WHERE id = 4", "UPDATE t SET tags = [0] WHERE id = 6");
    expect(await rows(`SELECT id, rowid >= ${ROWS} FROM t WHERE id IN (-1, 6) ORDER BY id`)).toEqual([
      [-1, true],
      [6, true],
    ]);
  });

  test("of a table without a key stay while none is missing; later those behind a deleted row change", async () => {
    await run(PLAIN, FILL, "UPDATE t SET v = 1 WHERE id % 2 = 0", "CHECKPOINT");
    const writer = await instance.connect();
    await writer.run("BEGIN");
    await writer.run(`DELETE FROM t WHERE id < ${ROWS / 2}`);
    expect(await rows(MOVED)).toEqual([[0]]);
    await writer.run("ROLLBACK");
    writer.closeSync();
    await run("CHECKPOINT");
    await reopen();
    expect(await rows(MOVED)).toEqual([[0]]);
    await run(`DELETE FROM t WHERE id BETWEEN 100 AND ${ROWS - 100}`, "CHECKPOINT");
    expect(await rows(MOVED)).toEqual([[99]]);
    expect(await rows("SELECT count(*)::INTEGER FROM t WHERE rowid <> id AND id < 100")).toEqual([[0]]);
  });

  test("stay when columns are added, dropped and given another type", async () => {
    await run(KEYED, FILL, "DELETE FROM t WHERE id % 2 = 0");
    await run("ALTER TABLE t ADD COLUMN x INTEGER DEFAULT 5", "ALTER TABLE t DROP COLUMN w");
    await run("ALTER TABLE t ALTER v TYPE VARCHAR", "CHECKPOINT");
    await reopen();
    expect(await rows(MOVED)).toEqual([[0]]);
  });

  test("of rows that a transaction has added are very high until it commits", async () => {
    await run(KEYED, FILL, "BEGIN", "INSERT INTO t VALUES (-1, 0, 0, []), (-2, 0, 0, [])");
    await run("UPDATE t SET v = 1 WHERE id = 5", "UPDATE t SET v = 1 WHERE id = -1");
    const added = `SELECT id FROM t WHERE rowid >= ${FIRST_LOCAL_ROW_ID} ORDER BY id`;
    expect(await rows(added)).toEqual([[-2], [-1]]);
    await run("COMMIT");
    expect(await rows(added)).toEqual([]);
  });
});

/** Runs both in transactions that are open at the same time; true when the second was refused. */
async function secondIsRefused(first: string, second: string): Promise<boolean> {
  const other = await instance.connect();
  try {
    await run("BEGIN", "SELECT count(*) FROM t");
    await other.run("BEGIN");
    await other.run("SELECT count(*) FROM t");
    await run(first);
    try {
      await other.run(second);
      await run("COMMIT");
      await other.run("COMMIT");
      return false;
    } catch {
      return true;
    }
  } finally {
    other.closeSync();
  }
}

describe("two transactions at the same time", () => {
  beforeEach(async () => {
    await run(KEYED, "INSERT INTO t SELECT i, 0, 0, [i] FROM range(100) r(i)");
  });

  test.each([
    ["UPDATE t SET v = 1 WHERE id = 5", "UPDATE t SET v = 2 WHERE id = 5"],
    ["DELETE FROM t WHERE id = 5", "DELETE FROM t WHERE id = 5"],
    ["INSERT INTO t VALUES (500, 0, 0, [])", "INSERT INTO t VALUES (500, 1, 0, [])"],
  ])("%s and %s: the second is refused", async (first, second) => {
    expect(await secondIsRefused(first, second)).toBe(true);
  });

  test.each([
    ["UPDATE t SET v = 1 WHERE id = 5", "UPDATE t SET w = 2 WHERE id = 5"],
    ["UPDATE t SET v = 1 WHERE id = 5", "DELETE FROM t WHERE id = 5"],
    ["DELETE FROM t WHERE id = 5", "UPDATE t SET v = 2 WHERE id = 5"],
    // The second of these overwrites what the first did: branch/row-races.ts keeps them apart.
    ["UPDATE t SET v = v + 1 WHERE id = 5", "UPDATE t SET v = v + 1 WHERE id = 5 RETURNING v"],
    ["UPDATE t SET v = v + 1 WHERE id = 5 RETURNING v", "UPDATE t SET v = v + 1 WHERE id = 5"],
    ["UPDATE t SET v = 1 WHERE id = 5", "UPDATE t SET v = 2 WHERE id = 6"],
    ["INSERT INTO t VALUES (500, 0, 0, [])", "INSERT INTO t VALUES (501, 1, 0, [])"],
  ])("%s and %s: both commit", async (first, second) => {
    expect(await secondIsRefused(first, second)).toBe(false);
  });

  test("a snapshot is taken at the first look at the catalogue, not at BEGIN", async () => {
    const other = await instance.connect();
    await other.run("BEGIN");
    await run("INSERT INTO t VALUES (500, 0, 0, [])");
    expect(await rows("SELECT count(*)::INTEGER FROM t", other)).toEqual([[101]]);
    await run("INSERT INTO t VALUES (501, 0, 0, [])");
    expect(await rows("SELECT count(*)::INTEGER FROM t", other)).toEqual([[101]]);
    other.closeSync();
  });

  test("a COMMIT behind a constraint's error reports success and has written nothing", async () => {
    await run("BEGIN", "UPDATE t SET v = 9");
    await expect(run("INSERT INTO t VALUES (1, 0, 0, [])")).rejects.toThrow(/Constraint Error/);
    await run("COMMIT");
    expect(await rows("SELECT count(*)::INTEGER FROM t WHERE v = 9")).toEqual([[0]]);
  });
});

describe("reading beside a table of row ids", () => {
  test("an anti join leaves out every row that is named, once or twice, and none for a NULL", async () => {
    await run(KEYED, "INSERT INTO t SELECT i, 0, 0, [i] FROM range(5) r(i)");
    await run("CREATE TABLE x (r BIGINT)", "INSERT INTO x VALUES (1), (3), (3), (NULL), (77)");
    const sql = "SELECT b.id FROM (SELECT *, rowid AS r FROM t) AS b ANTI JOIN x ON b.r = x.r ORDER BY id";
    expect(await rows(sql)).toEqual([[0], [2], [4]]);
  });

  test("a transaction goes on reading a table that another has dropped or altered", async () => {
    await run(KEYED, "INSERT INTO t SELECT i, 0, 0, [i] FROM range(5) r(i)");
    const reader = await instance.connect();
    await reader.run("BEGIN");
    expect(await rows("SELECT count(*)::INTEGER FROM t", reader)).toEqual([[5]]);
    await run("ALTER TABLE t DROP COLUMN w", "DROP TABLE t");
    expect(await rows("SELECT sum(w)::INTEGER FROM t", reader)).toEqual([[0]]);
    reader.closeSync();
  });
});

async function blocks(): Promise<number> {
  return Number((await rows("SELECT total_blocks::INTEGER FROM pragma_database_size()"))[0]?.[0]);
}

/** Whether a file that was left behind these statements can be opened. */
async function canBeOpenedBehind(...statements: readonly string[]): Promise<boolean> {
  await run("CREATE SCHEMA s", "CREATE TABLE s.t (a INTEGER)", "ALTER TABLE s.t ADD COLUMN b INTEGER");
  await run("CHECKPOINT", ...statements);
  const left = directory.file("left.duckdb");
  await copyFile(directory.file("data.duckdb"), left);
  await copyFile(directory.file("data.duckdb.wal"), `${left}.wal`);
  try {
    (await DuckDBInstance.create(left)).closeSync();
    return true;
  } catch {
    return false;
  }
}

describe("a database attached as hidden", () => {
  test("is read by its name, and in no list", async () => {
    await run(
      "ATTACH ':memory:' AS h (HIDDEN)",
      "CREATE TABLE h.t (a INTEGER)",
      "CREATE VIEW h.v AS FROM h.t",
    );
    await run("CREATE MACRO h.m() AS 1", "INSERT INTO h.t VALUES (2)");
    expect(await rows("SELECT a, h.m() FROM h.v")).toEqual([[2, 1]]);
    for (const list of ["tables", "views", "columns", "functions", "schemas"])
      expect(await rows(`SELECT 1 FROM duckdb_${list}() WHERE database_name = 'h'`)).toEqual([]);
    await run("DETACH h");
  });
});

describe("the log", () => {
  test("of a schema that is dropped without its altered tables cannot be replayed: they are dropped before it", async () => {
    expect(await canBeOpenedBehind("DROP SCHEMA s CASCADE")).toBe(false);
    await run("DROP SCHEMA IF EXISTS s CASCADE");
    expect(await canBeOpenedBehind("BEGIN", "DROP TABLE s.t", "DROP SCHEMA s CASCADE", "COMMIT")).toBe(true);
  });
});

describe("a checkpoint", () => {
  test("is refused while another transaction writes, and loses nothing of it", async () => {
    await run(KEYED, FILL);
    const writer = await instance.connect();
    await writer.run("BEGIN");
    await writer.run("UPDATE t SET v = 1 WHERE id < 10");
    await expect(run("CHECKPOINT")).rejects.toThrow(/other write transactions active/);
    await writer.run("COMMIT");
    await run("CHECKPOINT");
    await reopen();
    expect(await rows("SELECT sum(v)::INTEGER FROM t")).toEqual([[10]]);
    writer.closeSync();
  });

  test("of a table that was dropped gives its blocks to what is written next", async () => {
    const once = ["CREATE TABLE c AS SELECT i, md5(i::VARCHAR) AS s FROM range(200000) r(i)", "CHECKPOINT"];
    await run(...once, "DROP TABLE c", "CHECKPOINT", ...once, "DROP TABLE c", "CHECKPOINT");
    const before = await blocks();
    for (let n = 0; n < 5; n++) await run(...once, "DROP TABLE c", "CHECKPOINT");
    expect(await blocks()).toBeLessThanOrEqual(before);
  });
});

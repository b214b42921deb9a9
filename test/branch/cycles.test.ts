/** Branches made, written, and merged or discarded, over and over: what is left is their history. */
import { statSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { MAIN } from "../../src/branch/model.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { World, type TestSession } from "../support/world.js";

const CYCLES = 20;
const ROWS = 20_000;
const IN_A_BRANCH = "schema_name LIKE 'branch\\_%' ESCAPE '\\'";

async function newFile(): Promise<string> {
  const directory = await temporaryDirectory();
  onTestFinished(async () => await directory[Symbol.asyncDispose]());
  return directory.file("data.duckdb");
}

/** A branch, and a branch of it, beside writes of main: logs, a copy, an overlay of an overlay, a promoted table. */
async function cycle(world: World, main: TestSession, n: number): Promise<void> {
  await main.query(`CREATE BRANCH b${n}`);
  await using branch = await world.connect(`main/b${n}`);
  await branch.query(
    `UPDATE t SET v = ${n} WHERE id = ${n}; CREATE BRANCH c${n}; DELETE FROM t WHERE id = 5000`,
  );
  await main.query(`UPDATE t SET v = -${n} WHERE id = ${n + 1000}`);
  await using child = await world.connect(`main/c${n}`);
  await child.query(`INSERT INTO t VALUES (${ROWS + n}, 0); CREATE TABLE own (a int)`);
  if (n % 3 === 0) await child.query("UPDATE t SET v = v + 1 WHERE random() < 2");
  if (n % 5 === 0) await main.query("UPDATE t SET v = v WHERE random() < 2");
  await main.query(`DROP BRANCH c${n}`);
  if (n % 2 === 0) await main.query(`MERGE BRANCH b${n}; INSERT INTO t VALUES (5000, 0)`);
  await main.query(`DROP BRANCH b${n}`);
}

/** Runs cycles on the file; afterwards nothing but main's table and the ended branches may be known. */
async function runCycles(path: string, from: number): Promise<void> {
  await using world = await World.open(path);
  await using main = await world.connect();
  if (from === 0)
    await main.query(
      `CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, 0 FROM range(${ROWS}) r(i)`,
    );
  for (let n = from; n < from + CYCLES; n++) await cycle(world, main, n);
  const { state } = world.context.registry;
  const heads = [MAIN, ...state.branches.keys()];
  expect(heads.flatMap((head) => state.versionsOf(head).map(({ name }) => name))).toEqual(["t"]);
  expect(heads.flatMap((head) => state.childrenOf(head))).toEqual([]);
  expect(await main.query("SELECT count(*)::int FROM t")).toEqual([[ROWS]]);
}

/** Everything in the file that is not main's; what merges into main can be undone by is one table, however many they were. */
async function leftovers(path: string): Promise<Record<string, unknown>> {
  await using world = await World.open(path);
  using connection = await world.context.registry.database.connect("data");
  const rows = async (sql: string): Promise<unknown[]> =>
    (await connection.rows(sql)).map((row) => Object.values(row)[0]);
  return {
    tables: await rows(
      `SELECT table_name FROM duckdb_tables() WHERE schema_name = 'duckbranch_store' OR ${IN_A_BRANCH}`,
    ),
    schemas: await rows(
      `SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database() AND ${IN_A_BRANCH}`,
    ),
    versions: await rows("SELECT count(*)::int FROM duckbranch.version_log"),
    branches: await rows("SELECT count(*)::int FROM duckbranch.branch_log"),
  };
}

test(
  "cycles of branches leave their history alone, and the file no larger",
  { timeout: 180_000 },
  async () => {
    const path = await newFile();
    await runCycles(path, 0);
    await runCycles(path, CYCLES);
    const before = statSync(path).size;
    await runCycles(path, 2 * CYCLES);
    const branches = 2 * 3 * CYCLES;
    expect(await leftovers(path)).toEqual({
      tables: [expect.stringMatching(/^undo_main_/)],
      schemas: [],
      versions: [1],
      branches: [branches],
    });
    expect(statSync(path).size).toBeLessThanOrEqual(before * 1.2);
  },
);

/** What a start finds prepared is what it would have made itself. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Registry } from "../../src/branch/registry.js";
import { PG } from "../../src/catalog/names.js";
import { Database, VOID_CATALOG } from "../../src/engine/database.js";
import { LiveSessions } from "../../src/query/live-sessions.js";
import { installVoid, preparedVoidFile } from "../../src/query/void-catalog.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "duckbranch-void-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/**
 * Views and tables with their columns, and macros with their parameters. Their texts are told in other words by a file. A program
 * hides its void from DuckDB's lists: another instance opens the file.
 */
async function contentsOf(path: string): Promise<readonly string[]> {
  await using database = await Database.open({
    path: ":memory:",
    initSql: `ATTACH '${path}' AS read_void (READ_ONLY)`,
  });
  using connection = await database.connect("data");
  const rows = await connection.rows(`
    SELECT concat_ws(' ', schema_name, table_name, column_index, column_name, data_type) AS line
      FROM duckdb_columns() WHERE database_name = 'read_void' AND NOT internal
    UNION ALL SELECT concat_ws(' ', schema_name, function_name, function_type, parameters)
      FROM duckdb_functions() WHERE database_name = 'read_void'`);
  return rows.map(({ line }) => String(line)).toSorted();
}

/** Fills a file, as a program that finds none fills its memory. */
async function madeVoid(): Promise<string> {
  const path = join(folder, "made.duckdb");
  await using database = await Database.open({ path: ":memory:", voidFile: { path, state: "empty" } });
  await Registry.open(database);
  using connection = await database.connect("void");
  await installVoid(database, connection, new LiveSessions());
  await connection.run(`CHECKPOINT ${VOID_CATALOG}`);
  return path;
}

test("the build's file holds what its statements make", async () => {
  const prepared = preparedVoidFile();
  const made = await contentsOf(await madeVoid());
  expect(made.length).toBeGreaterThan(600);
  expect(await contentsOf(prepared?.path ?? "")).toEqual(made);
});

test("a file that cannot be read is as none", async () => {
  const path = join(folder, "void's.duckdb");
  await writeFile(path, "not a database");
  await using database = await Database.open({ path: ":memory:", voidFile: { path, state: "filled" } });
  expect(database.isVoidFilled).toBe(false);
  await Registry.open(database);
  using connection = await database.connect("void");
  await installVoid(database, connection, new LiveSessions());
  expect(await connection.rows(`SELECT typname FROM ${PG}._builtin_type WHERE oid = 23`)).toEqual([
    { typname: "int4" },
  ]);
});

test("nothing can be made in it", async () => {
  await using database = await Database.open({ path: ":memory:", voidFile: preparedVoidFile() });
  using connection = await database.connect("void");
  await expect(connection.run("CREATE TABLE t (id INTEGER)")).rejects.toThrow("read-only");
  await expect(connection.run("CREATE MACRO f() AS 1")).rejects.toThrow("read-only");
});

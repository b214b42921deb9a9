/** What a start finds prepared is what it would have made itself. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Registry } from "../../src/branch/registry.js";
import { Database } from "../../src/engine/database.js";
import { LiveSessions } from "../../src/query/live-sessions.js";
import { installVoid, preparedVoidFile } from "../../src/query/void-catalog.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "duckbranch-void-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Views and tables with their columns, and macros with their parameters. Their texts are told in other words by a file. */
async function contentsOf(voidFile: ReturnType<typeof preparedVoidFile>): Promise<readonly string[]> {
  await using database = await Database.open({ path: ":memory:", voidFile });
  await Registry.open(database);
  using connection = await database.connect("void");
  await installVoid(database, connection, new LiveSessions());
  const rows = await connection.rows(`
    SELECT concat_ws(' ', schema_name, table_name, column_index, column_name, data_type) AS line
      FROM duckdb_columns() WHERE database_name = 'memory' AND NOT internal
    UNION ALL SELECT concat_ws(' ', schema_name, function_name, function_type, parameters)
      FROM duckdb_functions() WHERE database_name = 'memory'`);
  return rows.map(({ line }) => String(line)).toSorted();
}

test("the build's file holds what its statements make", async () => {
  const prepared = preparedVoidFile();
  expect(prepared).toBeDefined();
  const made = await contentsOf(undefined);
  expect(made.length).toBeGreaterThan(600);
  expect(await contentsOf(prepared)).toEqual(made);
});

test("a file that cannot be read is as none", async () => {
  const path = join(folder, "void's.duckdb");
  await writeFile(path, "not a database");
  expect(await contentsOf({ path, state: "filled" })).toEqual(await contentsOf(undefined));
});

test("nothing can be made in it", async () => {
  await using database = await Database.open({ path: ":memory:", voidFile: preparedVoidFile() });
  using connection = await database.connect("void");
  await expect(connection.run("CREATE TABLE t (id INTEGER)")).rejects.toThrow("read-only");
  await expect(connection.run("CREATE MACRO f() AS 1")).rejects.toThrow("read-only");
});

/**
 * What the void catalogue holds: functions, operators and the catalogue, the same for every data file. To make them takes DuckDB the
 * better part of a second, for it binds each; to attach a file that holds them takes it some 20 ms. So the build writes that file,
 * and a program that finds none of its own makes them in memory. See docs/decisions/0043.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Registry } from "../branch/registry.js";
import { FORMAT_VERSION } from "../branch/system-schema.js";
import { defineExpressions, expressionStatements } from "../catalog/expressions/install.js";
import { definePrinting } from "../catalog/printing/functions-of-sql.js";
import { catalogStatements } from "../catalog/install.js";
import type { Connection } from "../engine/connection.js";
import { Database, type DatabaseOptions, ENGINE_VERSION, VOID_CATALOG } from "../engine/database.js";
import { LiveSessions } from "./live-sessions.js";
import { defineRangeFunctions, rangeFunctionStatements } from "./range-functions.js";
import { defineSessionFunctions, sessionFunctionStatements } from "./session-functions.js";

/** Beside the compiled program, from there and from its source. */
const FOLDER = fileURLToPath(new URL("../../dist/", import.meta.url));
const FILE_NAME = /^void-[0-9a-f]{32}\.duckdb$/;

let preparedPath: string | undefined;

/** The build's file, if it is of this very program: its name says what it holds. */
export function preparedVoidFile(): DatabaseOptions["voidFile"] {
  preparedPath ??= voidFile(contents());
  const path = preparedPath;
  return existsSync(path) ? { path, state: "filled" } : undefined;
}

/** Makes all of it known on this instance; once, behind the registry's tables, which it reads. */
export async function installVoid(
  database: Database,
  connection: Connection,
  live: LiveSessions,
): Promise<void> {
  defineExpressions(connection);
  definePrinting(connection);
  defineSessionFunctions(connection, live);
  defineRangeFunctions(connection);
  if (database.isVoidFilled) return;
  for (const statement of contents()) await connection.run(statement);
}

/** Writes the file for `preparedVoidFile`, and removes those of older programs. */
export async function writeVoidFile(): Promise<void> {
  const path = voidFile(contents());
  const unfinished = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await rm(unfinished, { force: true });
  {
    await using database = await Database.open({
      path: ":memory:",
      voidFile: { path: unfinished, state: "empty" },
    });
    await Registry.open(database);
    using connection = await database.connect("void");
    await installVoid(database, connection, new LiveSessions());
    await connection.run(`CHECKPOINT ${VOID_CATALOG}`);
  }
  await rename(unfinished, path);
  for (const name of await readdir(FOLDER))
    if (FILE_NAME.test(name) && join(FOLDER, name) !== path) await rm(join(FOLDER, name), { force: true });
}

function voidFile(statements: readonly string[]): string {
  const hash = createHash("sha256");
  // What a view reads of the registry has the types of its format.
  for (const part of [ENGINE_VERSION, String(FORMAT_VERSION), ...statements]) hash.update(part).update("\0");
  return join(FOLDER, `void-${hash.digest("hex").slice(0, 32)}.duckdb`);
}

/** In the order in which they build on each other. */
function contents(): readonly string[] {
  const functions = [...expressionStatements(), ...sessionFunctionStatements(), ...rangeFunctionStatements()];
  return [...functions, ...catalogStatements(functions)];
}

/**
 * Replays every transcript against the protocol over a plain DuckDB session, against the whole program on main and on a
 * branch, and, where its binaries are, against PostgreSQL 15.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { hasPostgres, startPostgres } from "../support/postgres.js";
import { startTestServer } from "../support/test-server.js";
import { replay } from "../support/transcript.js";
import { type Address, WireClient } from "../support/wire-client.js";

interface Target extends AsyncDisposable {
  readonly address: Address;
}

const FILES = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".txt"));
/** Without those where we differ from PostgreSQL on purpose; such a file says why. */
const ORACLE_FILES = FILES.filter((name) => !name.startsWith("ours-"));
/** Without those about what the program makes of SQL: a plain session hands the text to DuckDB. */
const PLAIN_FILES = FILES.filter((name) => !name.startsWith("sql-"));

async function startProgram(): Promise<Target> {
  const app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
  using client = await WireClient.start(app.address);
  await client.query("create branch work");
  return { address: app.address, [Symbol.asyncDispose]: async () => await app.close() };
}

function itAnswers(files: readonly string[], database: string, start: () => Promise<Target>): void {
  let target: Target;
  beforeAll(async () => {
    target = await start();
  });
  afterAll(async () => await target[Symbol.asyncDispose]());

  it.each(files)("%s", async (name) => {
    const text = readFileSync(new URL(name, import.meta.url), "utf8");
    const { expected, actual } = await replay(text, target.address, database);
    expect(actual).toEqual(expected);
  });
}

describe("the protocol over a plain session answers", () => {
  itAnswers(PLAIN_FILES, "main", startTestServer);
});
describe("the program answers, on main", () => {
  itAnswers(FILES, "main", startProgram);
});
describe("the program answers, on a branch", () => {
  itAnswers(FILES, "main/work", startProgram);
});
describe.skipIf(!hasPostgres)("PostgreSQL 15 answers", () => {
  itAnswers(ORACLE_FILES, "postgres", startPostgres);
});

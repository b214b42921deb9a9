/** The objects of the captured corpus in a server of ours, on main and on a branch forked from it. */
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { startTestApp, type TestApp } from "../cli/test-app.js";
import { runProgram, type Ending } from "../clients/run-program.js";
import type { Address } from "../support/wire-client.js";

export const FIXTURE = readFileSync(new URL("corpus/introspection-fixture.sql", import.meta.url), "utf8");

/** The owner in PostgreSQL's answers, so that ours can be equal. */
export const USER = "postgres";

/** Runs statements one by one, as a script would. */
export async function runScript(address: Address, database: string, script: string): Promise<void> {
  const client = new Client({ ...address, user: USER, database });
  await client.connect();
  try {
    for (const statement of script.split(/;\s*\n/))
      if (statement.trim() !== "") await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A server whose main the script has been run on. */
export async function startWithScript(script: string): Promise<TestApp> {
  const app = await startTestApp();
  await runScript(app.address, "main", script);
  return app;
}

export async function startWithFixture(): Promise<TestApp> {
  return await startWithScript(FIXTURE);
}

/** Runs psql's commands as `psql -c` does, without a start-up file. */
export async function psql(
  address: Address,
  database: string,
  ...commands: readonly string[]
): Promise<Ending> {
  const args = ["-X", ...commands.flatMap((command) => ["-c", command])];
  const environment = {
    PGHOST: address.host,
    PGPORT: String(address.port),
    PGUSER: USER,
    PGDATABASE: database,
    PGCLIENTENCODING: "UTF8",
  };
  return await runProgram("psql", args, { environment });
}

/** PostgreSQL 15 and the program side by side, each with a connection per head. */
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { startPostgres } from "../support/postgres.js";
import { Announcer } from "./announcing.js";

export const HEADS = ["main", "branch", "branch of a branch"] as const;

export interface Servers extends AsyncDisposable {
  readonly oracle: Announcer;
  head(name: (typeof HEADS)[number]): Announcer;
}

/** `setup` runs on PostgreSQL, and on main before the branches are made. */
export async function startServers(setup: string): Promise<Servers> {
  const postgres = await startPostgres();
  const app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
  const oracle = await Announcer.start(postgres.address, "postgres");
  await oracle.script(setup);
  const main = await Announcer.start(app.address, "main");
  await main.script(setup);
  await main.script("CREATE BRANCH work");
  const branch = await Announcer.start(app.address, "main/work");
  await branch.script("CREATE BRANCH deeper FROM work");
  const deeper = await Announcer.start(app.address, "main/deeper");
  return {
    oracle,
    head: (name) => (name === "main" ? main : name === "branch" ? branch : deeper),
    [Symbol.asyncDispose]: async () => {
      for (const client of [oracle, main, branch, deeper]) client[Symbol.dispose]();
      await app.close();
      await postgres[Symbol.asyncDispose]();
    },
  };
}

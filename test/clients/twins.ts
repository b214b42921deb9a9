/**
 * Programs in other languages that print what they see, one observation a line: on PostgreSQL 15 they print what is
 * right, so nothing has to be written down twice.
 */
import { connectPg } from "../cli/pg-client.js";
import type { TestApp } from "../cli/test-app.js";
import { startPostgres, type PostgresServer } from "../support/postgres.js";
import type { Address } from "../support/wire-client.js";
import { BRANCH, startAppWithBranch } from "./heads.js";

/** Our server and the oracle, with the same table `cities` and enum `mood` in both. */
export interface Twins extends AsyncDisposable {
  readonly app: TestApp;
  readonly oracle: PostgresServer;
}

/** Where a program that knows only host, port and database goes; `postgres` is another name of main. */
export const DATABASES = ["postgres", `main/${BRANCH}`] as const;

export async function startTwins(): Promise<Twins> {
  const app = await startAppWithBranch();
  const oracle = await startPostgres();
  await using client = await connectPg(oracle.address, { user: "postgres", database: "postgres" });
  await client.rows("CREATE TABLE cities (id INT PRIMARY KEY, name TEXT NOT NULL, area NUMERIC(10,2))");
  await client.rows("INSERT INTO cities VALUES (1, 'Graz', 127.57), (2, 'Wien', 414.78)");
  await client.rows("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
  return {
    app,
    oracle,
    [Symbol.asyncDispose]: async () => {
      await oracle[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
    },
  };
}

/** Ids of the cities that a program left behind. */
export async function citiesIn(address: Address, database: string): Promise<unknown[]> {
  await using client = await connectPg(address, { user: "postgres", database });
  const rows = await client.rows("SELECT id FROM cities WHERE id > 2 ORDER BY id");
  return rows.map(([id]) => id);
}

/** Where a client can work, by every way of saying so: its tests run once per head. */
import { connectPg } from "../cli/pg-client.js";
import { type TestApp, startTestApp } from "../cli/test-app.js";

/** Needs quoting in SQL, and none in a database name or an option. */
export const BRANCH = "Feature-1";

export interface Head {
  readonly title: string;
  readonly database: string;
  /** Start-up options in libpq's style. */
  readonly options: string | undefined;
  /** To be run first. */
  readonly firstSql: string | undefined;
  readonly branch: string;
}

const ON_MAIN: Head = {
  title: "main",
  database: "main",
  options: undefined,
  firstSql: undefined,
  branch: "main",
};

export const HEADS: readonly Head[] = [
  ON_MAIN,
  { ...ON_MAIN, title: "a branch by database name", database: `main/${BRANCH}`, branch: BRANCH },
  { ...ON_MAIN, title: "a branch by options", options: `-c branch=${BRANCH}`, branch: BRANCH },
  { ...ON_MAIN, title: "a branch by SET", firstSql: `SET branch = '${BRANCH}'`, branch: BRANCH },
];

/** A server with the branch of HEADS, and a table and an enum in main that the branch has inherited. */
export async function startAppWithBranch(): Promise<TestApp> {
  const app = await startTestApp();
  await using client = await connectPg(app.address);
  await client.rows("CREATE TABLE cities (id INT PRIMARY KEY, name TEXT NOT NULL, area NUMERIC(10,2))");
  await client.rows("INSERT INTO cities VALUES (1, 'Graz', 127.57), (2, 'Wien', 414.78)");
  await client.rows("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
  await client.rows(`CREATE BRANCH "${BRANCH}"`);
  return app;
}

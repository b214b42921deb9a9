/**
 * dbt-postgres's starter project, and on top of it seeds, a view, a table, incremental models of each strategy and
 * snapshots of ours (dbt-project): the session is in starter_session.py, what must come of it is here.
 */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../cli/pg-client.js";
import type { Address } from "../support/wire-client.js";
import type { TestApp } from "../cli/test-app.js";
import { BRANCH, startAppWithBranch } from "./heads.js";
import { runProgram } from "./run-program.js";
import { pythonWithDbt } from "./toolchain.js";

const SCRIPT = fileURLToPath(new URL("starter_session.py", import.meta.url));
const python = pythonWithDbt();

let app: TestApp;
beforeAll(async () => {
  app = await startAppWithBranch();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** The starter's first model has a row without its key, for its test to find: what depends on it is left out. */
const NOT_BUILT = {
  not_null_my_first_dbt_model_id: "fail",
  my_second_dbt_model: "skipped: None",
  not_null_my_second_dbt_model_id: "skipped: None",
  unique_my_second_dbt_model_id: "skipped: None",
};

/** As PostgreSQL 15 made it. */
const SEEN = {
  build: [18, NOT_BUILT],
  again: [16, NOT_BUILT],
  starter: [2, {}],
  catalog: [
    "BASE TABLE",
    "One row per customer; it's derived",
    [
      ["customer", "text", "the name"],
      ["orders", "bigint", null],
      ["amount", "double precision", null],
    ],
  ],
  orders_append: [
    [1, null],
    [2, null],
    [3, "new"],
    [3, null],
    [4, "new"],
  ],
  orders_delete_insert: [
    [1, null],
    [2, null],
    [3, "new"],
    [4, "new"],
  ],
  customers: [
    ["Ada", 1, null],
    ["Bea", 1, "10.5"],
    ["Cid", 1, "1"],
  ],
  hooks: [[2]],
  orders_by_time: [
    [1, "Ada", false],
    [1, "Bea", true],
    [2, `O'Brien, "Bo"`, true],
    [3, "Ada", true],
    [4, "Cid", true],
  ],
  orders_by_value: [
    [1, "Ada", false],
    [1, "Bea", true],
    [2, `O'Brien, "Bo"`, false],
    [3, "Ada", true],
    [4, "Cid", true],
  ],
};

async function runDbt({ host, port }: Address, database: string): Promise<unknown> {
  const { code, output, errors } = await runProgram(python ?? "", [SCRIPT, host, String(port), database]);
  expect([code, errors]).toEqual([0, ""]);
  return JSON.parse(output);
}

describe.skipIf(python === undefined)("dbt works", () => {
  // Most of the time is dbt's own.
  test("on main and on a branch at once, and each keeps what it made", { timeout: 120_000 }, async () => {
    const databases = ["main", `main/${BRANCH}`];
    const seen = await Promise.all(databases.map(async (database) => await runDbt(app.address, database)));
    expect(seen).toEqual([SEEN, SEEN]);
    await using client = await connectPg(app.address);
    expect(await client.rows("SELECT count(*) FROM dbt.hooks")).toEqual([["2"]]);
  });
});

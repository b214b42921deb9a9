/** SQLAlchemy with each of its drivers: the session is in sqlalchemy_session.py, what must come of it is here. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestApp } from "../cli/test-app.js";
import { BRANCH, startAppWithBranch } from "./heads.js";
import { runProgram } from "./run-program.js";
import { pythonWithDrivers } from "./toolchain.js";

const SCRIPT = fileURLToPath(new URL("sqlalchemy_session.py", import.meta.url));
const DRIVERS = ["psycopg2", "psycopg", "asyncpg"] as const;
const python = pythonWithDrivers();

let app: TestApp;
beforeAll(async () => {
  app = await startAppWithBranch();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** What SQLAlchemy sees, whatever the driver and the head. */
const SEEN = {
  version: 15,
  unit_of_work: [
    // Generated keys came back in the order of the objects.
    true,
    [
      ["title 0", "10.90", { n: [0, null] }, true],
      ["title 1", "9.90", { n: [1, null] }, true],
    ],
    [11, "1919-01-01"],
  ],
  nested: ["23505", ["later", "outer"], 0],
  upsert: "2000-01-01",
  streamed: 719_400,
  reflected: [
    ["authors", "books", "cities"],
    [
      ["id", "INTEGER", false],
      // DuckDB does not keep the length of a VARCHAR.
      ["name", "VARCHAR(40)", false],
      ["born", "DATE", true],
    ],
    ["id"],
    [["name"]],
    false,
    ["authors", "cities"],
  ],
};

async function runSession(args: readonly string[]): Promise<unknown> {
  const { code, output, errors } = await runProgram(python ?? "", [SCRIPT, ...args]);
  expect([code, errors]).toEqual([0, ""]);
  return JSON.parse(output);
}

describe.skipIf(python === undefined).each(DRIVERS)("SQLAlchemy with %s works", (driver) => {
  test("on main", async () => {
    const { host, port } = app.address;
    const seen = await runSession([driver, host, String(port), "main", ""]);
    expect(seen).toEqual({ ...SEEN, branch: "main" });
  });

  test("on a branch by options", async () => {
    const { host, port } = app.address;
    const seen = await runSession([driver, host, String(port), "main", `-c branch=${BRANCH}`]);
    expect(seen).toEqual({ ...SEEN, branch: BRANCH });
  });
});

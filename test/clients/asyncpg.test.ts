/** asyncpg, which prepares everything and speaks binary only: the session is in asyncpg_session.py, what must come of it is here. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestApp } from "../cli/test-app.js";
import { HEADS, startAppWithBranch } from "./heads.js";
import { runProgram } from "./run-program.js";
import { pythonWithDrivers } from "./toolchain.js";

const SCRIPT = fileURLToPath(new URL("asyncpg_session.py", import.meta.url));
const python = pythonWithDrivers();

let app: TestApp;
beforeAll(async () => {
  app = await startAppWithBranch();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

/** What asyncpg sees on every head. */
const SEEN = {
  version: [15],
  // Types whose value came back different.
  changed: {},
  inferred: ["Graz", 2, "Wien", "text", 11, "none", [1, 2, 3], [[2]], [5, "x", null]],
  prepared: [
    [
      ["int4"],
      [
        ["id", "int4"],
        ["name", "text"],
        ["area", "numeric"],
      ],
    ],
    ["Graz", "Wien", "Graz", "Wien"],
    [1],
    // The column became text, and asyncpg prepared again.
    ["1"],
  ],
  transactions: [70, [70], []],
  errors: [
    ["42P01", "UndefinedTableError"],
    ["23505", "UniqueViolationError"],
    ["22P02", "InvalidTextRepresentationError"],
    ["42601", "PostgresSyntaxError"],
    "still there",
  ],
  many: ["23505", 5, "DELETE 5"],
  copies: ["COPY 2", true, "90\tMödling\n91\tnone\n"],
  cursors: [1200, [0, 1, 2], 3],
  enums: ["happy", ["sad", null], ["mood", "mood", "mood", "mood[]"]],
  cancelled: ["timeout", 1],
  pooled: [[""], true],
};

describe.skipIf(python === undefined)("asyncpg works", () => {
  test.each(HEADS)("on $title", async ({ database, options, firstSql, branch }) => {
    const { host, port } = app.address;
    const setting = options?.replace("-c ", "") ?? "";
    const first = firstSql === undefined ? [] : [firstSql];
    const args = [SCRIPT, host, String(port), database, setting, ...first];
    const { code, output, errors } = await runProgram(python ?? "", args);
    expect([code, errors]).toEqual([0, ""]);
    expect(JSON.parse(output)).toEqual({ ...SEEN, branch });
  });
});

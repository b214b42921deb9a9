/** psycopg 3 and psycopg2: the session is in psycopg_session.py, what must come of it is here. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestApp } from "../cli/test-app.js";
import { HEADS, startAppWithBranch, type Head } from "./heads.js";
import { runProgram } from "./run-program.js";
import { pythonWithDrivers } from "./toolchain.js";

const SCRIPT = fileURLToPath(new URL("psycopg_session.py", import.meta.url));
const python = pythonWithDrivers();

let app: TestApp;
beforeAll(async () => {
  app = await startAppWithBranch();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

interface Session {
  /** What came back of the bytes sent. */
  readonly bytes: unknown;
  readonly rest: Record<string, unknown>;
}

async function runSession(driver: "psycopg" | "psycopg2", head: Head): Promise<Session> {
  const { host, port } = app.address;
  const options = head.options === undefined ? "" : ` options='${head.options}'`;
  const connection = `host=${host} port=${port} user=tester dbname='${head.database}'${options}`;
  const first = head.firstSql === undefined ? [] : [head.firstSql];
  const { code, output, errors } = await runProgram(python ?? "", [SCRIPT, driver, connection, ...first]);
  expect([code, errors]).toEqual([0, ""]);
  const { bytes, ...rest }: Record<string, unknown> = JSON.parse(output);
  return { bytes, rest };
}

const BYTES = [0, 255, 92, 39];

/** What both drivers see. */
const SEEN = {
  cities: [
    [1, "Graz", "127.57"],
    [2, "Wien", "414.78"],
  ],
  uuid: "00000000-0000-0000-0000-000000000007",
  json: { a: [1, null] },
  null: null,
  // Types whose value came back different.
  changed: {},
  repeated: Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? "Graz" : "Wien")),
  transactions: [[], 70, [["Lienz"]], 1],
  errors: [
    ["42P01", "UndefinedTable"],
    ["25P02", "InFailedSqlTransaction"],
    ["23505", "UniqueViolation"],
  ],
  many: [[5]],
  copy: true,
  server_cursor: 2500,
  // What the inner part did is undone, the rest goes on.
  nested: ["23505", [[70]]],
};

/** The same in text and in binary. */
const ENUM_ROW = [
  ["Mood.HAPPY", "Mood.SAD", ["Mood.OK", "Mood.SAD"], ["Mood.OK", "None"]],
  ["mood", "mood", "mood[]", "mood[]"],
];

describe.skipIf(python === undefined).each(HEADS)("on $title", (head: Head) => {
  test("psycopg 3 works, in text and in binary", async () => {
    const { bytes, rest } = await runSession("psycopg", head);
    expect(rest).toEqual({
      ...SEEN,
      branch: head.branch,
      binary: {},
      pipelined: [[1, 2, 3], "22P02", [[0]]],
      enums: [["sad", "ok", "happy"], ENUM_ROW, ENUM_ROW],
    });
    expect(bytes).toEqual(BYTES);
  });

  test("psycopg2 works", async () => {
    const { rest } = await runSession("psycopg2", head);
    expect(rest).toEqual({ ...SEEN, branch: head.branch });
  });

  test("psycopg2, which writes values into the text, gets the bytes back that it sent", async () => {
    const { bytes } = await runSession("psycopg2", head);
    expect(bytes).toEqual(BYTES);
  });
});

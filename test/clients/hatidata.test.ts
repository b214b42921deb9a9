/** Sessions in the forms of HatiData's published clients, by their drivers as they are: the session is in hatidata_session.py. */
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { expect, test } from "vitest";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { NOT_FOR_AGENTS, SCOPES } from "../../src/core/scopes.js";
import { createKey } from "../../src/users/api-key.js";
import { deriveVerifier } from "../../src/users/scram-verifier.js";
import { changeUserFile } from "../../src/users/user-file.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { runProgram } from "./run-program.js";
import { pythonWithDrivers } from "./toolchain.js";

const SCRIPT = fileURLToPath(new URL("hatidata_session.py", import.meta.url));
const python = pythonWithDrivers();

test.skipIf(python === undefined)("psycopg2 and asyncpg work with an agent's key", async () => {
  await using directory = await temporaryDirectory();
  const users = directory.file("users");
  const verifier = await deriveVerifier("secret");
  const scopes = SCOPES.filter((scope) => !NOT_FOR_AGENTS.includes(scope));
  const made = await createKey({ name: "explorer", scopes, isAgent: true, expiresAtMs: null }, Date.now());
  await changeUserFile(users, (list) => ({
    ...list,
    verifiers: new Map([["root", verifier]]),
    keys: new Map([[made.key.id, made.key]]),
  }));
  const app = await startApp(readConfig({ port: 0, data: ":memory:", users }, {}), createLog("fatal"));
  const root = new Client({ ...app.address, user: "root", password: "secret", database: "main" });
  await root.connect();
  await root.query(
    "CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'ann'), (2, 'bob'); CREATE TABLE orders (id int)",
  );
  const { host, port } = app.address;
  const { code, output, errors } = await runProgram(python ?? "", [SCRIPT, host, String(port), made.text]);
  expect([code, errors]).toEqual([0, ""]);
  const names = [
    [1, "eve"],
    [2, "bob"],
  ];
  expect(JSON.parse(output)).toEqual({
    psycopg2: {
      who: ["explorer", "main", "req-1"],
      named: [["ann"], ["bob"]],
      updated: 1,
      joined: [
        ["ann", "eve"],
        ["bob", "bob"],
      ],
      branches: [["experiment-42", "agent-7", "active"]],
      merge: ["42501", "permission denied: missing scope branches:merge"],
    },
    tools: {
      main: [
        [1, "ann"],
        [2, "bob"],
      ],
      branch: [
        [1, "eve"],
        [2, "bob"],
        [3, "cyd"],
      ],
      kinds: [
        ["orders", "VIEW"],
        ["users", "BASE TABLE"],
      ],
      listed: ["0123456789ab", "active", 1],
      status: [["discarded"]],
    },
    asyncpg: {
      names: [names, names],
      setting: "agent-8",
      main: "42501",
      own: ["users"],
      back: 2,
      dropped: "DROP SCHEMA",
    },
  });
  expect((await root.query("SELECT name FROM users ORDER BY id")).rows).toEqual([
    { name: "ann" },
    { name: "bob" },
  ]);
  await root.end();
  await app.close();
});

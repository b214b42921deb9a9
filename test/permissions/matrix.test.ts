/** Every operation by every scope: allowed, or 42501 with what is missing; and the same on both ports. */
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApp, type App } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { fullAccess, SCOPES, type Scope } from "../../src/core/scopes.js";
import { createKey } from "../../src/users/api-key.js";
import { deriveVerifier } from "../../src/users/scram-verifier.js";
import { changeUserFile } from "../../src/users/user-file.js";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";
import { World } from "../support/world.js";
import { OPERATIONS, type Need, type Operation } from "./operations.js";

/** None, each scope alone, and those that go together. */
const GIVEN: readonly (readonly Scope[])[] = [
  [],
  ...SCOPES.map((scope) => [scope]),
  ["data:read", "data:write"],
  ["data:read", "main:write"],
];

/** The ports only tell who it is: a few show that they do. */
const PORT_KEYS: readonly (readonly Scope[])[] = [[], ["data:read"]];

const SETUP = [
  "CREATE TABLE t (a int PRIMARY KEY, b int)",
  "INSERT INTO t VALUES (1, 2)",
  "CREATE SEQUENCE s",
  "CREATE VIEW v AS SELECT b FROM t",
  "CREATE VIEW draws AS SELECT nextval('s') AS n",
  "CREATE MACRO counted() AS (SELECT count(*) FROM t)",
  "CREATE MACRO drawn() AS nextval('s')",
  "CREATE BRANCH side",
];

let directory: TemporaryDirectory;
let app: App;
let world: World;
/** By their scopes, written as a list. */
const keys = new Map<string, string>();

beforeAll(async () => {
  directory = await temporaryDirectory();
  const users = directory.file("users");
  const verifier = await deriveVerifier("secret");
  const made = await Promise.all(
    PORT_KEYS.map(async (scopes, index) =>
      createKey({ name: `key ${index}`, scopes, isAgent: false, expiresAtMs: null }, Date.now()),
    ),
  );
  for (const { key, text } of made) keys.set(String(key.scopes), text);
  await changeUserFile(users, (list) => ({
    ...list,
    verifiers: new Map([["root", verifier]]),
    keys: new Map(made.map(({ key }) => [key.id, key])),
  }));
  app = await startApp(readConfig({ port: 0, data: ":memory:", users }, {}), createLog("fatal"));
  const root = await connect("root", "secret", "main");
  for (const sql of SETUP) await root.query(sql);
  await root.end();
  world = await World.open();
  await using session = await world.connect();
  for (const sql of SETUP) await session.query(sql);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await app.close();
  await directory[Symbol.asyncDispose]();
});

async function connect(user: string, password: string, database: string): Promise<Client> {
  const client = new Client({ ...app.address, user, password, database });
  await client.connect();
  return client;
}

function holds(scopes: readonly Scope[], need: Need, head: string): boolean {
  const scope = need === "write" ? (head === "main" ? "main:write" : "data:write") : need;
  return scopes.includes(scope) || scopes.includes("admin");
}

function isAllowed(scopes: readonly Scope[], { needs }: Operation, head: string): boolean {
  return needs.every((need) => {
    const anyOf = typeof need === "string" ? [need] : need;
    return anyOf.some((one) => holds(scopes, one, head));
  });
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

/** `ok`, `refused`, or what else it says. */
function verdictOf(failure: Failure | undefined): string {
  if (failure?.code !== "42501") return "allowed";
  return failure.message.includes("missing scope") ? "refused" : failure.message;
}

async function failureOf(work: () => Promise<unknown>): Promise<Failure | undefined> {
  return await work().then(
    () => undefined,
    (error: unknown): Failure => Object(error),
  );
}

async function overHttp(key: string, sql: string): Promise<string> {
  const { host, port } = app.http ?? { host: "", port: 0 };
  const response = await fetch(`http://${host}:${port}/v1/branches/side/write`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ sql }),
  });
  const { error } = Object(await response.json());
  if (error === undefined) return "allowed";
  if (error.details.sqlstate === "42501" && response.status !== 403) return `refused with ${response.status}`;
  return verdictOf({ code: error.details.sqlstate, message: error.message });
}

function verdicts(scopes: readonly Scope[], head: string, operations: readonly Operation[]): string[] {
  return operations.map((one) => `${one.sql}: ${isAllowed(scopes, one, head) ? "allowed" : "refused"}`);
}

describe.each(["main", "side"])("a session on %s", (head) => {
  test.each(GIVEN.map((scopes) => ({ scopes })))("with $scopes", async ({ scopes }) => {
    const principal = { ...fullAccess("someone"), scopes: () => new Set(scopes) };
    await using session = await world.connect(head === "main" ? "main" : `main/${head}`, principal);
    const found: string[] = [];
    for (const { sql } of OPERATIONS) {
      const failure = await failureOf(async () => await session.query(sql));
      if (failure !== undefined) await session.query("ROLLBACK; DEALLOCATE ALL");
      found.push(`${sql}: ${verdictOf(failure)}`);
    }
    expect(found).toEqual(verdicts(scopes, head, OPERATIONS));
  });
});

describe.each(PORT_KEYS.map((scopes) => ({ scopes })))("a key with $scopes", ({ scopes }) => {
  test("on the port of PostgreSQL", async () => {
    const client = await connect("agent", keys.get(String(scopes)) ?? "", "main/side");
    const found: string[] = [];
    for (const { sql } of OPERATIONS) {
      const failure = await failureOf(async () => await client.query(sql));
      if (failure !== undefined) await client.query("ROLLBACK; DEALLOCATE ALL");
      found.push(`${sql}: ${verdictOf(failure)}`);
    }
    await client.end();
    expect(found).toEqual(verdicts(scopes, "side", OPERATIONS));
  });

  test("over HTTP", async () => {
    const key = keys.get(String(scopes)) ?? "";
    const operations = OPERATIONS.filter(({ wireOnly }) => wireOnly !== true);
    const found: string[] = [];
    for (const { sql } of operations) found.push(`${sql}: ${await overHttp(key, sql)}`);
    expect(found).toEqual(verdicts(scopes, "side", operations));
  });
});

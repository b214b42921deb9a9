/** Every operation by every scope on both ports: allowed, or 42501 with what is missing. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type App } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { SCOPES, type Scope } from "../../src/core/scopes.js";
import { createKey } from "../../src/users/api-key.js";
import { deriveVerifier } from "../../src/users/scram-verifier.js";
import { changeUserFile } from "../../src/users/user-file.js";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";
import { OPERATIONS, type Need, type Operation } from "./operations.js";
import { patternOf, REQUESTS } from "./requests.js";

/** None, each scope alone, and those that go together. */
const GIVEN: readonly (readonly Scope[])[] = [
  [],
  ...SCOPES.map((scope) => [scope]),
  ["data:read", "data:write"],
  ["data:read", "main:write"],
];

const SETUP = [
  "CREATE TABLE t (a int PRIMARY KEY, b int)",
  "INSERT INTO t VALUES (1, 2)",
  "CREATE SEQUENCE s",
  "CREATE VIEW v AS SELECT b FROM t",
  "CREATE VIEW draws AS SELECT nextval('s') AS n",
  "CREATE MACRO counted() AS (SELECT count(*) FROM t)",
  "CREATE MACRO drawn() AS nextval('s')",
  "CREATE BRANCH side",
  // A merge that could be undone, and one that waits.
  "CREATE BRANCH done",
  "USE BRANCH done",
  "INSERT INTO t VALUES (5, 5)",
  "USE BRANCH main",
  "MERGE BRANCH done",
  "CREATE BRANCH open",
  "USE BRANCH open",
  "UPDATE t SET b = 7 WHERE a = 1",
  "USE BRANCH main",
  "UPDATE t SET b = 8 WHERE a = 1",
  "MERGE BRANCH open USING manual",
];

let directory: TemporaryDirectory;
let app: App;
/** By their scopes, written as a list. */
const keys = new Map<string, string>();
/** By their status. */
let merges: ReadonlyMap<string, string>;

beforeAll(async () => {
  directory = await temporaryDirectory();
  const users = directory.file("users");
  const verifier = await deriveVerifier("secret");
  const made = await Promise.all(
    GIVEN.map(async (scopes, index) =>
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
  const { rows } = await root.query("SELECT status, merge_id FROM duckbranch.merges");
  merges = new Map(rows.map((row: { status: string; merge_id: string }) => [row.status, row.merge_id]));
  await root.end();
});
afterAll(async () => {
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

function isAllowed(scopes: readonly Scope[], { needs }: Pick<Operation, "needs">, head: string): boolean {
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

async function request(key: string, method: string, path: string, body: unknown): Promise<string> {
  const { host, port } = app.http ?? { host: "", port: 0 };
  const response = await fetch(`http://${host}:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.ok) return "allowed";
  const { error } = Object(JSON.parse(text));
  if (error.details.sqlstate === "42501" && response.status !== 403) return `refused with ${response.status}`;
  return verdictOf({ code: error.details.sqlstate, message: error.message });
}

type Asked = Pick<Operation, "needs">;

interface Compared {
  readonly found: readonly string[];
  readonly expected: readonly string[];
}

/**
 * What each case comes to for each key, beside what it should. All keys ask for one case at once before the next one: the catalogue
 * changes with some of them, and is read anew by whoever asks next.
 */
async function compared<Case extends Asked>(
  cases: readonly Case[],
  head: string,
  ask: (one: Case, index: number) => Promise<string>,
): Promise<Compared> {
  const [found, expected]: [string[], string[]] = [[], []];
  for (const one of cases) {
    const verdicts = await Promise.all(GIVEN.map(async (_scopes, index) => await ask(one, index)));
    for (const [index, scopes] of GIVEN.entries()) {
      const name = `${JSON.stringify(one)} with ${String(scopes)}`;
      found.push(`${name}: ${verdicts[index]}`);
      expected.push(`${name}: ${isAllowed(scopes, one, head) ? "allowed" : "refused"}`);
    }
  }
  return { found, expected };
}

/** Of the key whose scopes stand at that place. */
function keyAt(index: number): string {
  return keys.get(String(GIVEN[index])) ?? "";
}

async function runOn(client: Client | undefined, sql: string): Promise<string> {
  const failure = await failureOf(async () => await client?.query(sql));
  if (failure !== undefined) await client?.query("ROLLBACK; DEALLOCATE ALL");
  return verdictOf(failure);
}

test.each(["main", "side"])(
  "every statement with every key on the port of PostgreSQL, on %s",
  async (head) => {
    const database = head === "main" ? "main" : `main/${head}`;
    const clients = await Promise.all(
      GIVEN.map(async (_scopes, index) => await connect("agent", keyAt(index), database)),
    );
    const { found, expected } = await compared(OPERATIONS, head, async ({ sql }, index) =>
      runOn(clients[index], sql),
    );
    await Promise.all(clients.map(async (client) => await client.end()));
    expect(found).toHaveLength(OPERATIONS.length * GIVEN.length);
    expect(found).toEqual(expected);
  },
);

test("every statement with every key over HTTP", async () => {
  const operations = OPERATIONS.filter(({ wireOnly }) => wireOnly !== true);
  const { found, expected } = await compared(operations, "side", async ({ sql }, index) =>
    request(keyAt(index), "POST", "/v1/branches/side/write", { sql }),
  );
  expect(found).toEqual(expected);
});

test("every path of HTTP with every key", async () => {
  const { found, expected } = await compared(REQUESTS, "side", async ({ method, path, body }, index) =>
    request(keyAt(index), method, path, body?.(merges)),
  );
  expect(found).toEqual(expected);
});

test("no path of HTTP is left out", async () => {
  const { host, port } = app.http ?? { host: "", port: 0 };
  const { paths } = Object(await (await fetch(`http://${host}:${port}/openapi.json`)).json());
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(Object(methods)).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const asked = new Set(REQUESTS.map(({ method, path }) => `${method} ${patternOf(path)}`));
  expect(described.filter((one) => !asked.has(one))).toEqual([]);
});

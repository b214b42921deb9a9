/** API keys: what is kept of them, how they get in on both ports, and when they do not any more. */
import { readFile } from "node:fs/promises";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startApp, type App } from "../../src/app.js";
import { addKey, listKeys, revokeKey } from "../../src/cli/key.js";
import { setUserScopes } from "../../src/cli/user.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { createKey, isKey, keyIdOf } from "../../src/users/api-key.js";
import { FileCredentials } from "../../src/users/credentials.js";
import { deriveVerifier } from "../../src/users/scram-verifier.js";
import { changeUserFile, readUserFile } from "../../src/users/user-file.js";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";

let directory: TemporaryDirectory;
let users: string;
let app: App;
beforeAll(async () => {
  directory = await temporaryDirectory();
  users = directory.file("users");
  const verifier = await deriveVerifier("secret");
  await changeUserFile(users, (list) => ({ ...list, verifiers: new Map([["ann", verifier]]) }));
  app = await startApp(readConfig({ port: 0, data: ":memory:", users }, {}), createLog("fatal"));
});
afterAll(async () => {
  await app.close();
  await directory[Symbol.asyncDispose]();
});

/** What a command prints. */
async function printed(command: () => Promise<void>): Promise<string> {
  let text = "";
  const written = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    await command();
  } finally {
    written.mockRestore();
  }
  return text;
}

async function newKey(
  name: string,
  options: Omit<Parameters<typeof addKey>[1], "users"> = {},
): Promise<string> {
  return (await printed(async () => await addKey(name, { users, ...options }))).trim();
}

async function whoOnWire(user: string, password: string): Promise<string> {
  const client = new Client({ ...app.address, user, password, database: user });
  try {
    await client.connect();
    const { rows } = await client.query("SELECT current_user || ' ' || session_user AS who");
    return String(rows[0].who);
  } catch (error) {
    return String(Object(error).code);
  } finally {
    await client.end();
  }
}

async function overHttp(headers: Record<string, string>): Promise<string> {
  const { host, port } = app.http ?? { host: "", port: 0 };
  const response = await fetch(`http://${host}:${port}/v1/query`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ sql: "SELECT current_user AS who" }),
  });
  const { rows, error } = Object(await response.json());
  return error === undefined ? String(rows[0].who) : `${response.status} ${error.details.sqlstate}`;
}

describe("a key", () => {
  it("is random, found by its beginning, and kept as nothing that gives it back", async () => {
    const text = await newKey("first agent", { agent: true });
    expect(text).toMatch(/^dbk_[0-9a-f]{10}_[\w-]{43}$/);
    const file = await readFile(users, "utf8");
    expect(file).not.toContain(text.slice(-43));
    const key = (await readUserFile(users)).keys.get(keyIdOf(text) ?? "");
    expect(key?.scopes).toEqual(["branches:create", "branches:discard", "data:read", "data:write"]);
    expect(key !== undefined && isKey(key, text)).toBe(true);
    expect(key !== undefined && isKey(key, `${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`)).toBe(
      false,
    );
    expect(await newKey("first agent")).not.toBe(text);
  });

  it("lets its holder in on both ports, under the holder's name", async () => {
    const text = await newKey('über "agent"');
    const id = keyIdOf(text) ?? "";
    const who = 'über "agent" über "agent"';
    // In clear text from loopback, in SCRAM without sending it, and under the holder's own name.
    expect(await whoOnWire("agent", text)).toBe(who);
    expect(await whoOnWire(id, text)).toBe(who);
    expect(await whoOnWire("ann", text)).toBe("28P01");
    expect(await whoOnWire(id, `${id}_${"x".repeat(43)}`)).toBe("28P01");
    expect(await whoOnWire("agent", `${id}_${"x".repeat(43)}`)).toBe("28P01");
    expect(await whoOnWire("ann", "secret")).toBe("ann ann");
    const name = 'über "agent"';
    expect(await overHttp({ authorization: `Bearer ${text}` })).toBe(name);
    expect(await overHttp({ authorization: `ApiKey ${text}` })).toBe(name);
    expect(await overHttp({ "x-api-key": text })).toBe(name);
    expect(await overHttp({ authorization: `Basic ${btoa(`${id}:${text}`)}` })).toBe(name);
    expect(await overHttp({ authorization: `Basic ${btoa(`ann:${text}`)}` })).toBe("401 28P01");
    expect(await overHttp({ "x-api-key": `${id}_${"x".repeat(43)}` })).toBe("401 28P01");
  });

  it("is refused when it is revoked, also in sessions that are open, and again when its time is over", async () => {
    const text = await newKey("leaver");
    const client = new Client({ ...app.address, user: "agent", password: text, database: "main" });
    await client.connect();
    await client.query("SELECT 1");
    await revokeKey("leaver", { users });
    // What a second brings by itself.
    await app.reload();
    await expect(client.query("SELECT 1")).rejects.toMatchObject({ code: "28000" });
    await client.query("ROLLBACK");
    await client.end();
    expect(await overHttp({ "x-api-key": text })).toBe("401 28P01");
    const past = Date.now() - 1;
    const { key, text: old } = await createKey(
      { name: "old", scopes: ["admin"], isAgent: false, expiresAtMs: past },
      past - 1000,
    );
    await changeUserFile(users, (list) => ({ ...list, keys: new Map([...list.keys, [key.id, key]]) }));
    const credentials = await FileCredentials.open(users, createLog("fatal"));
    expect(await credentials.principalBy("agent", old)).toBeUndefined();
    expect(await printed(async () => await listKeys({ users }))).toMatch(/\told\texpired\tdeveloper\t/);
  });

  it("of an agent has no scope that agents may not have, whatever the file says", async () => {
    await expect(addKey("sly", { users, agent: true, scopes: "data:read,branches:merge" })).rejects.toThrow(
      /agents propose, others merge/,
    );
    const { key } = await createKey(
      { name: "sly", scopes: ["admin", "data:read"], isAgent: true, expiresAtMs: null },
      Date.now(),
    );
    await changeUserFile(users, (list) => ({ ...list, keys: new Map([...list.keys, [key.id, key]]) }));
    const credentials = await FileCredentials.open(users, createLog("fatal"));
    expect([...credentials.principalOf(key.id).scopes()]).toEqual(["data:read"]);
  });

  it.each([
    ["ann", {}, /there is a user "ann"/],
    ["dbk_0123456789", {}, /names that look like keys/],
    ["x", { scopes: "data:read,all" }, /there is no scope "all"/],
    ["x", { expires: "yesterday" }, /is no time/],
    ["x", { expires: "2001-01-01" }, /is over already/],
  ])("named %j with %j is not made", async (name, options, reason) => {
    const before = await readFile(users, "utf8");
    await expect(addKey(name, { users, ...options })).rejects.toThrow(reason);
    expect(await readFile(users, "utf8")).toBe(before);
  });

  it("is revoked by its id where several have its holder's name", async () => {
    const [one, two] = [await newKey("twin"), await newKey("twin")];
    await expect(revokeKey("twin", { users })).rejects.toThrow(/several keys have the name/);
    await revokeKey(keyIdOf(one) ?? "", { users });
    const credentials = await FileCredentials.open(users, createLog("fatal"));
    expect(await credentials.principalBy("agent", one)).toBeUndefined();
    expect((await credentials.principalBy("twin", two))?.name).toBe("twin");
    await revokeKey("twin", { users });
    await expect(revokeKey("twin", { users })).rejects.toThrow(/there is no active key "twin"/);
  });
});

describe("a user", () => {
  it("may do everything until it is said otherwise, and what is said counts in open sessions", async () => {
    const client = new Client({ ...app.address, user: "ann", password: "secret", database: "main" });
    await client.connect();
    await client.query("CREATE TABLE t (a int)");
    await setUserScopes("ann", "data:read", { users });
    await app.reload();
    await client.query("SELECT * FROM t");
    await expect(client.query("INSERT INTO t VALUES (1)")).rejects.toMatchObject({
      code: "42501",
      message: "permission denied: missing scope main:write",
    });
    await setUserScopes("ann", "admin", { users });
    await app.reload();
    await client.query("INSERT INTO t VALUES (1)");
    await client.end();
  });
});

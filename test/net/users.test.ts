/** Logging in as one of the users of a file: who gets in, and what everybody else can find out. */
import { once } from "node:events";
import { connect } from "node:net";
import { Client, type ClientConfig } from "pg";
import { serialize } from "pg-protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deriveVerifier } from "../../src/users/scram-verifier.js";
import { changeUserFile } from "../../src/users/user-file.js";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";
import { makeCertificate, writeCertificate } from "../support/certificate.js";
import { startTestServer, type TestServer } from "../support/test-server.js";
import { type Address, WireClient } from "../support/wire-client.js";

let directory: TemporaryDirectory;
let users: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
  users = directory.file("users");
  await setPassword("ann", "secret");
});
afterAll(async () => directory[Symbol.asyncDispose]());

async function setPassword(name: string, password: string | undefined): Promise<void> {
  const verifier = password === undefined ? undefined : await deriveVerifier(password);
  await changeUserFile(users, (list) => {
    const others = [...list.verifiers].filter(([other]) => other !== name);
    return { ...list, verifiers: new Map(verifier === undefined ? others : [...others, [name, verifier]]) };
  });
}

async function login(
  address: Address,
  user: string,
  password: string,
  more: ClientConfig = {},
): Promise<string> {
  const client = new Client({ ...address, user, database: "main", password, ...more });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    const { severity, code, message } = Object(error);
    return `${severity} ${code} ${message}`;
  }
  await client.end();
  return "in";
}

const refused = (user: string): string => `FATAL 28P01 password authentication failed for user "${user}"`;

/** What a server tells somebody who starts to log in: all but what is random by design. */
async function challenge(address: Address, user: string): Promise<string[]> {
  using client = await WireClient.dial(address);
  client.send(serialize.startup({ user, database: "main" }));
  const offered = await client.next();
  client.send(serialize.sendSASLInitialResponseMessage("SCRAM-SHA-256", "n,,n=*,r=abc"));
  const data = String(Object(await client.next()).data);
  const [nonce = "", salt = "", ...rest] = data.split(",");
  const proof = Buffer.alloc(32).toString("base64");
  client.send(serialize.sendSCRAMClientFinalMessage(`c=biws,${nonce},p=${proof}`));
  const [verdict] = await client.untilClosed();
  const { code, message } = Object(verdict);
  const shape = `${nonce.length} ${salt.length}`;
  return [JSON.stringify(offered), shape, salt, ...rest, `${code} ${String(message).replace(user, "")}`];
}

describe("a server with a users file", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ users, password: undefined });
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  it("lets in who knows their password, as the file says now", async () => {
    expect(await login(server.address, "ann", "secret")).toBe("in");
    expect(await login(server.address, "ben", "other")).toBe(refused("ben"));
    await setPassword("ben", "other");
    expect(await login(server.address, "ben", "other")).toBe("in");
    await setPassword("ben", undefined);
    expect(await login(server.address, "ben", "other")).toBe(refused("ben"));
  });

  it("does not tell whether a user exists", async () => {
    const [known, unknown] = [await challenge(server.address, "ann"), await challenge(server.address, "bob")];
    expect(known.toSpliced(2, 1)).toEqual(unknown.toSpliced(2, 1));
    // A salt that changed would give away that it belongs to nobody; so would one that all of them share.
    expect((await challenge(server.address, "bob"))[2]).toBe(unknown[2]);
    expect((await challenge(server.address, "cy"))[2]).not.toBe(unknown[2]);
    await using restarted = await startTestServer({ users });
    expect((await challenge(restarted.address, "bob"))[2]).toBe(unknown[2]);
  });

  it("writes no password and no verifier to its log", () => {
    expect(server.logged.join("")).not.toMatch(/secret"|SCRAM/);
  });
});

describe("a server that takes passwords in clear text", () => {
  it("does so from loopback and over TLS, with the same file and the same answers", async () => {
    const identity = makeCertificate();
    const files = await writeCertificate(directory, identity);
    await using server = await startTestServer({ users, auth: "cleartext", ...files });
    for (const ssl of [false, { ca: identity.certificate, servername: "localhost" }]) {
      expect(await login(server.address, "ann", "secret", { ssl })).toBe("in");
      expect(await login(server.address, "ann", "Secret", { ssl })).toBe(refused("ann"));
      expect(await login(server.address, "bob", "secret", { ssl })).toBe(refused("bob"));
    }
    using client = await WireClient.dial(server.address);
    client.send(serialize.startup({ user: "ann" }), serialize.query("select 1"));
    expect((await client.untilClosed()).map((message) => [message.name, Object(message).code])).toEqual([
      ["authenticationCleartextPassword", undefined],
      ["error", "08P01"],
    ]);
  });
});

describe("a flood of strangers", () => {
  it("does not keep users out, nor anybody from being told", async () => {
    await using server = await startTestServer({ users, maxConnections: 2 });
    const sockets = [];
    const told: Promise<unknown>[] = [];
    for (let i = 0; i < 300; i++) {
      const socket = connect(server.address);
      await once(socket, "connect");
      socket.on("error", () => undefined);
      // Half of them begin to log in, and none goes on.
      if (i % 2 === 0) socket.write(serialize.startup({ user: "ann" }));
      if (i < 100) told.push(once(socket, "end"));
      sockets.push(socket.resume());
    }
    expect(await login(server.address, "ann", "secret")).toBe("in");
    await Promise.all(told);
    const evicted = server.logged.filter((line) => line.includes("53300"));
    expect(evicted.length).toBeGreaterThanOrEqual(300 + 1 - 128);
    for (const socket of sockets) socket.destroy();
  });
});

describe("an attempt after many failures", () => {
  it("is answered late, right or wrong, and not at all to somebody who has left", async () => {
    await using server = await startTestServer({ users });
    for (let i = 0; i < 3; i++) expect(await login(server.address, "ann", "x")).toBe(refused("ann"));
    const begun = performance.now();
    expect(await login(server.address, "ann", "secret")).toBe("in");
    expect(performance.now() - begun).toBeGreaterThanOrEqual(249);
  });
});

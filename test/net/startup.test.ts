import { once } from "node:events";
import { connect } from "node:net";
import { Client } from "pg";
import { serialize } from "pg-protocol";
import { DatabaseError } from "pg-protocol/dist/messages.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/test-server.js";
import { type Address, WireClient } from "../support/wire-client.js";

/** Sends bytes and gives all that comes back until the server closes. */
async function exchange({ host, port }: Address, bytes: Buffer): Promise<Buffer> {
  const socket = connect({ host, port });
  const received: Buffer[] = [];
  socket.on("data", (data: Buffer) => received.push(data));
  socket.write(bytes);
  await once(socket, "close");
  return Buffer.concat(received);
}

/** The one error a server answers bytes with before it closes. */
async function refusal(address: Address, bytes: Buffer): Promise<string> {
  using client = await WireClient.dial(address);
  client.send(bytes);
  const messages = await client.untilClosed();
  const last = messages.at(-1);
  if (!(last instanceof DatabaseError)) throw new Error(`no error but ${JSON.stringify(messages)}`);
  return `${last.severity} ${last.code} ${last.message}`;
}

function packet(major: number, minor: number, rest = ""): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + rest.length, 0);
  head.writeUInt16BE(major, 4);
  head.writeUInt16BE(minor, 6);
  return Buffer.concat([head, Buffer.from(rest, "latin1")]);
}

describe("start-up without a password", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ maxConnections: 2 });
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  it("declines encryption of both kinds and goes on in plain text", async () => {
    const socket = connect(server.address);
    for (const request of [packet(1234, 5680), packet(1234, 5679)]) {
      socket.write(request);
      const [answer] = await once(socket, "data");
      expect(String(answer)).toBe("N");
    }
    socket.write(serialize.startup({ user: "ann", database: "main" }));
    const [hello] = await once(socket, "data");
    expect(String(hello).charAt(0)).toBe("R");
    socket.destroy();
  });

  it("tells settings, a key and that it is ready", async () => {
    using client = await WireClient.dial(server.address);
    client.send(serialize.startup({ user: "ann", options: "-c application_name=two\\ words" }));
    const messages = await client.untilReady();
    expect(messages.map(({ name }) => name)).toEqual([
      "authenticationOk",
      "parameterStatus",
      "parameterStatus",
      "parameterStatus",
      "parameterStatus",
      "backendKeyData",
      "readyForQuery",
    ]);
    expect(messages).toContainEqual(
      expect.objectContaining({ parameterName: "application_name", parameterValue: "two words" }),
    );
  });

  it("offers protocol 3.0 to a client that asks for more", async () => {
    const startup = packet(3, 2, "user\0ann\0_pq_.shiny\0on\0\0");
    const answer = await exchange(server.address, Buffer.concat([startup, Buffer.from(serialize.end())]));
    const expected = Buffer.concat([
      Buffer.from([0x76, 0, 0, 0, 4 + 4 + 4 + 11, 0, 3, 0, 0, 0, 0, 0, 1]),
      Buffer.from("_pq_.shiny\0"),
    ]);
    expect(answer.subarray(0, expected.length)).toEqual(expected);
    expect(answer.at(expected.length)).toBe("R".charCodeAt(0));
  });

  it.each([
    ["an unknown database", packet(3, 0, "user\0ann\0database\0nowhere\0\0"), "3D000"],
    ["no user", packet(3, 0, "database\0main\0\0"), "28000"],
    ["replication", packet(3, 0, "user\0ann\0replication\0database\0\0"), "0A000"],
    ["another protocol", packet(2, 0), "0A000"],
    ["options it cannot read", packet(3, 0, "user\0ann\0options\0-x\0\0"), "42601"],
    ["text that is not UTF-8", packet(3, 0, "user\0\xff\0\0"), "22021"],
    ["a packet without end", packet(3, 0, "user\0ann\0"), "08P01"],
  ])("refuses %s with an ErrorResponse", async (_, bytes, code) => {
    expect(await refusal(server.address, bytes)).toMatch(new RegExp(`^FATAL ${code} `));
  });

  it("refuses the client for which there is no place, and takes the next when one leaves", async () => {
    const first = await WireClient.start(server.address);
    using second = await WireClient.start(server.address);
    const startup = serialize.startup({ user: "ann" });
    expect(await refusal(server.address, startup)).toBe("FATAL 53300 sorry, too many clients already");
    expect((await second.query("select 1")).at(-1)).toMatchObject({ status: "I" });
    const left = once(server.sessions.events, "close");
    first.socket.end(Buffer.from(serialize.end()));
    await left;
    await first.untilClosed();
    using third = await WireClient.start(server.address);
    expect((await third.query("select 1")).at(-1)).toMatchObject({ status: "I" });
  });
});

describe("start-up with a password", () => {
  const password = "naïve ﬁsh";
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ password });
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  async function login(given: string): Promise<unknown> {
    const client = new Client({ ...server.address, user: "ann", database: "main", password: given });
    await client.connect();
    const { rows } = await client.query("select 42::int4 as n");
    await client.end();
    return rows;
  }

  it("lets a driver in that knows it, by SCRAM", async () => {
    expect(await login(password)).toEqual([{ n: 42 }]);
  });

  it("answers a wrong one with 28P01", async () => {
    await expect(login("other")).rejects.toMatchObject({
      severity: "FATAL",
      code: "28P01",
      message: 'password authentication failed for user "ann"',
    });
    expect(server.logged.join("")).not.toContain(password);
  });

  it.each([
    ["a query instead of a password", serialize.query("select 1")],
    ["a mechanism it did not offer", serialize.sendSASLInitialResponseMessage("PLAIN", "x")],
    ["a message too large to keep for a stranger", Buffer.from([0x51, 0, 0x10, 0, 0])],
    ["a malformed first message", serialize.sendSASLInitialResponseMessage("SCRAM-SHA-256", "n,,n=ann")],
  ])("refuses %s", async (_, bytes) => {
    const all = Buffer.concat([serialize.startup({ user: "ann" }), bytes]);
    expect(await refusal(server.address, all)).toMatch(/^FATAL 08P01 /);
  });

  it("does not take a proof that belongs to another exchange", async () => {
    const first = serialize.sendSASLInitialResponseMessage("SCRAM-SHA-256", "n,,n=*,r=abc");
    const proof = Buffer.alloc(32).toString("base64");
    const final = serialize.sendSCRAMClientFinalMessage(`c=biws,r=abcdef,p=${proof}`);
    const all = Buffer.concat([serialize.startup({ user: "ann" }), first, final]);
    expect(await refusal(server.address, all)).toBe("FATAL 08P01 invalid SCRAM response");
  });
});

describe("start-up", () => {
  it("ends a connection that does not authenticate in time", async () => {
    await using server = await startTestServer({ authenticationTimeoutMs: 20, password: "secret" });
    const timeout = "FATAL 57014 canceling authentication due to timeout";
    expect(await refusal(server.address, Buffer.alloc(0))).toBe(timeout);
    expect(await refusal(server.address, serialize.startup({ user: "ann" }))).toBe(timeout);
  });

  it("is not offered beyond loopback without a password", async () => {
    const refused = startTestServer({ host: "0.0.0.0" });
    await expect(refused).rejects.toMatchObject({ code: "22023" });
  });
});

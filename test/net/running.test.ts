import { once } from "node:events";
import { serialize } from "pg-protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/test-server.js";
import { WireClient } from "../support/wire-client.js";

/** Runs until it is interrupted, for all a test can wait. */
const ENDLESS = "select count(*) as n from range(1000000000000) t(x) where x % 7 = 3";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => server[Symbol.asyncDispose]());

/** Starts a statement and returns when the server has begun it. */
async function begin(client: WireClient, sql: string, on: TestServer = server): Promise<void> {
  const executing = once(on.sessions.events, "execute");
  client.send(serialize.query(sql));
  await executing;
}

async function sendCancel(processId: number, secret: number, on: TestServer = server): Promise<unknown[]> {
  using client = await WireClient.dial(on.address);
  client.send(serialize.cancel(processId, secret));
  return client.untilClosed();
}

describe("a running statement", () => {
  it("is canceled by a CancelRequest, which itself is told nothing", async () => {
    using client = await WireClient.start(server.address);
    await begin(client, ENDLESS);
    expect(await sendCancel(client.processId, client.secret)).toEqual([]);
    const [error, ready] = (await client.untilReady()).slice(-2);
    expect(error).toMatchObject({ name: "error", severity: "ERROR", code: "57014" });
    expect(ready).toMatchObject({ status: "I" });
    expect((await client.query("select 1")).at(-2)).toMatchObject({ text: "SELECT 1" });
  });

  it("is not canceled by a wrong secret, nor an idle session by a right one", async () => {
    using client = await WireClient.start(server.address);
    await sendCancel(client.processId, client.secret);
    await sendCancel(client.processId, client.secret ^ 1);
    const executing = once(server.sessions.events, "execute");
    client.send(serialize.query("select count(*) as n from range(200000000) t(x) where x % 7 = 3"));
    await executing;
    await sendCancel(client.processId, client.secret ^ 1);
    expect((await client.untilReady()).at(-2)).toMatchObject({ text: "SELECT 1" });
  });

  it("is stopped, and its session closed, when the client hangs up", async () => {
    const client = await WireClient.start(server.address);
    await begin(client, ENDLESS);
    const closed = once(server.sessions.events, "close");
    client.socket.destroy();
    await closed;
    using next = await WireClient.start(server.address);
    expect((await next.query("select 1")).at(-2)).toMatchObject({ text: "SELECT 1" });
  });

  it("is stopped when the client closes in an orderly way but does not wait", async () => {
    const client = await WireClient.start(server.address);
    await begin(client, ENDLESS);
    const closed = once(server.sessions.events, "close");
    client.socket.end();
    await closed;
    expect(server.sessions.openSessions).toBe(0);
    client.socket.destroy();
  });

  it("takes back the transaction of a client that hangs up", async () => {
    using watcher = await WireClient.start(server.address);
    await watcher.query("create table hangup_t (id int4)");
    const client = await WireClient.start(server.address);
    await client.query("begin");
    await client.query("insert into hangup_t values (1)");
    const closed = once(server.sessions.events, "close");
    client.socket.destroy();
    await closed;
    const [, row] = await watcher.query("select count(*) as n from hangup_t");
    expect(row).toMatchObject({ fields: ["0"] });
  });
});

describe("a large result", () => {
  it("arrives whole and in order", async () => {
    using client = await WireClient.start(server.address);
    const messages = await client.query("select x::int8 as n from range(50000) t(x)");
    const values = messages.flatMap((message) =>
      "fields" in message ? [String(Object(message.fields)[0])] : [],
    );
    expect(values.slice(1)).toEqual(Array.from({ length: 50_000 }, (_, index) => String(index)));
    expect(messages.at(-2)).toMatchObject({ text: "SELECT 50000" });
  });

  it("is not produced faster than a slow client reads it", async () => {
    const rowBytes = 1000;
    const rows = 200_000;
    // What the kernel may hold of a connection, both ends, with room to spare; the result is five times as large.
    const allowedBytes = 40_000_000;
    let produced = 0;
    let furthestAhead = 0;
    let received = 0;
    const count = (chunkRows: number): void => {
      produced += chunkRows * rowBytes;
      furthestAhead = Math.max(furthestAhead, produced - received);
    };
    const client = await WireClient.start(server.address);
    client.socket.removeAllListeners("data");
    server.sessions.events.on("chunk", count);
    client.socket.pause();
    client.send(serialize.query(`select repeat('x', ${rowBytes}) as t from range(${rows})`), serialize.end());
    for await (const data of client.socket) received += Buffer.from(data).length;
    server.sessions.events.off("chunk", count);
    expect(produced).toBe(rowBytes * rows);
    expect(furthestAhead).toBeLessThan(allowedBytes);
  });

  it("is given up when a client that does not read hangs up", async () => {
    const client = await WireClient.start(server.address);
    client.socket.pause();
    const flowing = once(server.sessions.events, "chunk");
    client.send(serialize.query("select repeat('x', 1000) as t from range(1000000000)"));
    await flowing;
    const closed = once(server.sessions.events, "close");
    client.socket.destroy();
    await closed;
    using next = await WireClient.start(server.address);
    expect((await next.query("select 1")).at(-2)).toMatchObject({ text: "SELECT 1" });
  });
});

describe("closing the server", () => {
  it("ends idle clients at once with 57P01, and refuses new ones", async () => {
    const own = await startTestServer();
    using client = await WireClient.start(own.address);
    using inBlock = await WireClient.start(own.address);
    await inBlock.query("begin");
    await own[Symbol.asyncDispose]();
    for (const ended of [client, inBlock]) {
      expect(await ended.untilClosed()).toEqual([
        expect.objectContaining({ severity: "FATAL", code: "57P01" }),
      ]);
    }
    await expect(WireClient.dial(own.address)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(own.sessions.openSessions).toBe(0);
  });

  it("lets a running statement finish first", async () => {
    const own = await startTestServer();
    using client = await WireClient.start(own.address);
    await begin(client, "select count(*) as n from range(100000000) t(x) where x % 7 = 3", own);
    const closing = own[Symbol.asyncDispose]();
    const names = (await client.untilClosed()).map(({ name }) => name);
    await closing;
    expect(names).toEqual(["rowDescription", "dataRow", "commandComplete", "readyForQuery", "error"]);
  });

  it("cancels a statement that takes longer than the time for draining", async () => {
    const own = await startTestServer({ drainTimeoutMs: 10 });
    using client = await WireClient.start(own.address);
    await begin(client, ENDLESS, own);
    const closing = own[Symbol.asyncDispose]();
    const codes = (await client.untilClosed()).flatMap((message) =>
      "code" in message ? [message.code] : [],
    );
    await closing;
    expect(codes).toEqual(["57014", "57P01"]);
  });

  it("does not wait for a client that never reads", async () => {
    const own = await startTestServer({ drainTimeoutMs: 10 });
    using client = await WireClient.start(own.address);
    client.socket.pause();
    const flowing = once(own.sessions.events, "chunk");
    client.send(serialize.query("select repeat('x', 1000) as t from range(1000000000)"));
    await flowing;
    await own[Symbol.asyncDispose]();
    expect(own.sessions.openSessions).toBe(0);
  });
});

/** Clients that take all they can get: what they may hold is bounded, and others are served meanwhile. */
import { serialize } from "pg-protocol";
import type { BackendMessage } from "pg-protocol/dist/messages.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/test-server.js";
import { WireClient } from "../support/wire-client.js";

const MEGABYTE = 1_000_000;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => server[Symbol.asyncDispose]());

function sync(): Buffer {
  return Buffer.from(serialize.sync());
}

/** What the messages of one cycle say: how many went well, and the error if there was one. */
async function tally(client: WireClient): Promise<{ well: number; code: unknown }> {
  const messages: BackendMessage[] = await client.untilReady();
  const error = messages.find(({ name }) => name === "error");
  const well = messages.filter(({ name }) => name === "parseComplete" || name === "bindComplete").length;
  return { well, code: error && Object(error).code };
}

describe("one client", () => {
  it("cannot hold more prepared statements than so many, and can go on", async () => {
    using client = await WireClient.start(server.address);
    const parses = Array.from({ length: 10_002 }, (_, i) =>
      Buffer.from(serialize.parse({ name: `s${i}`, text: "select 1" })),
    );
    client.send(...parses, sync());
    expect(await tally(client)).toEqual({ well: 10_000, code: "54000" });
    client.send(
      serialize.close({ type: "S", name: "s0" }),
      serialize.parse({ name: "again", text: "select 1" }),
      sync(),
    );
    expect(await tally(client)).toEqual({ well: 1, code: undefined });
  });

  it("cannot hold more text in prepared statements than so much, and can go on", async () => {
    using client = await WireClient.start(server.address);
    const text = `select '${"x".repeat(MEGABYTE)}'`;
    for (let i = 0; i < 40; i++) client.send(serialize.parse({ name: `s${i}`, text }));
    client.send(sync());
    expect(await tally(client)).toEqual({ well: 33, code: "54000" });
    client.send(serialize.parse({ text }), sync());
    expect(await tally(client)).toEqual({ well: 1, code: undefined });
    client.send(serialize.close({ type: "S", name: "s0" }), serialize.parse({ name: "again", text }), sync());
    expect(await tally(client)).toEqual({ well: 1, code: undefined });
  });

  it("cannot hold more parameters in portals than so many bytes, however it closes and opens them", async () => {
    using client = await WireClient.start(server.address);
    await client.query("begin");
    const value = "x".repeat(MEGABYTE);
    client.send(serialize.parse({ text: "select $1::text" }));
    for (let i = 0; i < 100; i++) {
      client.send(
        serialize.bind({ portal: "p", values: [value] }),
        serialize.close({ type: "P", name: "p" }),
      );
    }
    client.send(sync());
    expect(await tally(client)).toEqual({ well: 101, code: undefined });
    for (let i = 0; i < 100; i++) client.send(serialize.bind({ portal: `p${i}`, values: [value] }));
    client.send(sync());
    expect(await tally(client)).toEqual({ well: 67, code: "54000" });
    await client.query("rollback");
    await client.query("begin");
    client.send(
      serialize.parse({ text: "select $1::text" }),
      serialize.bind({ portal: "p", values: [value] }),
      sync(),
    );
    expect(await tally(client)).toEqual({ well: 2, code: undefined });
  });

  it("does not keep others waiting by sending many messages at once", async () => {
    using hog = await WireClient.start(server.address);
    using other = await WireClient.start(server.address);
    // All of it is with the server before it begins: nothing but its own will makes it look at anybody else.
    const parses = Array.from({ length: 5_000 }, (_, i) =>
      Buffer.from(serialize.parse({ text: `select ${i}` })),
    );
    hog.send(...parses, sync());
    const first = await Promise.race([
      tally(hog).then(() => "the one with many"),
      other.query("select 1").then(() => "the one with one"),
    ]);
    expect(first).toBe("the one with one");
  });
});

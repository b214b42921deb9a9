/** What cannot be shown by a transcript: results too large for one. */
import { serialize } from "pg-protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/test-server.js";
import { WireClient } from "../support/wire-client.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => server[Symbol.asyncDispose]());

/** Opens a portal over 100 MB inside a block and reads one row. */
async function suspendLargePortal(client: WireClient): Promise<void> {
  await client.query("begin");
  client.send(
    serialize.parse({ text: "select repeat('x', 1000000) as t from range(100)" }),
    serialize.bind({ portal: "large" }),
    serialize.execute({ portal: "large", rows: 1 }),
    Buffer.from(serialize.sync()),
  );
  const names = (await client.untilReady()).map(({ name }) => name);
  expect(names).toEqual(["parseComplete", "bindComplete", "dataRow", "portalSuspended", "readyForQuery"]);
}

describe("a suspended portal with more unread rows than memory allows", () => {
  it("fails the statement that would need them moved to memory", async () => {
    using client = await WireClient.start(server.address);
    await suspendLargePortal(client);
    const [error, ready] = await client.query("select 1");
    expect(error).toMatchObject({ severity: "ERROR", code: "54000" });
    expect(ready).toMatchObject({ status: "E" });
    client.send(serialize.execute({ portal: "large" }), Buffer.from(serialize.sync()));
    expect((await client.untilReady())[0]).toMatchObject({ code: "25P02" });
    expect((await client.query("rollback"))[0]).toMatchObject({ text: "ROLLBACK" });
  });

  it("is no obstacle to COMMIT, which ends it", async () => {
    using client = await WireClient.start(server.address);
    await suspendLargePortal(client);
    expect((await client.query("/* done */ commit"))[0]).toMatchObject({ text: "COMMIT" });
    client.send(serialize.execute({ portal: "large" }), Buffer.from(serialize.sync()));
    expect((await client.untilReady())[0]).toMatchObject({ code: "34000" });
  });

  it("can be read on across Syncs without moving it", async () => {
    using client = await WireClient.start(server.address);
    await suspendLargePortal(client);
    for (let row = 1; row < 100; row++) {
      client.send(serialize.execute({ portal: "large", rows: 1 }), Buffer.from(serialize.sync()));
      expect((await client.untilReady()).map(({ name }) => name)).toContain("dataRow");
    }
    client.send(serialize.execute({ portal: "large", rows: 1 }), Buffer.from(serialize.sync()));
    expect((await client.untilReady())[0]).toMatchObject({ text: "SELECT 0" });
  });
});

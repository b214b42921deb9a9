/** What sessions of one server tell each other, and when the server ends one that says nothing. */
import { setImmediate } from "node:timers/promises";
import { serialize } from "pg-protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { describeMessages, WireClient } from "../support/wire-client.js";

let app: App;
beforeAll(async () => {
  app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
  using client = await WireClient.start(app.address);
  await client.query("create branch work");
});
afterAll(async () => await app.close());

async function connect(database = "main"): Promise<WireClient> {
  return await WireClient.start(app.address, { database });
}

describe("a notification", () => {
  it("reaches an idle session at once, on any head, with its sender's process id", async () => {
    using listener = await connect("main/work");
    using sender = await connect();
    await listener.query("listen news");
    await sender.query("notify news, 'first'");
    expect(await listener.next()).toMatchObject({
      name: "notification",
      processId: sender.processId,
      channel: "news",
      payload: "first",
    });
  });

  it("waits for the end of the listener's transaction", async () => {
    using listener = await connect();
    using sender = await connect();
    await listener.query("listen later");
    await listener.query("begin");
    await sender.query("notify later, 'x'");
    expect(describeMessages(await listener.query("select 1::int4 as a"))).not.toContain("notification");
    expect(describeMessages(await listener.query("commit"))).toEqual([
      "commandComplete",
      "notification",
      "readyForQuery",
    ]);
  });

  it("is sent when the sender commits, and never when it rolls back", async () => {
    using listener = await connect();
    using sender = await connect();
    await listener.query("listen done");
    await sender.query("begin");
    await sender.query("notify done, 'dropped'");
    await sender.query("rollback");
    await sender.query("begin");
    await sender.query("select pg_notify('done', 'kept')");
    expect(describeMessages(await listener.query("select 1::int4 as a"))).not.toContain("notification");
    await sender.query("commit");
    expect(await listener.next()).toMatchObject({ payload: "kept" });
  });

  it("is heard no more by a session that ended", async () => {
    using sender = await connect();
    {
      using listener = await connect();
      await listener.query("listen gone");
    }
    await sender.query("listen gone");
    expect(describeMessages(await sender.query("notify gone"))).toContain("notification");
  });
});

describe("a limit of time", () => {
  it("ends a wait for another transaction's table with 55P03", async () => {
    using writer = await connect("main/work");
    using waiter = await connect("main/work");
    await writer.query("create table locked (a int4)");
    await writer.query("begin");
    await writer.query("insert into locked values (1)");
    await waiter.query("set lock_timeout = 20");
    expect(await waiter.query("insert into locked values (2)")).toContainEqual(
      expect.objectContaining({ code: "55P03" }),
    );
    await writer.query("commit");
    expect(describeMessages(await waiter.query("insert into locked values (3)"))).toEqual([
      "commandComplete",
      "readyForQuery",
    ]);
  });

  it("holds for the data of a COPY, too", async () => {
    using client = await connect();
    await client.query("create table copied (a int4)");
    await client.query("set statement_timeout = 400");
    client.send(serialize.query("copy copied from stdin"));
    expect(await client.next()).toMatchObject({ name: "copyInResponse" });
    const answer = client.next();
    while ((await Promise.race([answer, setImmediate()])) === undefined)
      client.send(serialize.copyData(Buffer.from("1\n")));
    expect(await answer).toMatchObject({ name: "error", code: "57014" });
    await client.untilReady();
    await client.query("set statement_timeout = 0");
    expect(await client.query("select count(*)::int4 as n from copied")).toContainEqual(
      expect.objectContaining({ name: "dataRow", fields: ["0"] }),
    );
  });
});

describe("a session", () => {
  it("has the process id that its client was told", async () => {
    using client = await connect();
    const messages = await client.query("select pg_backend_pid()");
    expect(messages.find((message) => message.name === "dataRow")).toMatchObject({
      fields: [String(client.processId)],
    });
  });

  it.each([
    ["idle_session_timeout", "select 1", "57P05"],
    ["idle_in_transaction_session_timeout", "begin", "25P03"],
    ["idle_in_transaction_session_timeout", "begin; select * from no_such_table", "25P03"],
  ])("that is idle longer than %s behind '%s' ends with %s", async (setting, text, code) => {
    using client = await connect();
    await client.query(`set ${setting} = 20`);
    await client.query(text);
    expect(await client.next()).toMatchObject({ name: "error", severity: "FATAL", code });
    expect(await client.next()).toBeUndefined();
  });
});

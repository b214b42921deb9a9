/**
 * A client that leaves in the middle of something, against the whole program. That its work has ended shows in what
 * others can do then: the first client's transaction holds a table of a branch, which nobody else can write before.
 */
import { serialize } from "pg-protocol";
import type { BackendMessage } from "pg-protocol/dist/messages.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../cli/test-app.js";
import { WireClient } from "../support/wire-client.js";

const ENDLESS = "select count(*) from range(1000000000000) t(x) where x % 7 = 3";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  using client = await WireClient.start(app.address, { database: "main" });
  await client.query("create table t (id int primary key, n int); insert into t values (1, 0)");
  await client.query("create table bulk (id int); insert into bulk select x from range(5000) r(x)");
  await client.query("create branch b");
});
afterAll(async () => app[Symbol.asyncDispose]());

async function onBranch(): Promise<WireClient> {
  return await WireClient.start(app.address, { database: "main/b" });
}

/** Holds the table until its transaction ends. */
async function startHolding(): Promise<WireClient> {
  const client = await onBranch();
  const messages = await client.query("begin; update t set n = n + 1000");
  expect(messages.at(-1)).toMatchObject({ status: "T" });
  return client;
}

/** Waits until the one who holds the table has gone, and gives what is in it then: none of their changes. */
async function valueOnceFree(): Promise<unknown> {
  using next = await onBranch();
  const messages = await next.query("update t set n = n returning n");
  return messages.flatMap((message) => ("fields" in message ? [message.fields] : []))[1];
}

async function cancel({ processId, secret }: WireClient): Promise<void> {
  using canceller = await WireClient.dial(app.address);
  canceller.send(serialize.cancel(processId, secret));
  expect(await canceller.untilClosed()).toEqual([]);
}

/** A request is heard only when the statement is under way: it is sent until it is. */
async function cancelUntilAnswered(client: WireClient): Promise<BackendMessage[]> {
  const answered = client.untilReady();
  for (;;) {
    await cancel(client);
    const messages = await Promise.race([answered, Promise.resolve(undefined)]);
    if (messages !== undefined) return messages;
  }
}

/** Messages behind which the client leaves, and how many messages it waits for before. */
const SITUATIONS: readonly (readonly [string, readonly Uint8Array[], number])[] = [
  ["between two statements", [], 0],
  ["in a statement that runs", [serialize.query(ENDLESS)], 0],
  ["in a write that runs", [serialize.query(`update t set n = (${ENDLESS})`)], 0],
  [
    "in an extended query",
    [
      serialize.parse({ text: ENDLESS }),
      serialize.bind(),
      serialize.flush(),
      serialize.execute(),
      serialize.sync(),
    ],
    2,
  ],
  [
    "in a portal read halfway",
    [
      serialize.parse({ text: "select x from range(1000000000) r(x)" }),
      serialize.bind(),
      serialize.execute({ rows: 10 }),
      serialize.flush(),
    ],
    13,
  ],
  ["in a result that flows", [serialize.query("select repeat('x', 1000) from range(100000000)")], 2],
  ["in COPY IN, waiting for data", [serialize.query("copy bulk from stdin")], 1],
  [
    "in COPY IN, in the middle of a row",
    [serialize.query("copy bulk from stdin"), serialize.copyData(Buffer.from("1\n2\n3"))],
    1,
  ],
  ["in COPY OUT", [serialize.query("copy (select repeat('x', 1000) from range(100000000)) to stdout")], 2],
];

describe("a client that leaves", () => {
  it.each(SITUATIONS)("%s leaves nothing running and nothing held", async (_, messages, count) => {
    for (const leave of ["destroy", "end"] as const) {
      const client = await startHolding();
      client.send(...messages);
      for (let i = 0; i < count; i++) await client.next();
      client.socket[leave]();
      expect(await valueOnceFree()).toEqual(["0"]);
    }
  });

  it("in a wait for a lock does not get it later", async () => {
    using holder = await startHolding();
    const waiting = await onBranch();
    waiting.send(serialize.query("update t set n = 77"));
    waiting.socket.end();
    // The server has read the end by now, and with it all that came before.
    await waiting.untilClosed();
    expect((await holder.query("rollback")).at(-1)).toMatchObject({ status: "I" });
    expect(await valueOnceFree()).toEqual(["0"]);
  });
});

describe("a CancelRequest", () => {
  it("ends a wait for a lock with 57014", async () => {
    using holder = await startHolding();
    using waiting = await onBranch();
    waiting.send(serialize.query("update t set n = 77"));
    const answer = await cancelUntilAnswered(waiting);
    expect(answer.at(-2)).toMatchObject({ code: "57014" });
    await holder.query("rollback");
    expect(await valueOnceFree()).toEqual(["0"]);
  });

  it("ends a COPY IN with 57014 when its next data comes, and nothing of it stays", async () => {
    using client = await onBranch();
    client.send(serialize.query("copy bulk from stdin"), serialize.copyData(Buffer.from("1\n")));
    expect((await client.next())?.name).toBe("copyInResponse");
    await cancel(client);
    client.send(serialize.copyData(Buffer.from("2\n")), serialize.copyDone());
    expect(await client.untilReady()).toMatchObject([{ code: "57014" }, { status: "I" }]);
    expect(await client.query("select count(*) from bulk")).toContainEqual(
      expect.objectContaining({ fields: ["5000"] }),
    );
  });

  it("ends a portal's next rows with 57014", async () => {
    using client = await onBranch();
    client.send(
      serialize.parse({ text: ENDLESS }),
      serialize.bind(),
      serialize.flush(),
      serialize.execute({ rows: 1 }),
      serialize.sync(),
    );
    expect((await client.next())?.name).toBe("parseComplete");
    expect((await client.next())?.name).toBe("bindComplete");
    const answer = await cancelUntilAnswered(client);
    expect(answer).toMatchObject([{ code: "57014" }, { status: "I" }]);
  });
});

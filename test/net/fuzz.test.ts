/** Hostile input in every phase: the answer is always messages a client can read, and the end always comes. */
import * as fc from "fast-check";
import { serialize } from "pg-protocol";
import { DatabaseError } from "pg-protocol/dist/messages.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FRONTEND_TAG } from "../../src/wire/frontend-tags.js";
import { startTestServer, type TestServer } from "../support/test-server.js";
import { WireClient } from "../support/wire-client.js";

const RUNS = { numRuns: 60 };
const END = Buffer.concat([Buffer.from(serialize.sync()), Buffer.from(serialize.end())]);

let open: TestServer;
let guarded: TestServer;
beforeAll(async () => {
  open = await startTestServer();
  guarded = await startTestServer({ password: "secret" });
});
afterAll(async () => {
  await open[Symbol.asyncDispose]();
  await guarded[Symbol.asyncDispose]();
});

/** The server is well, and met nothing it calls its own fault. */
async function expectHealthy(): Promise<void> {
  expect([...open.logged, ...guarded.logged].filter((line) => line.includes("internal error"))).toEqual([]);
  using client = await WireClient.start(open.address);
  expect((await client.query("select 1")).at(-2)).toMatchObject({ text: "SELECT 1" });
}

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const tags = Object.values(FRONTEND_TAG).filter((tag) => tag !== FRONTEND_TAG.terminate);

/** A whole message of a known type with any body. */
const frame = fc.tuple(fc.constantFrom(...tags), fc.uint8Array({ maxLength: 60 })).map(([tag, body]) => {
  const head = Buffer.alloc(5);
  head.writeUInt8(tag);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
});

/** Messages that mean something, in any order. */
const message = fc
  .constantFrom(
    serialize.query("select 1::int4 as a; select 2::int4 as b"),
    serialize.query("begin"),
    serialize.query("rollback"),
    serialize.query("copy fuzz_t from stdin"),
    serialize.query("select * from missing_table"),
    serialize.parse({ text: "select $1::int4 + x::int4 from range(5) t(x)" }),
    serialize.parse({ name: "s", text: "copy fuzz_t from stdin" }),
    serialize.bind({ values: ["1"] }),
    serialize.bind({ portal: "p", values: ["1"], binary: true }),
    serialize.bind({ statement: "s" }),
    serialize.describe({ type: "P" }),
    serialize.describe({ type: "S", name: "s" }),
    serialize.execute({ rows: 2 }),
    serialize.execute({ portal: "p", rows: 1 }),
    serialize.close({ type: "P", name: "p" }),
    serialize.close({ type: "S", name: "s" }),
    serialize.flush(),
    serialize.sync(),
    serialize.copyData(Buffer.from("1\n")),
    serialize.copyDone(),
    serialize.copyFail("no"),
  )
  .map((buffer) => Buffer.from(buffer));

/** Writes a stream in pieces, each its own write, and gives what comes back until the server closes. */
async function converse(client: WireClient, stream: Buffer, sizes: readonly number[]): Promise<string[]> {
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    client.send(stream.subarray(at, at + size));
    at += size;
  }
  const messages = await client.untilClosed();
  return messages.map((received) =>
    received instanceof DatabaseError ? `error ${received.code}` : received.name,
  );
}

const chunking = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 10 });

describe("the server survives", () => {
  it("any bytes instead of a start-up packet", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, async (stream) => {
        using client = await WireClient.dial(open.address);
        client.socket.end(stream);
        const names = (await client.untilClosed()).map(({ name }) => name);
        expect(names.filter((name) => name !== "error")).toEqual([]);
      }),
      RUNS,
    );
    await expectHealthy();
  });

  it("any message instead of a password", async () => {
    await fc.assert(
      fc.asyncProperty(frame, async (stream) => {
        using client = await WireClient.dial(guarded.address);
        client.send(serialize.startup({ user: "ann" }), stream, stream);
        const names = (await client.untilClosed()).map(({ name }) => name);
        expect(names[0]).toBe("authenticationSASL");
        expect(names.at(-1)).toBe("error");
        expect(names).not.toContain("authenticationOk");
      }),
      RUNS,
    );
    await expectHealthy();
  });

  it("any bytes in a session", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, async (stream) => {
        using client = await WireClient.start(open.address);
        client.socket.end(stream);
        expect(await client.untilClosed()).toBeInstanceOf(Array);
      }),
      RUNS,
    );
    await expectHealthy();
  });

  it("messages of known types with any body, in any chunking", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 8 }), chunking, async (frames, sizes) => {
        using client = await WireClient.start(open.address);
        const names = await converse(client, Buffer.concat([...frames, END]), sizes);
        expect(["readyForQuery", "error 08P01"]).toContain(names.at(-1));
      }),
      RUNS,
    );
    await expectHealthy();
  });

  it("any bytes between the messages of a batch, and instead of COPY data", async () => {
    using setup = await WireClient.start(open.address);
    await setup.query("create table if not exists fuzz_t (id int4)");
    const before = fc.constantFrom(
      Buffer.concat(
        [serialize.parse({ text: "select 1" }), serialize.bind()].map((part) => Buffer.from(part)),
      ),
      Buffer.from(serialize.query("begin; select 1")),
      Buffer.from(serialize.query("copy fuzz_t from stdin")),
      Buffer.concat([serialize.parse({ text: "x" }), serialize.bind()].map((part) => Buffer.from(part))),
    );
    await fc.assert(
      fc.asyncProperty(before, bytes, async (start, stream) => {
        using client = await WireClient.start(open.address);
        client.socket.end(Buffer.concat([start, stream]));
        expect(await client.untilClosed()).toBeInstanceOf(Array);
      }),
      RUNS,
    );
    await expectHealthy();
  });

  it("streams that end anywhere, and lengths that lie", async () => {
    const cut = fc.tuple(fc.array(message, { minLength: 1, maxLength: 6 }), fc.nat(), fc.nat(), fc.integer());
    await fc.assert(
      fc.asyncProperty(cut, async ([messages, end, which, lie]) => {
        const whole = Buffer.concat(messages);
        using cutOff = await WireClient.start(open.address);
        cutOff.socket.end(whole.subarray(0, end % whole.length));
        expect(await cutOff.untilClosed()).toBeInstanceOf(Array);
        const lying = messages.map((part) => Buffer.from(part));
        lying[which % lying.length]?.writeInt32BE(lie, 1);
        using liar = await WireClient.start(open.address);
        liar.socket.end(Buffer.concat(lying));
        expect(await liar.untilClosed()).toBeInstanceOf(Array);
      }),
      RUNS,
    );
    await expectHealthy();
  });

  it("any answer to its challenge", async () => {
    const first = serialize.sendSASLInitialResponseMessage("SCRAM-SHA-256", "n,,n=*,r=abc");
    const parts = fc.constantFrom("c=biws", "c=", "r=abc", "p=", "p=AAAA", ",", "=", "x=y", "\u00fc", "p=*");
    const answer = fc.array(parts, { maxLength: 6 }).map((list) => Buffer.from(`p    ${list.join(",")}`));
    await fc.assert(
      fc.asyncProperty(fc.oneof(answer, frame), async (stream) => {
        if (stream.readUInt8(0) === FRONTEND_TAG.password) stream.writeInt32BE(stream.length - 1, 1);
        using client = await WireClient.dial(guarded.address);
        client.send(serialize.startup({ user: "ann" }), first, stream);
        const names = (await client.untilClosed()).map(({ name }) => name);
        expect(names).toEqual(["authenticationSASL", "authenticationSASLContinue", "error"]);
      }),
      RUNS,
    );
    await expectHealthy();
  });

  it("sensible messages in any order, and answers them the same in any chunking", async () => {
    using setup = await WireClient.start(open.address);
    await setup.query("create table if not exists fuzz_t (id int4)");
    const leaveCopy = Buffer.from(serialize.copyFail("end"));
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 14 }), chunking, async (messages, sizes) => {
        const stream = Buffer.concat([...messages, leaveCopy, END]);
        using first = await WireClient.start(open.address);
        const whole = await converse(first, stream, [stream.length]);
        using second = await WireClient.start(open.address);
        expect(await converse(second, stream, sizes)).toEqual(whole);
        // Whoever sends a statement among COPY's data is told so, and let go, as by PostgreSQL.
        const isLetGo = whole.slice(-2).join() === "error 08P01,error 08P01";
        expect(isLetGo ? "readyForQuery" : whole.at(-1)).toBe("readyForQuery");
        expect(whole.filter((name) => name === "error XX000")).toEqual([]);
      }),
      RUNS,
    );
    await expectHealthy();
  });
});

/** One address that takes all it can get: others come in, and its part is taken back. Linux has all of 127.0.0.0/8. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../src/config.js";
import { RequestSlots, type SlotWorker } from "../../src/http/request-slots.js";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { makeCertificate, writeCertificate } from "../support/certificate.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { SqlError, SQLSTATE } from "../../src/core/errors.js";

const HOG = "127.0.0.1";
const OTHER = "127.0.0.2";
const MANY = "SELECT n, repeat('x', 100) AS text FROM range(100000000) AS r(n)";
const HALF_SENT = 'POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"sql"';

class Port implements AsyncDisposable {
  readonly #close: () => Promise<void>;
  readonly #port: number;
  readonly #certificate: string | undefined;
  readonly #sockets: Socket[] = [];

  private constructor(close: () => Promise<void>, port: number, certificate: string | undefined) {
    this.#close = close;
    this.#port = port;
    this.#certificate = certificate;
  }

  static async open(config: ConfigInput, certificate?: string): Promise<Port> {
    const app = await startApp(readConfig({ port: 0, data: ":memory:", ...config }, {}), createLog("fatal"));
    return new Port(async () => await app.close(), app.http?.port ?? 0, certificate);
  }

  /** What is sent is with the server when it answers somebody else. */
  async send(from: string, text: string): Promise<Socket> {
    const to = { host: "127.0.0.1", port: this.#port, localAddress: from };
    const socket =
      this.#certificate === undefined ? connect(to) : connectTls({ ...to, ca: this.#certificate });
    socket.on("error", () => undefined);
    this.#sockets.push(socket);
    await once(socket, this.#certificate === undefined ? "connect" : "secureConnect");
    socket.write(text);
    return socket;
  }

  /** All that the server says, up to the end of the connection. */
  async answer(from: string, sql: string): Promise<string> {
    return await everything(await this.send(from, query(sql, "close")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#close();
  }
}

function query(sql: string, connection = "keep-alive"): string {
  const body = JSON.stringify({ sql });
  const head = ["POST /v1/query HTTP/1.1", "Host: localhost", `Connection: ${connection}`];
  return `${head.join("\r\n")}\r\nAccept: application/x-ndjson\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

async function everything(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (bytes) => (text += String(bytes)));
  if (!socket.closed) await once(socket, "close");
  return text;
}

describe("connections", () => {
  test.each(["plain", "encrypted"])("%s, of half a request each, give way to others", async (kind) => {
    await using directory = await temporaryDirectory();
    const identity = kind === "plain" ? undefined : makeCertificate();
    const files = identity === undefined ? {} : await writeCertificate(directory, identity);
    await using port = await Port.open({ ...files, maxHttpConnections: 4 }, identity?.certificate);
    const hogs: Socket[] = [];
    for (let n = 0; n < 4; n++) hogs.push(await port.send(HOG, HALF_SENT));
    expect(await port.answer(OTHER, "SELECT 42 AS answer")).toContain('{"answer":42}');
    // The oldest has gone, and no other.
    if (hogs[0]?.closed === false) await once(hogs[0], "close");
    expect(hogs.slice(1).map(({ closed }) => closed)).toEqual([false, false, false]);
    // Also one of the same address comes in.
    await port.send(HOG, HALF_SENT);
    expect(await port.answer(HOG, "SELECT 43 AS answer")).toContain('{"answer":43}');
  });

  test("that work are kept, and so are those of others who have fewer", async () => {
    await using port = await Port.open({ maxHttpConnections: 4 });
    const working = await port.send(
      HOG,
      query("SELECT pg_advisory_lock(1), pg_sleep(0.2), 44 AS answer", "close"),
    );
    const other = await port.send(OTHER, query("SELECT 1 AS first"));
    expect(String((await once(other, "data"))[0])).toContain('"first":1');
    for (let n = 0; n < 10; n++) await port.send(HOG, HALF_SENT);
    other.write(query("SELECT 45 AS answer", "close"));
    expect(await everything(other)).toContain('{"answer":45}');
    expect(await everything(working)).toContain('"answer":44');
  });
});

describe("places for requests", () => {
  test("are taken back from readers that stand still, whose answers are cut off", async () => {
    await using port = await Port.open({ maxHttpRequests: 2, httpPatienceMs: 50 });
    const readers = [await port.send(HOG, query(MANY)), await port.send(HOG, query(MANY))];
    for (const reader of readers) await once(reader, "readable");
    const first = await port.answer(OTHER, "SELECT 42 AS answer");
    expect(first).toContain('{"answer":42}');
  });

  test("are taken back from who holds more than a fair part, and from nobody else", async () => {
    await using port = await Port.open({ maxHttpRequests: 2, httpPatienceMs: 50 });
    const sleep = query("SELECT pg_sleep(60)", "close");
    const hogs = [await port.send(HOG, sleep), await port.send(HOG, sleep)];
    const ends = hogs.map(async (hog) => await everything(hog));
    expect(await port.answer(OTHER, "SELECT 42 AS answer")).toContain('{"answer":42}');
    expect(await Promise.race(ends)).toMatch(/^HTTP\/1\.1 429 .*"sqlstate":"53300"/s);
    // One each is fair: a third of the same address is told so at once.
    await port.send(OTHER, sleep);
    await expect.poll(async () => await port.answer(OTHER, "SELECT 1")).toContain("HTTP/1.1 429 ");
    expect(hogs.filter(({ closed }) => !closed)).toHaveLength(1);
  });
});

/** Work that ends when it is told to. */
class Work implements SlotWorker {
  readonly #stop = new AbortController();
  blockedSince: number | undefined;
  reason: string | undefined;
  slot: Disposable | undefined;

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  stop(reason: string): void {
    this.reason = reason;
    this.#stop.abort();
    this.slot?.[Symbol.dispose]();
  }

  throwIfStopped(): void {
    if (this.signal.aborted) throw new SqlError(SQLSTATE.queryCanceled, "stopped");
  }
}

async function taken(slots: RequestSlots, party: string): Promise<Work> {
  const work = new Work();
  work.slot = await slots.take(party, work);
  return work;
}

describe("who gets a place", () => {
  test("whoever comes, while there is one; nobody waits where nobody is to give one", async () => {
    const slots = new RequestSlots(2, 1);
    const works = [await taken(slots, "a"), await taken(slots, "b")];
    await expect(taken(slots, "a")).rejects.toMatchObject({ code: "53300" });
    await expect(taken(slots, "c")).rejects.toMatchObject({ code: "53300" });
    works[0]?.slot?.[Symbol.dispose]();
    await taken(slots, "c");
    expect(works.map(({ reason }) => reason)).toEqual([undefined, undefined]);
  });

  test("at last each has as many, and the newest work of who had more has gone", async () => {
    const slots = new RequestSlots(4, 1);
    const works = [];
    for (let n = 0; n < 4; n++) works.push(await taken(slots, "a"));
    const others = await Promise.all([taken(slots, "b"), taken(slots, "b")]);
    await expect(taken(slots, "b")).rejects.toMatchObject({ code: "53300" });
    expect(works.map(({ reason }) => reason)).toEqual([undefined, undefined, "reclaimed", "reclaimed"]);
    expect(others.map(({ reason }) => reason)).toEqual([undefined, undefined]);
  });

  test("what ends by itself goes to who has the least of those who wait", async () => {
    const slots = new RequestSlots(3, 100_000);
    const works = [await taken(slots, "a"), await taken(slots, "a"), await taken(slots, "b")];
    for (const work of works) work.blockedSince = performance.now();
    const order: string[] = [];
    const waiting = ["a", "b", "c"].map(
      async (party) => await taken(slots, party).then(() => order.push(party)),
    );
    for (const { slot } of works) slot?.[Symbol.dispose]();
    await Promise.all(waiting);
    // When the first of a's ends, c has none; with the second a has none.
    expect(order).toEqual(["c", "a", "b"]);
  });

  test("a reader that goes on reading keeps its place, and who waited is refused", async () => {
    const slots = new RequestSlots(1, 1);
    const reader = await taken(slots, "a");
    reader.blockedSince = performance.now();
    const waiting = taken(slots, "a");
    reader.blockedSince = performance.now() + 1000;
    await expect(waiting).rejects.toMatchObject({ code: "53300" });
    expect(reader.reason).toBe(undefined);
  });

  test("one that stops while it waits gets none", async () => {
    const slots = new RequestSlots(1, 100_000);
    const reader = await taken(slots, "a");
    reader.blockedSince = performance.now();
    const leaver = new Work();
    const waiting = slots.take("b", leaver);
    leaver.stop("left");
    await expect(waiting).rejects.toMatchObject({ code: "57014" });
    reader.slot?.[Symbol.dispose]();
    await taken(slots, "c");
  });
});

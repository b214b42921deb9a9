/** Rows as they come: forms, memory, clients that leave or do not read, failures in the middle. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failure, type HttpApp, startHttpApp } from "./http-app.js";

let app: HttpApp;
const MANY = "SELECT n, repeat('x', 100) AS text FROM range(100000000) AS r(n)";

beforeAll(async () => {
  app = await startHttpApp({ maxHttpRequests: 3, httpIdleTimeoutMs: 300 });
});

afterAll(async () => await app[Symbol.asyncDispose]());

async function rawQuery(sql: string, accept: string, version = "1.1"): Promise<Socket> {
  const body = JSON.stringify({ sql });
  const socket = connect(app.port, "127.0.0.1");
  await once(socket, "connect");
  socket.write(
    `POST /v1/query HTTP/${version}\r\nHost: localhost\r\nAccept: ${accept}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

/** All that came, and whether the connection ended with an error. */
async function readAll(socket: Socket): Promise<{ readonly text: string; readonly failed: boolean }> {
  let text = "";
  try {
    for await (const chunk of socket) text += String(chunk);
    return { text, failed: false };
  } catch {
    return { text, failed: true };
  }
}

/** How many other requests work: places are given back when a statement has stopped. */
async function others(): Promise<unknown> {
  const [row] = await app.rows("SELECT count(*) AS n FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
  return row?.["n"];
}
const PATIENTLY = { timeout: 60_000 };

describe("forms", () => {
  const sql = "SELECT * FROM (VALUES (1, 'a,\"b\"', NULL), (2, '', 1.50)) AS t(id, text, number) ORDER BY id";

  test.each([
    ["text/csv", 'id,text,number\n1,"a,""b""",\n2,"",1.50\n'],
    ["application/x-ndjson", '{"id":1,"text":"a,\\"b\\"","number":null}\n{"id":2,"text":"","number":1.50}\n'],
    [
      "text/csv;q=0.5, application/x-ndjson;q=0.9",
      '{"id":1,"text":"a,\\"b\\"","number":null}\n{"id":2,"text":"","number":1.50}\n',
    ],
  ])("%s", async (accept, expected) => {
    const { text, headers } = await app.post("/v1/query", { sql }, { accept });
    expect(text).toBe(expected);
    expect(headers.get("content-type")).toContain(
      accept.includes("ndjson") ? "application/x-ndjson" : "text/csv",
    );
  });

  test.each(["application/x-ndjson", "text/csv", "*/*"])("no rows as %s", async (accept) => {
    const { text, status } = await app.post("/v1/query", { sql: "SELECT 1 AS a WHERE false" }, { accept });
    expect(status).toBe(200);
    expect(text).toBe({ "application/x-ndjson": "", "text/csv": "a\n" }[accept] ?? text);
  });

  test("others are refused", async () => {
    expect(failure(await app.post("/v1/query", { sql }, { accept: "text/html" }))).toBe("406 NOT_ACCEPTABLE");
  });
});

describe("a failure behind the first rows", () => {
  const failing = "SELECT n, 1 / (300000 - n) AS x FROM range(1000000) AS r(n)";

  test.each(["application/json", "application/x-ndjson", "text/csv"])(
    "as %s cuts the answer off",
    async (accept) => {
      const { text } = await readAll(await rawQuery(failing, accept));
      expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
      expect(text).toContain("Transfer-Encoding: chunked");
      // The last chunk says that it is whole: it is not there.
      expect(text.endsWith("0\r\n\r\n")).toBe(false);
      expect(text.includes('"execution_time_ms"')).toBe(false);
      expect(text.includes('"sqlstate":"22000"')).toBe(accept === "application/x-ndjson");
    },
  );

  test("without chunks resets the connection", async () => {
    const { text, failed } = await readAll(await rawQuery(failing, "text/csv", "1.0"));
    expect(text).not.toContain("Transfer-Encoding");
    expect(failed).toBe(true);
  });
});

describe("a client", () => {
  test("that leaves stops its statement, before the first row and behind it", async () => {
    const waiting = await rawQuery("SELECT count(*) FROM range(100000000000)", "*/*");
    const reading = await rawQuery(MANY, "text/csv");
    await once(reading, "data");
    await expect.poll(others, PATIENTLY).toBe(2);
    waiting.destroy();
    reading.destroy();
    await expect.poll(others, PATIENTLY).toBe(0);
  });

  test("that does not read is sent away, and never fills memory", async () => {
    const before = process.memoryUsage().rss;
    const sockets = await Promise.all([rawQuery(MANY, "text/csv"), rawQuery(MANY, "application/json")]);
    for (const socket of sockets) socket.on("error", () => undefined);
    await expect.poll(others, PATIENTLY).toBe(2);
    await expect.poll(others, PATIENTLY).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    for (const socket of sockets) socket.destroy();
  });
});

test("a client that leaves in the middle of a write leaves nothing of it", async () => {
  await app.write("CREATE TABLE left_behind (a int)");
  const sql = "INSERT INTO left_behind VALUES (1); SELECT pg_sleep(60); INSERT INTO left_behind VALUES (2)";
  const body = JSON.stringify({ sql });
  const writing = connect(app.port, "127.0.0.1");
  writing.write(
    `POST /v1/write HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await expect.poll(others, PATIENTLY).toBe(1);
  writing.destroy();
  await expect.poll(others, PATIENTLY).toBe(0);
  expect(await app.rows("SELECT count(*) AS n FROM left_behind")).toEqual([{ n: 0 }]);
});

test("of two that merge a branch at once one does, and its rows are there once", async () => {
  await app.write("CREATE TABLE merged_once (a int)");
  expect((await app.post("/v1/branches", { name: "both" })).status).toBe(201);
  await app.write("INSERT INTO merged_once VALUES (1)", "both");
  const answers = await Promise.all([1, 2].map(async () => await app.post("/v1/branches/both/merge")));
  expect(answers.map(({ json }) => String(Object(json).status)).toSorted()).toEqual(["merged", "up_to_date"]);
  expect(await app.rows("SELECT a FROM merged_once")).toEqual([{ a: 1 }]);
});

test("a request that takes too long is stopped", async () => {
  for (const sql of ["SELECT pg_sleep(60)", "SELECT count(*) FROM range(100000000000)"])
    expect(failure(await app.post("/v1/query", { sql, timeout_ms: 50 }))).toBe("504 TIMEOUT 57014");
  expect(
    failure(
      await app.post("/v1/write", {
        sql: "CREATE TABLE t AS SELECT 1 AS n; SELECT pg_sleep(60)",
        timeout_ms: 50,
      }),
    ),
  ).toBe("504 TIMEOUT 57014");
  expect(failure(await app.post("/v1/query", { sql: "SELECT * FROM t" }))).toBe("400 VALIDATION_ERROR 42P01");
});

/** Bytes that are no request, and requests that Node would answer itself: told as every failure is. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DuckbranchClient } from "../../src/client/index.js";
import { failure, type HttpApp, startHttpApp } from "./http-app.js";

let app: HttpApp;
beforeAll(async () => {
  app = await startHttpApp();
});
afterAll(async () => await app[Symbol.asyncDispose]());

const HOST = "Host: localhost\r\n";

/** What the server says, as the other tests read it. */
async function told(text: string): Promise<string> {
  const socket = connect(app.port, "127.0.0.1");
  let received = "";
  socket.on("data", (bytes) => (received += String(bytes)));
  socket.on("error", () => undefined);
  socket.write(text);
  await once(socket, "close");
  const [head = "", body = ""] = received.split("\r\n\r\n");
  const [, status] = /^HTTP\/1\.1 (\d+) /.exec(head) ?? [];
  const headers = new Headers(
    head
      .split("\r\n")
      .slice(1)
      .map((line): [string, string] => {
        const [name = "", value = ""] = line.split(/: ?/);
        return [name, value];
      }),
  );
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  const json: unknown = JSON.parse(body);
  expect(json).toMatchObject({ error: { request_id: headers.get("x-request-id") } });
  return failure({ status: Number(status), headers, text: body, json });
}

test.each([
  ["GARBAGE\r\n\r\n", "400 VALIDATION_ERROR"],
  [`GET /health HTTP/1.1\r\n${HOST}no header\r\n\r\n`, "400 VALIDATION_ERROR"],
  [
    `POST /v1/query HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`,
    "400 VALIDATION_ERROR",
  ],
  [`GET /health HTTP/1.1\r\n${HOST}X: ${"x".repeat(20_000)}\r\n\r\n`, "431 HEADERS_TOO_LARGE"],
  ["GET /health HTTP/1.1\r\nConnection: close\r\n\r\n", "400 VALIDATION_ERROR"],
  [`GET /health HTTP/1.1\r\n${HOST}${HOST}Connection: close\r\n\r\n`, "400 VALIDATION_ERROR"],
  [
    `GET /health HTTP/1.1\r\n${HOST}X-Api-Key: a\r\nX-API-Key: b\r\nConnection: close\r\n\r\n`,
    "400 VALIDATION_ERROR",
  ],
  [
    `POST /v1/branches HTTP/1.1\r\n${HOST}Content-Type:\r\nContent-Length: 2\r\nConnection: close\r\n\r\n1a`,
    "400 VALIDATION_ERROR",
  ],
  [`GET /nowhere HTTP/1.1\r\n${HOST}Expect: miracles\r\nConnection: close\r\n\r\n`, "404 NOT_FOUND"],
])("%j", async (text, expected) => {
  expect(await told(text)).toBe(expected);
});

test.each([".", ".."])("a branch cannot be called %s: its path would be another's", async (name) => {
  expect(failure(await app.post("/v1/branches", { name }))).toBe("400 VALIDATION_ERROR 42602");
  const { branches } = new DuckbranchClient({ url: app.url });
  await expect(branches.write(name, "CREATE TABLE on_main (a int)")).rejects.toMatchObject({
    code: "VALIDATION_ERROR",
  });
  expect(await app.rows("SELECT count(*) AS n FROM pg_class WHERE relname = 'on_main'")).toEqual([{ n: 0 }]);
});

/** With the text as it stands in JSON. */
function query(text: string): string {
  return `{"sql": "SELECT '${text}' AS text"}`;
}

test("half of a surrogate pair is refused, where a whole one is a character", async () => {
  expect((await app.post("/v1/query", query("\\ud83d\\ude00"))).text).toContain('"text":"😀"');
  expect((await app.post("/v1/query", query("\\\\ud83d"))).text).toContain("ud83d");
  for (const text of ["\\ud83d", "\\ude00\\ud83d", "a\\uDE00"])
    expect(failure(await app.post("/v1/query", query(text)))).toBe("400 VALIDATION_ERROR");
  expect(failure(await app.post("/v1/branches", '{"name": "x\\ud800"}'))).toBe("400 VALIDATION_ERROR");
});

test("an address that is too long is the client's failure", async () => {
  expect(failure(await app.get(`/v1/branches/${"9".repeat(3000)}`))).toBe("404 NOT_FOUND 3D000");
  expect(failure(await app.get(`/v1/branches/${"9".repeat(5000)}`))).toBe("400 VALIDATION_ERROR");
});

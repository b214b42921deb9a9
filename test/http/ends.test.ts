/** Encryption, clients that send nothing, and the end of the server. */
import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { Client } from "pg";
import { describe, expect, test } from "vitest";
import { type App, startApp } from "../../src/app.js";
import { type ConfigInput, readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { makeCertificate, writeCertificate } from "../support/certificate.js";

async function start(config: ConfigInput): Promise<App & { readonly httpPort: number }> {
  const app = await startApp(readConfig({ port: 0, data: ":memory:", ...config }, {}), createLog("fatal"));
  return Object.assign(app, { httpPort: app.http?.port ?? 0 });
}

/** The status of /ready, by a client that trusts one certificate. */
async function readyOver(port: number, certificate: string): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path: "/ready", ca: certificate, agent: false };
    const request = httpsRequest(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("error", reject);
    request.end();
  });
}

/** Everything up to the end of the connection, however it ends. */
async function untilClosed(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("data", (bytes) => (received += String(bytes)));
  socket.on("error", () => undefined);
  socket.write(text);
  await once(socket, "close");
  return received;
}

function queryText(sql: string): string {
  const body = JSON.stringify({ sql });
  return `POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

test("with a certificate the port is HTTPS only, and follows a new one", async () => {
  await using directory = await temporaryDirectory();
  const first = makeCertificate();
  const files = await writeCertificate(directory, first);
  const app = await start(files);
  try {
    expect(await readyOver(app.httpPort, first.certificate)).toBe(200);
    expect(await untilClosed(app.httpPort, queryText("SELECT 1"))).not.toContain("200");
    const second = makeCertificate();
    await writeCertificate(directory, second);
    await app.reload();
    expect(await readyOver(app.httpPort, second.certificate)).toBe(200);
    await expect(readyOver(app.httpPort, first.certificate)).rejects.toMatchObject({
      code: expect.any(String),
    });
  } finally {
    await app.close();
  }
});

describe("a client that", () => {
  test.each([
    ["says nothing", ""],
    ["does not finish its head", "GET /health HTTP/1.1\r\nHost: local"],
    [
      "does not finish its body",
      "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
    ],
    ["is not HTTP", "\0\0\0\b\x04\xd2\x16\x2f"],
  ])("%s is hung up on", async (_, text) => {
    const app = await start({ authenticationTimeoutMs: 100 });
    try {
      expect(await untilClosed(app.httpPort, text)).toMatch(/^(?:|HTTP\/1\.1 4\d\d .*)/);
    } finally {
      await app.close();
    }
  });
});

describe("the end of the server", () => {
  test("waits for requests under way", async () => {
    const app = await start({});
    const holder = new Client({ ...app.address, user: "holder", database: "main" });
    await holder.connect();
    await holder.query("SELECT pg_advisory_lock(7)");
    const asked = untilClosed(app.httpPort, queryText("SELECT 42 AS answer, pg_advisory_lock(7)"));
    await sessionsOf(app, 2);
    // The wire's client is sent away, and its lock with it.
    holder.on("error", () => undefined);
    await app.close();
    expect(await asked).toContain('"answer":42');
  });

  test("refuses new work while an answer goes out, and says so", async () => {
    const app = await start({});
    const socket = connect(app.httpPort, "127.0.0.1");
    const sql = "SELECT repeat('x', 1000) AS x FROM range(100000)";
    socket.write(queryText(sql));
    // Whose answer nobody reads on.
    await once(socket, "readable");
    const closed = app.close();
    const url = `http://127.0.0.1:${app.httpPort}`;
    const health = await fetch(`${url}/health`);
    expect([health.status, await health.json()]).toMatchObject([200, { status: "draining" }]);
    for (const path of ["/ready", "/v1/branches", "/v1/nothing"]) {
      const refused = await fetch(url + path);
      expect([refused.status, refused.headers.get("connection")]).toEqual([503, "close"]);
      expect(await refused.json()).toMatchObject({
        error: { code: "UNAVAILABLE", details: { sqlstate: "57P03" } },
      });
    }
    let received = 0;
    socket.on("data", (bytes) => (received += bytes.length));
    await closed;
    expect(received).toBeGreaterThan(100_000_000);
    await expect(fetch(`${url}/health`)).rejects.toThrow("fetch failed");
  });

  test("stops what takes longer", async () => {
    const app = await start({ drainTimeoutMs: 50 });
    const asked = untilClosed(app.httpPort, queryText("SELECT count(*) FROM range(100000000000)"));
    await sessionsOf(app, 1);
    await app.close();
    expect(await asked).toMatch(/^HTTP\/1\.1 503 .*"sqlstate":"57P01"/s);
  });
});

/** Asks until so many requests work. */
async function sessionsOf(app: App & { readonly httpPort: number }, count: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${app.httpPort}/metrics`);
    if ((await answer.text()).includes(`\nduckbranch_sessions ${count}\n`)) return;
  }
}

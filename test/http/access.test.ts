/** Who is let in: users and passwords, pages of browsers, limits, encryption, metrics of what happened. */
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCOPES } from "../../src/core/scopes.js";
import { deriveVerifier } from "../../src/users/scram-verifier.js";
import { changeUserFile } from "../../src/users/user-file.js";
import { failure, type HttpApp, startHttpApp } from "./http-app.js";

/** fetch sets Host itself. */
async function statusWith(app: HttpApp, headers: Record<string, string>): Promise<number> {
  const request = httpRequest({
    port: app.port,
    host: "127.0.0.1",
    path: "/v1/query",
    method: "POST",
    headers,
  });
  request.end('{"sql": "SELECT 1"}');
  return await new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
}

function basic(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}

describe("without users", () => {
  let app: HttpApp;
  beforeAll(async () => {
    app = await startHttpApp({ maxHttpBodyBytes: 1000 });
  });
  afterAll(async () => await app[Symbol.asyncDispose]());

  test.each([
    [{ host: "localhost:5440" }, 200],
    [{ host: "127.0.0.1" }, 200],
    [{ host: "[::1]:5440" }, 200],
    [{ host: "evil.example" }, 403],
    [{ host: "127.0.0.1.evil.example" }, 403],
    [{ host: "localhost:5440", origin: "http://localhost:5440" }, 200],
    [{ host: "localhost:5440", origin: "http://localhost:3000" }, 403],
    [{ host: "localhost:5440", origin: "http://evil.example" }, 403],
    [{ host: "localhost:5440", origin: "null" }, 403],
    [{ host: "localhost:5440", "sec-fetch-site": "cross-site" }, 403],
    [{ host: "localhost:5440", "sec-fetch-site": "same-site" }, 403],
    [{ host: "localhost:5440", "sec-fetch-site": "same-origin" }, 200],
    [{ host: "localhost", "content-type": "text/plain" }, 415],
    [{ host: "localhost", "content-type": "application/x-www-form-urlencoded" }, 415],
    [{ host: "localhost", "content-type": "application/jsonp" }, 415],
    [{ host: "localhost", "content-type": "application/json; charset=utf-8" }, 200],
    [{ host: "localhost", "content-type": 'Application/JSON;charset="UTF-8"; x=y' }, 200],
    [{ host: "localhost", "content-type": "application/json", "content-encoding": "identity" }, 200],
    [{ host: "localhost", "content-type": "application/json; charset=utf-16" }, 415],
    [{ host: "localhost", "content-type": "application/json", "content-encoding": "gzip" }, 415],
  ])("a request with %j is answered with %i", async (headers, status) => {
    expect(await statusWith(app, headers)).toBe(status);
  });

  test.each([
    ["/v1/query", "{", "400 VALIDATION_ERROR"],
    ["/v1/query", "[]", "400 VALIDATION_ERROR"],
    ["/v1/query", '{"sql": 5}', "400 VALIDATION_ERROR"],
    ["/v1/write", '{"sql": "SELECT 1", "parms": []}', "400 VALIDATION_ERROR"],
    ["/v1/write", `{"sql": "${"x".repeat(1000)}"}`, "413 PAYLOAD_TOO_LARGE"],
    ["/v1/write", '{"sql": "SELECT 1", "timeout_ms": -1}', "400 VALIDATION_ERROR"],
  ])("%s with the body %s is refused", async (path, body, expected) => {
    expect(failure(await app.post(path, body))).toBe(expected);
  });

  test("metrics count what happened on the port", async () => {
    await app.write("CREATE BRANCH counted");
    await app.post("/v1/query", { sql: "SELECT 1/0" });
    const { text, headers } = await app.get("/metrics");
    expect(headers.get("content-type")).toMatch(/^text\/plain; version=/);
    expect(text).toMatch(/^duckbranch_statement_seconds_count\{class="branch"\} [1-9]/m);
    expect(text).toMatch(/^duckbranch_statement_failures_total\{class="read",sqlstate="22012"\} 1$/m);
    expect(text).toMatch(
      /^duckbranch_http_request_seconds_count\{method="POST",route="\/v1\/query",status="400"\} [1-9]/m,
    );
    expect(text).toMatch(/^duckbranch_branches\{status="active"\} 1$/m);
    expect(text).toMatch(/^duckbranch_branch_bytes\{of="all"\} 0$/m);
    expect(text).toMatch(/^duckbranch_sessions 0$/m);
    expect(text).toMatch(/^duckbranch_deleted_branches 0$/m);
    expect(text).toMatch(/^duckbranch_overlay_ratio 1$/m);
    await app.write("CREATE TABLE m (id int PRIMARY KEY); INSERT INTO m VALUES (1), (2)");
    await app.post("/v1/branches", { name: "over" });
    await app.post("/v1/branches/over/write", {
      sql: "DELETE FROM m WHERE id = 1; CREATE TABLE own (a int)",
    });
    await app.request("DELETE", "/v1/branches/counted");
    const later = (await app.get("/metrics")).text;
    expect(later).toMatch(/^duckbranch_branch_tables\{state="overlay"\} 1$/m);
    expect(later).toMatch(/^duckbranch_overlay_ratio 0.5$/m);
    expect(later).toMatch(/^duckbranch_deleted_branches 1$/m);
  });
});

describe("with a users file", () => {
  let app: HttpApp;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "duckbranch-http-"));
    const users = join(directory, "users");
    const verifiers = new Map([
      ["ann", await deriveVerifier("päss:word")],
      ["agent", await deriveVerifier("hd_live_key")],
      ["ben", await deriveVerifier("b")],
    ]);
    const scopes = new Map([["ben", SCOPES.filter((scope) => scope !== "admin")]]);
    await changeUserFile(users, (list) => ({ ...list, verifiers, scopes }));
    app = await startHttpApp({ users });
  });
  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  test("passwords are those of the wire, and keys are the password of agent", async () => {
    const whoami = { sql: "SELECT current_user AS name" };
    expect((await app.post("/v1/query", whoami, basic("ann", "päss:word"))).json).toMatchObject({
      rows: [{ name: "ann" }],
    });
    for (const headers of [
      { authorization: "ApiKey hd_live_key" },
      { authorization: "Bearer hd_live_key" },
      { "x-api-key": "hd_live_key" },
    ])
      expect((await app.post("/v1/query", whoami, headers)).json).toMatchObject({
        rows: [{ name: "agent" }],
      });
  });

  test("a private branch is refused to others on every path", async () => {
    const ann = basic("ann", "päss:word");
    expect((await app.post("/v1/branches", { name: "mine" }, ann)).status).toBe(201);
    expect((await app.post("/v1/branches/mine/access", { access: "private" }, ann)).status).toBe(200);
    const path = "/v1/branches/mine";
    const posts = Object.entries({
      query: { sql: "SELECT 1" },
      write: { sql: "SELECT 1" },
      merge: {},
      sync: {},
      extend: { ttl_hours: 1 },
      rename: { name: "x" },
      protect: {},
      access: { access: "open" },
      grant: { grantee: "ben", privilege: "read" },
    });
    const ben = basic("ben", "b");
    const answers = [
      ...["", "/grants", "/diff", "/conflicts"].map(async (what) => await app.get(path + what, ben)),
      ...posts.map(async ([what, body]) => await app.post(`${path}/${what}`, body, ben)),
      app.request("DELETE", path, undefined, ben),
    ];
    for (const answer of await Promise.all(answers)) expect(failure(answer)).toBe("403 FORBIDDEN 42501");
    expect((await app.get("/v1/branches/mine/grants", ann)).json).toMatchObject({
      access: "private",
      owner: "ann",
    });
  });

  test("others are not let in, but see that the process is there", async () => {
    const refused = await app.get("/v1/branches");
    expect(failure(refused)).toBe("401 UNAUTHORIZED 28000");
    expect(refused.headers.get("www-authenticate")).toMatch(/^Basic /);
    expect((await app.get("/health")).status).toBe(200);
    expect((await app.get("/ready")).status).toBe(200);
    for (const path of ["/metrics", "/v1/databases/main/tables", "/v1/organizations//branches"])
      expect(failure(await app.get(path))).toBe("401 UNAUTHORIZED 28000");
    expect(failure(await app.post("/v1/write", { sql: "SELECT 1" }))).toBe("401 UNAUTHORIZED 28000");
  });

  test("wrong passwords are refused, and the verdicts come later each time", async () => {
    const attempts = [
      basic("ann", "wrong"),
      basic("bob", "x"),
      basic("ann", ""),
      { authorization: "Bearer wrong" },
    ];
    for (const headers of attempts)
      expect(failure(await app.get("/v1/branches", headers))).toBe("401 UNAUTHORIZED 28P01");
    expect((await app.get("/v1/branches", basic("ann", "päss:word"))).status).toBe(200);
  });
});

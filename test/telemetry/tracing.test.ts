/** Traces as a collector gets them: one span a statement, with its head, class, rows and end, and nothing of its text. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";

const value = z.object({ stringValue: z.string().optional(), intValue: z.coerce.number().optional() });
const spanShape = z.object({
  name: z.string(),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  attributes: z.array(z.object({ key: z.string(), value })),
  status: z.object({ code: z.number() }),
});
const batch = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(spanShape) })) })),
});

let collector: Server;
let endpoint: string;
const received: string[] = [];

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  received.push(`${request.method} ${request.url}\n${await text(request)}`);
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
}

beforeAll(async () => {
  collector = createServer((request, response) => void take(request, response));
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  const address = collector.address();
  endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});
afterAll(() => {
  collector.closeAllConnections();
  collector.close();
});

/** `branch create main b 1 row ok`: what a span says, in a line. */
function lineOf({ name, attributes, status }: z.output<typeof spanShape>): string {
  const found = new Map(attributes.map(({ key, value: of }) => [key, of.stringValue ?? of.intValue]));
  const parts = ["head", "branch", "rows"].map((part) => found.get(`duckbranch.${part}`));
  const code = found.get("db.response.status_code");
  return [name, ...parts.filter((part) => part !== undefined), status.code === 2 ? code : "ok"].join(" ");
}

test("a span for each statement, and nothing of texts and values", async () => {
  const config = readConfig({ port: 0, data: ":memory:", otlpEndpoint: `${endpoint}/` }, {});
  const app = await startApp(config, createLog("fatal"));
  const client = new Client({ ...app.address, user: "ann", password: "x", database: "main" });
  await client.connect();
  await client.query("CREATE TABLE secret_table (secret_column int PRIMARY KEY, b text)");
  await client.query("INSERT INTO secret_table VALUES (1, 'secret_value'), (2, 'secret_value')");
  await client.query("CREATE BRANCH b");
  await client.query("USE BRANCH b");
  await client.query("UPDATE secret_table SET b = 'secret_value2' WHERE secret_column = 1");
  await client.query("SELECT * FROM secret_table WHERE b LIKE $1", ["secret%"]);
  await expect(client.query("SELECT secret_column / 0 FROM secret_table")).rejects.toThrow("division");
  await expect(client.query("INSERT INTO secret_table VALUES (1, 'secret_value')")).rejects.toThrow(
    "duplicate",
  );
  await client.query("MERGE BRANCH b INTO main USING branch_wins");
  await client.end();
  await app.close();
  expect(received.every((request) => request.startsWith("POST /v1/traces\n"))).toBe(true);
  expect(received.join("")).not.toContain("secret");
  const spans = received.flatMap((request) =>
    batch
      .parse(JSON.parse(request.slice(request.indexOf("\n"))))
      .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
  expect(spans.map(lineOf)).toEqual([
    "definition main ok",
    "write main 2 ok",
    "branch create main b ok",
    "branch use main b ok",
    "write b 1 ok",
    "read b 2 ok",
    "read b 22012",
    "write b 23505",
    "branch merge b b 1 ok",
  ]);
  const now = BigInt(Date.now()) * 1_000_000n;
  for (const { startTimeUnixNano: from, endTimeUnixNano: to } of spans) {
    expect(to > from && now - from < 600_000_000_000n && to <= now + 1_000_000_000n).toBe(true);
  }
});

test("a collector that is not there holds nothing up, and where none is configured nothing is sent", async () => {
  for (const otlpEndpoint of ["http://127.0.0.1:9", undefined]) {
    const config = readConfig({ port: 0, data: ":memory:", otlpEndpoint }, {});
    const before = received.length;
    const app = await startApp(config, createLog("fatal"));
    const client = new Client({ ...app.address, user: "ann", password: "x", database: "main" });
    await client.connect();
    expect((await client.query("SELECT 1 AS a")).rows).toEqual([{ a: 1 }]);
    await client.end();
    await app.close();
    expect(received.length).toBe(before);
  }
  expect(() => readConfig({ otlpEndpoint: "collector" }, {})).toThrow("otlpEndpoint");
});

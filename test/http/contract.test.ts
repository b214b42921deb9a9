/** The OpenAPI document against the server: what it answers is what the document says, path by path and status by status. */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type Answer, type HttpApp, startHttpApp } from "./http-app.js";

const operation = z.looseObject({
  responses: z.record(
    z.string(),
    z.looseObject({ content: z.record(z.string(), z.looseObject({ schema: z.unknown() })) }),
  ),
});
const document = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

let app: HttpApp;
let described: z.output<typeof document>;

beforeAll(async () => {
  app = await startHttpApp({ maxHttpBodyBytes: 10_000 });
  described = document.parse((await app.get("/openapi.json")).json);
  await app.write("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1), (2, 2)");
});

afterAll(async () => await app[Symbol.asyncDispose]());

/** The schema as zod reads it, with what it refers to beside it. */
function schemaOf(path: string, method: string, status: number, type: string): z.ZodType {
  const { content } = described.paths[path]?.[method]?.responses[String(status)] ?? { content: {} };
  const schema = content[type]?.schema;
  if (schema === undefined) throw new Error(`${method} ${path} ${status} ${type} is not described`);
  const text = JSON.stringify({ allOf: [schema], $defs: described.components.schemas });
  return z.fromJSONSchema(JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")));
}

function requireDescribed(path: string, method: string, answer: Answer): void {
  const [type = ""] = (answer.headers.get("content-type") ?? "").split(";");
  const schema = schemaOf(path, method, answer.status, type);
  const isJson = type === "application/json";
  schema.parse(isJson ? answer.json : answer.text);
  // A description that anything fits would say nothing.
  expect(schema.safeParse(isJson ? {} : 5).success).toBe(false);
}

const BRANCH = "/v1/branches/{branch}";
const ORGANIZATION = "/v1/organizations/{org}/branches";

/** In order: each path and status at least once, in a life of a few branches. */
const CALLS: readonly (readonly [
  method: string,
  path: string,
  url: string,
  body: unknown,
  status: number,
])[] = [
  ["get", "/health", "/health", undefined, 200],
  ["get", "/v1/health", "/v1/health", undefined, 200],
  ["get", "/ready", "/ready", undefined, 200],
  ["get", "/metrics", "/metrics", undefined, 200],
  ["post", "/v1/query", "/v1/query", { sql: "SELECT * FROM t" }, 200],
  ["post", "/v1/query", "/v1/query", { sql: "SELECT * FROM nothing" }, 400],
  ["post", "/v1/query", "/v1/query", { sql: "SELECT 1", database: "other" }, 404],
  ["post", "/v1/query", "/v1/query", { sql: "SELECT pg_sleep(30)", timeout_ms: 20 }, 504],
  ["post", "/v1/write", "/v1/write", { sql: "UPDATE t SET n = 1 RETURNING *" }, 200],
  ["post", "/v1/write", "/v1/write", { sql: "INSERT INTO t VALUES (1, 1)" }, 409],
  ["post", "/v1/write", "/v1/write", { sql: 1 }, 400],
  ["get", "/v1/databases/{database}/tables", "/v1/databases/main/tables", undefined, 200],
  ["get", "/v1/databases/{database}/tables", "/v1/databases/other/tables", undefined, 404],
  ["post", "/v1/branches", "/v1/branches", { name: "b", ttl_hours: 1, description: "x" }, 201],
  ["post", "/v1/branches", "/v1/branches", { name: "b" }, 409],
  ["post", "/v1/branches", "/v1/branches", { nam: "b" }, 400],
  ["post", "/v1/branches", "/v1/branches", { name: "c", parent: "nothing" }, 404],
  ["get", "/v1/branches", "/v1/branches", undefined, 200],
  ["get", "/v1/branches", "/v1/branches?status=nope", undefined, 400],
  ["get", "/v1/expiring", "/v1/expiring?within_hours=2", undefined, 200],
  ["get", "/v1/expiring", "/v1/expiring?limit=1&offset=0", undefined, 200],
  ["get", "/v1/expiring", "/v1/expiring?within_hours=x", undefined, 400],
  ["get", "/v1/branches", "/v1/branches?status=active&limit=1&offset=1", undefined, 200],
  ["get", "/v1/branches", "/v1/branches?limit=-1", undefined, 400],
  ["post", `${BRANCH}/write`, "/v1/branches/b/write", { sql: "UPDATE t SET n = n + 1" }, 200],
  ["post", `${BRANCH}/write`, "/v1/branches/b/write", { sql: "UPDATE main.t SET n = 0" }, 403],
  ["post", `${BRANCH}/query`, "/v1/branches/b/query", { sql: "SELECT * FROM t", row_format: "array" }, 200],
  ["post", `${BRANCH}/query`, "/v1/branches/x/query", { sql: "SELECT * FROM t" }, 404],
  ["get", BRANCH, "/v1/branches/b", undefined, 200],
  ["get", BRANCH, "/v1/branches/x", undefined, 404],
  ["get", `${BRANCH}/diff`, "/v1/branches/b/diff", undefined, 200],
  ["get", `${BRANCH}/diff`, "/v1/branches/x/diff", undefined, 404],
  ["post", `${BRANCH}/extend`, "/v1/branches/b/extend", { ttl_hours: 2 }, 200],
  ["post", `${BRANCH}/extend`, "/v1/branches/b/extend", {}, 400],
  ["post", `${BRANCH}/extend`, "/v1/branches/b/extend", { max_rows: 1 }, 200],
  ["post", `${BRANCH}/write`, "/v1/branches/b/write", { sql: "INSERT INTO t VALUES (9, 9)" }, 429],
  ["post", `${BRANCH}/extend`, "/v1/branches/b/extend", { max_rows: 1000, idle_ttl_seconds: 60 }, 200],
  ["post", `${BRANCH}/rename`, "/v1/branches/b/rename", { name: "b1" }, 200],
  ["post", `${BRANCH}/rename`, "/v1/branches/b/rename", { name: "b1" }, 404],
  ["post", `${BRANCH}/rename`, "/v1/branches/b1/rename", { name: "b" }, 200],
  ["post", `${BRANCH}/protect`, "/v1/branches/b/protect", {}, 200],
  ["delete", BRANCH, "/v1/branches/b", undefined, 409],
  ["post", `${BRANCH}/unprotect`, "/v1/branches/b/unprotect", undefined, 200],
  ["post", `${BRANCH}/unprotect`, "/v1/branches/x/unprotect", undefined, 404],
  ["post", `${BRANCH}/grant`, "/v1/branches/b/grant", { grantee: "ann", privilege: "read" }, 200],
  ["post", `${BRANCH}/grant`, "/v1/branches/b/grant", { grantee: "ann", privilege: "merge" }, 400],
  ["get", `${BRANCH}/grants`, "/v1/branches/b/grants", undefined, 200],
  ["get", `${BRANCH}/grants`, "/v1/branches/x/grants", undefined, 404],
  ["post", `${BRANCH}/revoke`, "/v1/branches/b/revoke", { grantee: "ann", privilege: "read" }, 200],
  ["post", `${BRANCH}/access`, "/v1/branches/b/access", { access: "open" }, 200],
  ["post", `${BRANCH}/access`, "/v1/branches/b/access", { access: "closed" }, 400],
  ["post", "/v1/write", "/v1/write", { sql: "UPDATE t SET n = 7 WHERE id = 1" }, 200],
  ["get", `${BRANCH}/conflicts`, "/v1/branches/b/conflicts", undefined, 200],
  ["post", `${BRANCH}/preview`, "/v1/branches/b/preview", { strategy: "main_wins" }, 200],
  ["post", `${BRANCH}/preview`, "/v1/branches/b/preview", { token: "x" }, 400],
  ["post", `${BRANCH}/preview`, "/v1/branches/x/preview", {}, 404],
  ["post", `${BRANCH}/sync`, "/v1/branches/b/sync", {}, 409],
  ["post", `${BRANCH}/sync`, "/v1/branches/b/sync", { strategy: "manual" }, 200],
  ["post", `${BRANCH}/abandon`, "/v1/branches/b/abandon", {}, 200],
  ["post", `${BRANCH}/sync`, "/v1/branches/b/sync", { into: "main" }, 400],
  ["post", `${BRANCH}/merge`, "/v1/branches/b/merge", {}, 409],
  ["post", `${BRANCH}/merge`, "/v1/branches/b/merge", { strategy: "manual" }, 200],
  ["get", `${BRANCH}/conflicts`, "/v1/branches/b/conflicts", undefined, 200],
  [
    "post",
    `${BRANCH}/resolve`,
    "/v1/branches/b/resolve",
    { merge_id: "m", resolutions: { t: "main_wins" } },
    404,
  ],
  ["post", `${BRANCH}/abandon`, "/v1/branches/b/abandon", {}, 200],
  ["post", `${BRANCH}/abandon`, "/v1/branches/b/abandon", {}, 404],
  ["get", `${ORGANIZATION}/{branch}/conflicts`, "/v1/organizations//branches/b/conflicts", undefined, 200],
  ["post", `${BRANCH}/merge`, "/v1/branches/b/merge", { strategy: "branch_wins" }, 200],
  ["post", `${BRANCH}/undo`, "/v1/branches/b/undo", {}, 200],
  ["post", `${BRANCH}/undo`, "/v1/branches/b/undo", {}, 404],
  ["delete", BRANCH, "/v1/branches/b", undefined, 200],
  ["delete", BRANCH, "/v1/branches/b", undefined, 404],
  ["post", `${BRANCH}/undelete`, "/v1/branches/b/undelete", {}, 200],
  ["post", `${BRANCH}/undelete`, "/v1/branches/b/undelete", {}, 409],
  ["delete", BRANCH, "/v1/branches/b", undefined, 200],
  ["post", `${BRANCH}/undelete`, "/v1/branches/b/undelete", { name: "b2", ttl_hours: 2 }, 200],
  ["post", "/v1/branches", "/v1/branches", { name: "child", parent: "b2" }, 201],
  ["delete", BRANCH, "/v1/branches/b2?cascade=yes", undefined, 400],
  ["delete", BRANCH, "/v1/branches/b2", undefined, 409],
  ["delete", BRANCH, "/v1/branches/b2?immediate=true&cascade=true", undefined, 200],
  ["get", BRANCH, "/v1/branches/child", undefined, 404],
  ["post", `${BRANCH}/undelete`, "/v1/branches/b2/undelete", { nam: "b" }, 400],
  ["post", `${BRANCH}/undelete`, "/v1/branches/nobody/undelete", {}, 404],
  ["post", ORGANIZATION, "/v1/organizations//branches", { agent_id: "a", tables: ["t"], name: "o" }, 201],
  ["get", ORGANIZATION, "/v1/organizations//branches", undefined, 200],
  ["get", `${ORGANIZATION}/analytics`, "/v1/organizations//branches/analytics", undefined, 200],
  ["get", `${ORGANIZATION}/{branch}`, "/v1/organizations/x/branches/o", undefined, 200],
  ["get", `${ORGANIZATION}/{branch}/diff`, "/v1/organizations//branches/o/diff", undefined, 200],
  ["get", `${ORGANIZATION}/{branch}/cost`, "/v1/organizations//branches/o/cost", undefined, 200],
  ["post", `${ORGANIZATION}/{branch}/merge`, "/v1/organizations//branches/o/merge", {}, 200],
  ["delete", `${ORGANIZATION}/{branch}`, "/v1/organizations//branches/o", undefined, 200],
  ["delete", `${ORGANIZATION}/{branch}`, "/v1/organizations//branches/o", undefined, 404],
];

test("answers are as they are described, for every path", async () => {
  for (const [method, path, url, body, status] of CALLS) {
    const answer = await app.request(method.toUpperCase(), url, body);
    expect([method, url, answer.status, answer.status === status ? "" : answer.text]).toEqual([
      method,
      url,
      status,
      "",
    ]);
    requireDescribed(path, method, answer);
  }
  const called = new Set(CALLS.map(([method, path]) => `${method} ${path}`));
  called.add(`post ${BRANCH}/resolve`);
  const all = Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((one) => `${one} ${path}`),
  );
  expect([...called].toSorted()).toEqual(all.toSorted());
});

/** With parameters that stand for nothing. */
function posts(): readonly (readonly [path: string, url: string])[] {
  return Object.entries(described.paths).flatMap(([path, methods]) =>
    "post" in methods ? [[path, path.replaceAll(/\{\w+\}/g, "x")] as const] : [],
  );
}

describe("every path", () => {
  test("refuses pages of other origins as it is described", async () => {
    for (const [path, methods] of Object.entries(described.paths)) {
      for (const method of Object.keys(methods)) {
        const url = path.replaceAll(/\{\w+\}/g, "x");
        const answer = await app.request(method.toUpperCase(), url, undefined, {
          origin: "http://evil.example",
        });
        expect([method, path, answer.status]).toEqual([method, path, 403]);
        requireDescribed(path, method, answer);
      }
    }
  });

  test("that takes a body refuses fields it does not read, and what is no UTF-8, as it is described", async () => {
    expect(posts().length).toBeGreaterThan(15);
    const required = {
      sql: "SELECT 1",
      name: "n",
      merge_id: "m",
      resolutions: {},
      grantee: "g",
      privilege: "read",
    };
    for (const [path, url] of posts()) {
      const mistyped = await app.post(url, { stratgy: "branch_wins" });
      expect([path, mistyped.status, mistyped.text]).toEqual([path, 400, expect.stringContaining("stratgy")]);
      requireDescribed(path, "post", mistyped);
      for (const headers of [
        { "content-type": "application/json; charset=utf-16" },
        { "content-type": "application/json; charset=latin1" },
        { "content-encoding": "gzip" },
        { "content-type": "application/xml" },
      ]) {
        const answer = await app.post(url, required, headers);
        expect([path, headers, answer.status]).toEqual([path, headers, 415]);
        requireDescribed(path, "post", answer);
      }
    }
  });

  test("refuses parameters it does not read", async () => {
    for (const [path, methods] of Object.entries(described.paths)) {
      if (path.startsWith("/v1/organizations/") || !path.startsWith("/v1/") || path === "/v1/health")
        continue;
      for (const method of Object.keys(methods)) {
        const url = `${path.replaceAll(/\{\w+\}/g, "x")}?stratgy=branch_wins`;
        const answer = await app.request(method.toUpperCase(), url);
        expect([method, path, answer.status, answer.text]).toEqual([
          method,
          path,
          400,
          expect.stringContaining("stratgy"),
        ]);
        requireDescribed(path, method, answer);
      }
    }
  });

  test("is described without references that lead nowhere", () => {
    const names = [...JSON.stringify(described).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => name === undefined || !(name in described.components.schemas))).toEqual([]);
  });
});

test("routes import neither SQL's rules nor branches': they can only say SQL", () => {
  const folder = new URL("../../src/http/", import.meta.url);
  for (const file of readdirSync(folder))
    expect(readFileSync(new URL(file, folder), "utf8")).not.toMatch(/from "\.\.\/(?:sql|branch|engine)\//);
});

/** The requests of HatiData's published clients, in their forms: see its REST paths. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerOf, failure, type HttpApp, startHttpApp } from "./http-app.js";

let app: HttpApp;
/** An organisation nobody named: two slashes. */
const BRANCHES = "/v1/organizations//branches";

beforeAll(async () => {
  app = await startHttpApp();
  await app.write(
    "CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'ann'), (2, 'bob')",
  );
});

afterAll(async () => await app[Symbol.asyncDispose]());

/** As some clients send it: JSON that nobody says is JSON. */
async function postPlain(path: string, body: unknown): ReturnType<HttpApp["post"]> {
  const bytes = new Blob([JSON.stringify(body)]);
  return await answerOf(
    await fetch(app.url + path, { method: "POST", body: bytes, headers: { accept: "application/json" } }),
  );
}

test("a branch is made, listed as a bare array, looked at, compared, merged and ended", async () => {
  const made = await postPlain(BRANCHES, { agent_id: "agent-1", tables: ["users"], description: "trial" });
  expect(made.status).toBe(201);
  expect(made.json).toMatchObject({
    id: expect.stringMatching(/^[\da-f]{12}$/),
    agent_id: "agent-1",
    tables: ["users"],
    description: "trial",
    status: "active",
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
  const { json } = await app.get(BRANCHES, { "x-api-key": "hd_live_key" });
  expect(json).toEqual([expect.objectContaining({ agent_id: "agent-1", status: "active" })]);
  const [row] = await app.rows("SELECT branch_id FROM duckbranch.branches");
  const id = String(row?.["branch_id"]);
  await app.write(
    "UPDATE users SET name = 'eve' WHERE id = 1; INSERT INTO users VALUES (3, 'cid'); DELETE FROM users WHERE id = 2",
    id,
  );
  expect((await app.get(`${BRANCHES}/${id}`)).json).toMatchObject({ id, tables: ["users"] });
  expect((await app.get(BRANCHES)).json).toEqual(
    expect.arrayContaining([expect.objectContaining({ id, tables: ["users"] })]),
  );
  expect((await app.get(`${BRANCHES}/${id}/diff`)).json).toEqual({
    tables: { users: { added: 1, removed: 1, changed: 1 } },
  });
  expect((await app.get(`${BRANCHES}/${id}/cost`)).json).toEqual({
    storage_bytes: expect.any(Number),
    compute_credits: 0,
  });
  expect((await app.get(`${BRANCHES}/analytics`)).json).toEqual({ total_branches: 1, active_branches: 1 });
  await app.write("UPDATE users SET name = 'zoe' WHERE id = 1");
  expect((await app.get(`${BRANCHES}/${id}/diff`)).json).toEqual({
    tables: { users: { added: 1, removed: 1, changed: 1 } },
  });
  expect((await app.get(`${BRANCHES}/${id}/conflicts`)).json).toMatchObject({
    has_conflicts: true,
    conflicts: [{ table: "users", row_count: 1 }],
  });
  expect(failure(await postPlain(`${BRANCHES}/${id}/merge`, { strategy: "misspelt" }))).toBe(
    "400 VALIDATION_ERROR 22023",
  );
  expect(failure(await postPlain(`${BRANCHES}/${id}/merge`, { strategy: "abort" }))).toBe(
    "409 CONFLICT 40002",
  );
  const manual = await postPlain(`${BRANCHES}/${id}/merge`, { strategy: "manual" });
  expect(manual.json).toMatchObject({ status: "conflicted", branch_id: id, conflicts: 1 });
  expect(failure(await postPlain(`${BRANCHES}/${id}/merge`, {}))).toBe("409 CONFLICT 55000");
  expect((await app.post(`/v1/branches/${id}/abandon`)).json).toMatchObject({ status: "active" });
  expect(failure(await app.post(`/v1/branches/${id}/abandon`))).toBe("404 NOT_FOUND");
  const merged = await postPlain(`/v1/organizations/acme/branches/${id}/merge`, { strategy: "branch_wins" });
  expect(merged.json).toMatchObject({ status: "merged", branch_id: id, conflicts: 0 });
  expect(await app.rows("SELECT * FROM users ORDER BY id")).toEqual([
    { id: 1, name: "eve" },
    { id: 3, name: "cid" },
  ]);
  await app.post("/v1/branches", { name: "gone" });
  expect((await app.request("DELETE", `${BRANCHES}/gone`)).json).toMatchObject({ status: "discarded" });
  expect(failure(await app.get(`${BRANCHES}/gone`))).toBe("404 NOT_FOUND 3D000");
});

test("the client of the data plane finds health, queries and tables", async () => {
  for (const path of ["/health", "/v1/health"])
    expect((await app.get(path, { authorization: "Bearer hd_key" })).json).toMatchObject({ status: "ok" });
  const headers = { authorization: "Bearer hd_key" };
  const answer = await app.post(
    "/v1/query",
    { sql: "SELECT 1 AS n", params: [], database: "default" },
    headers,
  );
  expect(answer.json).toEqual({
    columns: [{ name: "n", type: "int4" }],
    rows: [{ n: 1 }],
    execution_time_ms: expect.any(Number),
  });
  expect((await app.get("/v1/databases/default/tables", headers)).json).toMatchObject({
    tables: [
      {
        name: "users",
        schema: "public",
        columnCount: 2,
        columns: [
          { name: "id", nullable: false },
          { name: "name", nullable: true },
        ],
      },
    ],
  });
  expect(failure(await app.get("/v1/databases/other/tables"))).toBe("404 NOT_FOUND 3D000");
});

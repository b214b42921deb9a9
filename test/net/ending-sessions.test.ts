/** pg_cancel_backend and pg_terminate_backend: what one session does to another, by its process id. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg, type PgClient } from "../cli/pg-client.js";
import { startTestApp, type TestApp } from "../cli/test-app.js";

/** Hours of work that no statistics answer. */
const ENDLESS = "SELECT count(*) FROM range(100000000000) r(i) WHERE i % 7 = 3";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  await using client = await connectPg(app.address);
  await client.rows("CREATE BRANCH work");
});
afterAll(async () => await app[Symbol.asyncDispose]());

async function processIdOf(client: PgClient): Promise<unknown> {
  return await client.value("SELECT pg_backend_pid()");
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => "no failure",
    (error: unknown) => error,
  );
}

describe.each(["main", "main/work"])("on %s", (database) => {
  test("what a session does is seen by its user's others, and by strangers only that it is there", async () => {
    await using admin = await connectPg(app.address, database);
    await using watched = await connectPg(app.address, database);
    const pid = await processIdOf(watched);
    const sql = "SELECT state, query, xact_start IS NULL FROM pg_stat_activity WHERE pid = $1";
    expect(await admin.rows(sql, [pid])).toEqual([["idle", "SELECT pg_backend_pid()", true]]);
    await watched.rows("BEGIN");
    expect(await admin.rows(sql, [pid])).toEqual([["idle in transaction", "BEGIN", false]]);
    await expect(watched.rows("SELECT nope")).rejects.toMatchObject({ code: "42703" });
    expect(await admin.rows(sql, [pid])).toEqual([["idle in transaction (aborted)", "SELECT nope", false]]);
    await watched.rows("ROLLBACK");
    expect(await admin.rows(sql, [pid])).toEqual([["idle", "ROLLBACK", true]]);
    await using stranger = await connectPg(app.address, { database, user: "stranger" });
    expect(await stranger.rows(sql, [pid])).toEqual([[null, "<insufficient privilege>", true]]);
  });

  test("an idle session is ended with 57P01, and its transaction with it", async () => {
    await using admin = await connectPg(app.address, database);
    await using victim = await connectPg(app.address, database);
    await victim.rows("BEGIN");
    await victim.rows("CREATE TABLE half_made (a int)");
    const told = once(victim.pg, "error");
    expect(await admin.value("SELECT pg_terminate_backend($1)", [await processIdOf(victim)])).toBe(true);
    expect(await told).toMatchObject([{ code: "57P01" }]);
    await expect(admin.rows("SELECT * FROM half_made")).rejects.toMatchObject({ code: "42P01" });
  });

  test("a session at work is ended in the middle of its statement", async () => {
    await using admin = await connectPg(app.address, database);
    await using victim = await connectPg(app.address, database);
    const processId = await processIdOf(victim);
    const [error] = await Promise.all([
      failureOf(victim.rows(ENDLESS)),
      admin.value(`SELECT pg_terminate_backend(${String(processId)})`),
    ]);
    expect(error).toMatchObject({ code: "57P01" });
  });

  test("a cancelled statement fails alone", async () => {
    await using admin = await connectPg(app.address, database);
    await using victim = await connectPg(app.address, database);
    const processId = await processIdOf(victim);
    const endless = failureOf(victim.rows(ENDLESS));
    let error: unknown;
    // A request that comes before the statement began is for nobody.
    while (error === undefined) {
      const asked = admin.value("SELECT pg_cancel_backend($1)", [processId]);
      error = await Promise.race([endless, asked.then(() => undefined)]);
      await asked;
    }
    expect(error).toMatchObject({ code: "57014" });
    expect(await victim.value("SELECT 1")).toBe(1);
  });

  test("nobody's process id is false, NULL is NULL, and one's own session can be ended, too", async () => {
    await using client = await connectPg(app.address, database);
    expect(
      await client.rows("SELECT pg_terminate_backend(2147483647), pg_cancel_backend(NULL::int)"),
    ).toEqual([[false, null]]);
    await expect(client.rows("SELECT pg_terminate_backend(pg_backend_pid())")).rejects.toMatchObject({
      code: "57P01",
    });
  });

  test("another user's session is left alone", async () => {
    await using victim = await connectPg(app.address, database);
    await using other = await connectPg(app.address, { database, user: "somebody" });
    await expect(
      other.rows("SELECT pg_terminate_backend($1)", [await processIdOf(victim)]),
    ).rejects.toMatchObject({ code: "42501" });
    expect(await victim.value("SELECT 1")).toBe(1);
  });
});

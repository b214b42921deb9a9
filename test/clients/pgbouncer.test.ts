/** pgbouncer in transaction mode: more clients than connections, on main and on a branch at once. */
import { DatabaseError } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { connectPg, type PgClient } from "../cli/pg-client.js";
import type { TestApp } from "../cli/test-app.js";
import { freePort } from "../support/postgres.js";
import { BRANCH, startAppWithBranch } from "./heads.js";
import { startPgBouncer, type PgBouncer } from "./pgbouncer.js";
import { hasProgram } from "./toolchain.js";

const hasPgBouncer = hasProgram("pgbouncer");
const DATABASES = { main: "main", feature: `main/${BRANCH}` };
const POOL_SIZE = 2;
const CLIENTS = 6;

/** Transactions written with parameters; who loses a race tries again. */
async function addTo(client: PgClient, id: number, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    await client.rows("BEGIN");
    try {
      await client.rows("UPDATE cities SET area = area + $1 WHERE id = $2", [1, id]);
      await client.rows("COMMIT");
      done += 1;
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== "40001") throw error;
      await client.rows("ROLLBACK");
    }
  }
}

describe.skipIf(!hasPgBouncer)("through pgbouncer", () => {
  let app: TestApp;
  let bouncer: PgBouncer;
  beforeEach(async () => {
    app = await startAppWithBranch();
    bouncer = await startPgBouncer(app.address, await freePort(), {
      databases: DATABASES,
      poolSize: POOL_SIZE,
    });
  });
  afterEach(async () => {
    await bouncer[Symbol.asyncDispose]();
    await app[Symbol.asyncDispose]();
  });

  async function withClients(database: string, use: (clients: PgClient[]) => Promise<void>): Promise<void> {
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async () => await connectPg(bouncer.address, database)),
    );
    try {
      await use(clients);
    } finally {
      await Promise.all(clients.map(async (client) => await client[Symbol.asyncDispose]()));
    }
  }

  test("every client works on its database's head, transaction by transaction", async () => {
    await withClients("main", async (main) => {
      await withClients("feature", async (feature) => {
        await Promise.all([
          ...main.map(async (client) => await addTo(client, 1, 5)),
          ...feature.map(async (client) => await addTo(client, 2, 5)),
        ]);
        const areas = "SELECT area FROM cities ORDER BY id";
        expect(await main[0]?.rows(areas)).toEqual([["157.57"], ["414.78"]]);
        expect(await feature[0]?.rows(areas)).toEqual([["127.57"], ["444.78"]]);
        expect(await feature[1]?.value("SHOW branch")).toBe(BRANCH);
      });
    });
  });

  test("nothing of a session reaches the next client of its connection", async () => {
    await withClients("main", async (clients) => {
      for (const client of clients) {
        expect(await client.value("SHOW branch")).toBe("main");
        expect(await client.value("SHOW search_path")).toBe('"$user", public');
        await expect(client.rows("SELECT * FROM passing")).rejects.toMatchObject({ code: "42P01" });
        await client.rows("CREATE TEMP TABLE passing (n int)");
        await client.rows("SET search_path = pg_catalog");
        await client.rows("SET statement_timeout = 12345");
        await client.rows(`SET branch = '${BRANCH}'`);
        await client.rows("PREPARE passing AS SELECT 1");
      }
    });
  });

  test("a statement that fails, or is given up, leaves a connection others can use", async () => {
    await withClients("feature", async (clients) => {
      for (const client of clients) {
        await client.rows("BEGIN");
        await expect(client.rows("SELECT * FROM no_such")).rejects.toMatchObject({ code: "42P01" });
        await expect(client.rows("SELECT 1")).rejects.toMatchObject({ code: "25P02" });
        await client.rows("ROLLBACK");
      }
      const sums = clients.map(async (client, i) => await client.value("SELECT $1::INT + 1", [i]));
      expect(await Promise.all(sums)).toEqual(clients.map((_, i) => i + 1));
    });
  });

  test("an application's name comes through, and a database it does not know is refused", async () => {
    await using client = await connectPg(bouncer.address, { database: "main", application_name: "pooled" });
    expect(await client.value("SHOW application_name")).toBe("pooled");
    await expect(connectPg(bouncer.address, "nowhere")).rejects.toBeInstanceOf(Error);
  });
});

test.skipIf(!hasPgBouncer)("pgbouncer logs in by SCRAM", async () => {
  const user = { name: "tester", password: "correct horse" };
  const config = readConfig({ port: 0, data: ":memory:", password: user.password }, {});
  const app = await startApp(config, createLog("error"));
  const bouncer = await startPgBouncer(app.address, await freePort(), {
    databases: DATABASES,
    poolSize: POOL_SIZE,
    user,
  });
  {
    await using client = await connectPg(bouncer.address, { password: user.password });
    expect(await client.value("SELECT 1")).toBe(1);
    await expect(connectPg(bouncer.address, { password: "wrong" })).rejects.toMatchObject({ code: "08P01" });
  }
  await bouncer[Symbol.asyncDispose]();
  await app.close();
});

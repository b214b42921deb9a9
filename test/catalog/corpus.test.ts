/** 246 statements that psql, SQLAlchemy, asyncpg, pgjdbc, pgcli and pg_dump were seen to send to PostgreSQL 15. */
import { readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestApp } from "../cli/test-app.js";
import { startWithFixture, runScript, USER } from "./fixture.js";
import { KNOWN_FAILURES } from "./known-failures.js";

interface CapturedStatement {
  readonly family: string;
  readonly proto: "simple" | "extended";
  readonly sql: string;
}

const CORPUS = JSON.parse(
  readFileSync(new URL("corpus/introspection.json", import.meta.url), "utf8"),
) as readonly CapturedStatement[];

/** OIDs the fixture's objects had when the corpus was captured. */
const CAPTURED_OIDS: ReadonlyMap<string, string> = new Map([
  ["16385", "'app.customers'::regclass::oid"],
  ["16396", "'app.orders'::regclass::oid"],
  ["16409", "'app.orders_ordered_idx'::regclass::oid"],
  ["16410", "'app.v_orders'::regclass::oid"],
  ["16414", "'app.seq1'::regclass::oid"],
  ["16415", "(SELECT typarray FROM pg_type WHERE typname = 'mood')"],
  ["16416", "(SELECT oid FROM pg_type WHERE typname = 'mood')"],
  ["16423", "'public.t1'::regclass::oid"],
  ["16428", "'public.v1'::regclass::oid"],
]);

let app: TestApp;
beforeAll(async () => {
  app = await startWithFixture();
  await runScript(app.address, "main", "create branch work");
});
afterAll(async () => await app[Symbol.asyncDispose]());

async function connect(database: string): Promise<pg.Client> {
  const client = new pg.Client({ ...app.address, user: USER, database });
  await client.connect();
  return client;
}

/** The same look-ups with the OIDs the objects have here. */
async function readOids(client: pg.Client): Promise<ReadonlyMap<string, string>> {
  const oids = new Map<string, string>();
  for (const [captured, expression] of CAPTURED_OIDS) {
    const { rows } = await client.query<{ readonly oid: string }>(`SELECT ${expression} AS oid`);
    oids.set(captured, String(rows[0]?.oid));
  }
  return oids;
}

/** Numbers of the statements that fail, run in their order in one session: pg_dump's share a transaction. */
async function failures(client: pg.Client): Promise<number[]> {
  const oids = await readOids(client);
  const failed: number[] = [];
  for (const [number, { sql, proto }] of CORPUS.entries()) {
    const text = sql.replaceAll(/\b16\d{3}\b/g, (oid) => oids.get(oid) ?? oid);
    const query = proto === "extended" ? { text, values: [], queryMode: "extended" } : { text };
    try {
      await client.query(query);
    } catch (error) {
      expect(error).toBeInstanceOf(pg.DatabaseError);
      failed.push(number);
    }
  }
  return failed;
}

describe.each(["main", "main/work"])("the captured statements on %s", (database) => {
  test("run, but for the known ones", { timeout: 180_000 }, async () => {
    const client = await connect(database);
    try {
      const failed = await failures(client);
      expect(failed).toEqual([...KNOWN_FAILURES.keys()]);
      expect(CORPUS.length - failed.length).toBe(239);
    } finally {
      await client.end();
    }
  });
});

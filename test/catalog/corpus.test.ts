/** 246 statements that psql, SQLAlchemy, asyncpg, pgjdbc, pgcli and pg_dump were seen to send to PostgreSQL 15. */
import { readFileSync } from "node:fs";
import { Client, DatabaseError } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestApp } from "../cli/test-app.js";
import { startWithFixture, runScript, USER } from "./fixture.js";
import { KNOWN_FAILURES } from "./known-failures.js";

interface CapturedStatement {
  readonly sql: string;
  readonly isExtended: boolean;
}

function readCorpus(): readonly CapturedStatement[] {
  const corpus: unknown = JSON.parse(
    readFileSync(new URL("corpus/introspection.json", import.meta.url), "utf8"),
  );
  if (!Array.isArray(corpus)) throw new Error("the corpus is no list");
  return corpus.map((entry: Readonly<Record<string, unknown>>) => ({
    sql: String(entry["sql"]),
    isExtended: entry["proto"] === "extended",
  }));
}

const CORPUS = readCorpus();

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

async function connect(database: string): Promise<Client> {
  const client = new Client({ ...app.address, user: USER, database });
  await client.connect();
  return client;
}

/** The same look-ups with the OIDs the objects have here. */
async function readOids(client: Client): Promise<ReadonlyMap<string, string>> {
  const oids = new Map<string, string>();
  for (const [captured, expression] of CAPTURED_OIDS) {
    const { rows } = await client.query<{ readonly oid: string }>(`SELECT ${expression} AS oid`);
    oids.set(captured, String(rows[0]?.oid));
  }
  return oids;
}

/** Numbers of the statements that fail, run in their order in one session: pg_dump's share a transaction. */
async function failures(client: Client): Promise<number[]> {
  const oids = await readOids(client);
  const failed: number[] = [];
  for (const [number, { sql, isExtended }] of CORPUS.entries()) {
    const text = sql.replaceAll(/\b16\d{3}\b/g, (oid) => oids.get(oid) ?? oid);
    const query = isExtended ? { text, values: [], queryMode: "extended" } : { text };
    try {
      await client.query(query);
    } catch (error) {
      // Only an answer of the server counts as a failure of the statement.
      if (!(error instanceof DatabaseError)) throw error;
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
      expect(CORPUS.length - failed.length).toBe(245);
    } finally {
      await client.end();
    }
  });
});

/**
 * Random conversations held with this server and with PostgreSQL 15: types of messages, SQLSTATEs, tags, transaction
 * status and values must be the same. `PROTOCOL_SEED` repeats a run, `PROTOCOL_CASES` makes it longer.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { hasPostgres, type PostgresServer, startPostgres } from "../support/postgres.js";
import { converse } from "../support/transcript.js";
import { type Address, WireClient } from "../support/wire-client.js";
import { isKnown } from "./known-differences.js";
import { randomTurn } from "./messages.js";
import { randomFrom } from "./random.js";

const SEED = Number(process.env["PROTOCOL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const CASES = Number(process.env["PROTOCOL_CASES"] ?? 60);
const TURNS = 12;
const SETUP = ['Query "drop table if exists t"', 'Query "create table t (a int4, b text)"'];

let app: App;
let postgres: PostgresServer;
beforeAll(async () => {
  if (!hasPostgres) return;
  process.stdout.write(`PROTOCOL_SEED=${SEED}\n`);
  app = await startApp(readConfig({ data: ":memory:", port: 0 }, {}), createLog("error"));
  postgres = await startPostgres();
  using client = await WireClient.start(app.address);
  await client.query("create branch work");
});
afterAll(async () => {
  if (!hasPostgres) return;
  await app.close();
  await postgres[Symbol.asyncDispose]();
});

async function open(address: Address, database: string): Promise<WireClient> {
  const client = await WireClient.start(address, { database });
  await converse(client, SETUP);
  return client;
}

/** Holds one conversation with both, up to the first known difference: from there on they are in different states. */
async function compare(seed: number, database: string): Promise<void> {
  const random = randomFrom(seed);
  using ours = await open(app.address, database);
  using theirs = await open(postgres.address, "postgres");
  const said: string[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const messages = randomTurn(random);
    said.push(...messages.map((message) => `> ${message}`));
    const [actual, expected] = await Promise.all([converse(ours, messages), converse(theirs, messages)]);
    if (isKnown(messages, actual, expected)) return;
    expect(actual, `PROTOCOL_SEED=${seed} PROTOCOL_CASES=1\n${said.join("\n")}`).toEqual(expected);
    said.push(...expected.map((line) => `< ${line}`));
  }
}

describe.skipIf(!hasPostgres)("a random conversation is answered as by PostgreSQL", () => {
  it.each(["main", "main/work"])("on %s", { timeout: 300_000 }, async (database) => {
    for (let i = 0; i < CASES; i++) await compare(SEED + i, database);
  });
});

/**
 * Random conversations held with this server and with PostgreSQL 15: types of messages, SQLSTATEs, tags, transaction
 * status and values must be the same. Everyday runs hold the same conversations each time, so that a failure is the
 * change's own; `npm run test:long` holds many new ones. `PROTOCOL_SEED` chooses (a number or `random`),
 * `PROTOCOL_CASES` says how many.
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
import { SETUP } from "./statements.js";
import { randomFrom } from "./random.js";

const asked = process.env["PROTOCOL_SEED"] ?? "20261122";
const SEED = asked === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(asked);
const CASES = Number(process.env["PROTOCOL_CASES"] ?? 25);
const TURNS = 12;

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

/** What was said up to the first answer that differs, and both answers. */
interface Disagreement {
  readonly repeat: string;
  readonly said: readonly string[];
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

/** Holds one conversation with both, up to the first known difference: from there on they are in different states. */
async function converseWithBoth(seed: number, database: string): Promise<Disagreement | undefined> {
  const random = randomFrom(seed);
  using us = await open(app.address, database);
  using them = await open(postgres.address, "postgres");
  const said: string[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const messages = randomTurn(random);
    said.push(...messages.map((message) => `> ${message}`));
    const [ours, theirs] = await Promise.all([converse(us, messages), converse(them, messages)]);
    if (isKnown(messages, ours, theirs)) return undefined;
    const differs = ours.length !== theirs.length || ours.some((line, i) => line !== theirs[i]);
    if (differs) return { repeat: `PROTOCOL_SEED=${seed} PROTOCOL_CASES=1`, said, ours, theirs };
    said.push(...theirs.map((line) => `< ${line}`));
  }
  return undefined;
}

describe.skipIf(!hasPostgres)("a random conversation is answered as by PostgreSQL", () => {
  it.each(["main", "main/work"])("on %s", { timeout: 300_000 }, async (database) => {
    for (let i = 0; i < CASES; i++) expect(await converseWithBoth(SEED + i, database)).toBeUndefined();
  });
});

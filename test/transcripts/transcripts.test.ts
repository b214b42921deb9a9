/** Replays every transcript against this server and, where its binaries are, against PostgreSQL 15. */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, type PostgresServer, startPostgres } from "../support/postgres.js";
import { startTestServer, type TestServer } from "../support/test-server.js";
import { replay } from "../support/transcript.js";

const FILES = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".txt"));

/** Where we differ from PostgreSQL on purpose; the file says why. */
const ORACLE_FILES = FILES.filter((name) => !name.startsWith("ours-"));

describe("this server answers", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  it.each(FILES)("%s", async (name) => {
    const text = readFileSync(new URL(name, import.meta.url), "utf8");
    const { expected, actual } = await replay(text, server.address, "main");
    expect(actual).toEqual(expected);
  });
});

describe.skipIf(!hasPostgres)("PostgreSQL 15 answers", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  it.each(ORACLE_FILES)("%s", async (name) => {
    const text = readFileSync(new URL(name, import.meta.url), "utf8");
    const { expected, actual } = await replay(text, server.address, "postgres");
    expect(actual).toEqual(expected);
  });
});

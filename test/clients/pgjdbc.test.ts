/** pgjdbc: a Java program that does what applications do, held against the same program on PostgreSQL. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import type { Address } from "../support/wire-client.js";
import { runProgram } from "./run-program.js";
import { jdbcDriver } from "./toolchain.js";
import { citiesIn, DATABASES, startTwins, type Twins } from "./twins.js";

const PROGRAM = fileURLToPath(new URL("jdbc/JdbcSession.java", import.meta.url));
const driver = jdbcDriver();

async function observe({ host, port }: Address, database: string): Promise<string[]> {
  const target = [host, String(port), database];
  const { code, output, errors } = await runProgram("java", ["-cp", driver ?? "", PROGRAM, ...target]);
  expect([code, errors]).toEqual([0, ""]);
  return output.trim().split("\n");
}

/** Two servers and two Java programs start at once: minutes on a busy machine. */
const SLOW_START_MS = 600_000;

describe.skipIf(driver === undefined || !hasPostgres)("pgjdbc", () => {
  let twins: Twins;
  let expected: string[];
  beforeAll(async () => {
    twins = await startTwins();
    expected = await observe(twins.oracle.address, "postgres");
  }, SLOW_START_MS);
  afterAll(async () => await twins[Symbol.asyncDispose]());

  test.each(DATABASES)(
    "sees on %s what it sees on PostgreSQL, and changes no other head",
    async (database) => {
      const { address } = twins.app;
      const others = DATABASES.filter((other) => other !== database);
      const before = await Promise.all(others.map(async (other) => await citiesIn(address, other)));
      expect(await observe(address, database)).toEqual(expected);
      expect(await citiesIn(address, database)).toEqual([300]);
      expect(await Promise.all(others.map(async (other) => await citiesIn(address, other)))).toEqual(before);
    },
  );
});

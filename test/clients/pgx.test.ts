/** pgx: a Go program in each of its five ways to run a query, held against the same program on PostgreSQL. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";
import { hasPostgres } from "../support/postgres.js";
import type { Address } from "../support/wire-client.js";
import { runProgram } from "./run-program.js";
import { hasProgram } from "./toolchain.js";
import { citiesIn, DATABASES, startTwins, type Twins } from "./twins.js";

const MODULE = fileURLToPath(new URL("pgx", import.meta.url));
const canRun = hasProgram("go") && hasPostgres;

describe.skipIf(!canRun)("pgx", () => {
  let directory: TemporaryDirectory;
  let program: string;
  let twins: Twins;
  let expected: string[];

  async function observe({ host, port }: Address, database: string): Promise<string[]> {
    const { code, output, errors } = await runProgram(program, [host, String(port), database]);
    expect([code, errors]).toEqual([0, ""]);
    return output.trim().split("\n");
  }

  beforeAll(async () => {
    directory = await temporaryDirectory();
    program = directory.file("session");
    const environment = { GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly -buildvcs=false" };
    const built = await runProgram("go", ["build", "-o", program, "."], { environment, directory: MODULE });
    if (built.code !== 0) throw new Error(built.errors);
    twins = await startTwins();
    expected = await observe(twins.oracle.address, "postgres");
  }, 300_000);
  afterAll(async () => {
    await twins[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  test.each(DATABASES)(
    "sees on %s what it sees on PostgreSQL, and changes no other head",
    async (database) => {
      const { address } = twins.app;
      const others = DATABASES.filter((other) => other !== database);
      const before = await Promise.all(others.map(async (other) => await citiesIn(address, other)));
      expect(await observe(address, database)).toEqual(expected);
      expect(await citiesIn(address, database)).toEqual([301]);
      expect(await Promise.all(others.map(async (other) => await citiesIn(address, other)))).toEqual(before);
    },
  );
});

/** Parameters of arithmetic that none declared: their types, the result's, and its digits, as PostgreSQL 15 has them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OID } from "../../src/pgtypes/oids.js";
import { hasPostgres } from "../support/postgres.js";
import { HEADS, startServers, type Servers } from "./servers.js";

const SETUP = `CREATE TABLE dv (i int PRIMARY KEY, b bigint, n numeric(10, 2), u numeric, f float8);
  INSERT INTO dv VALUES (7, 7, 10.50, 10.5, 7.5)`;

const EXPRESSIONS = [
  "i / $1",
  "b / $1",
  "n / $1",
  "u / $1",
  "f / $1",
  "$1 / i",
  "$1 / n",
  "$1 / f",
  "(n + 1) / $1",
  "sum(n) / $1",
  "avg(n) / $1",
  "n * 2 / $1",
  "n / $1 / 2",
  "n / ($1 + 1)",
  "5 / $1",
  "5.0 / $1",
  "coalesce(n, 0) / $1",
  "n % $1",
  "i + n * 2 - $1",
  "i - 2 + $1",
];

const DECLARED: readonly (readonly [type: number, expression: string])[] = [
  [OID.float8, "n / $1"],
  [OID.int4, "n / $1"],
  [OID.numeric, "i / $1"],
  [OID.float8, "i / $1"],
];

describe.skipIf(!hasPostgres)("a parameter beside an operator", () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers(SETUP);
  });
  afterAll(async () => await servers[Symbol.asyncDispose]());

  describe.each(HEADS)("on %s", (name) => {
    it.each(EXPRESSIONS)("%s", async (expression) => {
      const [on, oracle] = [servers.head(name), servers.oracle];
      const text = `SELECT ${expression} FROM dv`;
      expect(await on.describe(text)).toEqual(await oracle.describe(text));
      for (const value of ["3", "0", "x"])
        expect([value, ...(await on.bind(text, [value], "text"))]).toEqual([
          value,
          ...(await oracle.bind(text, [value], "text")),
        ]);
    });

    it.each(DECLARED)("type %i: %s", async (type, expression) => {
      const text = `SELECT ${expression} FROM dv`;
      expect(await servers.head(name).bind(text, ["3"], "text", [type])).toEqual(
        await servers.oracle.bind(text, ["3"], "text", [type]),
      );
    });

    it("one of an integer takes no fraction, one of a numeric keeps its own", async () => {
      for (const text of [
        "SELECT i / $1 FROM dv",
        "SELECT n / $1 FROM dv",
        "SELECT length(n::text) / $1 FROM dv",
      ])
        expect([text, ...(await servers.head(name).bind(text, ["0.7"], "text"))]).toEqual([
          text,
          ...(await servers.oracle.bind(text, ["0.7"], "text")),
        ]);
    });
  });
});

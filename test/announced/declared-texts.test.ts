/** Texts of parameters that were declared to be something else, and numbers used in several places, as PostgreSQL 15 has them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OID, arrayOidOf } from "../../src/pgtypes/oids.js";
import { hasPostgres } from "../support/postgres.js";
import { HEADS, startServers, type Servers } from "./servers.js";

const array = (oid: number): number => arrayOidOf(oid) ?? 0;

const SHOWN: readonly (readonly [type: number, value: string | null])[] = [
  [array(OID.int4), "{1,NULL,2}"],
  [array(OID.int2), "{{1,2},{3,4}}"],
  [array(OID.text), '{"a b",NULL,"c\\"d"}'],
  [array(OID.bool), "{t,f}"],
  [array(OID.json), '{"{\\"a\\": 1}"}'],
  [array(OID.timestamp), '{"2020-01-01 12:00:00"}'],
  [OID.bytea, "\\x00ff5c"],
  [OID.interval, "-1 days +00:00:05"],
  [OID.float8, "1e20"],
  [OID.float8, "100000"],
  [OID.float4, "1.5"],
  [OID.float8, null],
];

const PLACES = [
  "SELECT $1::text",
  "SELECT CAST($1 AS varchar)",
  "SELECT $1::text || 'x'",
  "SELECT length($1::text)",
  "INSERT INTO kept (t) VALUES ($1::text) RETURNING t",
  "INSERT INTO kept (t) SELECT $1::text RETURNING t",
  "UPDATE kept SET t = $1::text WHERE id = 1 RETURNING t",
];

const NUMBERS: readonly (readonly [type: number, text: string])[] = [
  [OID.int2, "SELECT $1 = 1, $1"],
  [OID.int8, "SELECT $1 = 1, $1"],
  [OID.float8, "SELECT $1 = 1, $1"],
  [OID.int4, "SELECT $1 = 1::bigint, $1"],
  [OID.int8, "SELECT id, $1 FROM kept WHERE id = $1"],
];

describe.skipIf(!hasPostgres)("what is declared is read by its type wherever it stands", () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers(
      "CREATE TABLE kept (id serial PRIMARY KEY, t text); INSERT INTO kept (t) VALUES ('old')",
    );
  });
  afterAll(async () => await servers[Symbol.asyncDispose]());

  describe.each(HEADS)("on %s", (name) => {
    it.each(PLACES)("%s", async (text) => {
      for (const [type, value] of SHOWN)
        expect([type, value, ...(await servers.head(name).bind(text, [value], "text", [type]))]).toEqual([
          type,
          value,
          ...(await servers.oracle.bind(text, [value], "text", [type])),
        ]);
    });

    it.each(NUMBERS)("type %i: %s", async (type, text) => {
      expect(await servers.head(name).bind(text, ["1"], "text", [type])).toEqual(
        await servers.oracle.bind(text, ["1"], "text", [type]),
      );
    });

    it("an enum's text is its label, in binary too", async () => {
      const on = servers.head(name);
      await on.script("CREATE TYPE hue AS ENUM ('red', 'dark blue')");
      const oid = Number(await on.value("SELECT oid FROM pg_type WHERE typname = 'hue'"));
      expect(await on.bind("SELECT $1::text", ["red"], "binary", [oid])).toContain('row ["red"]');
    });
  });
});

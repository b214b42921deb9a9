/** Parameters declared by the OIDs of types that users made, as PostgreSQL 15 takes them: on main, on a branch, and on a branch of that. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import type { Announcer } from "./announcing.js";
import { HEADS, startServers, type Servers } from "./servers.js";

const SETUP = `
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE TYPE spot AS (x int, label text);
  CREATE TYPE "Odd ""Type" AS ("a b" int, "Über" mood);
  CREATE SCHEMA s;
  CREATE TYPE s.nest AS (inner_spot spot, n int);
  CREATE TYPE s."Größe" AS ENUM ('klein', 'groß');
  CREATE DOMAIN posint AS int CHECK (value > 0);
  CREATE DOMAIN "Odd ""One" AS text CHECK (length(value) < 4);
  CREATE TABLE place (id int PRIMARY KEY, p spot, ps spot[], m mood);
  CREATE VIEW places AS SELECT * FROM place;`;

const TAKEN: readonly (readonly [type: string, text: string, value: string | null])[] = [
  ["mood", "SELECT $1", "ok"],
  ["mood", "SELECT $1", "bad"],
  ["mood[]", "SELECT $1", "{ok,NULL}"],
  ['s."Größe"', "SELECT $1", "groß"],
  ["spot", "SELECT $1", "(1,a)"],
  ["spot", "SELECT $1", null],
  ["spot", "SELECT ($1::spot).label", "(1,a)"],
  ["spot[]", "SELECT $1", '{"(1,a)",NULL}'],
  ['"Odd ""Type"', "SELECT $1", "(1,ok)"],
  ['"Odd ""Type"[]', "SELECT $1", '{"(1,ok)"}'],
  ["s.nest", "SELECT $1", '("(1,a)",2)'],
  ["spot", "INSERT INTO place (id, p) VALUES (7, $1) RETURNING p", "(1,a)"],
  ["spot[]", "UPDATE place SET ps = $1 WHERE id = 7 RETURNING ps", '{"(1,a)"}'],
  ["mood", "DELETE FROM place WHERE id = 7 AND m IS NOT DISTINCT FROM $1 RETURNING id", null],
  ["posint", "SELECT $1::posint", "4"],
  ["posint", "SELECT CAST($1 AS posint)", "-4"],
  ["posint", "SELECT $1::public.posint", null],
  ['"Odd ""One"', `SELECT $1::"Odd ""One"`, "abc"],
  ['"Odd ""One"', `SELECT $1::"Odd ""One"`, "abcd"],
];

/** What PostgreSQL takes, and DuckDB has no values or no checks for. */
const REFUSED: readonly (readonly [type: string, text: string])[] = [
  ["posint", "SELECT $1"],
  ["posint", "SELECT $1::int"],
  ["posint", "SELECT $1::posint, $1"],
  ["posint", "INSERT INTO place (id) VALUES ($1)"],
  ["posint[]", "SELECT $1"],
  ["place", "SELECT $1"],
  ["place[]", "SELECT $1"],
  ["places", "SELECT $1"],
];

const OID_OF = `SELECT t.oid FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace`;

/** By the names the catalogue shows: `s.nest`, `spot[]`. */
async function oidOf(on: Announcer, type: string): Promise<number> {
  const [, schema = "public", written = type, isArray] = /^(?:(\w+)\.)?(.*?)(\[\])?$/.exec(type) ?? [];
  const name = written.replaceAll(/^"|"$/g, "").replaceAll('""', '"');
  const shown = `${isArray === undefined ? "" : "_"}${name}`;
  return Number(await on.value(`${OID_OF} WHERE n.nspname = '${schema}' AND t.typname = '${shown}'`));
}

async function bound(on: Announcer, type: string, text: string, value: string | null): Promise<string[]> {
  return await on.bind(text, [value], "text", [await oidOf(on, type)]);
}

describe.skipIf(!hasPostgres)("declared types of users are known as on PostgreSQL 15", () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers(SETUP);
  });
  afterAll(async () => await servers[Symbol.asyncDispose]());

  describe.each(HEADS)("on %s", (name) => {
    it.each(TAKEN)("%s in %s for %j", async (type, text, value) => {
      expect(await bound(servers.head(name), type, text, value)).toEqual(
        await bound(servers.oracle, type, text, value),
      );
    });

    it.each(REFUSED)("refuses %s in %s", async (type, text) => {
      const [line] = await bound(servers.head(name), type, text, null);
      expect(line).toMatch(/^error 0A000 parameters declared to be of type _?(posint|places?) /);
    });

    it("and an OID of nothing is not", async () => {
      for (const on of [servers.head(name), servers.oracle])
        expect(await on.bind("SELECT $1", ["1"], "text", [2_147_483_001])).toEqual([
          "error XX000 cache lookup failed for type 2147483001",
        ]);
    });
  });

  it("those of the session's own transaction are, and go with it", async () => {
    const on = servers.head("main");
    await on.script("BEGIN; CREATE TYPE own AS (a int); CREATE TYPE hue AS ENUM ('red')");
    const oid = await oidOf(on, "own");
    expect(await on.bind("SELECT $1", ["(1)"], "text", [oid])).toContain('row ["(1)"]');
    expect(await bound(on, "own[]", "SELECT $1", "{(1)}")).toContain('row ["{(1)}"]');
    expect(await bound(on, "hue", "SELECT $1", "red")).toContain('row ["red"]');
    await on.script("ROLLBACK");
    expect(await on.bind("SELECT $1", ["(1)"], "text", [oid])).toEqual([
      `error XX000 cache lookup failed for type ${oid}`,
    ]);
  });

  it("those another session has just made are, on each head", async () => {
    for (const name of HEADS) {
      const on = servers.head(name);
      await on.script("CREATE TYPE late AS (a int); CREATE TYPE tint AS ENUM ('blue')");
      expect(await bound(on, "late", "SELECT $1", "(1)")).toContain('row ["(1)"]');
      expect(await bound(on, "late[]", "SELECT $1", "{(1)}")).toContain('row ["{(1)}"]');
      expect(await bound(on, "tint", "SELECT $1", "blue")).toContain('row ["blue"]');
    }
  });
});

/** Functions of language SQL are PostgreSQL 15's: on main, on a branch, and on a branch of that. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import { HEADS, startServers, type Servers } from "./servers.js";

const SETUP = `
  CREATE FUNCTION plus(a int, b int DEFAULT 3) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 + b';
  CREATE FUNCTION loud(x text) RETURNS text RETURN upper(x) || '!';
  CREATE FUNCTION "Odd ""fn"(v numeric(10,2), "Über" date) RETURNS boolean LANGUAGE sql AS $$ SELECT v > 1 AND "Über" IS NOT NULL; $$;
  CREATE FUNCTION half(n int) RETURNS int LANGUAGE sql AS 'SELECT n / 2';
  CREATE FUNCTION nothing(n int) RETURNS int LANGUAGE sql AS 'SELECT coalesce(n, 0)';
  CREATE TABLE t (id int PRIMARY KEY, name text);
  INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, NULL);`;

const RUN = [
  "SELECT plus(1, 2), plus(1), plus(NULL, 2), plus(b => 4, a => 1)",
  "SELECT id, plus(id, id), loud(name), half(id), nothing(NULL) FROM t ORDER BY id",
  `SELECT "Odd ""fn"(2, '2020-01-01'::date), "Odd ""fn"(0.5, NULL)`,
  "SELECT id FROM t WHERE plus(id) > 4 ORDER BY plus(id) DESC",
  "SELECT half(-7), half(7)",
  "INSERT INTO t VALUES (plus(1, 8), loud('z')) RETURNING id, name",
  "UPDATE t SET name = loud(name) WHERE id = plus(1, 8) RETURNING name",
  "DELETE FROM t WHERE id = plus(1, 8)",
  "SELECT proname, prorettype::regtype::text, pronargs, provolatile, proisstrict, prokind, proretset FROM pg_proc WHERE proname IN ('plus', 'loud') ORDER BY 1",
  "SELECT missing(1) IS NULL WHERE false",
] as const;

describe.skipIf(!hasPostgres)("functions are as on PostgreSQL 15", () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers(SETUP);
  });
  afterAll(async () => await servers[Symbol.asyncDispose]());

  describe.each(HEADS)("on %s", (name) => {
    it.each(RUN)("running %s", async (text) => {
      expect(codes(await servers.head(name).run(text))).toEqual(codes(await servers.oracle.run(text)));
    });
    it("binding arguments", async () => {
      const text = "SELECT plus($1, $2) AS sum, loud($3) AS text";
      expect(await servers.head(name).bind(text, ["4", "5", "e"], "binary")).toEqual(
        await servers.oracle.bind(text, ["4", "5", "e"], "binary"),
      );
    });
  });

  it("evaluates an argument once", async () => {
    const main = servers.head("main");
    await main.script("CREATE FUNCTION twice(x float8) RETURNS boolean LANGUAGE sql AS 'SELECT x = x'");
    expect(await main.value("SELECT bool_and(twice(random())) FROM generate_series(1, 100)")).toBe("t");
  });

  it.each([
    "CREATE FUNCTION no() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
    "CREATE FUNCTION no() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION no() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t'",
    "CREATE FUNCTION no() RETURNS int LANGUAGE sql AS 'SELECT (SELECT 1)'",
    "CREATE FUNCTION no(OUT a int) LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION lower(a text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
    "CREATE FUNCTION no() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
  ])("refuses %s", async (text) => {
    expect(await servers.head("main").run(text)).toEqual([expect.stringMatching(/^error 0A000/)]);
  });

  it("does not show a branch the macros that main makes later", async () => {
    await servers.head("main").script("CREATE MACRO shout(x) AS upper(x)");
    expect(await servers.head("main").value("SELECT shout('a')")).toBe("A");
    for (const name of ["branch", "branch of a branch"] as const)
      expect(await servers.head(name).run("SELECT shout('a')")).toEqual([
        "error 42883 function shout does not exist",
      ]);
  });

  const SCRIPT = [
    "CREATE FUNCTION plus(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION plus(a int, b int DEFAULT 3) RETURNS int LANGUAGE sql AS 'SELECT a * b'",
    "SELECT plus(2, 5), plus(NULL, 1)",
    "DROP FUNCTION plus(int)",
    "DROP FUNCTION IF EXISTS plus(int)",
    "DROP FUNCTION plus(int, integer)",
    "DROP FUNCTION half",
    "DROP FUNCTION half",
    "CREATE FUNCTION no() RETURNS boolean AS $$ $$ LANGUAGE sql",
    "BEGIN",
    "CREATE FUNCTION early(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1'",
    "SELECT early(1)",
    "ROLLBACK",
    "SELECT early(1)",
  ];
  it("as a script on main", async () => {
    for (const text of SCRIPT)
      expect([text, ...codes(await servers.head("main").run(text))]).toEqual([
        text,
        ...codes(await servers.oracle.run(text)),
      ]);
  });
});

/** Of errors their code: who does not find a function words it in its own way. */
function codes(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line.startsWith("error ") ? line.slice(0, "error 42883".length) : line));
}

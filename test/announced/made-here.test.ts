/** Types, domains, functions, sequences and schemas made on each head, as PostgreSQL 15 announces, lists and uses them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import { HEADS, startServers, type Servers } from "./servers.js";

const MADE = `
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE TYPE "Odd ""Type" AS ("a b" int, "Über" mood);
  CREATE DOMAIN small AS int CHECK (VALUE < 10);
  CREATE FUNCTION twice(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
  CREATE FUNCTION "Odd f"(a text, b text DEFAULT 'z') RETURNS text LANGUAGE sql AS 'SELECT a || b';
  CREATE SEQUENCE mine START 5 INCREMENT 5;
  CREATE SCHEMA s;
  CREATE TYPE s.hue AS ENUM ('r', 'g');
  CREATE SEQUENCE s.q;
  CREATE FUNCTION s.thrice(x int) RETURNS int LANGUAGE sql AS 'SELECT x * 3';
  CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval('mine'), m mood, o "Odd ""Type", d small, ms mood[], h s.hue);
  CREATE TABLE n (id serial PRIMARY KEY, a int);`;

const RUN = [
  "INSERT INTO t (m, o, d, ms, h) VALUES ('ok', row(1, 'sad'), 3, '{sad,ok}', 'g') RETURNING *",
  "INSERT INTO t (m) VALUES ('bad')",
  "INSERT INTO t (d) VALUES (30)",
  "SELECT m, o, ms, h FROM t",
  "SELECT 'sad'::mood, 'r'::s.hue, row(1, 'ok')::\"Odd \"\"Type\", '{ok}'::mood[]",
  "SELECT 'bad'::mood",
  "SELECT 1::absent",
  "SELECT twice(4), public.twice(5), \"Odd f\"('a'::text), \"Odd f\"('a'::text, 'b'::text), s.thrice(2)",
  "SELECT thrice(2)",
  "SELECT nextval('mine'), nextval('s.q')",
  "SELECT currval('mine')",
  "SELECT nextval('q')",
  "INSERT INTO n (a) VALUES (1) RETURNING id",
  "SELECT pg_get_serial_sequence('n', 'id')",
  "CREATE TYPE mood AS ENUM ('x')",
  "CREATE SEQUENCE mine",
  "CREATE SEQUENCE IF NOT EXISTS mine",
  "CREATE SCHEMA s",
  "CREATE SCHEMA IF NOT EXISTS s",
  "CREATE FUNCTION twice(x int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
  "DROP TYPE mood",
  "DROP SEQUENCE mine",
  "DROP SEQUENCE n_id_seq",
  "DROP TYPE absent",
  "DROP TYPE IF EXISTS absent",
  "DROP SEQUENCE absent",
  "DROP FUNCTION absent(int)",
  "DROP SCHEMA absent",
  "SELECT typname, typtype, typcategory FROM pg_type WHERE typname IN ('mood', '_mood', 'small', 'Odd \"Type', 'hue') ORDER BY 1",
  "SELECT enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid WHERE typname = 'mood' ORDER BY enumsortorder",
  "SELECT 'mood'::regtype::text, 's.hue'::regtype::text",
  "SELECT nspname FROM pg_namespace WHERE nspname = 's'",
  "SELECT relname, relkind FROM pg_class WHERE relname IN ('mine', 'q', 'n_id_seq', 't', 'Odd \"Type') ORDER BY 1",
  "SELECT schemaname, sequencename, start_value, increment_by FROM pg_sequences ORDER BY 1, 2",
  "SELECT proname, pronargs, prosrc, provolatile FROM pg_proc WHERE proname IN ('twice', 'thrice', 'Odd f') ORDER BY 1",
  "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = 't'::regclass AND attnum > 0 AND attname <> 'd' ORDER BY attnum",
  "SELECT sequence_name::text FROM information_schema.sequences WHERE sequence_schema = 's'",
] as const;

const BOUND: readonly (readonly [text: string, values: readonly (string | null)[]])[] = [
  ["SELECT $1::mood, $2::mood[]", ["ok", "{sad}"]],
  ["SELECT $1::mood", ["bad"]],
  ['SELECT $1::"Odd ""Type"', ["(3,ok)"]],
  ["SELECT twice($1)", ["21"]],
  ["INSERT INTO t (m, h) VALUES ($1, $2) RETURNING m, h", ["sad", "r"]],
];

const DROPPED = [
  "DROP TABLE t",
  "DROP TYPE mood",
  'DROP TYPE "Odd ""Type"',
  "DROP TYPE mood",
  "SELECT 'ok'::mood",
  "DROP FUNCTION twice(int)",
  "SELECT twice(1)",
  "DROP DOMAIN small",
  "DROP SEQUENCE mine",
  "SELECT nextval('mine')",
  "DROP SCHEMA s",
  "SELECT typname FROM pg_type WHERE typname IN ('mood', 'small')",
  "SELECT relname FROM pg_class WHERE relname = 'mine'",
] as const;

/** Errors without their texts: some of DuckDB's own differ, on main as on a branch. */
function codes(lines: readonly string[]): readonly string[] {
  return lines.map((line) => /^error \w+/.exec(line)?.[0] ?? line);
}

describe.skipIf(!hasPostgres)("what is made on a head is as on PostgreSQL 15", () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers("CREATE TABLE before (a int)");
    for (const name of HEADS) await servers.head(name).script(MADE);
    await servers.oracle.script(MADE);
  });
  afterAll(async () => await servers[Symbol.asyncDispose]());

  it.each(RUN)("running %s", async (text) => {
    const theirs = codes(await servers.oracle.run(text));
    for (const name of HEADS)
      expect([name, codes(await servers.head(name).run(text))]).toEqual([name, theirs]);
  });
  it.each(BOUND)("binding %s with %j", async (text, values) => {
    const theirs = await servers.oracle.bind(text, values, "text");
    for (const name of HEADS)
      expect([name, await servers.head(name).bind(text, values, "text")]).toEqual([name, theirs]);
  });
  it.each([
    "SELECT $1::mood, $2::s.hue",
    "SELECT * FROM t",
    "SELECT twice($1)",
    "INSERT INTO t (m, o) VALUES ($1, $2)",
  ])("describing %s", async (text) => {
    const theirs = await servers.oracle.describe(text);
    for (const name of HEADS) expect([name, await servers.head(name).describe(text)]).toEqual([name, theirs]);
  });
  it("and dropped", async () => {
    for (const text of DROPPED) {
      const theirs = codes(await servers.oracle.run(text));
      for (const name of HEADS)
        expect([name, text, codes(await servers.head(name).run(text))]).toEqual([name, text, theirs]);
    }
  });
});

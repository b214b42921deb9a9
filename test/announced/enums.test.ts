/** Enums under their own OIDs, as PostgreSQL 15 announces them: on main, on a branch, and on a branch of that. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import { HEADS, startServers, type Servers } from "./servers.js";

const SETUP = `
  CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
  CREATE TYPE "Odd ""Type" AS ENUM ('a b', 'Über', '');
  CREATE SCHEMA s;
  CREATE TYPE s.grade AS ENUM ('low', 'high');
  CREATE TABLE person (id int PRIMARY KEY, feels mood, felt mood[], odd "Odd ""Type", lvl s.grade);
  INSERT INTO person VALUES (1, 'happy', '{sad,ok}', 'a b', 'low'), (2, 'sad', NULL, 'Über', 'high'), (3, NULL, '{}', NULL, NULL);
  CREATE VIEW moods AS SELECT feels, felt FROM person;`;

const DESCRIBED = [
  "SELECT feels, felt, odd, lvl FROM person",
  "SELECT * FROM moods",
  "SELECT feels FROM person WHERE feels = $1",
  "SELECT id FROM person WHERE $1 < feels",
  "SELECT id FROM person WHERE feels IN ($1, $2)",
  "SELECT id FROM person WHERE feels = ANY($1)",
  "SELECT id FROM person WHERE felt = $1",
  "INSERT INTO person (id, feels, felt, odd, lvl) VALUES ($1, $2, $3, $4, $5)",
  "INSERT INTO person (id, feels) VALUES ($1, $2) RETURNING feels, felt",
  "UPDATE person SET feels = $1, felt = $2 WHERE id = $3",
  "SELECT 'ok'::mood, CAST('ok' AS mood), '{ok}'::mood[], $1::mood, $2::mood[]",
  "SELECT max(feels), min(feels), array_agg(feels) FROM person",
  "SELECT coalesce(feels, 'ok') AS c, CASE WHEN id = 1 THEN feels END AS d FROM person",
  "SELECT felt[1] AS first, ARRAY[feels] AS one FROM person",
  "SELECT feels FROM person UNION SELECT 'ok'::mood",
  `SELECT $1::"Odd ""Type", 'low'::s.grade`,
] as const;

const RUN = [
  "SELECT feels, felt, odd, lvl FROM person ORDER BY id",
  "SELECT id FROM person WHERE feels > 'sad' ORDER BY id",
  "SELECT 'bad'::mood",
  "INSERT INTO person (id, feels) VALUES (9, 'bad')",
  "SELECT id FROM person WHERE feels = 'bad'",
] as const;

const BOUND: readonly (readonly [text: string, values: readonly (string | null)[]])[] = [
  ["SELECT id FROM person WHERE feels = $1", ["happy"]],
  ["SELECT id FROM person WHERE feels < $1 ORDER BY id", ["happy"]],
  ["SELECT id FROM person WHERE feels = ANY($1) ORDER BY id", ["{sad,happy}"]],
  ["SELECT id FROM person WHERE felt = $1", ["{sad,ok}"]],
  ["SELECT id FROM person WHERE feels = $1", ["bad"]],
  ["SELECT id FROM person WHERE feels = ANY($1)", ["{sad,bad}"]],
  ["SELECT id FROM person WHERE odd = $1", ["bad"]],
  ["SELECT id FROM person WHERE lvl = $1", ["bad"]],
  ["INSERT INTO person (id, feels) VALUES ($1, $2)", ["9", "bad"]],
  ["INSERT INTO person (id, feels, felt) VALUES ($1, $2, $3) RETURNING feels", ["4", "ok", "{happy,NULL}"]],
  ["UPDATE person SET feels = $1 WHERE id = $2 RETURNING feels", ["sad", "4"]],
  ["DELETE FROM person WHERE id = $1", ["4"]],
  ["SELECT $1::mood", [null]],
];

describe.skipIf(!hasPostgres)("enums are announced as by PostgreSQL 15", () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers(SETUP);
  });
  afterAll(async () => await servers[Symbol.asyncDispose]());

  describe.each(HEADS)("on %s", (name) => {
    it.each(DESCRIBED)("describing %s", async (text) => {
      expect(await servers.head(name).describe(text)).toEqual(await servers.oracle.describe(text));
    });
    it.each(RUN)("running %s", async (text) => {
      expect(await servers.head(name).run(text)).toEqual(await servers.oracle.run(text));
    });
    it.each(BOUND)("binding %s with %j as text", async (text, values) => {
      expect(await servers.head(name).bind(text, values, "text")).toEqual(
        await servers.oracle.bind(text, values, "text"),
      );
    });
    it.each(BOUND)("binding %s with %j, results in binary", async (text, values) => {
      expect(await servers.head(name).bind(text, values, "binary")).toEqual(
        await servers.oracle.bind(text, values, "binary"),
      );
    });
  });

  const SCRIPTS: readonly (readonly string[])[] = [
    [
      "BEGIN",
      "CREATE TYPE early AS ENUM ('x', 'y')",
      "SELECT 'x'::early, '{x,y}'::early[]",
      "CREATE TABLE early_t (e early)",
      "INSERT INTO early_t VALUES ('y') RETURNING e",
      "SELECT 'z'::early",
      "SELECT 1",
      "ROLLBACK",
      "SELECT 'x'::early",
    ],
    [
      "CREATE TYPE late AS ENUM ('p', 'q')",
      "CREATE TABLE late_t (e late)",
      "SELECT e FROM late_t",
      "DROP TABLE late_t",
      "DROP TYPE late",
      "CREATE TYPE late AS ENUM ('r')",
      "CREATE TABLE late_t (e late)",
      "SELECT e FROM late_t WHERE e = 'r'",
    ],
  ];
  it.each(SCRIPTS.map((script) => [script]))("as a script on main: %j", async (script) => {
    for (const text of script) {
      const ours = await servers.head("main").run(text);
      expect([text, ours.map(withoutPlace)]).toEqual([
        text,
        (await servers.oracle.run(text)).map(withoutPlace),
      ]);
    }
  });

  it("takes values a client declared as the enum, in text and in binary", async () => {
    for (const name of HEADS) {
      const head = servers.head(name);
      const oid = Number(await head.value("SELECT oid FROM pg_type WHERE typname = 'mood'"));
      const theirs = Number(await servers.oracle.value("SELECT oid FROM pg_type WHERE typname = 'mood'"));
      for (const value of ["ok", Buffer.from("ok"), Buffer.from("bad")]) {
        expect(await head.bind("SELECT $1, $1 < CAST('happy' AS mood)", [value], "text", [oid])).toEqual(
          await servers.oracle.bind("SELECT $1, $1 < CAST('happy' AS mood)", [value], "text", [theirs]),
        );
      }
    }
  });

  it("calls two enums of the same labels by the one of them pg_attribute names, and casts by that too", async () => {
    const main = servers.head("main");
    await main.script(
      "CREATE TYPE twin_a AS ENUM ('t'); CREATE TYPE twin_b AS ENUM ('t'); CREATE TABLE twins (b twin_b)",
    );
    const shown = await main.value(
      "SELECT t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = 'twins'::regclass",
    );
    expect(await main.run("SELECT b FROM twins")).toEqual([`b ${shown} size 4 typmod -1 from twins.b`]);
    for (const type of ["twin_a", "twin_b"])
      expect(await main.run(`SELECT 't'::${type} AS v, ARRAY['t'::${type}] AS w`)).toEqual([
        `v ${type} size 4 typmod -1`,
        `w _${type} size -1 typmod -1`,
        'row ["t","{t}"]',
      ]);
  });
});

/** Whether an error's text ends alike is of no interest where the type's name is unknown to DuckDB. */
function withoutPlace(line: string): string {
  return line.startsWith("error 42704") ? "error 42704" : line;
}

/** Domains hold what PostgreSQL 15 holds them to: on main, on a branch, and on a branch of that. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import { HEADS, startServers, type Servers } from "./servers.js";

const SETUP = `
  CREATE DOMAIN posint AS int CHECK (value > 0);
  CREATE DOMAIN small AS posint CONSTRAINT below CHECK (VALUE < 100) DEFAULT 7;
  CREATE DOMAIN "Odd ""One" text NOT NULL CHECK (value ~ '^[a-z ]+$') CHECK (length(value) < 9);
  CREATE DOMAIN wide AS numeric(20,0);
  CREATE TABLE goods (id int PRIMARY KEY, p posint, s small, o "Odd ""One" DEFAULT 'fine', w wide);
  INSERT INTO goods VALUES (1, 5, 50, 'a b', 12345678901234567890), (2, NULL, DEFAULT, DEFAULT, NULL);`;

const RUN = [
  "SELECT * FROM goods ORDER BY id",
  `SELECT 1::posint, CAST('5' AS small), NULL::posint, 'ab'::"Odd ""One"`,
  "SELECT (-1)::posint",
  "SELECT CAST(500 AS small)",
  "SELECT CAST(-5 AS small)",
  `SELECT 'ABC'::"Odd ""One"`,
  `SELECT 'abcdefghij'::"Odd ""One"`,
  `SELECT NULL::"Odd ""One"`,
  "SELECT p::small, (p + 1)::posint FROM goods WHERE id = 1",
  "SELECT (p - 5)::posint FROM goods WHERE id = 1",
  "SELECT sum(p)::posint FROM goods",
  "INSERT INTO goods (id, p) VALUES (9, -1)",
  "INSERT INTO goods (id, s) VALUES (9, 100)",
  "INSERT INTO goods (id, o) VALUES (9, NULL)",
  "INSERT INTO goods (id, o) VALUES (9, 'X')",
  "UPDATE goods SET p = p - 5 WHERE id = 1",
  "INSERT INTO goods (id) VALUES (3) RETURNING *",
  "UPDATE goods SET p = 6 WHERE id = 3 RETURNING p, s",
  "DELETE FROM goods WHERE id = 3",
  "SELECT typname, typtype, typnotnull, typdefault, typcategory FROM pg_type WHERE typname IN ('posint', 'wide', 'Odd \"One') ORDER BY 1",
  "SELECT b.typname FROM pg_type d JOIN pg_type b ON b.oid = d.typbasetype WHERE d.typname IN ('small', 'posint', 'wide') ORDER BY d.typname",
  "SELECT 'posint'::regtype::text, 'posint'::regtype::oid = (SELECT oid FROM pg_type WHERE typname = 'posint')",
] as const;

const BOUND: readonly (readonly [text: string, values: readonly (string | null)[]])[] = [
  ["SELECT $1::posint", ["4"]],
  ["SELECT $1::posint", ["-4"]],
  ["SELECT $1::posint", ["x"]],
  [`SELECT $1::"Odd ""One"`, [null]],
  ["INSERT INTO goods (id, p) VALUES (8, $1)", ["-4"]],
  ["UPDATE goods SET s = $1 WHERE id = 1", ["100"]],
];

describe.skipIf(!hasPostgres)("domains are as on PostgreSQL 15", () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers(SETUP);
  });
  afterAll(async () => await servers[Symbol.asyncDispose]());

  describe.each(HEADS)("on %s", (name) => {
    it.each(RUN)("running %s", async (text) => {
      expect(alone(await servers.head(name).run(text))).toEqual(alone(await servers.oracle.run(text)));
    });
    it.each(BOUND)("binding %s with %j", async (text, values) => {
      expect(await servers.head(name).bind(text, values, "text")).toEqual(
        await servers.oracle.bind(text, values, "text"),
      );
    });
    it("refuses what it could not hold to the checks", async () => {
      for (const text of [
        "SELECT ARRAY[1]::posint[]",
        "CREATE TYPE holds AS (a posint)",
        "CREATE DOMAIN short AS time(3)",
        "ALTER TABLE goods ALTER COLUMN id TYPE posint",
        "CREATE DOMAIN asks AS int CHECK (value IN (SELECT 1))",
      ])
        expect([text, ...(await servers.head(name).run(text))]).toEqual([
          text,
          expect.stringMatching(/^error 0A000/),
        ]);
    });
  });

  it.each(["branch", "branch of a branch"] as const)("refuses a view that casts on a %s", async (name) => {
    expect(await servers.head(name).run("CREATE VIEW casts AS SELECT 1::posint AS a")).toEqual([
      expect.stringMatching(/^error 0A000/),
    ]);
  });

  const SCRIPT = [
    "BEGIN",
    "CREATE DOMAIN early AS int CHECK (value <> 3)",
    "SELECT 4::early",
    "CREATE TABLE early_t (e early)",
    "INSERT INTO early_t VALUES (1)",
    "INSERT INTO early_t VALUES (3)",
    "SELECT 1",
    "ROLLBACK",
    "SELECT 4::early",
    "CREATE DOMAIN early AS int NOT NULL",
    "CREATE DOMAIN early AS int",
    "SELECT NULL::early",
    "CREATE TABLE early_t AS SELECT 1::early AS e",
    "DROP TABLE early_t",
    "CREATE VIEW early_v AS SELECT e::posint AS p FROM (VALUES (1), (-1)) v(e)",
    "SELECT p FROM early_v WHERE p = 1",
    "DROP VIEW early_v",
    "DROP DOMAIN early",
    "DROP DOMAIN IF EXISTS early",
  ];
  it("as a script on main", async () => {
    for (const text of SCRIPT) {
      const [ours, theirs] = [await servers.head("main").run(text), await servers.oracle.run(text)];
      expect([text, alone(ours)]).toEqual([text, alone(theirs)]);
    }
    for (const text of ["DROP DOMAIN posint", "DROP DOMAIN small"])
      expect(await servers.head("main").run(text)).toEqual([expect.stringMatching(/^error 2BP01/)]);
  });
});

/** Of a statement that failed the error alone; DuckDB words what it does not know otherwise. */
function alone(lines: readonly string[]): readonly string[] {
  const failure = lines.find((line) => line.startsWith("error "));
  if (failure === undefined) return lines;
  return [failure.startsWith("error 42704") ? "error 42704" : failure];
}

/** Composite types and whole rows, as PostgreSQL 15 announces and reads them: on main, on a branch, and on a branch of that. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import { HEADS, startServers, type Servers } from "./servers.js";

const SETUP = `
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE TYPE spot AS (x int, label text, at date);
  CREATE TYPE "Odd ""Type" AS ("a b" numeric(5,2), "Über" mood, nums int[]);
  CREATE SCHEMA s;
  CREATE TYPE s.nest AS (inner_spot spot, n numeric, raw bytea);
  CREATE TABLE place (id int PRIMARY KEY, p spot, ps spot[], odd "Odd ""Type", nest s.nest);
  INSERT INTO place VALUES
    (1, '(1,"a ""b"" \\\\ (,",2020-02-03)', '{"(2,x,)",NULL}', '(1.5,ok,"{1,NULL}")', '("(3,,)",1.25,"\\\\x00ff")'),
    (2, row(4, 'it''s', NULL), ARRAY[row(5, '', '2021-01-01')::spot], NULL, row(row(6, 'y', NULL)::spot, 7, NULL)),
    (3, NULL, '{}', NULL, NULL);
  CREATE VIEW spots AS SELECT p, ps FROM place;`;

const DESCRIBED = [
  "SELECT p, ps, odd, nest FROM place",
  "SELECT * FROM spots",
  "SELECT place FROM place",
  "SELECT q FROM place AS q",
  "SELECT v FROM spots AS v",
  "SELECT q FROM (SELECT 1 AS a, 'x'::text AS b) AS q",
  "SELECT (p).x, (p).label, (nest).inner_spot FROM place",
  "SELECT $1::spot, $2::spot[], $3::s.nest",
  "INSERT INTO place (id, p, ps, odd) VALUES ($1, $2, $3, $4)",
  "UPDATE place SET p = $1 WHERE id = $2 RETURNING p, ps",
  "SELECT row(1, 'x', NULL)::spot AS a, ARRAY[row(1, 'x', NULL)::spot] AS b, '(1,x,)'::spot AS c",
  "SELECT coalesce(p, row(1, 'x', NULL)::spot) AS c, array_agg(p) AS d FROM place GROUP BY 1",
] as const;

const RUN = [
  "SELECT p, ps, odd, nest FROM place ORDER BY id",
  "SELECT place FROM place ORDER BY id",
  "SELECT q FROM (SELECT id, p FROM place) AS q ORDER BY id",
  "SELECT (p).x, (p).label, ((nest).inner_spot).x FROM place ORDER BY id",
  "SELECT ps[1] FROM place ORDER BY id",
  "SELECT id FROM place WHERE (p).x > 1 ORDER BY id",
  "SELECT id FROM place WHERE p = row(4, 'it''s', NULL)::spot",
  "SELECT '(1,x)'::spot",
  "SELECT '(1,x,,)'::spot",
  "SELECT 'x'::spot",
  "SELECT '(1,x,) y'::spot",
  "SELECT '(1,\"x,)'::spot",
  "SELECT '(z,x,)'::spot",
  "SELECT '(1.5,x,)'::spot",
  "SELECT '(1,x,2020-13-01)'::spot",
  'SELECT \'(1,bad,{})\'::"Odd ""Type"',
  "SELECT '( 1 , x ,2020-01-01)'::spot, '(\"\",\"\",)'::spot IS NULL",
  'SELECT CAST(\'(1,"",)\' AS spot), \'{"(1,\\\\"q\\\\",)"}\'::spot[]',
  "SELECT row('1', 'x', '2020-01-01')::spot, (1, 'x', '2020-01-01')::spot",
  "SELECT row('1.5', 'x', NULL)::spot",
  "SELECT row('(1,a,)', '1.5', '\\x00ff')::s.nest",
  'SELECT \'(1.555,sad,{})\'::"Odd ""Type"',
  "INSERT INTO place (id, p) VALUES (9, '(1,x)')",
  "CREATE TYPE twice AS (x int, x int)",
  "SELECT typname, typtype, typcategory, typlen, typdelim FROM pg_type WHERE typname IN ('spot', '_spot', 'place', '_place') ORDER BY 1",
  "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnum FROM pg_attribute a JOIN pg_type t ON t.typrelid = a.attrelid WHERE t.oid = 's.nest'::regtype ORDER BY a.attnum",
  "SELECT c.relname, c.relkind, c.relnatts, t.typname FROM pg_class c JOIN pg_type t ON t.oid = c.reltype WHERE c.relname IN ('spot', 'nest', 'place') ORDER BY 1",
  "SELECT 'spot'::regtype::text, 's.nest'::regtype::text, 'spot[]'::regtype::text",
  "SELECT column_name::text, data_type::text, udt_schema::text, udt_name::text FROM information_schema.columns WHERE table_name = 'place' ORDER BY ordinal_position",
] as const;

const BOUND: readonly (readonly [text: string, values: readonly (string | null)[]])[] = [
  ["SELECT $1::spot", ['(1,"a ""b"" \\\\ (,",2020-02-03)']],
  ["SELECT $1::spot", ["(1,x)"]],
  ["SELECT $1::spot", [null]],
  ["SELECT $1::spot[]", ['{"(1,,)",NULL,"(2,\\"\\",2020-01-01)"}']],
  ["SELECT $1::s.nest", ['("(3,,)",1.25,"\\\\x00ff")']],
  [`SELECT $1::"Odd ""Type"`, ['(1.5,ok,"{1,NULL}")']],
  [`SELECT $1::"Odd ""Type"`, ["(1.5,bad,{})"]],
  ["INSERT INTO place (id, p, ps) VALUES ($1, $2, $3) RETURNING p, ps", ["4", "(1,x,)", '{"(2,y,)"}']],
  ["UPDATE place SET p = $1 WHERE id = $2 RETURNING p", ["(,,)", "4"]],
  ["UPDATE place SET ps = ARRAY[$1::spot] WHERE id = 4 RETURNING ps", ["(8,z,)"]],
  ["DELETE FROM place WHERE id = $1 RETURNING place", ["4"]],
];

describe.skipIf(!hasPostgres)("composite types are as on PostgreSQL 15", () => {
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
      const [ours, theirs] = [servers.head(name), servers.oracle];
      expect(withoutRows(await ours.bind(text, values, "binary"))).toEqual(
        withoutRows(await theirs.bind(text, values, "binary")),
      );
    });
    it("reads binary records", async () => {
      const head = servers.head(name);
      const text = "SELECT $1::spot AS p, ($1::spot).label AS l";
      for (const fields of [3, 2]) {
        const value = binaryRecord([int4(7), Buffer.from("é"), null].slice(0, fields), [23, 25, 1082]);
        expect(await head.bind(text, [value], "text")).toEqual(
          await servers.oracle.bind(text, [value], "text"),
        );
      }
      const wrong = binaryRecord([int4(7), Buffer.from("x"), null], [23, 25, 25]);
      expect(await head.bind(text, [wrong], "text")).toEqual([expect.stringMatching(/^error 42804/)]);
    });
  });

  it("keeps what DuckDB could not: lengths, computed texts, types that are used", async () => {
    const main = servers.head("main");
    expect(await main.run("CREATE TYPE short AS (a varchar(3))")).toMatchObject([
      expect.stringMatching(/^error 0A000/),
    ]);
    expect(await main.run("SELECT label::spot FROM (SELECT '(1,x,)'::text AS label) t")).toMatchObject([
      expect.stringMatching(/^error 0A000/),
    ]);
    expect(await main.run("DROP TYPE spot")).toMatchObject([expect.stringMatching(/^error 2BP01/)]);
    expect(await main.run("DROP TYPE mood CASCADE")).toMatchObject([expect.stringMatching(/^error 0A000/)]);
    expect(await main.run("SELECT p FROM place WHERE id = 2")).toEqual(
      await servers.oracle.run("SELECT p FROM place WHERE id = 2"),
    );
  });

  const SCRIPT = [
    "BEGIN",
    "CREATE TYPE early AS (a int, b text)",
    "SELECT '(1,x)'::early, '{\"(1,x)\"}'::early[]",
    "CREATE TABLE early_t (e early)",
    "INSERT INTO early_t VALUES ('(1,\"x y\")') RETURNING e",
    "SELECT attname FROM pg_attribute WHERE attrelid = 'early'::regclass ORDER BY attnum",
    "SELECT early_t FROM early_t",
    "SELECT 'z'::early",
    "SELECT 1",
    "ROLLBACK",
    "CREATE TYPE early AS (z int)",
    "CREATE TYPE spot AS (x int)",
    "DROP TYPE IF EXISTS missing",
    "DROP TYPE missing",
    "SELECT '(1)'::early",
    "DROP TYPE early",
  ];
  it("as a script on main", async () => {
    for (const text of SCRIPT)
      expect([text, await servers.head("main").run(text)]).toEqual([text, await servers.oracle.run(text)]);
  });
});

function int4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function binaryRecord(values: readonly (Buffer | null)[], oids: readonly number[]): Buffer {
  return Buffer.concat([
    int4(values.length),
    ...values.flatMap((value, index) => [
      int4(oids[index] ?? 0),
      value === null ? int4(-1) : Buffer.concat([int4(value.length), value]),
    ]),
  ]);
}

/** The OIDs of types of the user stand in the bytes of arrays and records: they are others on each server. */
function withoutRows(lines: readonly string[]): string[] {
  return lines.map((line) => (line.startsWith("row ") ? "row" : line));
}

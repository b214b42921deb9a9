/** Types, modifiers and origins of result columns as PostgreSQL 15 announces them, on three heads. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres } from "../support/postgres.js";
import { HEADS, startServers, type Servers } from "./servers.js";

const SETUP = `
  CREATE TABLE orders (id int PRIMARY KEY, customer text, price numeric(10,2), at timestamp, doc json, tags text[]);
  INSERT INTO orders VALUES (1, 'a', 1.50, '2024-01-02 03:04:05', '{"k": [1]}', '{x,y}');
  CREATE SCHEMA s;
  CREATE TABLE s."Odd ""Table" ("a b" int, "Über" text);
  CREATE TABLE customers (name text, id int);
  CREATE VIEW cheap AS SELECT id, price FROM orders WHERE price < 10;
  CREATE TABLE s.held (a varchar(7), b char(3), c json, d timestamptz(2), e numeric(7,3));
  CREATE TABLE s.documents (id int, a json[], b jsonb[], c jsonb);
  CREATE VIEW s.shown AS SELECT * FROM s.held;
  CREATE VIEW shown AS SELECT a AS x, b, c, d, e, coalesce(e, 0) AS e0, a::varchar(2) AS a2, d::timestamp(0) AS d0, a || '' AS t FROM s.shown;`;

const STATEMENTS = [
  // plain columns, wherever they come through
  "SELECT * FROM orders",
  "SELECT o.id AS number, o.price, customer FROM orders AS o",
  `SELECT * FROM s."Odd ""Table"`,
  `SELECT t."Über", "a b" + 1 FROM s."Odd ""Table" t`,
  "SELECT * FROM cheap",
  "SELECT * FROM shown",
  "SELECT v.b, upper(v.x) AS u FROM s.shown AS v(x)",
  "SELECT c.name, o.* FROM orders o JOIN customers c ON c.name = o.customer",
  "SELECT id, name FROM customers JOIN orders USING (id)",
  "SELECT * FROM (SELECT id, price AS p FROM orders) AS q",
  "SELECT x, y FROM (SELECT id, price FROM orders) AS q(x, y)",
  "WITH c AS (SELECT id, price FROM orders) SELECT * FROM c",
  "WITH c(a, b) AS (SELECT id, price FROM orders) SELECT b, a FROM c",
  "SELECT id FROM orders UNION ALL SELECT id FROM customers",
  "SELECT price FROM orders UNION ALL SELECT price FROM cheap",
  "SELECT (SELECT price FROM cheap LIMIT 1) AS p, (SELECT o.price) AS q FROM orders o",
  "SELECT id, count(*) FROM orders GROUP BY id",
  "INSERT INTO orders (id, price) VALUES ($1, $2) RETURNING id, price, price + 1 AS more",
  "UPDATE orders SET price = $1 WHERE id = $2 RETURNING *",
  "DELETE FROM orders AS o WHERE id = $1 RETURNING o.id, o.at",
  "WITH d AS (INSERT INTO s.documents VALUES (1) RETURNING a, c AS e) SELECT d.*, id FROM d JOIN s.documents ON true",
  "WITH d AS (UPDATE s.documents SET c = '1' RETURNING *) SELECT b, c, d.id FROM d",
  "SELECT a, b, a[1] AS c, b[1] AS d FROM s.documents",
  "SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.id",
  "SELECT id FROM orders LIMIT 1",
  // modifiers
  "SELECT price * 2 AS a, coalesce(price, 0.00) AS c, price::numeric(6,1) AS d FROM orders",
  "SELECT sum(price) AS b, max(price) AS e FROM orders",
  "SELECT 1.5::numeric AS a, 1.5::numeric(4,2) AS b, 1.50 AS c, CAST(2 AS decimal(5)) AS d",
  "SELECT 'a'::varchar AS a, 'a'::varchar(3) AS b, 'a'::char(3) AS c, 'a'::bpchar AS d, 'a'::text AS e, 'a'::char AS f",
  "SELECT now()::timestamp(3) AS a",
  "SELECT '101'::bit(3) AS a, B'101'::varbit AS b, '1'::bit AS c",
  "SELECT CASE WHEN true THEN 'a'::varchar(3) ELSE 'b'::varchar(3) END AS a, CASE WHEN true THEN 'a'::varchar(3) ELSE 'b'::varchar(4) END AS b",
  // types DuckDB does not have
  "SELECT 1::oid AS a, '5'::xid AS b, 'x'::name AS c, 'c'::\"char\" AS d, ARRAY[1::oid, 2::oid] AS e",
  "SELECT 'pg_class'::regclass AS a, 'int4'::regtype AS b, 'pg_catalog'::regnamespace AS c, pg_typeof(1) AS d",
  "SELECT '{}'::json AS a, '{}'::jsonb AS b, jsonb_build_object('a', 1) AS c, to_jsonb(1) AS d, json_build_object('a', 1) AS e",
  "SELECT '{\"a\": 1}'::jsonb -> 'a' AS a, '{\"a\": 1}'::json -> 'a' AS b, '{\"a\": 1}'::jsonb ->> 'a' AS c, doc -> 'k' AS d FROM orders",
  "SELECT current_user AS a, current_database() AS b, current_schema AS c, session_user AS d",
  "SELECT $1::oid AS a, $2::jsonb AS b, $3::regclass AS c, $4::name AS d, $5::varchar(4) AS e, $6::oid[] AS f",
  "SELECT max('a'::varchar) AS a, min('a'::name) AS b, max(1::oid) AS c, array_agg('a'::varchar) AS d, array_agg(1::oid) AS e",
  // the catalogue
  "SELECT oid, relname, relkind, relnatts, reltuples, relowner, relfrozenxid FROM pg_class",
  "SELECT a.attname, t.typname, a.atttypmod FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid",
  "SELECT relkind::text AS relkind, relname || '' AS relname, ARRAY(SELECT oid FROM pg_type) AS oids FROM pg_class",
  "SELECT indkey, indclass, indrelid FROM pg_index",
  "SELECT indrelid::regclass AS r, indrelid::regclass::text AS t FROM pg_index",
  "SELECT proname, proargtypes, prorettype, proargnames FROM pg_proc",
  "SELECT conname, conkey, contype FROM pg_constraint",
  "SELECT nspname AS name, oid AS number FROM pg_namespace n",
] as const;

/** Statements with values, as text; rows come in binary. */
const IN_BINARY: readonly (readonly [text: string, values: readonly (string | null)[]])[] = [
  [
    `SELECT '{"a": 1}'::jsonb AS a, '{"a": 1}'::json AS b, NULL::jsonb AS c, ARRAY['1'::jsonb, NULL] AS d`,
    [],
  ],
  [
    "SELECT 4000000000::oid AS a, '7'::xid AS b, ARRAY[1::oid, NULL] AS c, 'x'::name AS d, 'c'::\"char\" AS e",
    [],
  ],
  ["SELECT 'a'::varchar(3) AS a, ARRAY['a'::varchar, 'b'] AS b, '101'::bit(3) AS c", []],
  ["SELECT $1::jsonb AS a, $2::oid AS b, $3::varchar AS c, $4::jsonb AS d", ['{"k": 2}', "77", "v", null]],
  ["SELECT $1::numeric AS a, cast($2 AS numeric), 'inf'::numeric c, $3::numeric", ["NaN", "-inf", "1.5"]],
  ["SELECT indkey, indclass FROM pg_index WHERE indrelid = 'orders'::regclass AND false", []],
  [
    "SELECT attname, atttypid FROM pg_attribute WHERE attrelid = 'pg_class'::regclass AND attname = 'oid'",
    [],
  ],
];

describe.skipIf(!hasPostgres)("columns are announced as by PostgreSQL 15", () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers(SETUP);
  });
  afterAll(async () => await servers[Symbol.asyncDispose]());

  describe.each(HEADS)("on %s", (name) => {
    it.each(STATEMENTS)("describing %s", async (text) => {
      expect(await servers.head(name).describe(text)).toEqual(await servers.oracle.describe(text));
    });
    it.each(IN_BINARY)("sending %s with %j in binary", async (text, values) => {
      expect(await servers.head(name).bind(text, values, "binary")).toEqual(
        await servers.oracle.bind(text, values, "binary"),
      );
    });
  });

  it("takes jsonb in binary, with its version", async () => {
    const [document, wrong] = [Buffer.from('\u0001{"a": 1}'), Buffer.from('\u0002{"a": 1}')];
    for (const bytes of [document, wrong]) {
      const ours = await servers.head("main").bind("SELECT $1::jsonb AS a", [bytes], "text", [3802]);
      const theirs = await servers.oracle.bind("SELECT $1::jsonb AS a", [bytes], "text", [3802]);
      expect(ours.map(withoutMessage)).toEqual(theirs.map(withoutMessage));
    }
  });

  it("refuses the binary form of what is held by name", async () => {
    expect(await servers.head("main").bind("SELECT 'pg_class'::regclass AS a", [], "binary")).toEqual([
      "error 0A000 type regclass is available in text format only",
    ]);
  });

  it("follows a table that is altered, and one made in a transaction", async () => {
    const scripts = [
      [
        "BEGIN",
        "ALTER TABLE customers ADD COLUMN born date",
        "SELECT * FROM customers",
        "ROLLBACK",
        "SELECT * FROM customers",
      ],
      [
        "CREATE TEMP TABLE customers (only_here int)",
        "SELECT * FROM customers",
        "DROP TABLE customers",
        "SELECT * FROM customers",
      ],
      [
        "BEGIN",
        "SAVEPOINT a",
        "ALTER TABLE customers ADD COLUMN born date",
        "SELECT * FROM customers",
        "ROLLBACK TO a",
        "SELECT * FROM customers",
        "ROLLBACK",
      ],
    ];
    for (const name of ["main", "branch"] as const) {
      for (const text of scripts.flat())
        expect([text, await servers.head(name).run(text)]).toEqual([text, await servers.oracle.run(text)]);
    }
  });
});

function withoutMessage(line: string): string {
  return line.startsWith("error ") ? line.slice(0, 5) : line;
}

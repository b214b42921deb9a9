/** Questions of tools that are not in the corpus, answered as PostgreSQL 15 answers them, on main and on a branch. */
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../cli/test-app.js";
import { hasPostgres, startPostgres, type PostgresServer } from "../support/postgres.js";
import { runScript, USER } from "./fixture.js";
import type { Address } from "../support/wire-client.js";

const SCRIPT = `
create schema sales;
create domain posint as integer check (value > 0);
create domain sales.mail as text not null check (value ~ '@');
create table customers (id int primary key, name varchar(50) not null, email text unique, age posint, mail sales.mail,
  check (id > 18 and length(name) > 1));
create table parts (a int, b int, c text, primary key (a, b));
create type mood as enum ('sad', 'ok', 'happy');
create table part_refs (id int generated always as identity primary key, n serial, pa int, pb int, tags text[], moods mood[],
  constraint part_fk foreign key (pa, pb) references parts (a, b));
create index parts_c on parts (c, a);
create index parts_lower on parts (lower(c), b);
create sequence plain;
create view counted as select c, count(*), max(a) from parts where b > 0 group by c;
comment on column customers.name is 'full name';
comment on sequence plain is 'numbers';
create function add_one(x int, y text default 'a') returns int language sql as 'select x + 1'`;

/** One per line of what a tool is known to ask; none shows an OID. */
const QUERIES = [
  // ActiveRecord
  `SELECT i.relname, d.indkey, ARRAY(SELECT pg_get_indexdef(d.indexrelid, k + 1, true) FROM generate_subscripts(d.indkey, 1) AS k ORDER BY k) AS columns
   FROM pg_class t JOIN pg_index d ON t.oid = d.indrelid JOIN pg_class i ON d.indexrelid = i.oid WHERE t.relname = 'parts' ORDER BY 1`,
  `SELECT a.attname FROM (SELECT indrelid, indkey, generate_subscripts(indkey, 1) idx FROM pg_index WHERE indrelid = '"parts"'::regclass AND indisprimary) i
   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.idx] ORDER BY i.idx`,
  `SELECT conname, conkey, pg_get_constraintdef(c.oid, true) FROM pg_constraint c JOIN pg_class t ON c.conrelid = t.oid WHERE contype = 'c' AND t.relname = 'customers'`,
  // Prisma
  `SELECT i.relname, generate_subscripts(indkey, 1) AS at, unnest(indkey) AS key FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE i.relname LIKE 'parts%' ORDER BY 1, 2`,
  "SELECT indkey[0], indkey[1], array_lower(indkey, 1), array_upper(indkey, 1) FROM pg_index WHERE indexrelid = 'parts_pkey'::regclass",
  // pgjdbc
  `SELECT i.indoption[(i.keys).n - 1] AS option, (i.keys).n FROM (SELECT indoption, information_schema._pg_expandarray(indkey) AS keys FROM pg_index
   WHERE indexrelid = 'parts_c'::regclass) i ORDER BY 2`,
  // DataGrip
  `select proname as r_name, xmin is not null as has_state, proargnames as arg_names, pg_catalog.pg_get_expr(proargdefaults, 0) as arg_defaults
   from pg_catalog.pg_proc where pronamespace = 'public'::regnamespace::oid and not (prokind = 'a')`,
  "SELECT pg_indexam_has_property(403, 'can_order'), pg_index_has_property('parts_c'::regclass, 'clusterable'), pg_index_column_has_property('parts_c'::regclass, 1, 'desc')",
  // Diesel, Metabase
  `SELECT column_name, col_description((table_schema || '.' || table_name)::regclass, ordinal_position) AS comment,
   domain_schema, domain_name, data_type, udt_name FROM information_schema.columns WHERE table_name = 'customers' ORDER BY ordinal_position`,
  `SELECT a.attname, information_schema._pg_char_max_length(a.atttypid, a.atttypmod), information_schema._pg_numeric_precision(a.atttypid, a.atttypmod)
   FROM pg_attribute a WHERE a.attrelid = 'customers'::regclass AND a.attnum > 0 ORDER BY a.attnum`,
  // Flyway
  "SELECT p.proname, oidvectortypes(p.proargtypes) AS args FROM pg_proc p JOIN pg_namespace n ON p.pronamespace = n.oid WHERE n.nspname = 'public'",
  "SELECT to_regprocedure('add_one(integer,text)') IS NOT NULL, to_regprocedure('none()') IS NULL, to_regrole('postgres') IS NOT NULL",
  "SELECT 'int'::regtype::oid, 'decimal'::regtype::oid",
  // Power BI: numbers of a key's columns, with filters
  `SELECT column_name, ordinal_position FROM information_schema.key_column_usage WHERE table_name = 'part_refs' AND constraint_name = 'part_fk' ORDER BY 2`,
  // TypeORM
  "SELECT e.enumlabel, e.enumsortorder FROM pg_enum e JOIN pg_type t ON e.enumtypid = t.oid WHERE t.typname = 'mood' ORDER BY 2",
  // SchemaSpy, Hibernate
  `SELECT parameter_name, parameter_mode, ordinal_position, data_type, udt_name, parameter_default FROM information_schema.parameters
   WHERE specific_schema = 'public' ORDER BY ordinal_position`,
  "SELECT sequence_name, data_type, numeric_precision, start_value, increment FROM information_schema.sequences ORDER BY 1",
  "SELECT object_name, collection_type_identifier, data_type, dtd_identifier FROM information_schema.element_types WHERE object_schema = 'public' AND object_type = 'TABLE' ORDER BY 2",
  "SELECT constraint_name, domain_schema, domain_name FROM information_schema.domain_constraints WHERE domain_schema <> 'information_schema' ORDER BY 1",
  "SELECT domain_name, table_name, column_name FROM information_schema.column_domain_usage WHERE table_name = 'customers' ORDER BY 1",
  "SELECT udt_name, column_name FROM information_schema.column_udt_usage WHERE table_name = 'customers' ORDER BY 2",
  "SELECT character_set_name, form_of_use FROM information_schema.character_sets",
  // Domains
  `SELECT a.attname, format_type(a.atttypid, a.atttypmod), t.typtype FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
   WHERE a.attrelid = 'customers'::regclass AND a.attnum > 3 ORDER BY a.attnum`,
  "SELECT conname, contypid::regtype::text, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) FROM pg_constraint WHERE contypid <> 0 AND connamespace <> 'information_schema'::regnamespace ORDER BY 1",
  "SELECT obj_description('plain'::regclass, 'pg_class')",
  // Views and what they read: Superset, DbVisualizer, documentation tools
  `SELECT c1.relname, c2.relname, d.refobjsubid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON d.objid = r.oid
   JOIN pg_catalog.pg_class c1 ON r.ev_class = c1.oid JOIN pg_catalog.pg_class c2 ON d.refobjid = c2.oid
   WHERE c1.relkind = 'v' AND c1.oid <> c2.oid AND c1.relnamespace = 'public'::regnamespace ORDER BY 1, 2, 3`,
  "SELECT view_name, table_schema, table_name FROM information_schema.view_table_usage WHERE view_schema = 'public' ORDER BY 1, 2, 3",
  "SELECT view_name, table_name, column_name FROM information_schema.view_column_usage WHERE view_schema = 'public' ORDER BY 1, 2, 3",
  "SELECT column_name FROM information_schema.columns WHERE table_name = 'counted' ORDER BY ordinal_position",
  // Hasura
  "SELECT pg_relation_is_updatable('parts'::regclass, true), pg_relation_is_updatable('counted'::regclass, true), pg_column_is_updatable('parts'::regclass, 1::smallint, false)",
  // Rails
  `SELECT i.relname, array_to_string(array_agg(a.attname ORDER BY array_position(ix.indkey::int2[], a.attnum)), ',') FROM pg_class t JOIN pg_index ix ON t.oid=ix.indrelid
   JOIN pg_class i ON i.oid=ix.indexrelid JOIN pg_attribute a ON a.attrelid=t.oid AND a.attnum=any(ix.indkey) WHERE t.relname='parts' AND i.relname='parts_c' GROUP BY 1`,
  "SELECT pg_sequence_last_value('plain'::regclass)",
  // Drizzle: what is serial, identity, and an index behind a key
  `SELECT a.attname, a.atttypid = ANY ('{int,int8,int2}'::regtype[]) AND EXISTS (SELECT FROM pg_attrdef ad WHERE ad.adrelid = a.attrelid AND ad.adnum = a.attnum
     AND pg_get_expr(ad.adbin, ad.adrelid) = 'nextval(''' || pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)::regclass || '''::regclass)') AS is_serial
   FROM pg_attribute a WHERE a.attrelid = 'part_refs'::regclass AND a.attnum > 0 ORDER BY a.attnum`,
  `SELECT column_name, is_identity, identity_start, identity_increment, identity_maximum, identity_minimum, identity_cycle
   FROM information_schema.columns WHERE table_name = 'part_refs' ORDER BY ordinal_position`,
  `SELECT idx.indexrelname, idx.relname, schemaname, con.conname FROM pg_stat_user_indexes idx LEFT JOIN pg_constraint con ON con.conindid = idx.indexrelid
   WHERE con.contype IS DISTINCT FROM 'f' ORDER BY 1`,
  "SELECT schemaname, relname FROM pg_statio_user_sequences ORDER BY 2",
];

async function answers(address: Address, database: string): Promise<unknown[]> {
  const client = new Client({ ...address, user: USER, database });
  await client.connect();
  const all = [];
  for (const text of QUERIES) all.push((await client.query({ text, rowMode: "array" })).rows);
  await client.end();
  return all;
}

describe.skipIf(!hasPostgres)("tools' questions are answered as PostgreSQL 15 answers them", () => {
  let app: TestApp;
  let oracle: PostgresServer;
  beforeAll(async () => {
    [app, oracle] = await Promise.all([startTestApp(), startPostgres()]);
    await runScript(app.address, "main", SCRIPT);
    await runScript(oracle.address, "postgres", SCRIPT);
    await runScript(app.address, "main", "create branch work");
  }, 60_000);
  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    await oracle[Symbol.asyncDispose]();
  });

  test.each(["main", "main/work"])("on %s", { timeout: 60_000 }, async (database) => {
    const expected = await answers(oracle.address, "postgres");
    const actual = await answers(app.address, database);
    for (const [at, query] of QUERIES.entries()) expect(actual[at], query).toEqual(expected[at]);
  });
});

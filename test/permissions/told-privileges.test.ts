/** has_table_privilege() and its like, against what statements are really let do. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { fullAccess, type Principal, type Scope } from "../../src/core/scopes.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

let open: OpenWorld;
let operator: TestSession;

const PEOPLE: Readonly<Record<string, readonly Scope[]>> = {
  reader: ["data:read"],
  blind: ["data:write", "main:write"],
  agent: ["data:read", "data:write", "branches:create"],
  writer: ["data:read", "main:write"],
  nothing: [],
  operator: ["admin"],
};

function person(name: string): Principal {
  return {
    ...fullAccess(name),
    scopes: () => new Set(PEOPLE[name]),
    named: (other) => (other in PEOPLE ? person(other) : undefined),
  };
}

beforeAll(async () => {
  open = await OpenWorld.open();
  const root = await open.session("main", fullAccess("root"));
  await root.query(`CREATE TABLE t (a int PRIMARY KEY, b int); CREATE SEQUENCE s; CREATE VIEW v AS SELECT b FROM t;
    CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1'; CREATE TYPE mood AS ENUM ('a');
    CREATE SCHEMA extra; CREATE TABLE extra."T é" (a int);
    CREATE BRANCH open_one; CREATE BRANCH closed WITH (access 'private');
    GRANT READ ON BRANCH closed TO reader; GRANT READ ON BRANCH closed TO agent; GRANT WRITE ON BRANCH closed TO agent`);
  operator = await open.session("main", person("operator"));
});
afterAll(async () => await open[Symbol.asyncDispose]());

async function value(session: TestSession, sql: string): Promise<unknown> {
  const [[one] = []] = await session.query(`SELECT ${sql}`);
  return one;
}

async function codeOf(session: TestSession, sql: string): Promise<string> {
  const code = await session.outcome(sql);
  await session.query("ROLLBACK");
  return code;
}

/** Privilege ⇒ a statement that takes it and changes nothing. */
const TAKES: readonly (readonly [call: string, statement: string])[] = [
  ["has_table_privilege('t', 'SELECT')", "SELECT * FROM t"],
  ["has_table_privilege('v', 'SELECT')", "SELECT * FROM v"],
  ["has_table_privilege('t', 'INSERT')", "INSERT INTO t SELECT 1, 1 WHERE false"],
  ["has_table_privilege('t', 'UPDATE')", "UPDATE t SET b = b WHERE false"],
  ["has_table_privilege('t', 'DELETE')", "DELETE FROM t WHERE false"],
  ["has_table_privilege('t', 'TRUNCATE')", "BEGIN; TRUNCATE t; ROLLBACK"],
  ["has_column_privilege('t', 'b', 'SELECT')", "SELECT b FROM t"],
  ["has_column_privilege('t', 'b', 'UPDATE')", "UPDATE t SET b = 1 WHERE false"],
  ["has_any_column_privilege('t', 'SELECT')", "SELECT b FROM t"],
  ["has_schema_privilege('public', 'CREATE')", "BEGIN; CREATE TABLE fresh (a int); ROLLBACK"],
  ["has_schema_privilege('extra', 'CREATE')", "BEGIN; CREATE TABLE extra.fresh (a int); ROLLBACK"],
  ["has_database_privilege(current_database(), 'CREATE')", "BEGIN; CREATE SCHEMA fresh; ROLLBACK"],
  ["has_sequence_privilege('s', 'USAGE')", "BEGIN; SELECT nextval('s'); ROLLBACK"],
  ["has_function_privilege('f(int)', 'EXECUTE')", "SELECT f(1)"],
  ["has_table_privilege('pg_class', 'SELECT')", "SELECT relname FROM pg_class LIMIT 1"],
  ["has_table_privilege('duckbranch.branches', 'SELECT')", "SELECT name FROM duckbranch.branches"],
  ["has_table_privilege('duckbranch.conflicts', 'SELECT')", "SELECT * FROM duckbranch.conflicts"],
];

test.each(Object.keys(PEOPLE).flatMap((name) => ["main", "main/open_one"].map((head) => ({ name, head }))))(
  "$name is told on $head what statements are let do",
  async ({ name, head }) => {
    const session = await open.session(head, person(name));
    const [told = []] = await session.query(`SELECT ${TAKES.map(([call]) => call).join(", ")}`);
    const done: string[] = [];
    for (const [call, statement] of TAKES) done.push(`${call}: ${await codeOf(session, statement)}`);
    expect(TAKES.map(([call], at) => `${call}: ${told[at] === true ? "ok" : "42501"}`)).toEqual(done);
  },
);

test.each([
  ["reader", "ok", "42501"],
  ["agent", "ok", "ok"],
  ["operator", "ok", "ok"],
])("of a closed branch %s is told as the branch lets them", async (name, reads, writes) => {
  const session = await open.session("main/closed", person(name));
  const expected = [reads === "ok", writes === "ok"];
  const ask = "has_table_privilege('t', 'SELECT'), has_table_privilege('t', 'INSERT')";
  expect(await session.query(`SELECT ${ask}`)).toEqual([expected]);
  expect(await codeOf(session, "SELECT * FROM t")).toBe(reads);
  expect(await codeOf(session, "INSERT INTO t SELECT 1, 1 WHERE false")).toBe(writes);
});

test("from elsewhere a closed branch's tables are told of as its grants say", async () => {
  const main = await open.session("main", person("agent"));
  const stranger = await open.session("main", person("writer"));
  const database =
    "has_database_privilege('main/closed', 'CONNECT'), has_database_privilege('main/closed', 'CREATE')";
  expect(await main.query(`SELECT ${database}`)).toEqual([[true, true]]);
  expect(await stranger.query(`SELECT ${database}`)).toEqual([[false, false]]);
  // Read by name, written by nobody from here.
  expect(await value(main, "has_table_privilege('closed.t', 'SELECT')")).toBe(true);
  expect(await value(main, "has_table_privilege('closed.t', 'INSERT')")).toBe(false);
  expect(await codeOf(stranger, "SELECT has_table_privilege('closed.t', 'SELECT')")).toBe("42501");
  const branch = await open.session("main/open_one", person("operator"));
  expect(await value(branch, "has_table_privilege('main.t', 'SELECT')")).toBe(true);
  expect(await value(branch, "has_table_privilege('main.t', 'UPDATE')")).toBe(false);
});

test("others are told of by their names", async () => {
  const session = await open.session("main/closed", person("operator"));
  const of = async (name: string, privilege: string): Promise<unknown> =>
    await value(session, `has_table_privilege('${name}', 't', '${privilege}')`);
  expect([await of("reader", "select"), await of("reader", "insert")]).toEqual([true, false]);
  expect([await of("agent", "select"), await of("agent", "insert")]).toEqual([true, true]);
  expect([await of("writer", "select"), await of("public", "select")]).toEqual([false, false]);
  expect(await value(session, "has_table_privilege(10, 't', 'select')")).toBe(true);
  expect(await value(session, "has_table_privilege(4711, 't', 'select')")).toBe(false);
  expect(await codeOf(session, "SELECT has_table_privilege('nobody', 't', 'select')")).toBe("42704");
});

test.each([
  ["has_table_privilege('nope', 'SELECT')", "42P01"],
  ["has_table_privilege('public.nope', 'SELECT')", "42P01"],
  ["has_table_privilege('T', 'no such')", "22023"],
  ["has_column_privilege('t', 'zz', 'SELECT')", "42703"],
  ["has_column_privilege('nope', 'a', 'SELECT')", "42P01"],
  ["has_any_column_privilege('nope', 'SELECT')", "42P01"],
  ["has_schema_privilege('nope', 'USAGE')", "3F000"],
  ["has_database_privilege('nope', 'CONNECT')", "3D000"],
  ["has_database_privilege('main/nope', 'CONNECT')", "3D000"],
  ["has_function_privilege('nope(int)', 'EXECUTE')", "42883"],
  ["has_type_privilege('nope', 'USAGE')", "42704"],
  ["has_language_privilege('nope', 'USAGE')", "42704"],
  ["has_tablespace_privilege('nope', 'CREATE')", "42704"],
  ["has_server_privilege('nope', 'USAGE')", "42704"],
  ["pg_has_role('nobody', 'MEMBER')", "42704"],
  ["pg_has_role('operator', 'SELECT')", "22023"],
])("what is not there is said: %s", async (call, code) => {
  expect(await codeOf(operator, `SELECT ${call}`)).toBe(code);
});

test.each([
  "has_table_privilege(99999999, 'SELECT')",
  "has_table_privilege(NULL, 'SELECT')",
  "has_table_privilege('t', NULL)",
  "has_column_privilege('t', 99::int2, 'SELECT')",
  "has_column_privilege(99999999, 1::int2, 'SELECT')",
  "has_schema_privilege(99999999, 'USAGE')",
  "has_database_privilege(99999999, 'CONNECT')",
  "has_function_privilege(99999999, 'EXECUTE')",
  "pg_has_role(99999999, 'MEMBER')",
])("of numbers of nothing nothing is known: %s", async (call) => {
  expect(await value(operator, call)).toBeNull();
});

test("names of every kind are found, and roles are those whose rights somebody has", async () => {
  const session = await open.session("main", person("writer"));
  expect(await value(session, `has_table_privilege('extra."T é"', 'trigger, select')`)).toBe(true);
  expect(await value(session, "has_table_privilege('t', 'delete with grant option')")).toBe(false);
  expect(await value(session, "has_type_privilege('mood', 'USAGE')")).toBe(true);
  expect(await value(session, "has_function_privilege('lower(text)', 'EXECUTE')")).toBe(true);
  expect(await value(session, "has_schema_privilege('pg_catalog', 'CREATE')")).toBe(false);
  const roles = [
    "writer",
    "operator",
    "pg_read_all_data",
    "pg_write_all_data",
    "pg_monitor",
    "pg_database_owner",
  ];
  const asked = roles.map((role) => `pg_has_role('${role}', 'member')`).join(", ");
  expect(await session.query(`SELECT ${asked}`)).toEqual([[true, false, true, true, false, false]]);
  expect(
    await value(session, "count(*) FROM pg_class WHERE relname = 't' AND has_table_privilege(oid, 'SELECT')"),
  ).toBe(1n);
});

async function listed(name: string): Promise<unknown> {
  const session = await open.session("main/open_one", person(name));
  const rows =
    await session.query(`SELECT string_agg(privilege_type || ' ' || is_grantable, ', ' ORDER BY privilege_type)
    FROM information_schema.table_privileges WHERE table_name = 't' AND grantee = current_user`);
  const [columns] = await session.query(
    "SELECT count(*)::int FROM information_schema.column_privileges WHERE table_name = 't'",
  );
  // The same by default: or pg_dump would write GRANTs of what nobody granted.
  const [acl] = await session.query(
    "SELECT relacl::text FROM pg_class WHERE relname = 't' AND relacl IS NOT DISTINCT FROM acldefault('r', relowner)",
  );
  return [rows[0]?.[0], columns?.[0], acl?.[0]];
}

test("information_schema and pg_class list the same", async () => {
  expect(await listed("reader")).toEqual(["SELECT NO", 2, "{reader=r/reader}"]);
  expect(await listed("nothing")).toEqual([null, 0, "{}"]);
  expect(await listed("operator")).toEqual([
    "DELETE YES, INSERT YES, REFERENCES YES, SELECT YES, TRIGGER YES, TRUNCATE YES, UPDATE YES",
    8,
    null,
  ]);
});

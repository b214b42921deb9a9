/** What errors, lists and catalogues tell somebody who may not read the rows, or not see the branch. And who may raise a budget. */
import { expect, onTestFinished, test } from "vitest";
import { fullAccess, type Principal, type Scope } from "../../src/core/scopes.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

function someone(name: string, ...scopes: readonly Scope[]): Principal {
  return { ...fullAccess(name), scopes: () => new Set(scopes) };
}

async function opened(setup: string): Promise<{ open: OpenWorld; root: TestSession }> {
  const open = await OpenWorld.open();
  onTestFinished(async () => await open[Symbol.asyncDispose]());
  const root = await open.session("main", fullAccess("root"));
  await root.query(setup);
  return { open, root };
}

/** The failure as its client sees it. */
async function failure(session: TestSession, sql: string): Promise<string> {
  const error = await session.query(sql).then(
    () => "ok",
    (reason: unknown) => reason,
  );
  await session.query("ROLLBACK");
  const { code, message, detail, hint, where } = Object(error);
  return [code, message, detail, hint, where].filter((part) => part !== undefined).join(" | ");
}

const SHOP = `CREATE TABLE parent (k text PRIMARY KEY); INSERT INTO parent VALUES ('secret parent');
  CREATE TABLE t (k text PRIMARY KEY, b text, p text REFERENCES parent (k)); INSERT INTO t VALUES ('secret key', 'secret', 'secret parent'), ('k', 'secret', NULL)`;

test.each([
  ["INSERT INTO t VALUES ('secret key', 'x')", "23505"],
  ["BEGIN; INSERT INTO t VALUES ('secret key', 'x'); COMMIT", "23505"],
  ["INSERT INTO t VALUES ('n', 'x', 'secret of nobody')", "23503"],
  ["CREATE UNIQUE INDEX ON t (b)", "42501"],
  ["CREATE INDEX ON t (CAST(b AS int))", "42501"],
  ["ALTER TABLE t ADD UNIQUE (b)", "42501"],
  ["ALTER TABLE t ADD CHECK (b = 'x')", "42501"],
  ["ALTER TABLE t ALTER COLUMN b TYPE int", "42501"],
  ["ALTER TABLE t ALTER COLUMN b TYPE int USING CAST(b || 'x' AS int)", "42501"],
])("who writes and may not read is not told of rows: %s", async (sql, code) => {
  const { open } = await opened(SHOP);
  const blind = await open.session("main", someone("blind", "main:write"));
  const told = await failure(blind, sql);
  expect(told).toContain(code);
  expect(told).not.toContain("secret");
  const reading = await open.session("main", someone("reading", "main:write", "data:read"));
  const whole = await failure(reading, sql);
  expect(
    code === "42501" ? whole.startsWith("2") || whole.includes("secret") : whole.includes("secret"),
  ).toBe(true);
});

test("of somebody's private branch others are told that it is there, and neither tables nor sizes", async () => {
  const { open, root } = await opened(
    `CREATE TABLE t (a int PRIMARY KEY); CREATE BRANCH mine WITH (access 'private', description 'secret', agent 'bot', ttl '1 hour'); CREATE BRANCH all_s WITH (ttl '1 hour')`,
  );
  await root.query("USE BRANCH mine; INSERT INTO t SELECT i FROM range(1000) AS r(i); USE BRANCH main");
  const ben = await open.session("main", someone("ben", "data:read"));
  const sizes =
    "SELECT name, modified_table_count::int, total_size_bytes > 0 FROM _hatidata_branches ORDER BY name";
  expect(await ben.query(sizes)).toEqual([
    ["all_s", 0, false],
    ["mine", null, null],
  ]);
  expect(await root.query(sizes)).toEqual([
    ["all_s", 0, false],
    ["mine", 1, true],
  ]);
  const about =
    "SELECT name, modified_table_count::int, description, parent, agent_id FROM duckbranch.branches ORDER BY name";
  expect(await ben.query(about)).toEqual([
    ["all_s", 0, null, "main", null],
    ["mine", null, null, null, null],
  ]);
  expect((await root.query(about))[1]).toEqual(["mine", 1, "secret", "main", "bot"]);
  expect((await ben.query("SHOW BRANCHES")).map((row) => [row[0], row[2], row[6], row[7]])).toEqual([
    ["all_s", "main", null, 0],
    ["mine", null, null, null],
  ]);
  expect((await root.query("SHOW BRANCHES")).map((row) => row[6])).toEqual([null, "bot"]);
  expect(await ben.query("SELECT agent_id FROM _hatidata_branches WHERE name = 'mine'")).toEqual([[null]]);
  expect((await ben.query("SHOW EXPIRING BRANCHES")).map(([name]) => name)).toEqual(["all_s"]);
  expect((await root.query("SHOW EXPIRING BRANCHES")).map(([name]) => name)).toEqual(["mine", "all_s"]);
});

test("the catalogue of a branch closes with it; a cursor opened before goes on, as in PostgreSQL", async () => {
  const { open, root } = await opened(`CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1), (2);
    CREATE BRANCH mine WITH (access 'private'); GRANT READ ON BRANCH mine TO ben; USE BRANCH mine; CREATE TABLE secret (a int)`);
  const ben = await open.session("main/mine", someone("ben", "data:read"));
  const looks = [
    "SELECT relname FROM pg_class",
    "SELECT table_name FROM information_schema.tables",
    "SELECT pg_get_viewdef(1)",
    "SELECT to_regclass('secret')",
    "SELECT pg_total_relation_size('secret')",
    "SHOW TABLES",
    "DESCRIBE secret",
    "SELECT * FROM secret",
    "SELECT 'secret'::regclass",
    "SELECT 1",
  ];
  for (const sql of looks) expect([sql, await ben.outcome(sql)]).toEqual([sql, "ok"]);
  await ben.query(
    "PREPARE p AS SELECT relname FROM pg_class; BEGIN; DECLARE c CURSOR FOR SELECT a FROM t ORDER BY a",
  );
  expect(await ben.query("FETCH c")).toEqual([[1]]);
  await root.query("REVOKE READ ON BRANCH mine FROM ben");
  expect(await ben.query("FETCH c")).toEqual([[2]]);
  await ben.query("ROLLBACK");
  for (const sql of [...looks, "EXECUTE p"]) expect([sql, await ben.outcome(sql)]).toEqual([sql, "42501"]);
  for (const sql of ["SHOW branch", "USE BRANCH main", "SELECT relname FROM pg_class", "EXECUTE p"])
    expect([sql, await ben.outcome(sql)]).toEqual([sql, "ok"]);
});

function alter(terms: string): string {
  return `ALTER BRANCH own SET (${terms})`;
}

test("a budget is raised by whoever set it, and by administrators; others may lower it, but not say when the branch ends", async () => {
  const { open, root } = await opened("CREATE TABLE t (a int PRIMARY KEY)");
  const agent = await open.session("main", someone("agent", "branches:create", "data:read", "data:write"));
  await agent.query("CREATE BRANCH own WITH (max_rows 10)");
  for (const terms of ["max_rows 20", "max_rows 5", "max_rows 'none'", "max_rows 10", "max_seconds 60"])
    expect([terms, await agent.outcome(alter(terms))]).toEqual([terms, "ok"]);
  await root.query(alter("max_rows 8"));
  for (const terms of ["max_rows 9", "max_rows 'none'", "max_seconds 61", "max_rows 1, max_seconds 'none'"])
    expect([terms, await agent.outcome(alter(terms))]).toEqual([terms, "42501"]);
  for (const terms of ["max_rows 8", "max_rows 4", "max_bytes 1000", "ttl '1 day'", "idle_ttl '1 hour'"])
    expect([terms, await agent.outcome(alter(terms))]).toEqual([terms, "ok"]);
  expect(await agent.outcome(alter("max_rows 8"))).toBe("42501");
  expect(await root.outcome(alter("max_rows 'none'"))).toBe("ok");
  await root.query("CREATE BRANCH given WITH (max_rows 1)");
  for (const terms of ["ttl '1 second'", "ttl_hours 9", "idle_ttl '1 second'"])
    await expect(agent.query(`ALTER BRANCH given SET (${terms})`)).rejects.toMatchObject({
      code: "42501",
      message: expect.stringContaining("branches:discard"),
    });
  await expect(agent.query("ALTER BRANCH given SET (max_rows 2)")).rejects.toMatchObject({
    code: "42501",
    hint: "it was set by root, who can raise it, and so can administrators",
  });
});

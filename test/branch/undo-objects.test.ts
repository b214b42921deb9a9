/** UNDO MERGE of functions, types, sequences, schemas, and of what got another name. */
import { describe, expect, it, onTestFinished, test } from "vitest";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const BEFORE = `CREATE TABLE t (id int PRIMARY KEY, qty int DEFAULT 1 CHECK (qty >= 0), note text);
  INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'); CREATE INDEX t_note ON t (note);
  CREATE TABLE u (id int PRIMARY KEY, x text); INSERT INTO u VALUES (1, 'u'); CREATE TABLE kept (id int PRIMARY KEY, k int); INSERT INTO kept VALUES (1, 1), (2, 2);
  CREATE FUNCTION plus(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 1';
  CREATE FUNCTION old(x int) RETURNS int LANGUAGE sql AS 'SELECT x * 2';
  CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE bygone AS ENUM ('x');
  CREATE SEQUENCE numbers START 5; SELECT nextval('numbers'); CREATE SEQUENCE odd INCREMENT 2; CREATE SCHEMA empty;
  CREATE VIEW v AS SELECT id, plus(qty) AS more FROM t`;

interface Merged {
  readonly open: OpenWorld;
  readonly target: TestSession;
  readonly source: TestSession;
  readonly before: unknown;
  readonly id: string;
}

async function merged(sql: string, onBranch: boolean): Promise<Merged> {
  const open = await OpenWorld.open();
  onTestFinished(async () => await open[Symbol.asyncDispose]());
  const { target, source } = await mergeHeads(open, BEFORE, onBranch);
  const before = await said(target);
  await source.query(sql);
  const [row] = await target.query("MERGE BRANCH b");
  return { open, target, source, before, id: String(row?.[1]) };
}

/** Everything that there is under a name, with rows. */
async function said(session: TestSession): Promise<unknown> {
  const tables = await session.query(
    "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'duckbranch') ORDER BY ALL",
  );
  const rows: unknown[] = [];
  for (const [schema, name] of tables)
    rows.push([
      schema,
      name,
      await session.query(
        `SELECT * FROM "${String(schema)}"."${String(name).replaceAll('"', '""')}" ORDER BY 1`,
      ),
    ]);
  return {
    rows,
    columns: await session.query(
      "SELECT table_name, column_name, data_type, column_default FROM information_schema.columns WHERE table_schema = 'public' ORDER BY ALL",
    ),
    functions: await session.query(
      "SELECT proname FROM pg_proc WHERE proname IN ('plus', 'old', 'minus') ORDER BY 1",
    ),
    types: await session.query(
      "SELECT typname, enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid ORDER BY 1, enumsortorder",
    ),
    sequences: await session.query("SELECT schemaname, sequencename FROM pg_sequences ORDER BY 1, 2"),
    schemas: await session.query(
      "SELECT nspname FROM pg_namespace WHERE nspname IN ('empty', 'app') ORDER BY 1",
    ),
    indexes: await session.query("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"),
  };
}

const CHANGES: readonly (readonly [name: string, sql: string])[] = [
  [
    "what was made",
    `CREATE FUNCTION minus(x int) RETURNS int LANGUAGE sql AS 'SELECT x - 1'; CREATE TYPE state AS ENUM ('on', 'off');
     CREATE SEQUENCE mine START 7; SELECT nextval('mine'); CREATE SCHEMA app; CREATE TABLE app.n (id int DEFAULT nextval('mine'), s state);
     INSERT INTO app.n VALUES (1, 'on'); CREATE VIEW w AS SELECT minus(qty) AS less FROM t; UPDATE t SET qty = 11 WHERE id = 1`,
  ],
  [
    "what was replaced and dropped",
    `CREATE OR REPLACE FUNCTION plus(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 2'; DROP FUNCTION old(int); DROP TYPE bygone;
     DROP TYPE mood; CREATE TYPE mood AS ENUM ('sad', 'ok', 'good'); DROP SCHEMA empty`,
  ],
  [
    "a table that was renamed, with its rows and columns",
    `ALTER TABLE u RENAME TO "new ""u"; INSERT INTO "new ""u" VALUES (2, 'v'); ALTER TABLE "new ""u" RENAME COLUMN x TO y;
     CREATE TABLE u (other text PRIMARY KEY); INSERT INTO u VALUES ('another')`,
  ],
  [
    "renamed, added and dropped columns",
    `ALTER TABLE t RENAME COLUMN note TO said; UPDATE t SET said = 'B' WHERE id = 2;
     ALTER TABLE u ADD COLUMN y int DEFAULT 4; ALTER TABLE u DROP COLUMN x; UPDATE u SET y = 5`,
  ],
  [
    "a dropped table, and one under another key",
    `DROP TABLE u; ALTER TABLE kept ALTER COLUMN k SET NOT NULL; ALTER TABLE kept DROP CONSTRAINT kept_pkey; ALTER TABLE kept ADD PRIMARY KEY (k); INSERT INTO kept VALUES (1, 9)`,
  ],
  [
    "tables that took each other's names",
    `ALTER TABLE u RENAME TO w; DROP VIEW v; ALTER TABLE t RENAME TO u; ALTER TABLE w RENAME TO t; UPDATE u SET qty = 12 WHERE id = 1;
     CREATE VIEW v AS SELECT id, plus(qty) AS more FROM u`,
  ],
];

describe.each([false, true])("into a branch: %s", (onBranch) => {
  it.each(CHANGES)("%s goes as it came, and can be merged again", async (_, sql) => {
    const { target, source, before, id } = await merged(sql, onBranch);
    const after = await said(target);
    expect(after).not.toEqual(before);
    expect(await target.query(`UNDO MERGE ${id}`)).toMatchObject([expect.arrayContaining(["undone"])]);
    expect(await said(target)).toEqual(before);
    await source.query("CREATE TABLE later (id int)");
    await target.query("MERGE BRANCH b; DROP TABLE later");
    expect(await said(target)).toEqual(after);
  });
});

test("sequences go on where they were, and are other ones to the branch", async () => {
  const { target, id, before } = await merged(
    "DROP SEQUENCE odd; DROP SEQUENCE numbers; CREATE SEQUENCE numbers START 100",
    false,
  );
  expect(await target.query("SELECT nextval('numbers')")).toEqual([[100n]]);
  await target.query(`UNDO MERGE ${id}`);
  expect(await said(target)).toEqual(before);
  expect(await target.query("SELECT nextval('numbers'), nextval('odd')")).toEqual([[6n, 1n]]);
  expect(await target.outcome("MERGE BRANCH b")).toBe("40002");
});

test("what was changed since is a conflict, and nothing is undone", async () => {
  const { target, id } = await merged(
    `CREATE OR REPLACE FUNCTION plus(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 2'; UPDATE t SET qty = 11 WHERE id = 1;
     DROP TYPE mood; CREATE TYPE mood AS ENUM ('sad', 'ok', 'good')`,
    false,
  );
  await target.query("CREATE OR REPLACE FUNCTION plus(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 3'");
  expect(await target.outcome(`UNDO MERGE ${id}`)).toBe("40002");
  expect(await target.query("SELECT plus(1), qty FROM t WHERE id = 1")).toEqual([[4, 11]]);
  await target.query(`UNDO MERGE ${id} USING branch_wins`);
  expect(await target.query("SELECT plus(1), qty FROM t WHERE id = 1")).toEqual([[2, 10]]);
  expect(await target.outcome("SELECT 'good'::mood")).toBe("22P02");
});

test("what leans on it since keeps it", async () => {
  const { target, id } = await merged(
    `CREATE TYPE state AS ENUM ('on', 'off'); CREATE SEQUENCE mine; CREATE SCHEMA app;
     CREATE FUNCTION minus(x int) RETURNS int LANGUAGE sql AS 'SELECT x - 1'`,
    false,
  );
  for (const [sql, undone] of [
    ["CREATE TABLE n (s state)", "DROP TABLE n"],
    ["CREATE TABLE n (id int DEFAULT nextval('mine'))", "DROP TABLE n"],
    ["CREATE TABLE app.n (id int)", "DROP TABLE app.n"],
    ["CREATE VIEW w AS SELECT minus(qty) AS less FROM t", "DROP VIEW w"],
  ] as const) {
    await target.query(sql);
    expect([sql, await target.outcome(`UNDO MERGE ${id}`)]).toEqual([sql, "2BP01"]);
    await target.query(undone);
  }
  expect(await target.outcome(`UNDO MERGE ${id}`)).toBe("ok");
  expect(await target.outcome("SELECT minus(1)")).toBe("42883");
});

test("rows that were changed since stay under the old name", async () => {
  const { target, id } = await merged("ALTER TABLE u RENAME TO w; UPDATE w SET x = 'W' WHERE id = 1", false);
  await target.query("INSERT INTO w VALUES (2, 'later')");
  await target.query(`UNDO MERGE ${id}`);
  expect(await target.query("SELECT * FROM u ORDER BY id")).toEqual([
    [1, "u"],
    [2, "later"],
  ]);
  expect(await target.outcome("SELECT * FROM w")).toBe("42P01");
});

/** UNDO MERGE of merges that changed definitions: what is there since is looked at as in any merge. */
import { describe, expect, it, onTestFinished, test } from "vitest";
import { releaseOverdue } from "../../src/branch/release-overdue.js";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const DAY_MS = 86_400_000;
const TABLE = `CREATE TABLE t (id int PRIMARY KEY, qty int DEFAULT 1 CHECK (qty >= 0), note text);
  INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'); CREATE VIEW v AS SELECT id, qty FROM t WHERE qty > 10`;

interface Merged {
  readonly open: OpenWorld;
  readonly target: TestSession;
  readonly source: TestSession;
  readonly id: string;
}

/** A merge of `sql`, with what `main` did since the branch was made. */
async function merged(
  sql: string,
  onMain = "",
  options: { before?: string; onBranch?: boolean } = {},
): Promise<Merged> {
  const open = await OpenWorld.open();
  onTestFinished(async () => await open[Symbol.asyncDispose]());
  const { target, source } = await mergeHeads(open, options.before ?? TABLE, options.onBranch ?? false);
  await source.query(sql);
  if (onMain !== "") await target.query(onMain);
  await target.query("MERGE BRANCH b");
  const [row] = await target.query(
    "SELECT merge_id FROM duckbranch.merges WHERE branch_name = 'b' AND status = 'merged'",
  );
  return { open, target, source, id: String(row?.[0]) };
}

/** Tables with columns, defaults, constraints and indexes, views, and all rows of `t`. */
async function said(session: TestSession): Promise<unknown> {
  return {
    // Sequences stay while there are branches: the next one of that name has a number.
    columns: await session.query(
      "SELECT table_name, column_name, data_type, regexp_replace(column_default, '_seq[0-9]*', '_seq'), is_nullable FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position",
    ),
    constraints: await session.query(
      "SELECT conname, contype, conrelid::regclass::text FROM pg_constraint ORDER BY 3, 1",
    ),
    indexes: await session.query("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"),
    views: await session.query(
      "SELECT viewname, translate(definition, '()', '') FROM pg_views WHERE schemaname = 'public' ORDER BY 1",
    ),
    rows: await session.query("SELECT * FROM t ORDER BY id"),
  };
}

describe.each([
  [
    "a new table with rows",
    "CREATE TABLE n (id int PRIMARY KEY, t_id int); INSERT INTO n VALUES (1, 1), (2, 2); UPDATE t SET qty = 11 WHERE id = 1",
  ],
  [
    "a new table with a serial column",
    "CREATE TABLE n (id serial PRIMARY KEY, x text UNIQUE); INSERT INTO n (x) VALUES ('a'), ('b')",
  ],
  ["a new table without a key", "CREATE TABLE n AS SELECT id FROM t"],
  [
    "a new column",
    "ALTER TABLE t ADD COLUMN extra text DEFAULT 'x'; UPDATE t SET extra = 'y', qty = 5 WHERE id = 2; INSERT INTO t VALUES (9, 9, 'z', 'q')",
  ],
  ["a dropped column", "DROP VIEW v; ALTER TABLE t DROP COLUMN note; DELETE FROM t WHERE id = 3"],
  ["another type", "ALTER TABLE t ALTER COLUMN note TYPE varchar(10)"],
  [
    "a default, NOT NULL and an index",
    "ALTER TABLE t ALTER COLUMN qty SET DEFAULT 7; CREATE INDEX t_note ON t (note); ALTER TABLE t ALTER COLUMN note SET NOT NULL",
  ],
  ["a constraint", "ALTER TABLE t ADD CONSTRAINT small CHECK (qty < 1000)"],
  [
    "a new view and a changed one",
    "CREATE VIEW w AS SELECT note FROM t; CREATE OR REPLACE VIEW v AS SELECT id, qty FROM t WHERE qty > 20",
  ],
  ["a dropped view", "DROP VIEW v"],
  [
    "odd names",
    `CREATE TABLE "a ""b" ("x y" int PRIMARY KEY, "Ü" text); INSERT INTO "a ""b" VALUES (1, 'ü'); CREATE VIEW "v w" AS SELECT * FROM "a ""b"`,
  ],
])("%s", (_, sql) => {
  it("goes as it came", async () => {
    const { target, source, id } = await merged(sql);
    const after = await said(target);
    const before = await said(await unmerged());
    expect(after).not.toEqual(before);
    const [answer] = await target.query(`UNDO MERGE ${id}`);
    expect(answer).toContain("undone");
    expect(await said(target)).toEqual(before);
    // Asked again; merged again; written before that.
    expect(await target.outcome(`UNDO MERGE ${id}`)).toBe("ok");
    await source
      .query("INSERT INTO t (id, qty) VALUES (77, 7)")
      .catch(() => source.query("INSERT INTO t (id, qty, note) VALUES (77, 7, 'n')"));
    expect(await target.outcome("MERGE BRANCH b")).toBe("ok");
    expect(await said(target)).toEqual(await said(source));
  });
});

async function unmerged(): Promise<TestSession> {
  const open = await OpenWorld.open();
  onTestFinished(async () => await open[Symbol.asyncDispose]());
  const main = await open.session();
  await main.query(TABLE);
  return main;
}

test("a dropped table comes back with its rows, constraints and indexes", async () => {
  const before = `${TABLE}; CREATE INDEX t_qty ON t (qty)`;
  const { target, id } = await merged("DROP VIEW v; DROP TABLE t", "", { before });
  expect(await target.outcome("SELECT * FROM t")).toBe("42P01");
  await target.query(`UNDO MERGE ${id}`);
  expect(await target.query("SELECT * FROM v ORDER BY id")).toEqual([
    [2, 20],
    [3, 30],
  ]);
  expect(await target.outcome("INSERT INTO t VALUES (1, 1, 'twice')")).toBe("23505");
  expect(await target.outcome("INSERT INTO t VALUES (4, -1, 'negative')")).toBe("23514");
  expect(
    await target.query("SELECT indexname FROM pg_indexes WHERE tablename = 't' AND indexname = 't_qty'"),
  ).toHaveLength(1);
});

describe("what was done since", () => {
  it("stays, in rows that the merge did not change", async () => {
    const { target, id } = await merged(
      "ALTER TABLE t ADD COLUMN extra int DEFAULT 5; UPDATE t SET qty = 11 WHERE id = 1",
    );
    await target.query("UPDATE t SET qty = 22 WHERE id = 2; INSERT INTO t VALUES (4, 40, 'd', 6)");
    expect(await target.outcome(`UNDO MERGE ${id}`)).toBe("40002");
    await target.query("UPDATE t SET extra = 5 WHERE id = 4");
    await target.query(`UNDO MERGE ${id}`);
    expect(await target.query("SELECT * FROM t ORDER BY id")).toEqual([
      [1, 10, "a"],
      [2, 22, "b"],
      [3, 30, "c"],
      [4, 40, "d"],
    ]);
  });

  it("is a conflict in the rows of a new table, and nothing is undone", async () => {
    const { target, id } = await merged(
      "CREATE TABLE n (id int PRIMARY KEY); INSERT INTO n VALUES (1); UPDATE t SET qty = 11 WHERE id = 1",
    );
    await target.query("INSERT INTO n VALUES (2)");
    expect(await target.outcome(`UNDO MERGE ${id}`)).toBe("40002");
    expect(await target.query("SELECT id FROM n ORDER BY id")).toEqual([[1], [2]]);
    expect(await target.query("SELECT qty FROM t WHERE id = 1")).toEqual([[11]]);
    await target.query("DELETE FROM n WHERE id = 2");
    // Changed back is unchanged.
    expect(await target.outcome(`UNDO MERGE ${id}`)).toBe("ok");
    expect(await target.outcome("SELECT id FROM n")).toBe("42P01");
  });

  it("is a conflict in a row that both changed", async () => {
    const { target, id } = await merged(
      "ALTER TABLE t ADD COLUMN extra int; UPDATE t SET qty = 11 WHERE id = 1",
    );
    await target.query("UPDATE t SET qty = 12 WHERE id = 1");
    expect(await target.outcome(`UNDO MERGE ${id}`)).toBe("40002");
    expect(await target.query("SELECT qty, extra FROM t WHERE id = 1")).toEqual([[12, null]]);
    await target.query(`UNDO MERGE ${id} USING main_wins`);
    expect(await target.query("SELECT * FROM t WHERE id = 1")).toEqual([[1, 12, "a"]]);
  });

  it("is a conflict in a view that was changed again", async () => {
    const { target, id } = await merged("CREATE OR REPLACE VIEW v AS SELECT id, qty FROM t WHERE qty > 20");
    await target.query("CREATE OR REPLACE VIEW v AS SELECT id, qty FROM t WHERE qty > 25");
    expect(await target.outcome(`UNDO MERGE ${id}`)).toBe("40002");
  });
});

test("the branch may be gone, and the server have been started again", async () => {
  const { target, id } = await merged("CREATE TABLE n (id int); ALTER TABLE t ADD COLUMN extra int");
  await target.query("DROP BRANCH b IMMEDIATE");
  await target.query(`UNDO MERGE ${id}`);
  expect(await target.outcome("SELECT * FROM n")).toBe("42P01");
  expect(await target.outcome("SELECT extra FROM t")).toBe("42703");
});

test("what is kept goes with its time, and nothing is undone by half", async () => {
  const { target, id, open } = await merged("CREATE TABLE n (id int); UPDATE t SET qty = 11 WHERE id = 1");
  const { context } = open.world;
  expect(await releaseOverdue(context, Date.now() + 6 * DAY_MS, new AbortController().signal)).toBe(0);
  expect(await releaseOverdue(context, Date.now() + 8 * DAY_MS, new AbortController().signal)).toBe(1);
  expect(await target.outcome(`UNDO MERGE ${id}`)).toBe("55000");
  expect(await target.query("SELECT qty FROM t WHERE id = 1")).toEqual([[11]]);
  using connection = await context.registry.database.connect("data");
  expect(
    await connection.rows(
      "SELECT 1 FROM duckdb_schemas() WHERE schema_name LIKE 'branch%' AND database_name = 'duckbranch_db'",
    ),
  ).toHaveLength(1);
});

test("two merges are undone in reverse order, by several sessions at once", async () => {
  const { target, id, open } = await merged(
    "CREATE TABLE n (id int PRIMARY KEY, v text DEFAULT 'x'); INSERT INTO n VALUES (1)",
  );
  await target.query("CREATE BRANCH later");
  const later = await open.session("main/later");
  await later.query("INSERT INTO n VALUES (2); UPDATE n SET v = 'y'");
  const [row] = await target.query("MERGE BRANCH later");
  await target.query(`UNDO MERGE ${String(row?.[1])}`);
  const sessions = await Promise.all([1, 2, 3].map(async () => await open.session()));
  const outcomes = await Promise.all(
    sessions.map(async (session) => await session.outcome(`UNDO MERGE ${id}`)),
  );
  expect(outcomes).toEqual(["ok", "ok", "ok"]);
  expect(await target.outcome("SELECT * FROM n")).toBe("42P01");
});

test("nobody sees what it is kept in", async () => {
  const { target, id, open } = await merged("CREATE TABLE n (id int); ALTER TABLE t ADD COLUMN extra int");
  expect(await target.query("SELECT name FROM duckbranch.branches")).toEqual([["b"]]);
  expect(await target.query("SELECT datname FROM pg_database WHERE datname LIKE '%undo%'")).toEqual([]);
  expect(await target.outcome(`UNDELETE BRANCH "undo of ${id}"`)).toBe("3D000");
  const [kept] = [...open.world.context.registry.state.branches.undoing()];
  expect(await target.outcome(`UNDELETE BRANCH "${kept?.id}"`)).toBe("55000");
  await target.query(`UNDO MERGE ${id}`);
});

test("into a branch", async () => {
  const { target, id } = await merged(
    "CREATE TABLE n (id int PRIMARY KEY); INSERT INTO n VALUES (1); ALTER TABLE t ADD COLUMN extra int",
    "",
    { onBranch: true },
  );
  await target.query(`UNDO MERGE ${id}`);
  expect(await target.outcome("SELECT * FROM n")).toBe("42P01");
  expect(await target.query("SELECT * FROM t WHERE id = 1")).toEqual([[1, 10, "a"]]);
});

/** What a table's definition does not keep in DuckDB: comments on constraints, and indexes' order, INCLUDE and WHERE. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestApp } from "../cli/test-app.js";
import { mergedNotes, notedText, readNotes } from "../../src/sql/table-notes.js";
import { startWithScript, USER } from "./fixture.js";

let app: TestApp;
beforeAll(async () => {
  app = await startWithScript(
    `CREATE TABLE t (a int CONSTRAINT positive CHECK (a > 0), b text, "C d" int, e int, CONSTRAINT k PRIMARY KEY (a));
     COMMENT ON TABLE t IS 'things'; COMMENT ON CONSTRAINT positive ON t IS 'it''s above'; COMMENT ON CONSTRAINT k ON t IS 'key';
     CREATE INDEX down ON t (a DESC, coalesce(b, 'x, y'), b text_pattern_ops NULLS FIRST) INCLUDE ("C d") WHERE e > 3 AND b IS NOT NULL;
     CREATE INDEX hashed ON t USING hash (b);
     CREATE BRANCH other;
     COMMENT ON CONSTRAINT k ON t IS 'the key'`,
  );
});
afterAll(async () => await app[Symbol.asyncDispose]());

async function ask(database: string, ...statements: readonly string[]): Promise<unknown[][]> {
  const client = new Client({ ...app.address, user: USER, database });
  await client.connect();
  try {
    const rows: unknown[][] = [];
    for (const sql of statements) {
      const result = await client.query<unknown[]>({ text: sql, rowMode: "array" });
      rows.push(...result.rows);
    }
    return rows;
  } finally {
    await client.end();
  }
}

const COMMENTS = `SELECT conname, obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conrelid = 't'::regclass
  UNION ALL SELECT 'table', obj_description('t'::regclass, 'pg_class') ORDER BY 1`;
const INDEXES =
  "SELECT indexdef FROM pg_indexes WHERE tablename = 't' AND indexname <> 'k' ORDER BY indexname";
const DOWN =
  `CREATE INDEX down ON public.t USING btree (a DESC, COALESCE(b, 'x, y'::text), b text_pattern_ops NULLS FIRST) ` +
  `INCLUDE ("C d") WHERE ((e > 3) AND (b IS NOT NULL))`;
const HASHED = "CREATE INDEX hashed ON public.t USING hash (b)";

test("indexes and comments on constraints are shown as they were declared, on main and on a branch that wrote the table", async () => {
  expect(await ask("main", INDEXES)).toEqual([[DOWN], [HASHED]]);
  expect(await ask("main", COMMENTS)).toEqual([
    ["k", "the key"],
    ["positive", "it's above"],
    ["table", "things"],
  ]);
  await ask("main/other", "INSERT INTO t VALUES (1)", "COMMENT ON TABLE t IS NULL");
  expect(await ask("main/other", INDEXES)).toEqual([[DOWN], [HASHED]]);
  expect(await ask("main/other", COMMENTS)).toEqual([
    ["k", "key"],
    ["positive", "it's above"],
    ["table", null],
  ]);
  expect(
    await ask(
      "main",
      `SELECT i.indnatts, i.indnkeyatts, i.indoption::text, i.indkey::text, pg_get_expr(i.indpred, i.indrelid), a.amname
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam WHERE c.relname IN ('down', 'hashed') ORDER BY 1 DESC`,
    ),
  ).toEqual([
    [4, 3, "3 0 2", "1 0 2 3", "((e > 3) AND (b IS NOT NULL))", "btree"],
    [1, 1, "0", "2", null, "hash"],
  ]);
});

test("they follow columns that get another name, and a merge brings what both sides say", async () => {
  await ask(
    "main/other",
    'ALTER TABLE t RENAME COLUMN "C d" TO f',
    "ALTER TABLE t RENAME COLUMN e TO g",
    "CREATE INDEX more ON t (g DESC)",
  );
  const renamed = DOWN.replace('"C d"', "f").replace("(e > 3)", "(g > 3)");
  const MORE = "CREATE INDEX more ON public.t USING btree (g DESC)";
  expect(await ask("main/other", INDEXES)).toEqual([[renamed], [HASHED], [MORE]]);
  await ask("main", "MERGE BRANCH other");
  expect(await ask("main", INDEXES)).toEqual([[renamed], [HASHED], [MORE]]);
  expect(await ask("main", COMMENTS)).toEqual([
    ["k", "the key"],
    ["positive", "it's above"],
    ["table", null],
  ]);
});

const INDEX_COMMENTS = `SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = 't'::regclass ORDER BY 1`;

test("an index keeps its comment and its order under another name, in a branch that reads the table as it was, and through a merge", async () => {
  await ask(
    "main",
    "COMMENT ON INDEX down IS 'it''s down'",
    "COMMENT ON INDEX k IS 'of the key'",
    "COMMENT ON INDEX public.more IS 'more'",
    "CREATE BRANCH third",
    "ALTER TABLE t ADD COLUMN late int",
    "ALTER INDEX down RENAME TO lower",
    "DROP INDEX more",
    "CREATE INDEX more ON t (g)",
    "ALTER TABLE t RENAME CONSTRAINT k TO key",
  );
  expect(await ask("main", INDEX_COMMENTS)).toEqual([
    ["hashed", null],
    ["key", "of the key"],
    ["lower", "it's down"],
    ["more", null],
  ]);
  expect(await ask("main", "SELECT indexdef FROM pg_indexes WHERE indexname = 'lower'")).toEqual([
    [DOWN.replace("down", "lower").replace('"C d"', "f").replace("(e > 3)", "(g > 3)")],
  ]);
  // It has not written the table.
  const kept = [
    ["down", "it's down"],
    ["hashed", null],
    ["k", "of the key"],
    ["more", "more"],
  ];
  expect(await ask("main/third", INDEX_COMMENTS)).toEqual(kept);
  await ask("main/third", "COMMENT ON INDEX hashed IS 'of the branch'", "COMMENT ON COLUMN t.b IS 'b'");
  expect(await ask("main/third", INDEX_COMMENTS)).toEqual([
    kept[0],
    ["hashed", "of the branch"],
    ...kept.slice(2),
  ]);
  await ask("main", "MERGE BRANCH third");
  expect(await ask("main", INDEX_COMMENTS)).toEqual([
    ["hashed", "of the branch"],
    ["key", "of the key"],
    ["lower", "it's down"],
    ["more", null],
  ]);
  await expect(ask("main", "COMMENT ON INDEX nope IS 'x'")).rejects.toMatchObject({ code: "42P01" });
});

function commentsOn(view: string): string {
  return `SELECT obj_description('${view}'::regclass), col_description('${view}'::regclass, 1)`;
}

test("a view keeps its comments when it is replaced, renamed or merged, and a branch reads those of main", async () => {
  await ask(
    "main",
    "CREATE TABLE read (a int, b int)",
    "CREATE VIEW v AS SELECT a, b FROM read",
    "COMMENT ON VIEW v IS 'it''s a view'",
    "COMMENT ON COLUMN v.a IS 'of it'",
    "CREATE OR REPLACE VIEW v AS SELECT a, b, 1 AS c FROM read",
    'ALTER VIEW v RENAME TO "v ""w"',
    "CREATE BRANCH views",
  );
  const comments = [["it's a view", "of it"]];
  expect(await ask("main", commentsOn('"v ""w"'))).toEqual(comments);
  expect(await ask("main/views", commentsOn('"v ""w"'))).toEqual(comments);
  await ask("main/views", 'CREATE OR REPLACE VIEW "v ""w" AS SELECT a, b, 1 AS c, 2 AS d FROM read');
  await ask("main", "MERGE BRANCH views");
  expect(await ask("main", 'SELECT d FROM "v ""w"', commentsOn('"v ""w"'))).toEqual(comments);
});

test("a constraint that is not there is 42704, a table 42P01, and an index made again is not what the other was", async () => {
  await expect(ask("main", "COMMENT ON CONSTRAINT nope ON t IS 'x'")).rejects.toMatchObject({
    code: "42704",
  });
  await expect(ask("main", "COMMENT ON CONSTRAINT nope ON missing IS 'x'")).rejects.toMatchObject({
    code: "42P01",
  });
  await ask("main", "DROP INDEX hashed", "CREATE INDEX hashed ON t (b)");
  const rows = await ask("main", "SELECT indexdef FROM pg_indexes WHERE indexname = 'hashed'");
  expect(rows).toEqual([["CREATE INDEX hashed ON public.t USING btree (b)"]]);
});

function on(text: string | null, name: string, comment: string): string | null {
  return notedText(text, { kind: "constraint", name, comment });
}

test("both sides' notes are merged one by one, and are in conflict only where they differ", () => {
  const base = on("about", "c", "1");
  expect(readNotes(mergedNotes(base, on(base, "d", "2"), on(base, "c", "3")) ?? null)).toEqual({
    comment: "about",
    constraints: { d: "2", c: "3" },
    indexes: {},
  });
  expect(mergedNotes(base, on(base, "c", "2"), on(base, "c", "3"))).toBeUndefined();
});

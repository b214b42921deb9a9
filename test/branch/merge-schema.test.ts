/** Definitions are merged three-way: columns, defaults, NOT NULL, constraints, indexes and comments; into main and into a branch. */
import { describe, expect, test } from "vitest";
import { commentsOf } from "../../src/branch/catalog-reader.js";
import { SqlError } from "../../src/core/errors.js";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession, Value } from "../support/world.js";

const TABLE = `CREATE TABLE t (id int PRIMARY KEY, v int, note text DEFAULT 'n');
  INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'), (4, 40, 'd'); CREATE INDEX vi ON t (v)`;

interface Case {
  readonly name: string;
  /** What is there before the branch, beside `t`. */
  readonly before?: string;
  readonly target?: string;
  readonly source: string;
  readonly query: string;
  readonly rows: Value[][];
  /** Statements on the target afterwards, with their outcomes. */
  readonly afterwards?: readonly (readonly [sql: string, outcome: string])[];
}

const MERGED: readonly Case[] = [
  {
    name: "a new column with a default; rows that the target added have it",
    source:
      "ALTER TABLE t ADD COLUMN w int DEFAULT 5; UPDATE t SET w = 6 WHERE id = 3; INSERT INTO t (id) VALUES (5)",
    target: "INSERT INTO t VALUES (6, 60, 'f'); UPDATE t SET v = 11 WHERE id = 1; DELETE FROM t WHERE id = 4",
    query: "SELECT id, v, w FROM t ORDER BY id",
    rows: [
      [1, 11, 5],
      [2, 20, 5],
      [3, 30, 6],
      [5, null, 5],
      [6, 60, 5],
    ],
    afterwards: [["INSERT INTO t (id) VALUES (7)", "ok"]],
  },
  {
    name: "a new column without a default, under an odd name",
    source: 'ALTER TABLE t ADD COLUMN "Über ""x""" text; UPDATE t SET "Über ""x""" = id::text WHERE id < 3',
    query: 'SELECT id, "Über ""x""" FROM t ORDER BY id',
    rows: [
      [1, "1"],
      [2, "2"],
      [3, null],
      [4, null],
    ],
  },
  {
    name: "a dropped column, with the index and the check over it",
    before: "ALTER TABLE t ADD CHECK (v < 1000)",
    source: "ALTER TABLE t DROP COLUMN v; UPDATE t SET note = 'B' WHERE id = 2",
    target: "UPDATE t SET note = 'A' WHERE id = 1",
    query: "SELECT * FROM t ORDER BY id",
    rows: [
      [1, "A"],
      [2, "B"],
      [3, "c"],
      [4, "d"],
    ],
  },
  {
    name: "a renamed column keeps what the target wrote in it",
    source: "ALTER TABLE t RENAME COLUMN v TO amount; UPDATE t SET amount = 21 WHERE id = 2",
    target: "UPDATE t SET v = 11 WHERE id = 1; INSERT INTO t VALUES (5, 50, 'e')",
    query: "SELECT id, amount FROM t ORDER BY id",
    rows: [
      [1, 11],
      [2, 21],
      [3, 30],
      [4, 40],
      [5, 50],
    ],
    afterwards: [["UPDATE t SET v = 0", "42703"]],
  },
  {
    name: "two columns that changed their names",
    before: "ALTER TABLE t ADD COLUMN x int DEFAULT 7",
    source:
      "ALTER TABLE t RENAME COLUMN v TO y; ALTER TABLE t RENAME COLUMN x TO v; ALTER TABLE t RENAME COLUMN y TO x; UPDATE t SET x = 0 WHERE id = 2",
    target: "UPDATE t SET x = 8 WHERE id = 1",
    query: "SELECT id, x, v FROM t ORDER BY id",
    rows: [
      [1, 10, 8],
      [2, 0, 7],
      [3, 30, 7],
      [4, 40, 7],
    ],
  },
  {
    name: "defaults set, changed and dropped",
    source:
      "ALTER TABLE t ALTER COLUMN v SET DEFAULT 3; ALTER TABLE t ALTER COLUMN note DROP DEFAULT; INSERT INTO t (id) VALUES (5)",
    target: "UPDATE t SET v = 11 WHERE id = 1; INSERT INTO t (id) VALUES (6)",
    query: "INSERT INTO t (id) VALUES (7); SELECT id, v, note FROM t WHERE id > 4 ORDER BY id",
    rows: [
      [5, 3, null],
      [6, null, "n"],
      [7, 3, null],
    ],
  },
  {
    name: "NOT NULL and CHECK hold for the merged rows, which the branch has mended",
    before: "INSERT INTO t VALUES (8, NULL, NULL), (9, -9, 'neg')",
    source:
      'UPDATE t SET v = 0 WHERE id = 8; DELETE FROM t WHERE v < 0; ALTER TABLE t ALTER COLUMN v SET NOT NULL; ALTER TABLE t ADD CONSTRAINT "v ok" CHECK (v >= 0)',
    target: "UPDATE t SET note = 'A' WHERE id = 1",
    query: "SELECT id, v, note FROM t WHERE id IN (1, 8, 9) ORDER BY id",
    rows: [
      [1, 10, "A"],
      [8, 0, null],
    ],
    afterwards: [
      ["INSERT INTO t VALUES (10, NULL)", "23502"],
      ["INSERT INTO t VALUES (10, -1)", "23514"],
      ['ALTER TABLE t DROP CONSTRAINT "v ok"', "ok"],
    ],
  },
  {
    name: "NOT NULL and CHECK that the branch dropped are gone",
    before: "ALTER TABLE t ADD CONSTRAINT pos CHECK (v > 0); ALTER TABLE t ALTER COLUMN note SET NOT NULL",
    source:
      "ALTER TABLE t DROP CONSTRAINT pos; ALTER TABLE t ALTER COLUMN note DROP NOT NULL; INSERT INTO t VALUES (5, -5, NULL)",
    target: "UPDATE t SET note = 'A' WHERE id = 1",
    query: "SELECT count(*)::int FROM t",
    rows: [[5]],
    afterwards: [["INSERT INTO t VALUES (6, -6, NULL)", "ok"]],
  },
  {
    name: "unique constraints and indexes, made and dropped",
    source:
      "ALTER TABLE t ADD CONSTRAINT one UNIQUE (note); DROP INDEX vi; CREATE UNIQUE INDEX u ON t (v); CREATE INDEX plain ON t (note)",
    target: "UPDATE t SET note = 'A' WHERE id = 1",
    query: "SELECT count(*)::int FROM t",
    rows: [[4]],
    afterwards: [
      ["CREATE INDEX vi ON t (id)", "ok"],
      ["CREATE INDEX plain ON t (id)", "42P07"],
      ["INSERT INTO t VALUES (5, 50, 'A')", "23505"],
      ["INSERT INTO t VALUES (5, 40, 'x')", "23505"],
    ],
  },
  {
    name: "types, by a cast of the target's values",
    source: "ALTER TABLE t ALTER COLUMN v TYPE bigint; UPDATE t SET v = 5000000000 WHERE id = 2",
    target: "UPDATE t SET v = 11 WHERE id = 1; INSERT INTO t VALUES (5, 50, 'e')",
    query: "SELECT id, v FROM t ORDER BY id",
    rows: [
      [1, 11n],
      [2, 5_000_000_000n],
      [3, 30n],
      [4, 40n],
      [5, 50n],
    ],
  },
  {
    name: "both sides change the same thing in the same way, and each something else",
    source:
      "ALTER TABLE t ADD COLUMN w int DEFAULT 5; ALTER TABLE t ALTER COLUMN v SET NOT NULL; ALTER TABLE t RENAME COLUMN note TO said; UPDATE t SET w = 1 WHERE id = 1",
    target:
      "ALTER TABLE t ADD COLUMN w int DEFAULT 5; ALTER TABLE t ADD CHECK (v > 0); UPDATE t SET w = 2 WHERE id = 2; INSERT INTO t VALUES (5, 50, 'e')",
    query: "SELECT id, said, w FROM t ORDER BY id",
    rows: [
      [1, "a", 1],
      [2, "b", 2],
      [3, "c", 5],
      [4, "d", 5],
      [5, "e", 5],
    ],
    afterwards: [
      ["INSERT INTO t VALUES (6, -6)", "23514"],
      ["INSERT INTO t VALUES (6, NULL)", "23502"],
    ],
  },
  {
    name: "only the target's columns changed",
    source:
      "UPDATE t SET note = 'B' WHERE id = 2; INSERT INTO t (id, note) VALUES (5, 'e'); DELETE FROM t WHERE id = 4",
    target:
      "ALTER TABLE t DROP COLUMN v; ALTER TABLE t ALTER COLUMN note SET NOT NULL; UPDATE t SET note = 'A' WHERE id = 1",
    query: "SELECT * FROM t ORDER BY id",
    rows: [
      [1, "A"],
      [2, "B"],
      [3, "c"],
      [5, "e"],
    ],
  },
  {
    name: "the target has a new column",
    source:
      "UPDATE t SET note = 'B' WHERE id = 2; INSERT INTO t VALUES (5, 50, 'e'); DELETE FROM t WHERE id = 4",
    target: "ALTER TABLE t ADD COLUMN w int DEFAULT 5; UPDATE t SET w = 6 WHERE id = 1",
    query: "SELECT id, note, w FROM t ORDER BY id",
    rows: [
      [1, "a", 6],
      [2, "B", 5],
      [3, "c", 5],
      [5, "e", 5],
    ],
  },
  {
    name: "a generated column",
    source:
      "ALTER TABLE t ADD COLUMN twice int GENERATED ALWAYS AS (v * 2) STORED; UPDATE t SET v = 21 WHERE id = 2",
    target: "UPDATE t SET v = 11 WHERE id = 1",
    query: "SELECT id, twice FROM t ORDER BY id",
    rows: [
      [1, 22],
      [2, 42],
      [3, 60],
      [4, 80],
    ],
  },
];

describe.each([false, true])("into a branch: %s", (onBranch) => {
  test.each(MERGED)(
    "$name",
    async ({ before = "", target: there = "", source: here, query, rows, afterwards = [] }) => {
      await using open = await OpenWorld.open();
      const { target, source } = await mergeHeads(open, `${TABLE}; ${before}`, onBranch);
      await source.query(here);
      if (there !== "") await target.query(there);
      const again = await target.prepared("SELECT * FROM t ORDER BY 1");
      await again();
      await target.query("MERGE BRANCH b");
      expect(await target.query(query)).toEqual(rows);
      expect((await again()).length).toBe((await target.query("SELECT * FROM t")).length);
      for (const [sql, outcome] of afterwards)
        expect([sql, await target.outcome(sql)]).toEqual([sql, outcome]);
    },
  );
});

test("a column that has a comment is dropped", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    `${TABLE}; COMMENT ON COLUMN t.note IS 'gone'; COMMENT ON COLUMN t.v IS 'stays'; CREATE BRANCH b`,
  );
  const b = await open.session("main/b");
  await b.query("ALTER TABLE t DROP COLUMN note");
  await main.query("MERGE BRANCH b");
  using connection = await open.world.context.registry.database.connect("data");
  expect(await commentsOf(connection, { schema: "main", name: "t" })).toEqual([
    { column: "v", comment: "stays" },
  ]);
});

test("comments, beside a change of columns and alone", async () => {
  await using open = await OpenWorld.open();
  const before = "COMMENT ON TABLE t IS 'old'; COMMENT ON COLUMN t.v IS 'gone'";
  const { target: main, source } = await mergeHeads(open, `${TABLE}; ${before}`, false);
  await source.query(
    "COMMENT ON TABLE t IS 'it''s'; COMMENT ON COLUMN t.note IS 'said'; ALTER TABLE t ADD COLUMN w int; CREATE BRANCH c FROM b",
  );
  const child = await open.session("main/c");
  await child.query("COMMENT ON COLUMN t.v IS NULL; COMMENT ON COLUMN t.w IS 'new'");
  await child.query("MERGE BRANCH c");
  await main.query("MERGE BRANCH b");
  using connection = await open.world.context.registry.database.connect("data");
  expect(await commentsOf(connection, { schema: "main", name: "t" })).toEqual([
    { column: null, comment: "it's" },
    { column: "note", comment: "said" },
    { column: "w", comment: "new" },
  ]);
});

const REFUSED: readonly {
  readonly name: string;
  readonly before?: string;
  readonly target: string;
  readonly source: string;
  readonly code: string;
  readonly says: string;
}[] = [
  {
    name: "defaults",
    target: "ALTER TABLE t ALTER COLUMN v SET DEFAULT 1",
    source: "ALTER TABLE t ALTER COLUMN v SET DEFAULT 2",
    code: "40002",
    says: 'default of column "v" was changed on both sides',
  },
  {
    name: "names",
    target: "ALTER TABLE t RENAME COLUMN v TO x",
    source: "ALTER TABLE t RENAME COLUMN v TO y",
    code: "40002",
    says: 'column "v" was renamed',
  },
  {
    name: "new columns of one name",
    target: "ALTER TABLE t ADD COLUMN w int",
    source: "ALTER TABLE t ADD COLUMN w text",
    code: "40002",
    says: 'type of column "w"',
  },
  {
    name: "new columns with other defaults",
    target: "ALTER TABLE t ADD COLUMN w int DEFAULT 1",
    source: "ALTER TABLE t ADD COLUMN w int DEFAULT 2",
    code: "40002",
    says: 'default of column "w"',
  },
  {
    name: "a column dropped here and written there",
    target: "UPDATE t SET v = 11 WHERE id = 1",
    source: "ALTER TABLE t DROP COLUMN v",
    code: "40002",
    says: 'column "v" was dropped in the branch',
  },
  {
    name: "a column dropped here and filled there",
    target: "INSERT INTO t VALUES (5, 50)",
    source: "ALTER TABLE t DROP COLUMN v",
    code: "40002",
    says: 'column "v" was dropped in the branch',
  },
  {
    name: "a column written here and dropped there",
    target: "ALTER TABLE t DROP COLUMN v",
    source: "UPDATE t SET v = 11 WHERE id = 1",
    code: "40002",
    says: 'column "v" was dropped on the target',
  },
  {
    name: "a column dropped here and changed there",
    target: "ALTER TABLE t ALTER COLUMN v SET DEFAULT 4",
    source: "ALTER TABLE t DROP COLUMN v",
    code: "40002",
    says: 'default of column "v"',
  },
  {
    name: "a check on a column dropped there",
    target: "ALTER TABLE t DROP COLUMN v",
    source: "ALTER TABLE t ADD CHECK (v > 0)",
    code: "40002",
    says: "check constraint",
  },
  {
    name: "types",
    target: "ALTER TABLE t ALTER COLUMN v TYPE bigint",
    source: "ALTER TABLE t ALTER COLUMN v TYPE text",
    code: "40002",
    says: 'type of column "v"',
  },
  {
    name: "comments",
    target: "COMMENT ON TABLE t IS 'x'",
    source: "COMMENT ON TABLE t IS 'y'",
    code: "40002",
    says: "comment was changed on both sides",
  },
  {
    name: "constraints of one name",
    target: "ALTER TABLE t ADD CONSTRAINT k CHECK (v > 0)",
    source: "ALTER TABLE t ADD CONSTRAINT k CHECK (v > 1)",
    code: "0A000",
    says: '"k"',
  },
  {
    name: "keys",
    target: "UPDATE t SET v = 5 WHERE id = 1",
    source: "ALTER TABLE t DROP CONSTRAINT t_pkey",
    code: "40002",
    says: "primary key",
  },
  {
    name: "a check that rows of the target violate",
    target: "INSERT INTO t VALUES (5, -5), (6, -6)",
    source: "ALTER TABLE t ADD CHECK (v > 0)",
    code: "23514",
    says: '{"id":6}',
  },
  {
    name: "NOT NULL that rows of the target violate",
    target: "INSERT INTO t VALUES (5, NULL)",
    source: "ALTER TABLE t ALTER COLUMN v SET NOT NULL",
    code: "23502",
    says: '{"id":5}',
  },
  {
    name: "a check of the target that new rows violate",
    target: "ALTER TABLE t ADD CHECK (v > 0)",
    source: "INSERT INTO t VALUES (5, -5)",
    code: "23514",
    says: "",
  },
  {
    name: "a unique key that rows of both sides have",
    target: "INSERT INTO t VALUES (5, 1, 'same')",
    source: "ALTER TABLE t ADD UNIQUE (note); INSERT INTO t VALUES (6, 1, 'same')",
    code: "23505",
    says: '"same"',
  },
  {
    name: "a default that is not the same for all rows",
    target: "INSERT INTO t VALUES (5)",
    source: "ALTER TABLE t ADD COLUMN r float DEFAULT random()",
    code: "0A000",
    says: 'column "r"',
  },
  {
    name: "a view that both sides replaced",
    before: "CREATE VIEW seen AS SELECT v FROM t",
    target: "DROP VIEW seen; CREATE VIEW seen AS SELECT note FROM t",
    source: "DROP VIEW seen; CREATE VIEW seen AS SELECT id FROM t",
    code: "40002",
    says: 'view "seen"',
  },
];

test.each(REFUSED)(
  "a conflict of $name is told, unless a strategy chooses, and nothing is merged",
  async ({ before = "", target: there, source: here, code, says }) => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, `${TABLE}; ${before}`, false);
    await source.query(here);
    await source.query("UPDATE t SET note = 'branch' WHERE id = 3");
    await target.query(there);
    const was = await target.query("SELECT * FROM t ORDER BY id");
    // What the other strategies choose: merge-definition-winners.test.ts.
    const choosing = code === "40002" ? [] : ["branch_wins", "main_wins"];
    for (const strategy of ["abort", "manual", ...choosing]) {
      const told = await failure(target, `MERGE BRANCH b USING ${strategy}`);
      expect([strategy, told.code]).toEqual([strategy, code]);
      expect(told.text).toContain(says);
    }
    expect(await target.query("SELECT * FROM t ORDER BY id")).toEqual(was);
    expect(await target.query("SELECT status FROM _hatidata_branches")).toEqual([["active"]]);
    expect(await target.query("SELECT count(*)::int FROM duckbranch.merges")).toEqual([[0]]);
  },
);

async function failure(session: TestSession, sql: string): Promise<{ code: string; text: string }> {
  try {
    await session.query(sql);
    return { code: "ok", text: "" };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return { code: error.code, text: `${error.message}\n${error.detail ?? ""}` };
  }
}

/** A table that both sides made under one name: one table if it says the same, or a conflict. */
import { describe, expect, test } from "vitest";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";

const KEYED = `CREATE TABLE "n ""n" (id int PRIMARY KEY, a text NOT NULL DEFAULT 'x', b int CHECK (b > 0)); CREATE INDEX ni ON "n ""n" (b)`;

describe.each([false, true])("into a branch: %s", (onBranch) => {
  test("rows of both sides are compared as if none had been there", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, "CREATE TABLE t (id int PRIMARY KEY)", onBranch);
    await target.query(`${KEYED}; INSERT INTO "n ""n" VALUES (1, 'same', 1), (2, 'main', 2), (4, 'main', 4)`);
    await source.query(`${KEYED}; INSERT INTO "n ""n" VALUES (1, 'same', 1), (3, 'branch', 3), (4, 'branch', 4);
      INSERT INTO t VALUES (1)`);
    expect(await target.outcome("MERGE BRANCH b")).toBe("40002");
    expect((await target.query("EXPLAIN MERGE BRANCH b")).map((row) => row.slice(0, 7))).toEqual([
      ['n "n', 1n, 0n, 0n, 1n, 1n, ""],
      ["t", 1n, 0n, 0n, 0n, 0n, ""],
    ]);
    await target.query("MERGE BRANCH b USING branch_wins");
    const rows = async (): Promise<unknown> => await target.query('SELECT id, a, b FROM "n ""n" ORDER BY id');
    expect(await rows()).toEqual([
      [1, "same", 1],
      [2, "main", 2],
      [3, "branch", 3],
      [4, "branch", 4],
    ]);
    const [merge] = await target.query("SELECT merge_id FROM duckbranch.merges WHERE status = 'merged'");
    await target.query(`UNDO MERGE '${String(merge?.[0])}'`);
    expect(await rows()).toEqual([
      [1, "same", 1],
      [2, "main", 2],
      [4, "main", 4],
    ]);
    await target.query("MERGE BRANCH b USING main_wins");
    expect(await target.query('SELECT id, a FROM "n ""n" WHERE id > 2 ORDER BY id')).toEqual([
      [3, "branch"],
      [4, "main"],
    ]);
  });

  test("without a key both sides have added rows", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, "CREATE TABLE t (id int PRIMARY KEY)", onBranch);
    await target.query("CREATE TABLE log (a int, b text); INSERT INTO log VALUES (1, 'x'), (2, 'main')");
    await source.query("CREATE TABLE log (a int, b text); INSERT INTO log VALUES (1, 'x'), (3, 'branch')");
    await target.query("MERGE BRANCH b");
    expect(await target.query("SELECT a, b FROM log ORDER BY a, b")).toEqual([
      [1, "x"],
      [1, "x"],
      [2, "main"],
      [3, "branch"],
    ]);
  });

  test.each([
    ["CREATE TABLE n (a int DEFAULT 1)", "CREATE TABLE n (a int DEFAULT 2)"],
    ["CREATE TABLE n (a int)", "CREATE TABLE n (a int, b int)"],
    ["CREATE TABLE n (a int PRIMARY KEY)", "CREATE TABLE n (a int)"],
  ])("other definitions are a conflict: %s, %s", async (there, here) => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, "CREATE TABLE t (id int PRIMARY KEY)", onBranch);
    await target.query(there);
    await source.query(`${here}; INSERT INTO t VALUES (1)`);
    expect(await target.outcome("MERGE BRANCH b USING branch_wins")).toBe("40002");
    expect(await target.query("SELECT count(*)::int FROM t")).toEqual([[0]]);
  });
});

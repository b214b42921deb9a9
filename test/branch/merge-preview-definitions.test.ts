/** EXPLAIN MERGE tells definitions that both sides changed beside what would be done, in the words of MERGE, which refuses. */
import { expect, test } from "vitest";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const BEFORE = `CREATE TABLE t (id int PRIMARY KEY, qty int DEFAULT 1, gone int); INSERT INTO t VALUES (1, 1, 1);
  CREATE TABLE u (id int PRIMARY KEY, qty int); INSERT INTO u VALUES (1, 1), (2, 2);
  CREATE TABLE loose (qty int DEFAULT 1); INSERT INTO loose VALUES (1);
  CREATE VIEW v AS SELECT id FROM t; CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a'`;

/** Name, rows to insert, update and delete, conflicts and their kinds. */
async function explained(session: TestSession, merge: string): Promise<unknown[][]> {
  return (await session.query(`EXPLAIN ${merge}`)).map((row) => [
    row[0],
    ...row.slice(1, 5).map(Number),
    [...String(row[8]).matchAll(/"kind":"((?:[^"\\]|\\.)*)"/g)].map(([, kind = ""]) =>
      kind.replaceAll("\\", ""),
    ),
  ]);
}

test.each([
  ["into main", false, "MERGE BRANCH b"],
  ["into a branch", true, "MERGE BRANCH b"],
  ["of main into the branch", false, "MERGE BRANCH main INTO b"],
])("definitions in conflict %s", async (_, onBranch, merge) => {
  await using open = await OpenWorld.open();
  const { target, source } = await mergeHeads(open, BEFORE, onBranch);
  await source.query(`ALTER TABLE t ALTER qty SET DEFAULT 5; ALTER TABLE t DROP COLUMN gone;
    ALTER TABLE loose ALTER qty SET DEFAULT 5; CREATE OR REPLACE VIEW v AS SELECT id + 1 AS id FROM t;
    UPDATE u SET qty = 11 WHERE id = 1; UPDATE u SET qty = 12 WHERE id = 2;
    CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1'`);
  await target.query(`ALTER TABLE t ALTER qty SET DEFAULT 7; UPDATE t SET gone = 2;
    ALTER TABLE loose ALTER qty SET DEFAULT 7; CREATE OR REPLACE VIEW v AS SELECT id + 2 AS id FROM t;
    UPDATE u SET qty = 21 WHERE id = 1;
    CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 2'`);
  const both = "was changed on both sides in different ways";
  const lines = [
    `table "loose": default of column "qty" ${both}`,
    `table "t": default of column "qty" ${both}`,
  ];
  const told = await explained(target, merge);
  expect(told).toEqual([
    ["f", 0, 0, 0, 1, [`definition: function "f" ${both}`]],
    ["loose", 0, 0, 0, 1, [`definition: ${lines[0]}`]],
    ["t", 0, 0, 0, 1, [`definition: ${lines[1]}`]],
    ["u", 0, 1, 0, 1, ["update/update"]],
    ["v", 0, 0, 0, 1, [`definition: view "v" ${both}`]],
  ]);
  const detail = [...lines, `view "v" ${both}`, `function "f" ${both}`].join("\n");
  await expect(target.query(merge)).rejects.toMatchObject({ code: "40002", detail });
  // A strategy decides them, and then what it would do is told.
  const decided = await explained(target, `${merge} USING branch_wins`);
  expect(decided.map(([name, , , , conflicts]) => [name, conflicts])).toContainEqual(["t", 0]);
});

test("a label that rows of the other side have", async () => {
  await using open = await OpenWorld.open();
  const { target, source } = await mergeHeads(
    open,
    "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE t (id int PRIMARY KEY, m mood); INSERT INTO t VALUES (1, 'a')",
    false,
  );
  await source.query("ALTER TYPE mood RENAME VALUE 'b' TO 'c'");
  await target.query("INSERT INTO t VALUES (2, 'b')");
  const line = 'label "b" is gone on one side, and rows of table "t" have it on the other';
  expect(await explained(target, "MERGE BRANCH b")).toEqual([
    ["mood", 0, 0, 0, 0, []],
    ["t", 0, 0, 0, 1, [`definition: ${line}`]],
  ]);
  await expect(target.query("MERGE BRANCH b")).rejects.toMatchObject({ code: "40002", detail: line });
});

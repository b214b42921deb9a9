/** Tables renamed on a branch, merged into main and into a branch. */
import { describe, expect, test } from "vitest";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";

const BEFORE = `CREATE TABLE t (id int PRIMARY KEY, v text, n int); INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3);
  CREATE TABLE log (a int, b text); INSERT INTO log VALUES (1, 'x'), (2, 'y')`;

describe.each([false, true])("into a branch: %s", (onBranch) => {
  test("the rows of both sides are under the new name", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, `${BEFORE}; CREATE INDEX ti ON t (n)`, onBranch);
    await target.query("CREATE BRANCH other");
    await source.query(`ALTER TABLE t RENAME TO "new ""t"; UPDATE "new ""t" SET v = 'branch' WHERE id = 1;
      DELETE FROM "new ""t" WHERE id = 2; INSERT INTO "new ""t" VALUES (4, 'four', 4); ALTER TABLE "new ""t" ADD COLUMN more int;
      CREATE TABLE t (other text); INSERT INTO t VALUES ('another'); CREATE VIEW seen AS SELECT id FROM "new ""t";
      ALTER TABLE log RENAME TO events; INSERT INTO events VALUES (3, 'z')`);
    await target.query(
      "UPDATE t SET v = 'main' WHERE id = 3; INSERT INTO t VALUES (5, 'five', 5); INSERT INTO log VALUES (4, 'm')",
    );
    expect((await target.query("EXPLAIN MERGE BRANCH b")).map((row) => [row[0], row[6]])).toEqual([
      ["log", 'table renamed to "events"'],
      ["seen", "new view"],
      ["t", 'table renamed to "new "t", new column "more"'],
      ["t", "new table"],
    ]);
    await target.query("MERGE BRANCH b");
    expect(await target.query('SELECT id, v, n, more FROM "new ""t" ORDER BY id')).toEqual([
      [1, "branch", 1, null],
      [3, "main", 3, null],
      [4, "four", 4, null],
      [5, "five", 5, null],
    ]);
    expect(await target.query("SELECT a, b FROM events ORDER BY a")).toEqual([
      [1, "x"],
      [2, "y"],
      [3, "z"],
      [4, "m"],
    ]);
    expect(await target.query("SELECT other FROM t")).toEqual([["another"]]);
    expect(await target.query("SELECT count(*)::int FROM seen")).toEqual([[4]]);
    expect(await target.outcome("SELECT * FROM log")).toBe("42P01");
    expect(await target.outcome("CREATE INDEX ti ON t (other)")).toBe("42P07");
    const other = await open.session("main/other");
    expect(await other.query("SELECT id, v FROM t ORDER BY id")).toEqual([
      [1, "one"],
      [2, "two"],
      [3, "three"],
    ]);
    expect(await other.query("SELECT count(*)::int FROM log")).toEqual([[2]]);
    await target.query(`INSERT INTO "new ""t" VALUES (6, 'six', 6, 6); DROP BRANCH b`);
    expect(await target.query('SELECT count(*)::int FROM "new ""t"')).toEqual([[5]]);
  });

  test("conflicts are told under the name the target has, and strategies given under the branch's", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, BEFORE, onBranch);
    await source.query(
      "ALTER TABLE t RENAME TO u; UPDATE u SET v = 'branch' WHERE id < 3; CREATE TABLE t (id int)",
    );
    await target.query("UPDATE t SET v = 'main' WHERE id < 2");
    expect(await target.outcome("MERGE BRANCH b")).toBe("40002");
    expect(await target.outcome("MERGE BRANCH b EXCEPT branch_wins FOR t")).toBe("40002");
    await target.query("MERGE BRANCH b EXCEPT branch_wins FOR u");
    expect(await target.query("SELECT id, v FROM u ORDER BY id")).toEqual([
      [1, "branch"],
      [2, "branch"],
      [3, "three"],
    ]);
  });

  test.each([
    ["renamed alike on both sides", "ALTER TABLE t RENAME TO u", "ALTER TABLE t RENAME TO u"],
    ["renamed to two names", "ALTER TABLE t RENAME TO w", "ALTER TABLE t RENAME TO u"],
    ["renamed on the target alone", "ALTER TABLE t RENAME TO w", "UPDATE t SET v = 'b'"],
    ["a name that the target gave", "CREATE TABLE u (a int)", "ALTER TABLE t RENAME TO u"],
    ["a name that a view of the target has", "CREATE VIEW u AS SELECT 1 AS a", "ALTER TABLE t RENAME TO u"],
    ["a table that the target dropped", "DROP TABLE t", "ALTER TABLE t RENAME TO u"],
    [
      "a table that a view of the target reads",
      "CREATE VIEW reads AS SELECT id FROM t",
      "ALTER TABLE t RENAME TO u",
    ],
    [
      "two that take each other's names",
      "INSERT INTO log VALUES (5)",
      "ALTER TABLE t RENAME TO u; ALTER TABLE log RENAME TO t; ALTER TABLE u RENAME TO log",
    ],
  ])("%s: merged right, or told and nothing merged", async (what, there, here) => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, `${BEFORE}; CREATE TABLE kept (id int)`, onBranch);
    await source.query(`${here}; INSERT INTO kept VALUES (1)`);
    await target.query(there);
    const told = {
      "renamed alike on both sides": "ok",
      "renamed on the target alone": "ok",
      "renamed to two names": "ok",
      "a table that a view of the target reads": "ok",
      "a table that the target dropped": "ok",
      "two that take each other's names": "ok",
    }[what];
    const expected = told ?? "40002";
    expect(await target.outcome("MERGE BRANCH b USING branch_wins")).toBe(expected);
    expect(await target.query("SELECT count(*)::int FROM kept")).toEqual([[expected === "ok" ? 1 : 0]]);
  });
});

function resolving(id: string, choice: string): string {
  return `RESOLVE MERGE ${id} WITH (${choice} 'branch_wins')`;
}

test("conflicts in a renamed table are resolved by either of its names, also where the target renames it meanwhile", async () => {
  await using open = await OpenWorld.open();
  const { target, source } = await mergeHeads(open, BEFORE, false);
  const merging = async (branch: string): Promise<string> =>
    String((await target.query(`MERGE BRANCH ${branch} USING manual`))[0]?.[1]);
  await target.query(
    "CREATE TABLE u (id int PRIMARY KEY, v text); INSERT INTO u VALUES (1, 'u'); CREATE BRANCH c",
  );
  await source.query("ALTER TABLE t RENAME TO mine; UPDATE mine SET v = 'b' WHERE id < 3");
  await target.query("UPDATE t SET v = 'm' WHERE id < 3");
  await expect(target.query("MERGE BRANCH b USING branch_wins EXCEPT main_wins FOR t")).rejects.toMatchObject(
    {
      code: "42P01",
      hint: 'The branch calls it "mine".',
    },
  );
  const first = await merging("b");
  expect(await target.outcome(resolving(first, "nowhere"))).toBe("42P01");
  const twice = `RESOLVE MERGE ${first} WITH (t 'branch_wins', mine 'main_wins')`;
  expect(await target.outcome(twice)).toBe("22023");
  await target.query(`RESOLVE MERGE ${first} WITH (t 'main_wins', mine ROW '{"id": 1}' 'branch_wins')`);
  expect(await target.query("SELECT v FROM mine ORDER BY id")).toEqual([["b"], ["m"], ["three"]]);
  const c = await open.session("main/c");
  await c.query("UPDATE u SET v = 'c'");
  await target.query("UPDATE u SET v = 'm'");
  const second = await merging("c");
  await target.query("ALTER TABLE u RENAME TO yours");
  expect(await target.outcome(resolving(second, "u"))).toBe("55000");
  await target.query(resolving(second, "yours"));
  expect(await target.query("SELECT v FROM yours")).toEqual([["c"]]);
});

test("a table that the target dropped and the branch renamed comes back under the branch's name", async () => {
  await using open = await OpenWorld.open();
  const { target, source } = await mergeHeads(open, BEFORE, false);
  await source.query("ALTER TABLE t RENAME TO u");
  await target.query("DROP TABLE t");
  await target.query("MERGE BRANCH b USING branch_wins");
  const rows = "SELECT * FROM u ORDER BY id";
  expect(await target.query(rows)).toEqual(await source.query(rows));
});

test("what refers to a renamed table of main goes on doing so", async () => {
  await using open = await OpenWorld.open();
  const { target: main, source } = await mergeHeads(
    open,
    `CREATE TABLE p (id int PRIMARY KEY, v text); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p);
     INSERT INTO p VALUES (1, 'a'), (2, 'b'); INSERT INTO c VALUES (1, 1)`,
    false,
  );
  await source.query(`ALTER TABLE p RENAME TO parents; INSERT INTO parents VALUES (3, 'c'); INSERT INTO c VALUES (2, 3);
    UPDATE parents SET v = 'z' WHERE id = 1`);
  await main.query("INSERT INTO c VALUES (3, 2)");
  await main.query("MERGE BRANCH b");
  expect(await main.query("SELECT c.id, v FROM c JOIN parents ON parents.id = p ORDER BY 1")).toEqual([
    [1, "z"],
    [2, "c"],
    [3, "b"],
  ]);
  expect(await main.outcome("DELETE FROM parents WHERE id = 3")).toBe("23503");
  expect(await main.outcome("INSERT INTO c VALUES (9, 9)")).toBe("23503");
});

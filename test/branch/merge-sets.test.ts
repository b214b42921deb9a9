/** What a merge does to several tables at once, and what is true after it: foreign keys, sequences, other branches, repetition. */
import { describe, expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";

const FAMILY = `CREATE TABLE parent (id int PRIMARY KEY, name text);
  CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, note text DEFAULT 'x');
  CREATE TABLE grandchild (id int PRIMARY KEY, child int REFERENCES child);
  INSERT INTO parent VALUES (1, 'one'), (2, 'two'), (3, 'three');
  INSERT INTO child VALUES (1, 1), (2, 2), (3, 3);
  INSERT INTO grandchild VALUES (1, 1), (2, 2), (3, 3); CREATE BRANCH b; CREATE BRANCH other`;

describe("foreign keys", () => {
  test("children and parents are deleted together, and others come in their place", async () => {
    await using open = await OpenWorld.open();
    const main = await open.session();
    await main.query(FAMILY);
    const b = await open.session("main/b");
    await b.query(
      "DELETE FROM grandchild WHERE id < 3; DELETE FROM child WHERE id < 3; DELETE FROM parent WHERE id < 3; INSERT INTO parent VALUES (4, 'four'); INSERT INTO child VALUES (4, 4); INSERT INTO grandchild VALUES (4, 4)",
    );
    await main.query("UPDATE child SET note = 'main' WHERE id = 3; MERGE BRANCH b");
    expect(await main.query("SELECT id FROM parent ORDER BY id")).toEqual([[3], [4]]);
    expect(await main.query("SELECT id, parent, note FROM child ORDER BY id")).toEqual([
      [3, 3, "main"],
      [4, 4, "x"],
    ]);
    expect(await main.query("SELECT id FROM grandchild ORDER BY id")).toEqual([[3], [4]]);
    expect(await main.outcome("INSERT INTO grandchild VALUES (5, 9)")).toBe("23503");
    expect(await main.outcome("DELETE FROM parent WHERE id = 3")).toBe("23503");
    const other = await open.session("main/other");
    expect(await other.query("SELECT count(*)::int FROM child JOIN parent ON parent = parent.id")).toEqual([
      [3],
    ]);
    await other.query("UPDATE parent SET name = 'other' WHERE id = 3; INSERT INTO child VALUES (6, 3)");
    await main.query("MERGE BRANCH other");
    expect(await main.query("SELECT name FROM parent WHERE id = 3")).toEqual([["other"]]);
  });

  test("a parent whose children stay is told, and nothing is merged", async () => {
    await using open = await OpenWorld.open();
    const main = await open.session();
    await main.query(FAMILY);
    const b = await open.session("main/b");
    await b.query(
      "DELETE FROM grandchild WHERE id = 1; DELETE FROM child WHERE id = 1; DELETE FROM parent WHERE id = 1",
    );
    expect(await b.outcome("DELETE FROM parent WHERE id = 2")).toBe("23503");
    await main.query("INSERT INTO child VALUES (9, 1)");
    expect(await main.outcome("MERGE BRANCH b")).toBe("23503");
    expect(
      await main.query("SELECT (SELECT count(*)::int FROM parent), (SELECT count(*)::int FROM grandchild)"),
    ).toEqual([[3, 3]]);
  });

  test("definitions change on both ends of a key", async () => {
    await using open = await OpenWorld.open();
    const main = await open.session();
    await main.query(FAMILY);
    const b = await open.session("main/b");
    await b.query(
      "ALTER TABLE parent RENAME COLUMN id TO number; ALTER TABLE parent ADD COLUMN w int DEFAULT 1; ALTER TABLE child RENAME COLUMN parent TO \"of whom\"; INSERT INTO parent VALUES (4, 'four'); INSERT INTO child VALUES (4, 4)",
    );
    await main.query("MERGE BRANCH b");
    expect(
      await main.query('SELECT child.id, w FROM child JOIN parent ON "of whom" = number ORDER BY 1'),
    ).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
    ]);
    expect(await main.outcome("INSERT INTO child VALUES (5, 9)")).toBe("23503");
    expect(await main.outcome("INSERT INTO grandchild VALUES (5, 9)")).toBe("23503");
    expect(await main.outcome("DELETE FROM parent WHERE number = 4")).toBe("23503");
  });
});

test("after a merge that changes a definition: nothing is left to merge, other branches go on, and are merged", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE t (id serial PRIMARY KEY, v int); INSERT INTO t (v) VALUES (1), (2), (3); CREATE BRANCH a; CREATE BRANCH b; CREATE BRANCH c",
  );
  const [a, b, c] = [
    await open.session("main/a"),
    await open.session("main/b"),
    await open.session("main/c"),
  ];
  await a.query(
    "ALTER TABLE t ADD COLUMN w int DEFAULT 5; ALTER TABLE t ALTER COLUMN v SET NOT NULL; INSERT INTO t (v) VALUES (4)",
  );
  await b.query("UPDATE t SET v = 20 WHERE id = 2; INSERT INTO t (v) VALUES (5)");
  await c.query("ALTER TABLE t ADD COLUMN x text; UPDATE t SET x = 'c' WHERE id = 3");
  await main.query("MERGE BRANCH a");
  expect(await main.query("DIFF BRANCH a AGAINST main")).toEqual([]);
  expect((await main.query("MERGE BRANCH a"))[0]?.[0]).toBe("up_to_date");
  expect(await b.query("SELECT * FROM t ORDER BY v")).toEqual([
    [1, 1],
    [3, 3],
    [5, 5],
    [2, 20],
  ]);
  await main.query("MERGE BRANCH b");
  await main.query("MERGE BRANCH c");
  await main.query("INSERT INTO t (v) VALUES (6)");
  expect(await main.query("SELECT v, w, x FROM t ORDER BY id")).toEqual([
    [1, 5, null],
    [20, 5, null],
    [3, 5, "c"],
    [4, 5, null],
    [5, 5, null],
    [6, 5, null],
  ]);
});

test("a table without a key", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE k (a int, b text); INSERT INTO k VALUES (1, 'x'), (1, 'x'), (2, 'y'), (3, NULL); CREATE BRANCH p",
  );
  const parent = await open.session("main/p");
  await parent.query("CREATE BRANCH c FROM p");
  const c = await open.session("main/c");
  await c.query(
    "DELETE FROM k WHERE a = 2; INSERT INTO k VALUES (1, 'x'), (4, 'new'); ALTER TABLE k ADD COLUMN d int DEFAULT 7; ALTER TABLE k ADD CHECK (a <> 2)",
  );
  await parent.query("INSERT INTO k VALUES (5, 'parent'), (1, 'x')");
  await c.query("MERGE BRANCH c");
  const expected = [
    [1, "x", 7, 4],
    [3, null, 7, 1],
    [4, "new", 7, 1],
    [5, "parent", 7, 1],
  ];
  expect(await parent.query("SELECT a, b, d, count(*)::int FROM k GROUP BY ALL ORDER BY a")).toEqual(
    expected,
  );
  await main.query("MERGE BRANCH p");
  expect(await main.query("SELECT a, b, d, count(*)::int FROM k GROUP BY ALL ORDER BY a")).toEqual(expected);
  expect(await main.outcome("INSERT INTO k VALUES (2)")).toBe("23514");
});

test("by cell, into a table that is made anew", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, v int, n text); INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'); CREATE BRANCH b",
  );
  const b = await open.session("main/b");
  await b.query(
    "ALTER TABLE t RENAME COLUMN v TO w; ALTER TABLE t ADD COLUMN x int DEFAULT 9; UPDATE t SET w = 10 WHERE id = 1; UPDATE t SET x = 8, w = 20 WHERE id = 2",
  );
  await main.query("UPDATE t SET n = 'A' WHERE id = 1; UPDATE t SET v = 21 WHERE id = 2");
  expect(await main.outcome("MERGE BRANCH b WITH (granularity 'cell')")).toBe("40002");
  await main.query("MERGE BRANCH b USING main_wins WITH (granularity 'cell')");
  expect(await main.query("SELECT id, w, n, x FROM t ORDER BY id")).toEqual([
    [1, 10, "A", 9],
    [2, 21, "b", 8],
  ]);
});

test("merges while main's definitions move: what is published is of the newest state", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2); CREATE BRANCH b",
  );
  const b = await open.session("main/b");
  await b.query("ALTER TABLE t ADD COLUMN w int DEFAULT 5; UPDATE t SET v = 10 WHERE id = 1");
  const mover = await open.session();
  await mover.query("BEGIN; ALTER TABLE t ADD CHECK (v > 0); INSERT INTO t VALUES (3, 3)");
  const merging = main.outcome("MERGE BRANCH b");
  const moved = await mover.outcome("COMMIT");
  expect([await merging, moved].toSorted()).toSatisfy((codes: string[]) =>
    codes.every((code) => code === "ok" || code === "40001"),
  );
  if ((await main.query("SELECT status FROM _hatidata_branches"))[0]?.[0] === "active")
    await main.query("MERGE BRANCH b");
  expect((await main.query("SELECT v, w FROM t ORDER BY id")).slice(0, 2)).toEqual([
    [10, 5],
    [2, 5],
  ]);
  expect((await main.query("SELECT count(*)::int FROM t"))[0]?.[0]).toBe(moved === "ok" ? 3 : 2);
  expect(await main.outcome("INSERT INTO t VALUES (4, -4)")).toBe(moved === "ok" ? "23514" : "ok");
});

test("a live branch: what it dropped is compared with what it saw", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, v int, n text); INSERT INTO t VALUES (1,1,'a'),(2,2,'b'); CREATE TABLE d (id int); CREATE BRANCH l WITH (isolation 'live')",
  );
  const l = await open.session("main/l");
  await main.query("INSERT INTO t VALUES (3,3,'c')");
  await l.query(
    "ALTER TABLE t RENAME COLUMN v TO w; ALTER TABLE t ALTER COLUMN n SET NOT NULL; UPDATE t SET w = 30 WHERE id = 3",
  );
  await main.query("UPDATE t SET v = 10 WHERE id = 1; INSERT INTO d VALUES (1)");
  await l.query("DROP TABLE d");
  await main.query("INSERT INTO d VALUES (2)");
  expect(await main.outcome("MERGE BRANCH l")).toBe("40002");
});

test("a live branch, its definition changed in a block, merged by RESOLVE", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, v int, n text); INSERT INTO t VALUES (1,1,'a'),(2,2,'b'); CREATE BRANCH l WITH (isolation 'live')",
  );
  const l = await open.session("main/l");
  await main.query("INSERT INTO t VALUES (3,3,'c')");
  await l.query(
    "BEGIN; ALTER TABLE t RENAME COLUMN v TO w; ALTER TABLE t ALTER COLUMN n SET NOT NULL; UPDATE t SET w = 30 WHERE id IN (1, 3); COMMIT",
  );
  await main.query("UPDATE t SET v = 10 WHERE id = 1; INSERT INTO t VALUES (4, 4, 'd')");
  await main.query("MERGE BRANCH l USING manual");
  const [merge] = await main.query("SELECT merge_id FROM duckbranch.merges");
  await main.query(`RESOLVE MERGE "${String(merge?.[0])}" WITH (t 'branch_wins')`);
  expect(await main.query("SELECT id, w, n FROM t ORDER BY id")).toEqual([
    [1, 30, "a"],
    [2, 2, "b"],
    [3, 30, "c"],
    [4, 4, "d"],
  ]);
  expect(await main.outcome("INSERT INTO t VALUES (5, 5, NULL)")).toBe("23502");
});

/** What a merge did to definitions is in the file's log: a copy of both, taken while the program runs, is opened as after a crash. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { World } from "../support/world.js";

test("after a crash behind the merge, all of it is there", async () => {
  const folder = await mkdtemp(join(tmpdir(), "merge-restart-"));
  try {
    const path = join(folder, "a.duckdb");
    await using world = await World.open(path);
    await using main = await world.connect();
    await main.query(`CREATE TABLE p (id int PRIMARY KEY, name text); CREATE TABLE t (id serial PRIMARY KEY, v int, p int REFERENCES p);
      CREATE TABLE gone (a int); INSERT INTO p VALUES (1, 'one'); INSERT INTO t (v, p) VALUES (1, 1), (2, NULL); CHECKPOINT; CREATE BRANCH b; CREATE BRANCH c`);
    await using b = await world.connect("main/b");
    await using c = await world.connect("main/c");
    await b.query(`ALTER TABLE t ADD COLUMN w int DEFAULT 5; ALTER TABLE t ADD CHECK (v > 0); ALTER TABLE p RENAME COLUMN id TO number;
      CREATE INDEX vi ON t (v); COMMENT ON TABLE t IS 'said'; CREATE TABLE n (id serial PRIMARY KEY, x text); INSERT INTO n (x) VALUES ('a'), ('b');
      DROP TABLE gone; UPDATE t SET v = 10 WHERE id = 1`);
    await c.query("UPDATE t SET v = 20 WHERE id = 2");
    await main.query("MERGE BRANCH b; INSERT INTO t (v, p) VALUES (3, 1)");
    const copy = join(folder, "b.duckdb");
    await copyFile(path, copy);
    await copyFile(`${path}.wal`, `${copy}.wal`);
    await using again = await World.open(copy);
    await using there = await again.connect();
    await using old = await again.connect("main/c");
    expect(await old.query("SELECT id, v FROM t ORDER BY id")).toEqual([
      [1, 1],
      [2, 20],
    ]);
    await there.query("MERGE BRANCH c; INSERT INTO n (x) VALUES ('c')");
    expect(await there.query("SELECT id, v, p, w FROM t ORDER BY id")).toEqual([
      [1, 10, 1, 5],
      [2, 20, null, 5],
      [3, 3, 1, 5],
    ]);
    expect(await there.query("SELECT id, x FROM n ORDER BY id")).toEqual([
      [1, "a"],
      [2, "b"],
      [3, "c"],
    ]);
    for (const [sql, code] of [
      ["INSERT INTO t (v) VALUES (-1)", "23514"],
      ["INSERT INTO t (v, p) VALUES (1, 9)", "23503"],
      ["SELECT * FROM gone", "42P01"],
      ["CREATE INDEX vi ON n (x)", "42P07"],
    ] as const)
      expect([sql, await there.outcome(sql)]).toEqual([sql, code]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

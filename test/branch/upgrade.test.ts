/** A file written by an older version of this program opens, and its branches are what they were. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Database } from "../../src/engine/database.js";
import { World } from "../support/world.js";

/** For the test alone. */
function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "duckbranch-upgrade-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "data.duckdb");
}

/** What newer formats have added, taken away again. */
const WITHOUT_LAYERS = [
  "DROP VIEW duckbranch.version_rows",
  "ALTER TABLE duckbranch.version_log DROP COLUMN layer",
];
const WITHOUT_LINEAGE = [
  "DROP VIEW IF EXISTS duckbranch.version_rows",
  "ALTER TABLE duckbranch.version_log DROP COLUMN lineage",
];
/** Those of formats 5 to 16. */
const WITHOUT_OBJECTS = [
  ...WITHOUT_LINEAGE,
  "DROP TABLE duckbranch.object_log",
  "DROP VIEW duckbranch.branch_rows",
  "ALTER TABLE duckbranch.branch_log DROP COLUMN isolation",
  "ALTER TABLE duckbranch.branch_log DROP COLUMN table_pins",
  "ALTER TABLE duckbranch.branch_log DROP COLUMN earlier_pins",
  "ALTER TABLE duckbranch.branch_log DROP COLUMN held",
  "ALTER TABLE duckbranch.branch_log DROP COLUMN terms",
  "ALTER TABLE duckbranch.branch_log DROP COLUMN grants",
  "ALTER TABLE duckbranch.merges DROP COLUMN granularity",
  "ALTER TABLE duckbranch.merges DROP COLUMN undoable_until",
  "ALTER TABLE duckbranch.merges DROP COLUMN synced_id",
  "DROP TABLE duckbranch.undo_tables",
  "ALTER TABLE duckbranch.merges DROP COLUMN resolved",
  "ALTER TABLE duckbranch.merges DROP COLUMN keyless",
  "ALTER TABLE duckbranch.merges DROP COLUMN column_strategies",
];

test.each([
  { format: 1, without: [...WITHOUT_LAYERS, ...WITHOUT_OBJECTS] },
  { format: 3, without: WITHOUT_OBJECTS },
])("a file of format $format", async ({ format, without }) => {
  const path = newFile();
  {
    await using world = await World.open(path);
    await using main = await world.connect();
    // Without a key: copies, which were all there was.
    await main.query("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2)");
    await main.query("CREATE BRANCH b");
    await using branch = await world.connect("main/b");
    await branch.query("UPDATE t SET a = a + 10");
    await main.query("CREATE TABLE k (id int PRIMARY KEY); INSERT INTO k VALUES (1)");
    await main.query("CREATE BRANCH c");
  }
  {
    await using database = await Database.open({ path });
    using connection = await database.connect("data");
    for (const statement of without) await connection.run(statement);
    await connection.run(`UPDATE duckbranch.format SET version = ${format}`);
  }
  await using world = await World.open(path);
  await using main = await world.connect();
  await using branch = await world.connect("main/b");
  await using other = await world.connect("main/c");
  await other.query("INSERT INTO k VALUES (2)");
  expect(await branch.query("SELECT a FROM t ORDER BY a")).toEqual([[11], [12]]);
  expect(await other.query("SELECT id FROM k ORDER BY id")).toEqual([[1], [2]]);
  expect(await main.query("SELECT (SELECT count(*) FROM k)::int, sum(a)::int FROM t")).toEqual([[1, 3]]);
});

test("a file of format 3, whose overlays had the columns of their bases", async () => {
  const path = newFile();
  {
    await using world = await World.open(path);
    await using main = await world.connect();
    await main.query("CREATE TABLE k (id int PRIMARY KEY, v int); INSERT INTO k VALUES (1, 10), (2, 20)");
    await main.query("CREATE BRANCH b");
    await using branch = await world.connect("main/b");
    await branch.query("UPDATE k SET v = 11 WHERE id = 1; CREATE BRANCH c");
  }
  {
    await using database = await Database.open({ path });
    using connection = await database.connect("data");
    await connection.run(
      `UPDATE duckbranch.version_log SET layer = json_merge_patch(layer, '{"touched":null}') WHERE layer IS NOT NULL`,
    );
    const layers = await connection.rows("SELECT layer FROM duckbranch.version_log WHERE layer IS NOT NULL");
    expect(layers.map(({ layer }) => Object.keys(JSON.parse(String(layer))))).toEqual([
      ["kind", "before", "baseOf"],
    ]);
    for (const statement of WITHOUT_OBJECTS) await connection.run(statement);
    await connection.run("UPDATE duckbranch.format SET version = 3");
  }
  await using world = await World.open(path);
  await using branch = await world.connect("main/b");
  await using child = await world.connect("main/c");
  await child.query("ALTER TABLE k RENAME COLUMN v TO w; ALTER TABLE k ADD COLUMN e int DEFAULT 5");
  await branch.query("ALTER TABLE k DROP COLUMN v");
  expect(await branch.query("SELECT * FROM k ORDER BY id")).toEqual([[1], [2]]);
  expect(await child.query("SELECT * FROM k ORDER BY id")).toEqual([
    [1, 11, 5],
    [2, 20, 5],
  ]);
});

test("a file of format 15, whose branches knew no comments but those of tables", async () => {
  const path = newFile();
  {
    await using world = await World.open(path);
    await using main = await world.connect();
    await main.query("CREATE VIEW v AS SELECT 1 AS a; COMMENT ON VIEW v IS 'before'; CREATE BRANCH b");
  }
  {
    await using database = await Database.open({ path });
    using connection = await database.connect("data");
    await connection.run("DELETE FROM duckbranch.object_log WHERE kind = 'comment'");
    await connection.run("ALTER TABLE duckbranch.merges DROP COLUMN column_strategies");
    await connection.run("UPDATE duckbranch.format SET version = 15");
  }
  await using world = await World.open(path);
  await using main = await world.connect();
  await using branch = await world.connect("main/b");
  await main.query("COMMENT ON VIEW v IS 'after'");
  const said = "SELECT obj_description('v'::regclass)";
  expect([await branch.query(said), await main.query(said)]).toEqual([[["before"]], [["after"]]]);
});

test("a file of format 16, whose overlays without a key did not say which row was which", async () => {
  const path = newFile();
  {
    await using world = await World.open(path);
    await using main = await world.connect();
    await main.query("CREATE TABLE t (a int, v text); INSERT INTO t VALUES (1, ''), (2, ''), (3, '')");
    await main.query("CREATE BRANCH b");
    await using branch = await world.connect("main/b");
    await branch.query("UPDATE t SET v = 'b' WHERE a = 1; DELETE FROM t WHERE v = 'b'");
  }
  {
    await using database = await Database.open({ path });
    using connection = await database.connect("data");
    await connection.run(
      `UPDATE duckbranch.version_log SET layer = replace(layer::VARCHAR, ',"inOrder":true', '');
       UPDATE duckbranch.format SET version = 16`,
    );
  }
  await using world = await World.open(path);
  await using main = await world.connect();
  await using branch = await world.connect("main/b");
  await branch.query("UPDATE t SET v = 'b' WHERE a = 2");
  await main.query("UPDATE t SET v = 'm' WHERE a = 2");
  expect(await main.outcome("MERGE BRANCH b USING branch_wins")).toBe("0A000");
  expect(await branch.query("SELECT a, v FROM t ORDER BY a")).toEqual([
    [2, "b"],
    [3, ""],
  ]);
});

test("a file of format 4, which had no record of functions, types, sequences and schemas", async () => {
  const path = newFile();
  {
    await using world = await World.open(path);
    await using main = await world.connect();
    await main.query(`CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2); CREATE SCHEMA app; CREATE SEQUENCE app.q;
      CREATE MACRO total() AS (SELECT sum(a)::int FROM t); CREATE TYPE mood AS ENUM ('ok'); CREATE BRANCH b`);
    await using branch = await world.connect("main/b");
    await branch.query("UPDATE t SET a = a + 10");
  }
  {
    await using database = await Database.open({ path });
    using connection = await database.connect("data");
    for (const statement of WITHOUT_OBJECTS) await connection.run(statement);
    await connection.run("UPDATE duckbranch.format SET version = 4");
  }
  await using world = await World.open(path);
  await using main = await world.connect();
  await using branch = await world.connect("main/b");
  await main.query("CREATE OR REPLACE MACRO total() AS 0; DROP TYPE mood");
  await branch.query("CREATE TABLE app.u (m mood)");
  expect(await branch.query("SELECT total(), 'ok'::mood, nextval('app.q')")).toEqual([[23, "ok", 1n]]);
  expect(await main.query("SELECT total()")).toEqual([[0]]);
});

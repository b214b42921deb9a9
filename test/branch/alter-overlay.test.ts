/** Definitions changed on a branch: no row of the base is written anew, and every head shows what it should. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { headId, type HeadId } from "../../src/branch/model.js";
import { physicalName } from "../../src/branch/system-schema.js";
import { SqlError } from "../../src/core/errors.js";
import { World, type TestSession } from "../support/world.js";

const ROWS = 1_000;

let world: World;
let main: TestSession;
let branch: TestSession;
let sessions: TestSession[];

beforeEach(async () => {
  world = await World.open();
  sessions = [];
  main = await open();
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, code int UNIQUE, v int DEFAULT 7, note text);
    INSERT INTO t SELECT i, i * 10, i % 5, 'n' || i FROM range(${ROWS}) r(i)`);
  await main.query("CREATE BRANCH b");
  branch = await open("main/b");
});

afterEach(async () => {
  for (const session of sessions) await session[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function open(database?: string): Promise<TestSession> {
  const session = await world.connect(database);
  sessions.push(session);
  return session;
}

function idOf(name: string): HeadId {
  const found = [...world.context.registry.state.branches.values()].find((each) => each.name === name);
  return found?.id ?? headId("none");
}

/** How many rows the branch's own table holds, of those that it shows; undefined where it has all. */
async function ownRows(table = "t", name = "b"): Promise<number | undefined> {
  const { state, database } = world.context.registry;
  const own = state.own(idOf(name), { schema: "main", name: table });
  if (own?.layer?.kind !== "overlay" || own.physical === null) return undefined;
  using connection = await database.connect("data");
  const [row] = await connection.rows(`SELECT count(*)::INTEGER AS n FROM ${physicalName(own.physical)}`);
  return Number(row?.["n"]);
}

async function failure(session: TestSession, sql: string): Promise<[string, string]> {
  try {
    await session.query(sql);
  } catch (error) {
    if (error instanceof SqlError) return [error.code, error.message];
    throw error;
  }
  return ["ok", ""];
}

const sumOfT = "SELECT count(*)::int, sum(v)::int, max(note) FROM t";

describe("rows of the base stay where they are", () => {
  test.each([
    ["ADD COLUMN e int DEFAULT 5", "SELECT sum(e)::int FROM t", [[5 * ROWS]]],
    ["ADD COLUMN e text", "SELECT count(e)::int FROM t", [[0]]],
    [
      "ADD COLUMN e timestamptz DEFAULT now()",
      "SELECT count(DISTINCT e)::int, count(e)::int FROM t",
      [[1, ROWS]],
    ],
    ["ADD COLUMN e int[] DEFAULT ARRAY[1, 2]", "SELECT sum(e[2])::int FROM t", [[2 * ROWS]]],
    ["ADD COLUMN e varchar(4) NOT NULL DEFAULT 'it''s'", "SELECT DISTINCT e FROM t", [["it's"]]],
    ["ADD COLUMN e int NOT NULL DEFAULT 1 CHECK (e > 0)", "SELECT sum(e)::int FROM t", [[ROWS]]],
    ['ADD COLUMN "e""f g" int DEFAULT 2', 'SELECT sum("e""f g")::int FROM t', [[2 * ROWS]]],
    ["DROP COLUMN v", "SELECT * FROM t WHERE id = 3", [[3, 30, "n3"]]],
    ["DROP COLUMN code", "SELECT * FROM t WHERE id = 3", [[3, 3, "n3"]]],
    ['RENAME COLUMN v TO "Über"', 'SELECT sum("Über")::int FROM t', [[2 * ROWS]]],
    ["RENAME COLUMN id TO number", "SELECT note FROM t WHERE number = 8", [["n8"]]],
    ["ALTER COLUMN v SET DEFAULT 9", sumOfT, [[ROWS, 2 * ROWS, "n999"]]],
    ["ALTER COLUMN v DROP DEFAULT", sumOfT, [[ROWS, 2 * ROWS, "n999"]]],
    ["ALTER COLUMN v SET NOT NULL", sumOfT, [[ROWS, 2 * ROWS, "n999"]]],
    ["ADD CONSTRAINT small CHECK (v < 100)", sumOfT, [[ROWS, 2 * ROWS, "n999"]]],
    ["DROP CONSTRAINT t_code_key", sumOfT, [[ROWS, 2 * ROWS, "n999"]]],
    [
      "ADD COLUMN e int DEFAULT 5, DROP COLUMN v, ADD COLUMN v int DEFAULT 6",
      sumOfT,
      [[ROWS, 6 * ROWS, "n999"]],
    ],
  ])("ALTER TABLE t %s", async (action, query, expected) => {
    await branch.query("DELETE FROM t WHERE id = 0; INSERT INTO t VALUES (0, 0, 0, 'n0')");
    await branch.query(`ALTER TABLE t ${action}`);
    expect(await branch.query(query)).toEqual(expected);
    expect(await ownRows()).toBe(1);
    expect(await main.query(sumOfT)).toEqual([[ROWS, 2 * ROWS, "n999"]]);
  });

  test.each([
    ["CREATE INDEX i ON t (v); DROP INDEX i"],
    ["CREATE INDEX i ON t (v); ALTER TABLE t RENAME COLUMN v TO w; ALTER INDEX i RENAME TO j"],
    ["COMMENT ON TABLE t IS 'rename to'; COMMENT ON COLUMN t.v IS 'x'; ALTER TABLE t ADD COLUMN e int"],
  ])("%s", async (statements) => {
    await branch.query(statements);
    expect(await ownRows()).toBe(0);
  });

  test("comments follow their columns", async () => {
    await branch.query(
      "COMMENT ON COLUMN t.v IS 'x'; ALTER TABLE t RENAME COLUMN v TO w; ALTER TABLE t DROP COLUMN code",
    );
    using connection = await world.context.registry.database.connect("data");
    const rows = await connection.rows(
      "SELECT schema_name, column_name FROM duckdb_columns() WHERE comment = 'x' ORDER BY 1",
    );
    expect(rows).toEqual([{ schema_name: `branch_${idOf("b")}`, column_name: "w" }]);
  });

  test("generated columns and identity", async () => {
    await main.query(`CREATE TABLE g (id int PRIMARY KEY, v int, twice int GENERATED ALWAYS AS (v * 2));
      INSERT INTO g (id, v) VALUES (1, 10), (2, 20); CREATE BRANCH c`);
    const other = await open("main/c");
    await other.query("UPDATE g SET v = 11 WHERE id = 1; ALTER TABLE g RENAME COLUMN v TO w");
    expect(await other.outcome("ALTER TABLE g DROP COLUMN w")).toBe("2BP01");
    await main.query("UPDATE g SET v = 0");
    await other.query("ALTER TABLE g ADD COLUMN e int DEFAULT 5; UPDATE g SET w = w + e WHERE twice = 40");
    await other.query("ALTER TABLE g ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (START WITH 50)");
    await other.query("INSERT INTO g (w) VALUES (3); ALTER TABLE g ALTER COLUMN id DROP IDENTITY");
    expect(await other.query("SELECT * FROM g ORDER BY id")).toEqual([
      [1, 11, 22, 5],
      [2, 25, 50, 5],
      [50, 3, 6, 5],
    ]);
    expect(await ownRows("g", "c")).toBe(3);
    await other.query("ALTER TABLE g DROP COLUMN twice; ALTER TABLE g DROP COLUMN w");
    expect(await other.query("SELECT * FROM g ORDER BY id LIMIT 1")).toEqual([[1, 5]]);
  });

  test("nothing is left of an action that finds nothing to do", async () => {
    await branch.query("ALTER TABLE t ADD COLUMN IF NOT EXISTS v int; ALTER TABLE t DROP COLUMN IF EXISTS x");
    expect(world.context.registry.state.versionsOf(idOf("b"))).toEqual([]);
  });
});

describe("what concerns every row", () => {
  test("a default that is another one each time is so for all rows", async () => {
    await branch.query("ALTER TABLE t ADD COLUMN e double precision DEFAULT random()");
    await branch.query("ALTER TABLE t ADD COLUMN s serial");
    expect(await branch.query("SELECT count(DISTINCT e) > 900, count(DISTINCT s)::int FROM t")).toEqual([
      [true, ROWS],
    ]);
  });

  test("columns in the way of row ids", async () => {
    await branch.query(
      'ALTER TABLE t ADD COLUMN "rowid" int DEFAULT 4; ALTER TABLE t RENAME COLUMN v TO "#rid"',
    );
    expect(await branch.query('SELECT sum("rowid")::int, sum("#rid")::int FROM t')).toEqual([
      [4 * ROWS, 2 * ROWS],
    ]);
  });

  test("types, keys and unique indexes", async () => {
    await branch.query("ALTER TABLE t ADD COLUMN e int DEFAULT 3");
    await branch.query("ALTER TABLE t ALTER COLUMN e TYPE text USING e || '!'");
    await branch.query("CREATE UNIQUE INDEX ON t (note)");
    await branch.query("ALTER TABLE t DROP CONSTRAINT t_pkey");
    expect(await branch.query("SELECT count(*)::int, min(e) FROM t")).toEqual([[ROWS, "3!"]]);
    expect(await branch.outcome("INSERT INTO t VALUES (1, -1, 0, 'n5')")).toBe("23505");
    expect(await branch.outcome("INSERT INTO t VALUES (1, -1, 0, 'new')")).toBe("ok");
  });

  test.each([
    ["ALTER COLUMN v SET NOT NULL", "23502", 'column "v" of relation "t" contains null values'],
    [
      "ADD CONSTRAINT c CHECK (v IS NOT NULL)",
      "23514",
      'check constraint "c" of relation "t" is violated by some row',
    ],
    ["ADD COLUMN e int NOT NULL", "23502", 'column "e" of relation "t" contains null values'],
    [
      "ADD COLUMN e int DEFAULT 0 CHECK (e > 0)",
      "23514",
      'check constraint "t_e_check" of relation "t" is violated by some row',
    ],
    ["ADD COLUMN e int DEFAULT 'x'", "22P02", ""],
  ])("%s is refused for rows of the base", async (action, code, message) => {
    await main.query("UPDATE t SET v = NULL WHERE id = 9; CREATE BRANCH c");
    const other = await open("main/c");
    const found = await failure(other, `ALTER TABLE t ${action}`);
    expect(found).toEqual([code, message === "" ? found[1] : message]);
    expect(world.context.registry.state.versionsOf(idOf("c"))).toEqual([]);
  });

  test("new definitions hold for what is written", async () => {
    await branch.query("ALTER TABLE t RENAME COLUMN code TO kind; ALTER TABLE t ADD CHECK (kind >= 0)");
    await branch.query(
      "ALTER TABLE t ALTER COLUMN note SET NOT NULL; ALTER TABLE t ADD COLUMN e int DEFAULT 5",
    );
    expect(await branch.outcome("INSERT INTO t (id, kind, note) VALUES (5000, 70, '')")).toBe("23505");
    expect(await branch.outcome("UPDATE t SET kind = 80 WHERE id = 3")).toBe("23505");
    expect(await branch.outcome("UPDATE t SET kind = -80 WHERE id = 3")).toBe("23514");
    expect(await branch.outcome("UPDATE t SET note = NULL WHERE id = 3")).toBe("23502");
    await branch.query(
      "INSERT INTO t (id, kind, note) VALUES (3, 1, '') ON CONFLICT (id) DO UPDATE SET e = t.e + t.kind",
    );
    expect(await branch.query("UPDATE t SET e = e + 1 WHERE e = 35 RETURNING *")).toEqual([
      [3, 30, 3, "n3", 36],
    ]);
    expect(await branch.query("DELETE FROM t WHERE e = 36 RETURNING e")).toEqual([[36]]);
    expect(await branch.query("SELECT count(*)::int, sum(e)::int FROM t")).toEqual([
      [ROWS - 1, 5 * (ROWS - 1)],
    ]);
    expect(await ownRows()).toBe(0);
  });

  test("parameters have the types of the columns as they are now", async () => {
    await branch.query("ALTER TABLE t ADD COLUMN e text DEFAULT 'x'; ALTER TABLE t RENAME COLUMN v TO w");
    const [statement] = await branch.session.parse("UPDATE t SET e = $1 WHERE w = $2 AND id < 5");
    if (statement === undefined) throw new Error("no statement");
    const values = ["007", "3"].map((text) => ({ format: "text" as const, bytes: Buffer.from(text) }));
    await branch.session.execute(statement, values, [0, 0]);
    expect(await branch.query("SELECT id, e FROM t WHERE e <> 'x'")).toEqual([[3, "007"]]);
  });
});

describe("a table renamed on a branch", () => {
  test("reads its base by the old name, whatever takes that", async () => {
    await branch.query("UPDATE t SET v = 100 WHERE id = 1; ALTER TABLE t RENAME TO u");
    await branch.query("CREATE TABLE t (x int PRIMARY KEY); INSERT INTO t VALUES (1)");
    await branch.query("ALTER TABLE u RENAME TO w; UPDATE w SET v = 200 WHERE id = 2");
    await main.query(
      "ALTER TABLE t RENAME TO gone; CREATE TABLE w (other int); DELETE FROM gone WHERE id < 500",
    );
    expect(await branch.query("SELECT sum(v)::int FROM w")).toEqual([[2 * ROWS + 99 + 198]]);
    expect(await branch.query("SELECT * FROM t")).toEqual([[1]]);
    expect(await ownRows("w")).toBe(2);
    await branch.query("DROP TABLE t; ALTER TABLE w RENAME TO t");
    expect(await branch.query(sumOfT)).toEqual([[ROWS, 2 * ROWS + 297, "n999"]]);
  });

  test("is what its branches inherit", async () => {
    await branch.query("ALTER TABLE t RENAME TO u; CREATE BRANCH c");
    const child = await open("main/c");
    await child.query("UPDATE u SET v = 50 WHERE id = 1; ALTER TABLE u RENAME TO t");
    await branch.query("ALTER TABLE u DROP COLUMN v");
    expect(await child.query("SELECT sum(v)::int FROM t")).toEqual([[2 * ROWS + 49]]);
    expect(await child.outcome("SELECT 1 FROM u")).toBe("42P01");
    expect(await ownRows("t", "c")).toBe(1);
  });
});

describe("branches of branches, and main that goes on", () => {
  test("each level shows its own columns", async () => {
    const levels: TestSession[] = [branch];
    await branch.query("ALTER TABLE t ADD COLUMN e1 int DEFAULT 1; UPDATE t SET e1 = 100 WHERE id = 1");
    for (const depth of [2, 3, 4]) {
      await levels.at(-1)?.query(`CREATE BRANCH level${depth}`);
      const level = await open(`main/level${depth}`);
      levels.push(level);
      await level.query(`ALTER TABLE t ADD COLUMN e${depth} int DEFAULT ${depth}`);
      await level
        .query(
          `UPDATE t SET e${depth} = e1 + 1 WHERE id = ${depth}; ALTER TABLE t RENAME COLUMN v TO v${depth}`,
        )
        .catch(() => {});
    }
    await main.query(
      "ALTER TABLE t DROP COLUMN v; ALTER TABLE t ADD COLUMN v text DEFAULT 'main'; UPDATE t SET note = ''",
    );
    await branch.query("ALTER TABLE t DROP COLUMN e1");
    expect(await branch.query("SELECT * FROM t WHERE id = 1")).toEqual([[1, 10, 1, "n1"]]);
    expect(await levels[1]?.query("SELECT * FROM t WHERE id < 3 ORDER BY id")).toEqual([
      [0, 0, 0, "n0", 1, 2],
      [1, 10, 1, "n1", 100, 2],
      [2, 20, 2, "n2", 1, 2],
    ]);
    expect(await levels[3]?.query("SELECT * FROM t WHERE id IN (1, 4) ORDER BY id")).toEqual([
      [1, 10, 1, "n1", 100, 2, 3, 4],
      [4, 40, 4, "n4", 1, 2, 3, 2],
    ]);
    for (const name of ["level2", "level3", "level4"]) expect(await ownRows("t", name)).toBeLessThan(5);
  });

  test("main's rows, columns and the file change underneath", async () => {
    const folder = mkdtempSync(join(tmpdir(), "duckbranch-alter-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "data.duckdb");
    const query = "SELECT w, e, count(*)::int FROM t GROUP BY ALL ORDER BY ALL";
    const expected = [
      [1, 5, 1],
      [2, 5, 1],
      [3, 6, 1],
    ];
    {
      await using first = await World.open(path);
      await using there = await first.connect();
      await there.query(
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)",
      );
      await there.query("CREATE BRANCH c");
      await using altered = await first.connect("main/c");
      await altered.query("ALTER TABLE t RENAME COLUMN v TO w; ALTER TABLE t ADD COLUMN e int DEFAULT 5");
      await altered.query("UPDATE t SET e = 6 WHERE w = 3");
      await there.query("UPDATE t SET v = 20 WHERE id = 2; INSERT INTO t VALUES (4, 4)");
      expect(await altered.query(query)).toEqual(expected);
    }
    await using second = await World.open(path);
    await using there = await second.connect();
    await using altered = await second.connect("main/c");
    expect(await altered.query(query)).toEqual(expected);
    await there.query("ALTER TABLE t RENAME COLUMN v TO e; ALTER TABLE t ADD COLUMN v int DEFAULT -1");
    expect(await altered.query(query)).toEqual(expected);
    await there.query("DROP TABLE t; CREATE TABLE t (e text)");
    expect(await altered.query(query)).toEqual(expected);
    await altered.query("ALTER TABLE t ALTER COLUMN e TYPE bigint");
    expect(await altered.query("SELECT sum(w + e)::int FROM t")).toEqual([[22]]);
  });
});

describe("DIFF and MERGE", () => {
  const diff = "DIFF BRANCH b";

  test("a change of columns is one", async () => {
    await branch.query("ALTER TABLE t ADD COLUMN e int DEFAULT 5; UPDATE t SET e = 6 WHERE id = 3");
    expect((await main.query(diff)).map((row) => row.slice(0, 3))).toEqual([
      ["t", null, "definition changed"],
      ["t", '{"id":3}', "update"],
    ]);
  });

  test("a column dropped and made again has other values in all rows", async () => {
    await branch.query("ALTER TABLE t DROP COLUMN note; ALTER TABLE t ADD COLUMN note text DEFAULT 'n5'");
    // Behind the line that says what was done to the definition.
    expect((await main.query(diff)).slice(1).length).toBe(ROWS - 1);
    await main.query("MERGE BRANCH b");
    expect(await main.query("SELECT DISTINCT note FROM t")).toEqual([["n5"]]);
  });

  test("two columns that change their names change their values", async () => {
    await branch.query(
      "ALTER TABLE t RENAME COLUMN code TO x; ALTER TABLE t RENAME COLUMN v TO code; ALTER TABLE t RENAME COLUMN x TO v",
    );
    await branch.query(
      "ALTER TABLE t RENAME COLUMN code TO x; ALTER TABLE t RENAME COLUMN v TO code; ALTER TABLE t RENAME COLUMN x TO v",
    );
    expect(await main.query(diff)).toEqual([]);
  });

  test("rows are compared and merged where only constraints and defaults changed", async () => {
    await branch.query("ALTER TABLE t ALTER COLUMN v SET NOT NULL; ALTER TABLE t ADD CHECK (v < 100)");
    await branch.query("ALTER TABLE t ALTER COLUMN v SET DEFAULT 3; CREATE INDEX i ON t (v)");
    await branch.query("UPDATE t SET v = 50 WHERE id = 3; DELETE FROM t WHERE id = 4");
    expect((await main.query(diff)).map((row) => row.slice(1, 3))).toEqual([
      [null, "definition changed"],
      ['{"id":3}', "update"],
      ['{"id":4}', "delete"],
    ]);
    await main.query("MERGE BRANCH b");
    expect(await main.query(sumOfT)).toEqual([[ROWS - 1, 2 * ROWS + 47 - 4, "n999"]]);
  });

  test("a branch of an altered branch is compared with it, and merged into it", async () => {
    await branch.query("ALTER TABLE t ADD COLUMN e int DEFAULT 5; ALTER TABLE t DROP COLUMN v");
    await branch.query("UPDATE t SET e = 6 WHERE id = 3; CREATE BRANCH c");
    const child = await open("main/c");
    await child.query("UPDATE t SET e = e + 10 WHERE id IN (3, 4); DELETE FROM t WHERE id = 5");
    await branch.query("UPDATE t SET e = 0 WHERE id = 8");
    expect((await branch.query("DIFF BRANCH c")).map((row) => row.slice(1))).toEqual([
      ['{"id":3}', "update", '{"id":3,"code":30,"note":"n3","e":6}', '{"id":3,"code":30,"note":"n3","e":16}'],
      ['{"id":4}', "update", '{"id":4,"code":40,"note":"n4","e":5}', '{"id":4,"code":40,"note":"n4","e":15}'],
      ['{"id":5}', "delete", '{"id":5,"code":50,"note":"n5","e":5}', null],
    ]);
    await main.query("MERGE BRANCH c INTO b");
    expect(await branch.query("SELECT id, e FROM t WHERE e <> 5 ORDER BY id")).toEqual([
      [3, 16],
      [4, 15],
      [8, 0],
    ]);
    expect(await ownRows()).toBe(3);
  });
});

describe("transactions", () => {
  test("a rollback leaves nothing; a block sees its own changes", async () => {
    await branch.query("UPDATE t SET v = 50 WHERE id = 1");
    const before = world.context.registry.state.versionsOf(idOf("b"));
    await branch.query("BEGIN; ALTER TABLE t ADD COLUMN e int DEFAULT 5; UPDATE t SET e = v WHERE id < 2");
    expect(await branch.query("SELECT e, count(*)::int FROM t GROUP BY e ORDER BY e")).toEqual([
      [0, 1],
      [5, ROWS - 2],
      [50, 1],
    ]);
    await branch.query(
      "ALTER TABLE t RENAME TO u; ALTER TABLE u DROP COLUMN v; UPDATE u SET e = 7 WHERE e = 50; ROLLBACK",
    );
    expect(world.context.registry.state.versionsOf(idOf("b"))).toEqual(before);
    expect(await branch.query("SELECT * FROM t WHERE id = 1")).toEqual([[1, 10, 50, "n1"]]);
    await branch.query("BEGIN; INSERT INTO t VALUES (-1); ALTER TABLE t DROP COLUMN code; SAVEPOINT s");
    await branch.query("ALTER TABLE t DROP COLUMN note; ROLLBACK TO s; COMMIT");
    expect(await branch.query("SELECT * FROM t WHERE id < 1 ORDER BY id")).toEqual([
      [-1, 7, null],
      [0, 0, "n0"],
    ]);
  });

  test("of two sessions one loses: the one that writes behind an ALTER", async () => {
    const other = await open("main/b");
    await other.query("UPDATE t SET v = 1 WHERE id = 1; BEGIN; SELECT 1 FROM t LIMIT 1");
    await branch.query("ALTER TABLE t ADD COLUMN e int DEFAULT 5");
    expect(await other.outcome("INSERT INTO t (id) VALUES (-1)")).toBe("40001");
    await other.query("ROLLBACK; INSERT INTO t (id) VALUES (-1)");
    expect(await branch.query("SELECT count(*)::int, sum(e)::int FROM t")).toEqual([
      [ROWS + 1, 5 * (ROWS + 1)],
    ]);
  });

  test.each([
    "ALTER TABLE t ADD COLUMN e int DEFAULT 5",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE t ALTER COLUMN v SET NOT NULL",
    "CREATE INDEX i ON t (v)",
    "COMMENT ON TABLE t IS 'x'",
  ])("of two sessions one loses: %s behind a write", async (sql) => {
    const other = await open("main/b");
    await other.query("UPDATE t SET v = 1 WHERE id = 1; BEGIN; SELECT 1 FROM t LIMIT 1");
    await branch.query("UPDATE t SET v = 2 WHERE id = 2; INSERT INTO t (id) VALUES (-1)");
    expect(await other.outcome(sql)).toBe("40001");
    await other.query(`ROLLBACK; ${sql}`);
    const table = sql.includes("RENAME") ? "u" : "t";
    expect(await branch.query(`SELECT id, v FROM ${table} WHERE id < 3 ORDER BY id`)).toEqual([
      [-1, 7],
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
  });

  test("of two sessions one loses: a drop and a first write", async () => {
    const other = await open("main/b");
    await other.query("BEGIN; SELECT 1 FROM t LIMIT 1");
    await branch.query("DROP TABLE t");
    expect(await other.outcome("UPDATE t SET v = 1 WHERE id = 1")).toBe("40001");
    await other.query("ROLLBACK");
    expect(await other.outcome("SELECT 1 FROM t")).toBe("42P01");
  });
});

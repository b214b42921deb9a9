/** UNDO MERGE: the inverse three-way merge, which leaves what was changed since. */
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { sweepUndoRows } from "../../src/branch/undo-rows.js";
import { connectPg } from "../cli/pg-client.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { startTestApp } from "../cli/test-app.js";
import { World, type TestSession } from "../support/world.js";

const STORE =
  "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'duckbranch_store' AND table_name LIKE 'undo%'";

async function start(sql: string): Promise<{ world: World; main: TestSession }> {
  const world = await World.open();
  onTestFinished(async () => await world[Symbol.asyncDispose]());
  const main = await world.connect();
  onTestFinished(async () => await main[Symbol.asyncDispose]());
  await main.query(sql);
  return { world, main };
}

async function onBranch(world: World, name: string, sql: string): Promise<unknown[][]> {
  await using session = await world.connect(`main/${name}`);
  return await session.query(sql);
}

async function mergeId(main: TestSession, branch: string): Promise<string> {
  const [row] = await main.query(
    `SELECT merge_id FROM duckbranch.merges WHERE branch_name = '${branch}' AND status = 'merged'`,
  );
  return String(row?.[0]);
}

async function keptTables(world: World): Promise<number> {
  using connection = await world.context.registry.database.connect("data");
  return Number((await connection.firstRow(STORE))[0]);
}

const TABLE = `CREATE TABLE t (id int PRIMARY KEY, qty int, note text);
  INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'); CREATE BRANCH b`;
const EDITS = `UPDATE t SET qty = 11 WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (5, 50, 'e')`;
const BEFORE = [
  [1, 10, "a"],
  [2, 20, "b"],
  [3, 30, "c"],
];
const AFTER = [
  [1, 11, "a"],
  [3, 30, "c"],
  [5, 50, "e"],
];
const ALL = "SELECT * FROM t ORDER BY id";

describe("a merge that is undone", () => {
  it("leaves main as it was, and the branch as if it had not been merged", async () => {
    const { world, main } = await start(TABLE);
    await onBranch(world, "b", EDITS);
    await main.query("MERGE BRANCH b");
    const id = await mergeId(main, "b");
    const [answer] = await main.query(`UNDO MERGE ${id}`);
    expect(answer?.slice(0, 8)).toEqual(["undone", id, "b", "main", 1, "t", 3n, 1n]);
    expect(await main.query(ALL)).toEqual(BEFORE);
    expect(await onBranch(world, "b", ALL)).toEqual(AFTER);
    await onBranch(world, "b", "UPDATE t SET qty = 33 WHERE id = 3");
    await main.query("MERGE BRANCH b");
    expect(await main.query(ALL)).toEqual([
      [1, 11, "a"],
      [3, 33, "c"],
      [5, 50, "e"],
    ]);
    expect(await main.query("SELECT status FROM duckbranch.merges ORDER BY created_at")).toEqual([
      ["undone"],
      ["merged"],
    ]);
  });

  it("keeps what was changed since in other rows, and in other cells of a merge by cells", async () => {
    const { world, main } = await start(TABLE);
    await onBranch(world, "b", EDITS);
    await main.query("MERGE BRANCH b WITH (granularity 'cell')");
    await main.query("UPDATE t SET note = 'A' WHERE id = 1; UPDATE t SET qty = 31 WHERE id = 3");
    await main.query(`UNDO MERGE ${await mergeId(main, "b")}`);
    expect(await main.query(ALL)).toEqual([
      [1, 10, "A"],
      [2, 20, "b"],
      [3, 31, "c"],
    ]);
  });

  it("is refused where the same rows were changed since, unless somebody says who wins", async () => {
    const { world, main } = await start(TABLE);
    await onBranch(world, "b", EDITS);
    await main.query("MERGE BRANCH b; UPDATE t SET qty = 99 WHERE id = 1");
    const id = await mergeId(main, "b");
    expect(await main.outcome(`UNDO MERGE ${id}`)).toBe("40002");
    expect(await main.query(ALL)).toEqual([[1, 99, "a"], ...AFTER.slice(1)]);
    expect(await main.query("SELECT key, kind FROM duckbranch.conflicts")).toEqual([
      ['{"id":1}', "update/update"],
    ]);
    expect(await main.outcome(`UNDO MERGE ${id} USING manual`)).toBe("0A000");
    await main.query(`SELECT branch_undo('${id}', 'main_wins')`);
    expect(await main.query(ALL)).toEqual([[1, 99, "a"], ...BEFORE.slice(1)]);
  });

  it("takes back rows that were changed since if the undoing wins", async () => {
    const { world, main } = await start(TABLE);
    await onBranch(world, "b", EDITS);
    await main.query("MERGE BRANCH b; UPDATE t SET qty = 99 WHERE id = 1; DELETE FROM t WHERE id = 5");
    await main.query(`UNDO MERGE ${await mergeId(main, "b")} USING branch_wins`);
    expect(await main.query(ALL)).toEqual(BEFORE);
  });

  it("can be asked for again: the second time nothing is left to do", async () => {
    const { world, main } = await start(TABLE);
    await onBranch(world, "b", EDITS);
    await main.query("MERGE BRANCH b");
    const id = await mergeId(main, "b");
    await main.query(`UNDO MERGE ${id}; UPDATE t SET qty = 7 WHERE id = 1`);
    const [again] = await main.query(`UNDO MERGE ${id}`);
    expect([again?.[0], again?.[6]]).toEqual(["undone", 0n]);
    expect(await main.query("SELECT qty FROM t WHERE id = 1")).toEqual([[7]]);
    expect(await keptTables(world)).toBe(0);
  });

  it("needs no branch any more", async () => {
    const { world, main } = await start(TABLE);
    await onBranch(world, "b", EDITS);
    await main.query("MERGE BRANCH b");
    const id = await mergeId(main, "b");
    await main.query(`DROP BRANCH b; UNDO MERGE ${id}`);
    expect(await main.query(ALL)).toEqual(BEFORE);
    expect(await main.outcome("USE BRANCH b")).toBe("3D000");
  });

  it("was one into a branch, and stays there", async () => {
    const { world, main } = await start(TABLE);
    await onBranch(world, "b", "CREATE BRANCH c FROM b; UPDATE t SET qty = 12 WHERE id = 1");
    await onBranch(world, "c", EDITS.replace("id = 1", "id = 3"));
    await main.query("MERGE BRANCH c INTO b");
    await main.query(`UNDO MERGE ${await mergeId(main, "c")}`);
    expect(await onBranch(world, "b", ALL)).toEqual([[1, 12, "a"], ...BEFORE.slice(1)]);
    expect(await main.query(ALL)).toEqual(BEFORE);
  });

  it("had tables without a key: added rows go, removed ones come back", async () => {
    const { world, main } = await start(
      "CREATE TABLE l (v text); INSERT INTO l VALUES ('a'), ('a'), ('b'), (NULL); CREATE BRANCH b",
    );
    await onBranch(world, "b", "DELETE FROM l WHERE v = 'b'; INSERT INTO l VALUES ('a'), ('n'), (NULL)");
    await main.query("MERGE BRANCH b; INSERT INTO l VALUES ('later')");
    const id = await mergeId(main, "b");
    await main.query(`UNDO MERGE ${id}`);
    expect(await main.query("SELECT v FROM l ORDER BY v")).toEqual([["a"], ["a"], ["b"], ["later"], [null]]);
    // The row that came back is not known to be the one that the branch removed.
    expect(await main.outcome("MERGE BRANCH b")).toBe("40002");
    expect(await main.query("SELECT v FROM l ORDER BY v")).toEqual([["a"], ["a"], ["b"], ["later"], [null]]);
  });

  it("is refused where a row that it added to a table without a key is another one by now", async () => {
    const { world, main } = await start("CREATE TABLE l (v text); CREATE BRANCH b");
    await onBranch(world, "b", "INSERT INTO l VALUES ('n')");
    await main.query("MERGE BRANCH b; UPDATE l SET v = 'changed' WHERE v = 'n'");
    const id = await mergeId(main, "b");
    expect(await main.outcome(`UNDO MERGE ${id}`)).toBe("40002");
    expect(await main.outcome(`UNDO MERGE ${id} USING branch_wins`)).toBe("0A000");
    expect(await main.query("SELECT v FROM l")).toEqual([["changed"]]);
  });

  it("is refused when the table is another one by now, and for what never was a merge", async () => {
    const { world, main } = await start(TABLE);
    await onBranch(world, "b", EDITS);
    await main.query("MERGE BRANCH b");
    const id = await mergeId(main, "b");
    await main.query("ALTER TABLE t ADD COLUMN more int");
    expect(await main.outcome(`UNDO MERGE ${id}`)).toBe("0A000");
    await main.query("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, qty int, note text)");
    expect(await main.outcome(`UNDO MERGE ${id}`)).toBe("0A000");
    expect(await main.outcome("UNDO MERGE merge_000000000000")).toBe("42704");
    await main.query("CREATE BRANCH c");
    await onBranch(world, "c", "INSERT INTO t VALUES (1, 1, '')");
    await main.query("INSERT INTO t VALUES (1, 2, '')");
    expect(await main.outcome("MERGE BRANCH c")).toBe("40002");
    const [aborted] = await main.query("SELECT merge_id FROM duckbranch.merges WHERE status = 'aborted'");
    expect(await main.outcome(`UNDO MERGE ${String(aborted?.[0])}`)).toBe("55000");
  });

  it("is refused when columns have changed places, or one came for another of its name and type", async () => {
    const { world, main } = await start(
      TABLE.replace("qty int, note text", "qty int, other int").replaceAll(/'(.)'/g, "7"),
    );
    await onBranch(world, "b", "DELETE FROM t");
    await main.query("MERGE BRANCH b; CREATE BRANCH c");
    const id = await mergeId(main, "b");
    await onBranch(world, "c", "INSERT INTO t VALUES (1, 1, 1)");
    await main.query(
      "MERGE BRANCH c; ALTER TABLE t RENAME qty TO x; ALTER TABLE t RENAME other TO qty; ALTER TABLE t RENAME x TO other",
    );
    expect(await main.outcome(`UNDO MERGE ${id}`)).toBe("0A000");
    expect(await main.outcome(`UNDO MERGE ${await mergeId(main, "c")}`)).toBe("0A000");
    await main.query("CREATE BRANCH e");
    await onBranch(world, "e", "UPDATE t SET qty = 5");
    await main.query("MERGE BRANCH e; CREATE BRANCH d");
    await onBranch(
      world,
      "d",
      "ALTER TABLE t RENAME qty TO x; ALTER TABLE t RENAME other TO qty; ALTER TABLE t RENAME x TO other",
    );
    await main.query("MERGE BRANCH d");
    expect(await main.outcome(`UNDO MERGE ${await mergeId(main, "e")}`)).toBe("0A000");
  });

  it("had a table without a key whose columns are called as the plan's", async () => {
    const { world, main } = await start(
      "CREATE TABLE x (plan_row int, n int, t int); INSERT INTO x VALUES (1, 1, 1); CREATE BRANCH b",
    );
    await onBranch(world, "b", "INSERT INTO x VALUES (2, 2, 2); DELETE FROM x WHERE plan_row = 1");
    await main.query("MERGE BRANCH b");
    await main.query(`UNDO MERGE ${await mergeId(main, "b")}`);
    expect(await main.query("SELECT * FROM x")).toEqual([[1, 1, 1]]);
  });

  it("is refused when what it breaks is refused: a row that others refer to by now", async () => {
    const { world, main } = await start(`CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
      CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p); CREATE BRANCH b`);
    await onBranch(world, "b", "INSERT INTO p VALUES (2)");
    await main.query("MERGE BRANCH b; INSERT INTO c VALUES (1, 2)");
    expect(await main.outcome(`UNDO MERGE ${await mergeId(main, "b")}`)).toBe("23503");
    expect(await main.query("SELECT * FROM p ORDER BY id")).toEqual([[1], [2]]);
  });

  it("is kept over restarts, and no longer than it may be undone", async () => {
    await using folder = await temporaryDirectory();
    const path = folder.file("a.db");
    let id = "";
    {
      await using world = await World.open(path);
      await using main = await world.connect();
      await main.query(TABLE);
      await onBranch(world, "b", EDITS);
      await main.query("MERGE BRANCH b; CREATE BRANCH other");
      await onBranch(world, "other", "DELETE FROM t");
      await main.query("MERGE BRANCH other");
      id = await mergeId(main, "b");
    }
    await using world = await World.open(path);
    await using main = await world.connect();
    await main.query(`UNDO MERGE ${await mergeId(main, "other")}`);
    await main.query(`UNDO MERGE ${id}`);
    expect(await main.query(ALL)).toEqual(BEFORE);
    await main.query("MERGE BRANCH b");
    const signal = new AbortController().signal;
    await sweepUndoRows(world.context, Date.now(), signal);
    expect(await keptTables(world)).toBe(1);
    await sweepUndoRows(world.context, Date.now() + 2 * world.context.retention.undoMs, signal);
    expect(await keptTables(world)).toBe(0);
  });
});

test.each(["UNDO MERGE $id", "SELECT * FROM branch_undo('$id')", "SELECT * FROM branch_undo($1)"])(
  "an undoing is described as it answers to a client that asks before: %s",
  async (text) => {
    await using app = await startTestApp();
    await using main = await connectPg(app.address);
    for (const sql of TABLE.split(";")) await main.rows(sql);
    await using branch = await connectPg(app.address, "main/b");
    await branch.rows("DELETE FROM t WHERE id = 1");
    await main.rows("MERGE BRANCH b");
    const id = String(await main.value("SELECT merge_id FROM duckbranch.merges"));
    const values = text.includes("$1") ? [id] : [];
    const { fields, rows } = await main.pg.query({ name: "u", text: text.replace("$id", id), values });
    expect(fields.map(({ name }) => name)).toEqual(Object.keys(rows[0] ?? {}));
    expect(rows).toMatchObject([{ status: "undone", merge_id: id, rows_inserted: "1" }]);
    expect(await main.rows(ALL)).toEqual(BEFORE);
  },
);

const content = fc
  .uniqueArray(fc.tuple(fc.nat(7), fc.nat(2)), { selector: ([key]) => key })
  .map((entries) => new Map(entries));
type Content = ReadonlyMap<number, number>;

/** SQL that turns one content of `r` into another. */
function edits(before: Content, after: Content): string {
  const puts = [...after].flatMap(([key, v]) => {
    if (!before.has(key)) return [`INSERT INTO r VALUES (${key}, ${v})`];
    return before.get(key) === v ? [] : [`UPDATE r SET v = ${v} WHERE id = ${key}`];
  });
  const gone = [...before.keys()].filter((key) => !after.has(key));
  return ["SELECT 1", ...puts, ...gone.map((key) => `DELETE FROM r WHERE id = ${key}`)].join("; ");
}

test(
  "undo takes back the merge and nothing else, for random contents (law L15)",
  { timeout: 300_000 },
  async () => {
    const { world, main } = await start("SELECT 1");
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(content, content, content, content, async (base, target, source, later) => {
        const name = `b${++runs}`;
        await main.query("DROP TABLE IF EXISTS r; CREATE TABLE r (id int PRIMARY KEY, v int)");
        await main.query(edits(new Map(), base));
        await main.query(`CREATE BRANCH ${name}`);
        await onBranch(world, name, edits(base, source));
        await main.query(edits(base, target));
        await main.query(`MERGE BRANCH ${name} USING branch_wins`);
        const merged = new Map(
          (await main.query("SELECT * FROM r")).map(([id, v]) => [Number(id), Number(v)] as const),
        );
        // Later changes of rows that the merge left alone.
        const touched = (key: number): boolean => merged.get(key) !== target.get(key);
        const next = new Map([
          ...[...merged].filter(([key]) => touched(key)),
          ...[...later].filter(([key]) => !touched(key)),
        ]);
        await main.query(edits(merged, next));
        await main.query(`UNDO MERGE ${await mergeId(main, name)}`);
        const expected = [
          ...[...target].filter(([key]) => touched(key)),
          ...[...later].filter(([key]) => !touched(key)),
        ];
        const found = await main.query("SELECT * FROM r ORDER BY id");
        expect(found).toEqual(expected.toSorted(([a], [b]) => a - b));
        await main.query(`DROP BRANCH ${name}`);
      }),
      { numRuns: 25, verbose: fc.VerbosityLevel.Verbose },
    );
  },
);

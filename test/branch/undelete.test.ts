/** Deleted branches can be brought back for some time, as they were; then what they held goes. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { Retention } from "../../src/branch/branch-context.js";
import { sweepExpired } from "../../src/branch/lifecycle.js";
import { MAIN } from "../../src/branch/model.js";
import { releaseOverdue } from "../../src/branch/release-overdue.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const HOUR_MS = 3_600_000;
const SIGNAL = new AbortController().signal;
const KEEPING = { discardedMs: HOUR_MS, expiredMs: 24 * HOUR_MS };
const TABLE = "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20)";
const ROWS = "SELECT * FROM t ORDER BY id";

/** Main with a table, and the branch b that changed it; main changed it, too. */
async function branched(
  retention: Partial<Retention> = KEEPING,
  path?: string,
): Promise<{ open: OpenWorld; main: TestSession; b: TestSession }> {
  const open = await OpenWorld.open(path, retention);
  onTestFinished(async () => await open[Symbol.asyncDispose]());
  const main = await open.session();
  await main.query(`${TABLE}; CREATE BRANCH b`);
  const b = await open.session("main/b");
  await b.query("UPDATE t SET v = 11 WHERE id = 1");
  await main.query("UPDATE t SET v = 99");
  return { open, main, b };
}

async function ownTables(session: TestSession): Promise<number> {
  const [row] = await session.query(
    "SELECT count(*)::int FROM duckdb_tables() WHERE schema_name = 'duckbranch_store' OR schema_name LIKE 'branch\\_%' ESCAPE '\\'",
  );
  return Number(row?.[0]);
}

const CHANGED = [
  [1, 11],
  [2, 20],
];

describe("a branch that was discarded", () => {
  test("is out of use at once, and its name is free", async () => {
    const { main, b, open } = await branched();
    await main.query("DISCARD BRANCH b");
    expect(await b.outcome(ROWS)).toBe("3D000");
    expect(await b.outcome("INSERT INTO t VALUES (3, 30)")).toBe("3D000");
    expect(await main.outcome("SELECT * FROM b.t")).not.toBe("ok");
    for (const statement of ["MERGE BRANCH b", "DIFF BRANCH b", "USE BRANCH b", "CREATE BRANCH c FROM b"])
      expect(await main.outcome(statement)).toBe("3D000");
    expect(await main.query("SHOW BRANCHES")).toEqual([]);
    await main.query("CREATE BRANCH b");
    expect(await (await open.session("main/b")).query(ROWS)).toEqual([
      [1, 99],
      [2, 99],
    ]);
  });

  test("comes back as it was, whatever main did meanwhile, also for sessions that are on it", async () => {
    const { main, b } = await branched();
    await main.query("DROP BRANCH b; UPDATE t SET v = 0; ALTER TABLE t DROP COLUMN v; DROP TABLE t");
    await main.query("UNDELETE BRANCH b");
    expect(await b.query(ROWS)).toEqual(CHANGED);
    await b.query("INSERT INTO t VALUES (3, 30)");
    expect(await b.query("SELECT count(*)::int FROM t")).toEqual([[3]]);
  });

  test("comes back after a restart", async () => {
    const directory = await temporaryDirectory();
    onTestFinished(async () => await directory[Symbol.asyncDispose]());
    const path = directory.file("data.db");
    {
      await using open = await OpenWorld.open(path, KEEPING);
      const main = await open.session();
      await main.query(`${TABLE}; CREATE BRANCH b`);
      await (await open.session("main/b")).query("UPDATE t SET v = 11 WHERE id = 1");
      await main.query("DROP BRANCH b; UPDATE t SET v = 99");
    }
    await using open = await OpenWorld.open(path, KEEPING);
    await (await open.session()).query("UPDATE t SET v = 100; UNDELETE BRANCH b");
    expect(await (await open.session("main/b")).query(ROWS)).toEqual(CHANGED);
  });

  test("by another name where its own was taken, or by its id", async () => {
    const { main, open } = await branched();
    const [[id] = []] = await main.query("SELECT branch_id FROM duckbranch.branches");
    await main.query('DROP BRANCH b; CREATE BRANCH b; CREATE BRANCH "O ""x"""');
    await expect(main.query("UNDELETE BRANCH b")).rejects.toMatchObject({
      code: "42710",
      hint: `use UNDELETE BRANCH "${String(id)}" AS another_name`,
    });
    expect(await main.outcome(`UNDELETE BRANCH "${String(id)}" AS "O ""x"""`)).toBe("42710");
    await main.query(`UNDELETE BRANCH "${String(id)}" AS "Über b"`);
    expect(await (await open.session("main/Über b")).query(ROWS)).toEqual(CHANGED);
  });

  test("of several that had a name the last one comes back", async () => {
    const { main, open } = await branched();
    await main.query("DROP BRANCH b; CREATE BRANCH b");
    await (await open.session("main/b")).query("INSERT INTO t VALUES (7, 70)");
    await main.query("DROP BRANCH b; UNDELETE BRANCH b");
    expect(await (await open.session("main/b")).query("SELECT count(*)::int FROM t")).toEqual([[3]]);
    await main.query("UNDELETE BRANCH b AS first");
    expect(await (await open.session("main/first")).query(ROWS)).toEqual(CHANGED);
  });

  test("with a time to live from now on, by function and with parameters", async () => {
    const { main } = await branched();
    await main.query("DROP BRANCH b");
    const [row] = await main.query("SELECT * FROM branch_undelete('b', new_name => 'c', ttl => '2 hours')");
    expect(row?.slice(1, 3)).toEqual(["c", "active"]);
    const [[left] = []] = await main.query(
      "SELECT round(extract(epoch FROM expires_at - now()) / 3600)::int FROM duckbranch.branches",
    );
    expect(left).toBe(2);
  });

  test("refuses what cannot be", async () => {
    const { main } = await branched();
    expect(await main.outcome("UNDELETE BRANCH b")).toBe("55000");
    expect(await main.outcome("UNDELETE BRANCH nobody")).toBe("3D000");
    await main.query("DROP BRANCH b");
    expect(await main.outcome("BEGIN; UNDELETE BRANCH b")).toBe("25001");
    await main.query("ROLLBACK");
    expect(await main.outcome("UNDELETE BRANCH b AS main")).toBe("42602");
    expect(await main.outcome("UNDELETE BRANCH b WITH (isolation 'live')")).toBe("22023");
    expect(await main.outcome("DROP BRANCH b")).toBe("3D000");
    await main.query("DROP BRANCH IF EXISTS b; DROP BRANCH b IMMEDIATE");
    await expect(main.query("UNDELETE BRANCH b")).rejects.toMatchObject({
      code: "55000",
      message: 'branch "b" cannot be brought back: its data are gone',
    });
  });

  test("a transaction that wrote it and commits afterwards is refused, and leaves nothing", async () => {
    const { main, b } = await branched();
    await b.query("BEGIN; INSERT INTO t VALUES (3, 30)");
    await main.query("DROP BRANCH b");
    expect(await b.outcome("COMMIT")).toBe("55000");
    await main.query("UNDELETE BRANCH b");
    expect(await b.query(ROWS)).toEqual(CHANGED);
  });

  test("a merge that waited for its conflicts is given up", async () => {
    const { main, b } = await branched();
    const [merge] = await main.query("MERGE BRANCH b USING manual");
    expect(merge?.[0]).toBe("conflicted");
    await main.query("DROP BRANCH b; UNDELETE BRANCH b");
    expect(await main.query("SELECT status FROM duckbranch.merges")).toEqual([["abandoned"]]);
    expect(await b.query(ROWS)).toEqual(CHANGED);
    const [merged] = await main.query("MERGE BRANCH b USING branch_wins");
    expect(merged?.[0]).toBe("merged");
    expect(await main.query(ROWS)).toEqual([
      [1, 11],
      [2, 99],
    ]);
  });
});

describe("what a deleted branch holds", () => {
  test("goes when its time is over, and not before", async () => {
    const { main, open } = await branched();
    await main.query("DROP BRANCH b");
    const { context } = open.world;
    expect(await releaseOverdue(context, Date.now(), SIGNAL)).toBe(0);
    expect(await ownTables(main)).toBeGreaterThan(0);
    expect(await releaseOverdue(context, Date.now() + HOUR_MS, SIGNAL)).toBe(1);
    expect(await ownTables(main)).toBe(0);
    expect(context.registry.state.versionsOf(MAIN)).toHaveLength(1);
    expect(await main.outcome("UNDELETE BRANCH b")).toBe("55000");
  });

  test("goes at once where it is told so, or merged, or nothing is kept", async () => {
    const { main } = await branched();
    await main.query("DROP BRANCH b IMMEDIATE");
    expect(await ownTables(main)).toBe(0);
    await main.query("CREATE BRANCH b; MERGE BRANCH b; DROP BRANCH b");
    expect(await main.outcome("UNDELETE BRANCH b")).toBe("55000");
    const other = await branched({});
    await other.main.query("DROP BRANCH b");
    expect(await ownTables(other.main)).toBe(0);
  });

  test("goes at once where none is kept, and that is told", async () => {
    const { main } = await branched({ ...KEEPING, maxDeleted: 0 });
    const [row] = await main.query("SELECT * FROM branch_discard('b')");
    expect(row?.slice(1)).toEqual(["b", "discarded", null]);
    expect(await ownTables(main)).toBe(0);
  });

  test("of more branches than are kept the first one goes", async () => {
    const { main, open } = await branched({ ...KEEPING, maxDeleted: 2 });
    for (const name of ["c", "d"]) await main.query(`CREATE BRANCH ${name}`);
    for (const name of ["b", "c", "d"]) await main.query(`DROP BRANCH ${name}`);
    expect([...open.world.context.registry.state.branches.deleted()].map(({ name }) => name)).toEqual([
      "c",
      "d",
    ]);
    expect(await main.outcome("UNDELETE BRANCH b")).toBe("55000");
  });

  test("stays as long as a deleted branch that was made from it", async () => {
    const { main, open, b } = await branched({ discardedMs: HOUR_MS, expiredMs: 24 * HOUR_MS });
    await b.query("CREATE BRANCH c WITH (ttl '1 hour')");
    await (await open.session("main/c")).query("DELETE FROM t WHERE id = 2");
    expect(await main.outcome("DROP BRANCH b")).toBe("2BP01");
    const { context } = open.world;
    const later = Date.now() + 2 * HOUR_MS;
    expect(await sweepExpired(context, later, SIGNAL)).toEqual(["c"]);
    await main.query("DROP BRANCH b");
    expect(await releaseOverdue(context, later, SIGNAL)).toBe(0);
    expect(await main.outcome("UNDELETE BRANCH c")).toBe("55000");
    await main.query("UNDELETE BRANCH b; UNDELETE BRANCH c");
    expect(await (await open.session("main/c")).query(ROWS)).toEqual([[1, 11]]);
    await main.query("DROP BRANCH b CASCADE; DROP BRANCH b IMMEDIATE");
    expect(await ownTables(main)).toBe(0);
  });
});

test("a branch that has expired comes back without its time", async () => {
  const { main, open, b } = await branched();
  await main.query("ALTER BRANCH b SET (ttl '1 hour')");
  expect(await sweepExpired(open.world.context, Date.now() + 2 * HOUR_MS, SIGNAL)).toEqual(["b"]);
  expect(await b.outcome(ROWS)).toBe("55000");
  expect(await main.query("SELECT status, undelete_until IS NOT NULL FROM duckbranch.branches")).toEqual([
    ["expired", true],
  ]);
  await main.query("UNDELETE BRANCH b");
  expect(await b.query(ROWS)).toEqual(CHANGED);
  const actions = await main.query("SELECT action, actor FROM duckbranch.history ORDER BY happened_at");
  expect(actions.slice(-2)).toEqual([
    ["expire", "sweeper"],
    ["undelete", "tester"],
  ]);
});

test("who brings a branch back while it is released has it whole, or not at all", async () => {
  for (let round = 0; round < 8; round++) {
    const { main, open } = await branched();
    const other = await open.session();
    await main.query("DROP BRANCH b");
    const [outcome, released] = await Promise.all([
      other.outcome("UNDELETE BRANCH b"),
      releaseOverdue(open.world.context, Date.now() + HOUR_MS, SIGNAL),
    ]);
    const isBack = outcome === "ok";
    const left = isBack ? await (await open.session("main/b")).query(ROWS) : await ownTables(main);
    expect([left, released]).toEqual(isBack ? [CHANGED, 0] : [0, 1]);
  }
});

test("a branch that is given more time while the sweeper goes by stays, or was gone before", async () => {
  for (const retention of [KEEPING, {}]) {
    const { main, open, b } = await branched(retention);
    await main.query("ALTER BRANCH b SET (ttl '1 hour')");
    const [altered, swept] = await Promise.all([
      main.outcome("ALTER BRANCH b SET (ttl '9 hours')"),
      sweepExpired(open.world.context, Date.now() + 2 * HOUR_MS, SIGNAL),
    ]);
    const isThere = altered === "ok";
    expect([swept, await b.outcome(ROWS)]).toEqual(isThere ? [[], "ok"] : [["b"], "55000"]);
  }
});

/** A branch takes no more than its budget of rows, bytes and time; what would exceed it is refused before it is committed. */
import { describe, expect, onTestFinished, test } from "vitest";
import { saveSpentTime } from "../../src/branch/spent-time.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const EXCEEDED = "53400";

async function limited(
  options: string,
  path?: string,
): Promise<{ open: OpenWorld; main: TestSession; b: TestSession }> {
  const open = await OpenWorld.open(path);
  onTestFinished(async () => await open[Symbol.asyncDispose]());
  const main = await open.session();
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'row ' || i FROM range(100) r(i);
    CREATE TABLE log (line text); INSERT INTO log SELECT 'line ' || i FROM range(10) r(i); CREATE BRANCH b WITH (${options})`);
  return { open, main, b: await open.session("main/b") };
}

async function countOf(session: TestSession, what = "t"): Promise<unknown> {
  return (await session.query(`SELECT count(*)::int FROM ${what}`))[0]?.[0];
}

describe("rows", () => {
  test("that were written, changed or deleted count once each, whatever was done to them", async () => {
    const { b, main } = await limited("max_rows 6");
    await b.query(
      "UPDATE t SET v = 'x' WHERE id < 3; UPDATE t SET v = 'y' WHERE id < 3; DELETE FROM t WHERE id = 0",
    );
    await b.query("INSERT INTO t VALUES (200, 'a'), (201, 'b'); DELETE FROM t WHERE id = 200");
    await b.query("UPDATE t SET v = 'z' WHERE id IN (10, 11)");
    await expect(b.query("INSERT INTO t VALUES (202, 'c')")).rejects.toMatchObject({
      code: EXCEEDED,
      message: 'branch "b" has exceeded its budget',
      detail: "7 rows, those of branches made from it included, are more than the 6 it may have",
    });
    expect(await countOf(b)).toBe(100);
    // What was refused has changed no row in any way.
    expect(await b.outcome("UPDATE t SET v = 'too many'")).toBe(EXCEEDED);
    expect(await b.outcome("DELETE FROM t WHERE id = 201; INSERT INTO t VALUES (201, 'b')")).toBe("ok");
    expect(await b.outcome("UPDATE t SET v = 'again' WHERE id = 10; DELETE FROM t WHERE id = 201")).toBe(
      "ok",
    );
    await b.query("INSERT INTO t VALUES (203, 'd')");
    expect((await main.query("MERGE BRANCH b"))[0]?.[0]).toBe("merged");
  });

  test.each(["DELETE FROM t", "TRUNCATE t", "DELETE FROM t WHERE id = 1; TRUNCATE t", "TRUNCATE log"])(
    "of a table that is emptied count as deleted: %s",
    async (sql) => {
      const { b } = await limited("max_rows 6");
      expect(await b.outcome(sql)).toBe(EXCEEDED);
    },
  );

  test("of tables that are dropped or replaced count as deleted; views, and what was made here, do not", async () => {
    const { b, main } = await limited("max_rows 12");
    await b.query(
      "CREATE VIEW v AS SELECT 1 AS a; CREATE TABLE made AS SELECT i FROM range(12) r(i); DROP TABLE made; DROP VIEW v",
    );
    for (const sql of [
      "DROP TABLE t",
      "BEGIN; DROP TABLE t; CREATE TABLE t (id int); COMMIT",
      "CREATE OR REPLACE TABLE t AS SELECT 1 AS id",
      "BEGIN; ALTER TABLE t RENAME TO u; DROP TABLE u; COMMIT",
      "BEGIN; DROP TABLE log; INSERT INTO t VALUES (500, 'a'), (501, 'b'), (502, 'c'); COMMIT",
      // The rename is done, and costs nothing.
      "ALTER TABLE t RENAME TO u; DROP TABLE u",
    ]) {
      expect([sql, await b.outcome(sql)]).toEqual([sql, EXCEEDED]);
      await b.query("ROLLBACK");
    }
    expect(
      await b.outcome("ALTER TABLE u RENAME TO t; DROP TABLE log; INSERT INTO t VALUES (500, 'a')"),
    ).toBe("ok");
    expect(await b.outcome("INSERT INTO t VALUES (501, 'b'), (502, 'c')")).toBe(EXCEEDED);
    expect(await b.outcome("CREATE TABLE log (line text)")).toBe("ok");
    expect(await b.outcome("INSERT INTO t VALUES (501, 'b'), (502, 'c')")).toBe(EXCEEDED);
    expect(await b.outcome("INSERT INTO log VALUES ('x')")).toBe("ok");
    expect((await main.query("MERGE BRANCH b"))[0]?.[0]).toBe("merged");
  });

  test("of all tables, made here too, and by COPY, CREATE TABLE AS and WITH", async () => {
    const { b } = await limited("max_rows 5");
    await b.query("CREATE TABLE own AS SELECT 1 AS a UNION ALL SELECT 2; INSERT INTO log VALUES ('new')");
    expect(await b.outcome("CREATE TABLE more AS SELECT * FROM range(3)")).toBe(EXCEEDED);
    expect(await b.outcome("SELECT * FROM more")).toBe("42P01");
    const with3 =
      "WITH w AS (UPDATE t SET v = 'w' WHERE id < 3 RETURNING id) INSERT INTO own SELECT id FROM w WHERE id < 0";
    expect(await b.outcome(with3)).toBe(EXCEEDED);
    expect(await b.outcome(with3.replace("id < 3", "id < 2"))).toBe("ok");
    expect(await b.outcome("DROP TABLE own; INSERT INTO log VALUES ('one'), ('two')")).toBe("ok");
  });

  test("in a block are counted at its end: what was taken back is free", async () => {
    const { b } = await limited("max_rows 3");
    await b.query("BEGIN; INSERT INTO t SELECT i, 'x' FROM range(500, 600) r(i); ROLLBACK");
    await b.query(`BEGIN; INSERT INTO t VALUES (500, 'a'); SAVEPOINT s; INSERT INTO t SELECT i, 'x' FROM range(600, 700) r(i);
      ROLLBACK TO s; INSERT INTO t VALUES (501, 'b'); COMMIT`);
    expect(await countOf(b)).toBe(102);
    await b.query("BEGIN; INSERT INTO t VALUES (502, 'c'), (503, 'd')");
    expect(await b.outcome("COMMIT")).toBe(EXCEEDED);
    expect([b.session.status, await countOf(b)]).toEqual(["I", 102]);
    await b.query("INSERT INTO t VALUES (502, 'c')");
  });

  test("of several sessions at once are never more than it may have", async () => {
    const { open, b } = await limited("max_rows 10");
    const sessions = [b, await open.session("main/b"), await open.session("main/b")];
    const outcomes = await Promise.all(
      sessions.map(async (session, n) => {
        const each: string[] = [];
        for (let i = 0; i < 6; i++)
          each.push(await session.outcome(`INSERT INTO t VALUES (${1000 + n * 100 + i}, 'x')`));
        return each;
      }),
    );
    expect(await countOf(b)).toBe(110);
    expect(outcomes.flat().filter((outcome) => outcome === "ok")).toHaveLength(10);
    expect(new Set(outcomes.flat())).toEqual(new Set(["ok", EXCEEDED]));
  });

  test("in tables of two open transactions add up", async () => {
    const { open, b } = await limited("max_rows 3");
    const other = await open.session("main/b");
    await b.query("BEGIN; INSERT INTO t VALUES (500, 'a'), (501, 'b')");
    await other.query("BEGIN; INSERT INTO log VALUES ('c'), ('d')");
    await b.query("COMMIT");
    expect(await other.outcome("COMMIT")).toBe(EXCEEDED);
    expect(await countOf(other, "log")).toBe(10);
  });

  test("are counted behind a restart, and when the budget comes later or is changed", async () => {
    const directory = await temporaryDirectory();
    onTestFinished(async () => await directory[Symbol.asyncDispose]());
    const path = directory.file("data.db");
    {
      await using open = await OpenWorld.open(path);
      const main = await open.session();
      await main.query("CREATE TABLE t (id int PRIMARY KEY); CREATE BRANCH b");
      await (await open.session("main/b")).query("INSERT INTO t VALUES (1), (2), (3)");
      await main.query("ALTER BRANCH b SET (max_rows 4)");
    }
    await using open = await OpenWorld.open(path);
    const [main, b] = [await open.session(), await open.session("main/b")];
    expect(await b.outcome("INSERT INTO t VALUES (4), (5)")).toBe(EXCEEDED);
    expect(await b.outcome("INSERT INTO t VALUES (4)")).toBe("ok");
    await main.query("ALTER BRANCH b SET (max_rows none)");
    await b.query("INSERT INTO t VALUES (5), (6), (7)");
    await main.query("ALTER BRANCH b SET (max_rows 5)");
    expect(await b.outcome("INSERT INTO t VALUES (8)")).toBe(EXCEEDED);
    expect(await b.outcome("DELETE FROM t WHERE id > 5")).toBe("ok");
    expect(await main.query("SELECT count(*)::int FROM t")).toEqual([[0]]);
  });

  test("that a merge brings count; it moves what its sides have together", async () => {
    const { open, b, main } = await limited("max_rows 1000");
    await b.query("INSERT INTO t VALUES (500, 'a'); CREATE BRANCH c");
    const c = await open.session("main/c");
    await c.query("INSERT INTO t VALUES (501, 'b'), (502, 'c'), (503, 'd')");
    await main.query("ALTER BRANCH b SET (max_rows 4)");
    expect((await main.query("MERGE BRANCH c"))[0]?.[0]).toBe("merged");
    expect(await countOf(b)).toBe(104);
    expect(await b.outcome("INSERT INTO t VALUES (504, 'e')")).toBe(EXCEEDED);
  });
});

interface Family {
  readonly open: OpenWorld;
  readonly main: TestSession;
  readonly b: TestSession;
  readonly child: TestSession;
  readonly grandchild: TestSession;
}

async function family(options: string): Promise<Family> {
  const { open, main, b } = await limited(options);
  await b.query("INSERT INTO t VALUES (500, 'a'); CREATE BRANCH child");
  const child = await open.session("main/child");
  await child.query("INSERT INTO log VALUES ('b'); CREATE BRANCH grandchild");
  return { open, main, b, child, grandchild: await open.session("main/grandchild") };
}

describe("branches made from one with a budget", () => {
  test("take of it, whichever writes", async () => {
    const { b, child, grandchild, main } = await family("max_rows 4");
    // With the row that b has put into it, which is copied.
    await grandchild.query("INSERT INTO t VALUES (501, 'c')");
    for (const session of [b, child, grandchild])
      await expect(session.query("INSERT INTO t VALUES (600, 'x')")).rejects.toMatchObject({
        code: EXCEEDED,
        message: 'branch "b" has exceeded its budget',
      });
    await child.query("ALTER BRANCH grandchild SET (max_rows 1000)");
    expect(await grandchild.outcome("INSERT INTO t VALUES (600, 'x')")).toBe(EXCEEDED);
    await main.query("DROP BRANCH grandchild");
    expect(await child.outcome("INSERT INTO log VALUES ('c'), ('d')")).toBe("ok");
    expect(await child.outcome("INSERT INTO log VALUES ('e')")).toBe(EXCEEDED);
    expect([await countOf(b), await countOf(child, "log"), await countOf(main)]).toEqual([101, 13, 100]);
  });

  test("give back what they took when they are merged, and have it again when that is undone", async () => {
    const { b, child, main } = await family("max_rows 3");
    const [merged] = await main.query("MERGE BRANCH child INTO b");
    expect(merged?.[0]).toBe("merged");
    await b.query("INSERT INTO t VALUES (501, 'c')");
    expect(await b.outcome("INSERT INTO t VALUES (502, 'd')")).toBe(EXCEEDED);
    await main.query(`UNDO MERGE ${String(merged?.[1])}`);
    expect(await b.outcome("INSERT INTO t VALUES (502, 'd')")).toBe(EXCEEDED);
    expect(await child.outcome("INSERT INTO t VALUES (502, 'd')")).toBe(EXCEEDED);
    expect([await countOf(b, "log"), await countOf(child, "log")]).toEqual([10, 11]);
  });

  test("never take more of it at once than there is", async () => {
    const { b, child, grandchild } = await family("max_rows 8");
    const sessions = [b, child, grandchild];
    for (const session of sessions) await session.query("CREATE TABLE own (a int)");
    const outcomes = await Promise.all(
      sessions.map(async (session) => {
        const each: string[] = [];
        for (let i = 0; i < 4; i++) each.push(await session.outcome(`INSERT INTO own VALUES (${i})`));
        return each;
      }),
    );
    expect(outcomes.flat().filter((outcome) => outcome === "ok")).toHaveLength(6);
    expect(new Set(outcomes.flat())).toEqual(new Set(["ok", EXCEEDED]));
  });

  test("take of its time, which is not given back with them, nor by a restart", async () => {
    const directory = await temporaryDirectory();
    onTestFinished(async () => await directory[Symbol.asyncDispose]());
    const path = directory.file("data.db");
    {
      await using open = await OpenWorld.open(path);
      const main = await open.session();
      await main.query(
        "CREATE TABLE t (id int); CREATE BRANCH b WITH (max_seconds 100); CREATE BRANCH child FROM b",
      );
      const { registry, activity } = open.world.context;
      const child = registry.state.branches.named("child");
      if (child !== undefined) activity.spend(child.id, 60_000);
      await saveSpentTime(open.world.context);
      if (child !== undefined) activity.spend(child.id, 60_000);
      const [onB, onChild] = [await open.session("main/b"), await open.session("main/child")];
      for (const session of [onB, onChild])
        expect(await session.outcome("INSERT INTO t VALUES (1)")).toBe(EXCEEDED);
      await main.query("DROP BRANCH child IMMEDIATE");
      expect(await onB.outcome("INSERT INTO t VALUES (1)")).toBe(EXCEEDED);
      await saveSpentTime(open.world.context);
    }
    await using open = await OpenWorld.open(path);
    const b = await open.session("main/b");
    expect(await b.outcome("INSERT INTO t VALUES (1)")).toBe(EXCEEDED);
    await (await open.session()).query("ALTER BRANCH b SET (max_seconds 130)");
    expect(await b.outcome("INSERT INTO t VALUES (1)")).toBe("ok");
  });
});

test("bytes are those of the rows' texts, as they were and as they are", async () => {
  const { b } = await limited("max_bytes 2000");
  await b.query("INSERT INTO log VALUES (repeat('x', 1500))");
  expect(await b.outcome("INSERT INTO log VALUES (repeat('x', 600))")).toBe(EXCEEDED);
  expect(await b.outcome("INSERT INTO log VALUES (repeat('x', 400))")).toBe("ok");
  expect(await b.outcome(`UPDATE t SET v = repeat('ü', 50) WHERE id = 1`)).toBe(EXCEEDED);
  expect(await countOf(b, "log")).toBe(12);
});

describe("time of statements", () => {
  test("that is used up lets the branch be read and merged, not written", async () => {
    const { b, main, open } = await limited("max_seconds 1");
    await b.query("INSERT INTO t VALUES (500, 'a')");
    const [branch] = open.world.context.registry.state.branches.values();
    if (branch !== undefined) open.world.context.activity.spend(branch.id, 1000);
    await expect(b.query("INSERT INTO t VALUES (501, 'b')")).rejects.toMatchObject({ code: EXCEEDED });
    expect(await b.outcome("CREATE TABLE u (a int)")).toBe(EXCEEDED);
    expect(await countOf(b)).toBe(101);
    expect((await main.query("MERGE BRANCH b"))[0]?.[0]).toBe("merged");
  });

  test("counts for a block at its end, and behind a restart", async () => {
    const directory = await temporaryDirectory();
    onTestFinished(async () => await directory[Symbol.asyncDispose]());
    const path = directory.file("data.db");
    {
      await using open = await OpenWorld.open(path);
      const main = await open.session();
      await main.query("CREATE TABLE t (id int); CREATE BRANCH b WITH (max_seconds 100)");
      const b = await open.session("main/b");
      await b.query("BEGIN; INSERT INTO t VALUES (1)");
      const [branch] = open.world.context.registry.state.branches.values();
      if (branch !== undefined) open.world.context.activity.spend(branch.id, 200_000);
      expect(await b.outcome("COMMIT")).toBe(EXCEEDED);
      await saveSpentTime(open.world.context);
    }
    for (const outcome of [EXCEEDED, "ok"]) {
      await using open = await OpenWorld.open(path);
      const b = await open.session("main/b");
      expect(await b.outcome("INSERT INTO t VALUES (2)")).toBe(outcome);
      await (await open.session()).query("ALTER BRANCH b SET (max_seconds 300)");
    }
  });
});

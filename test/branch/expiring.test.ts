/** Which branches expire, when and why; and those that end with their session. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { sweepExpired } from "../../src/branch/lifecycle.js";
import { mergeBranch } from "../../src/branch/merge.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { OpenWorld } from "../support/open-world.js";
import { World, type TestSession } from "../support/world.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SIGNAL = new AbortController().signal;

async function opened(): Promise<{ open: OpenWorld; main: TestSession }> {
  const open = await OpenWorld.open();
  onTestFinished(async () => await open[Symbol.asyncDispose]());
  const main = await open.session();
  await main.query("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20)");
  return { open, main };
}

async function sweptAfter({ world }: OpenWorld, ms: number): Promise<readonly string[]> {
  return await sweepExpired(world.context, Date.now() + ms, SIGNAL);
}

describe("SHOW EXPIRING BRANCHES", () => {
  test("says what would be lost, the first ones first, and changes nothing", async () => {
    const { open, main } = await opened();
    await main.query(`CREATE BRANCH "Über ""b""" WITH (ttl '2 hours', agent 'a-7'); CREATE BRANCH stays;
      CREATE BRANCH idle WITH (idle_ttl '1 hour', ttl '3 days'); CREATE BRANCH safe WITH (ttl '1 hour'); ALTER BRANCH safe PROTECT;
      CREATE BRANCH done WITH (ttl '4 hours')`);
    const branch = await open.session('main/Über "b"');
    await branch.query("UPDATE t SET v = 11 WHERE id = 1; INSERT INTO t VALUES (3, 30); CREATE BRANCH child");
    await (await open.session("main/done")).query("DELETE FROM t WHERE id = 2");
    await main.query("MERGE BRANCH done");
    const all = await main.query("SHOW EXPIRING BRANCHES");
    expect(all.map((row) => [row[0], row[2], row[3], row[5], Number(row[6]), row[7], row[8]])).toEqual([
      ["idle", "main", null, "idle", 0, "", 0],
      ['Über "b"', "main", "a-7", "age", 2, "t", 1],
      ["done", "main", null, "age", 0, "t", 0],
    ]);
    await branch.query(
      "CREATE TABLE own AS FROM range(5) AS r (i); CREATE TABLE empty (i int); DROP BRANCH child",
    );
    const lost = (await main.query("SHOW EXPIRING BRANCHES")).find(([name]) => name === 'Über "b"');
    expect([Number(lost?.[6]), lost?.[7]]).toEqual([2 + 5 + 1, "empty, own, t"]);
    await branch.query(
      "ALTER TABLE t ADD CHECK (v < 5000); ALTER TABLE t ALTER v TYPE bigint; CREATE BRANCH child",
    );
    const [, altered] = await main.query("SHOW EXPIRING BRANCHES");
    expect(Number(altered?.[6])).toBeGreaterThanOrEqual(2 + 5 + 1);
    expect((await main.query("SHOW EXPIRING BRANCHES WITHIN '90 min'")).map(([name]) => name)).toEqual([
      "idle",
    ]);
    expect(await main.query("SELECT * FROM branch_expiring('1 minute')")).toEqual([]);
    expect(await sweptAfter(open, 2.5 * HOUR_MS)).toEqual(["idle"]);
    await main.query("DROP BRANCH child");
    expect(await sweptAfter(open, 2.5 * HOUR_MS)).toEqual(['Über "b"']);
  });
});

describe("a branch whose time is over", () => {
  test("stays while it is merged, and while it is merged into", async () => {
    const { open, main } = await opened();
    await main.query("CREATE BRANCH b WITH (ttl '1 hour')");
    await (await open.session("main/b")).query("UPDATE t SET v = 11 WHERE id = 1");
    const request = {
      into: undefined,
      strategy: "abort",
      granularity: "row",
      keyless: "row_identity",
      exceptions: [],
      actor: "ann",
    } as const;
    for (const sides of [{ branch: "main", into: "b" }, { branch: "b" }]) {
      const merging = mergeBranch(open.world.context, { ...request, ...sides }, SIGNAL);
      expect(await sweptAfter(open, 2 * HOUR_MS)).toEqual([]);
      expect(["merged", "up_to_date"]).toContain((await merging).status);
    }
    expect(await main.query("SELECT v FROM t WHERE id = 1")).toEqual([[11]]);
    expect(await sweptAfter(open, 2 * HOUR_MS)).toEqual(["b"]);
  });
});

describe("a branch that others were made from", () => {
  test("goes on behind its time, as long as one of them is in use", async () => {
    const { open, main } = await opened();
    // DuckDB's own clock cannot be set: what is made here was made long ago.
    vi.setSystemTime(Date.now() - 2 * HOUR_MS);
    onTestFinished(() => void vi.useRealTimers());
    await main.query("CREATE BRANCH b WITH (ttl '1 hour'); CREATE BRANCH alone WITH (ttl '1 hour')");
    const b = await open.session("main/b");
    await b.query("UPDATE t SET v = 11 WHERE id = 1; CREATE BRANCH child");
    await (await open.session("main/child")).query("UPDATE t SET v = 22 WHERE id = 2");
    vi.useRealTimers();
    expect(await main.outcome("USE BRANCH alone")).toBe("55000");
    expect(await main.outcome("CREATE BRANCH late FROM alone")).toBe("55000");
    // Until it is swept more time is what brings it back.
    const more = { message: 'branch "alone" is expired', hint: expect.stringContaining("ALTER BRANCH") };
    await expect(main.query("UNDELETE BRANCH alone")).rejects.toMatchObject(more);
    await expect(main.query("USE BRANCH alone")).rejects.toMatchObject(more);
    const shown = [
      ["alone", "expired"],
      ["b", "active"],
      ["child", "active"],
    ];
    expect(await main.query("SELECT name, status FROM duckbranch.branches ORDER BY name")).toEqual(shown);
    const listed = await main.query("SHOW BRANCHES");
    expect(Object.fromEntries(listed.map(([name, , , status]) => [name, status]))).toEqual(
      Object.fromEntries(shown),
    );
    expect(await b.outcome("INSERT INTO t VALUES (3, 30)")).toBe("ok");
    expect((await main.query("MERGE BRANCH child"))[0]?.[0]).toBe("merged");
    expect(await b.query("SELECT sum(v)::int FROM t")).toEqual([[63]]);
    await main.query("DROP BRANCH child");
    expect(await b.outcome("SELECT * FROM t")).toBe("55000");
    expect((await main.query("DESCRIBE BRANCH b"))[0]?.[5]).toBe("expired");
  });
});

describe("a branch with an idle time", () => {
  test("does not expire while a statement runs on it, however long", async () => {
    const { open, main } = await opened();
    await main.query("CREATE BRANCH b WITH (idle_ttl '1 hour')");
    const b = await open.session("main/b");
    const id = open.world.context.registry.state.branches.named("b")?.id;
    const end = id && open.world.context.activity.begin(id);
    expect(await sweptAfter(open, 3 * HOUR_MS)).toEqual([]);
    end?.();
    expect(await b.outcome("SELECT 1")).toBe("ok");
    expect(await sweptAfter(open, 3 * HOUR_MS)).toEqual(["b"]);
  });

  test("expires when no statement was run on it for so long, and not before", async () => {
    const { open, main } = await opened();
    await main.query("CREATE BRANCH b WITH (idle_ttl '1 hour')");
    const b = await open.session("main/b");
    await b.query("SELECT 1");
    expect(await sweptAfter(open, 59 * MINUTE_MS)).toEqual([]);
    await b.query("SELECT * FROM t");
    expect(await sweptAfter(open, 61 * MINUTE_MS)).toEqual(["b"]);
    expect(await b.outcome("SELECT * FROM t")).toBe("55000");
  });

  test("can be given another one, or none", async () => {
    const { open, main } = await opened();
    await main.query("CREATE BRANCH b WITH (idle_ttl '1 hour', ttl '2 hours')");
    await main.query("ALTER BRANCH b SET (idle_ttl '3 hours', ttl none)");
    expect(await sweptAfter(open, 2.5 * HOUR_MS)).toEqual([]);
    expect((await main.query("SHOW EXPIRING BRANCHES")).map((row) => row[5])).toEqual(["idle"]);
    await main.query("ALTER BRANCH b SET (idle_ttl 'none')");
    expect(await main.query("SHOW EXPIRING BRANCHES")).toEqual([]);
    expect(await main.outcome("ALTER BRANCH b SET (idle_ttl 'soon')")).toBe("22023");
    expect(await main.outcome("ALTER BRANCH b SET (max_rows '-1')")).toBe("22023");
  });

  test("keeps it over a restart, which counts as being used", async () => {
    const directory = await temporaryDirectory();
    onTestFinished(async () => await directory[Symbol.asyncDispose]());
    const path = directory.file("data.db");
    {
      await using open = await OpenWorld.open(path);
      await (await open.session()).query("CREATE BRANCH b WITH (idle_ttl '1 hour', max_rows 5)");
    }
    await using open = await OpenWorld.open(path);
    const { terms } = [...open.world.context.registry.state.branches.values()][0] ?? {};
    expect(terms).toMatchObject({ idleMs: HOUR_MS, maxRows: 5, maxBytes: null, ofSession: false });
    expect(await sweptAfter(open, 59 * MINUTE_MS)).toEqual([]);
    expect(await sweptAfter(open, 61 * MINUTE_MS)).toEqual(["b"]);
  });
});

describe("a session's own branch", () => {
  test("stays when it is kept, under a name of its own", async () => {
    const { open, main } = await opened();
    const own = await open.world.connect("main/new");
    await own.query("INSERT INTO t VALUES (3, 30); KEEP BRANCH AS mine");
    expect(await own.query("SHOW branch")).toEqual([["mine"]]);
    expect(await own.outcome("KEEP BRANCH")).toBe("55000");
    await own[Symbol.asyncDispose]();
    expect(await (await open.session("main/mine")).query("SELECT count(*)::int FROM t")).toEqual([[3]]);
    expect(await main.outcome("KEEP BRANCH")).toBe("55000");
    expect(await main.outcome("SELECT * FROM branch_keep('x')")).toBe("55000");
  });

  test("goes with its session, also when it was merged, and leaves its data nowhere", async () => {
    const { open, main } = await opened();
    for (const last of ["INSERT INTO t VALUES (3, 30)", "SELECT * FROM t"]) {
      const own = await open.world.connect("main/new");
      await own.query(last);
      const [[name] = []] = await own.query("SHOW branch");
      if (last.startsWith("INSERT")) await own.query(`MERGE BRANCH "${String(name)}"`);
      await own[Symbol.asyncDispose]();
    }
    expect(await main.query("SELECT status FROM duckbranch.branches ORDER BY created_at")).toEqual([
      ["merged"],
      ["discarded"],
    ]);
    expect([...open.world.context.registry.state.branches.live()]).toEqual([]);
  });

  test("goes when the program that its session ended with is started again, unless it was kept", async () => {
    const directory = await temporaryDirectory();
    onTestFinished(async () => await directory[Symbol.asyncDispose]());
    const path = directory.file("data.db");
    const before = await World.open(path);
    const main = await before.connect();
    await main.query("CREATE TABLE t (id int PRIMARY KEY)");
    const lost = await before.connect("main/auto");
    await lost.query("INSERT INTO t VALUES (1)");
    const kept = await before.connect("main/new");
    await kept.query("INSERT INTO t VALUES (2); KEEP BRANCH AS kept");
    // The sessions never end: as when the process dies.
    await before[Symbol.asyncDispose]();
    await using after = await OpenWorld.open(path);
    expect(
      await (await after.session()).query("SELECT name FROM duckbranch.branches WHERE status = 'active'"),
    ).toEqual([["kept"]]);
    expect(await (await after.session("main/kept")).query("SELECT * FROM t")).toEqual([[2]]);
  });
});

/** Branches made at the same time share a commit: each gets its own answer, and its schema when it is first worked on. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NewBranch } from "../../src/branch/creation.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

let opened: OpenWorld;
let main: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20)");
});

afterEach(async () => await opened[Symbol.asyncDispose]());

const GOING_ON = new AbortController().signal;

function named(name: string, parent?: string): NewBranch {
  return {
    name,
    parent,
    owner: "o'hara",
    agent: null,
    description: 'a "b"',
    ttlMs: null,
    isolation: "snapshot",
  };
}

/** What each of several creations begun at once came to: `ok`, or the code of its error. */
async function outcomes(requests: readonly NewBranch[], signal = GOING_ON): Promise<string[]> {
  const { creator } = opened.world.context;
  const ended = await Promise.allSettled(requests.map(async (request) => creator.create(request, signal)));
  return ended.map((one) => {
    if (one.status === "fulfilled") return `ok ${one.value.name}`;
    const { reason } = one;
    return typeof reason === "object" && reason !== null && "code" in reason ? String(reason.code) : "?";
  });
}

async function schemas(): Promise<string[]> {
  using connection = await opened.world.context.registry.database.connect("data");
  const rows = await connection.rows(
    "SELECT schema_name FROM duckdb_schemas() WHERE schema_name LIKE 'branch~_%' ESCAPE '~' ORDER BY 1",
  );
  return rows.map((row) => String(row["schema_name"]));
}

describe("creations begun at once", () => {
  test("are each answered, whatever the others asked for", async () => {
    await main.query("CREATE BRANCH taken");
    const many = Array.from({ length: 150 }, (_, n) => named(`many ${n}`));
    expect(
      await outcomes([
        ...many,
        named("taken"),
        named("twice"),
        named("twice"),
        named("orphan", "nobody"),
        named("child", "taken"),
        named("public"),
      ]),
    ).toEqual([
      ...many.map(({ name }) => `ok ${name}`),
      "42710",
      "ok twice",
      "42710",
      "3D000",
      "ok child",
      "42602",
    ]);
    const [count] = await main.query("SELECT count(*) FROM duckbranch.branches");
    expect(count).toEqual([153n]);
    const [history] = await main.query("SELECT count(*) FROM duckbranch.history WHERE action = 'create'");
    expect(history).toEqual([153n]);
  });

  test("one that cannot be stored leaves the others alone", async () => {
    const broken = { ...named("broken"), ttlMs: 1e300 };
    const [first, second, third] = await outcomes([named("a"), broken, named("c")]);
    expect([first, third]).toEqual(["ok a", "ok c"]);
    expect(second).not.toMatch(/^ok/);
    expect(await outcomes([named("broken")])).toEqual(["ok broken"]);
  });

  test("one that is cancelled before its turn makes nothing", async () => {
    expect(await outcomes([named("never")], AbortSignal.abort())).toEqual(["57014"]);
    expect(await outcomes([named("never")])).toEqual(["ok never"]);
  });

  test("each reads main as of its own commit", async () => {
    const writing = main.query("UPDATE t SET v = v + 1");
    const made = outcomes(Array.from({ length: 20 }, (_, n) => named(`at ${n}`)));
    await Promise.all([writing, made]);
    await main.query("UPDATE t SET v = 0");
    for (let n = 0; n < 20; n++) {
      const branch = await opened.session(`main/at ${n}`);
      const rows = await branch.query("SELECT v FROM t ORDER BY id");
      expect([JSON.stringify([[10], [20]]), JSON.stringify([[11], [21]])]).toContain(JSON.stringify(rows));
    }
  });
});

describe("a branch's schema", () => {
  test("is not there before the branch is worked on, and goes with it", async () => {
    await main.query("CREATE BRANCH idle; CREATE BRANCH busy");
    expect(await schemas()).toEqual([]);
    const busy = await opened.session("main/busy");
    await busy.query("UPDATE t SET v = 11 WHERE id = 1");
    expect(await schemas()).toHaveLength(1);
    await main.query("DROP BRANCH idle; DROP BRANCH busy");
    expect(await schemas()).toEqual([]);
  });

  test("is made once by sessions that write first at the same time", async () => {
    await main.query(
      "CREATE TABLE u (id int PRIMARY KEY); CREATE TABLE w (id int PRIMARY KEY); CREATE BRANCH b",
    );
    const sessions = await Promise.all(["t", "u", "w"].map(async () => await opened.session("main/b")));
    await Promise.all(
      sessions.map(
        async (session, n) => await session.query(`INSERT INTO ${["t", "u", "w"][n]} (id) VALUES (9)`),
      ),
    );
    const [counts] = await main.query(
      "SELECT (SELECT count(*) FROM b.t), (SELECT count(*) FROM b.u), (SELECT count(*) FROM b.w)",
    );
    expect(counts).toEqual([3n, 1n, 1n]);
    expect(await schemas()).toHaveLength(1);
  });

  test("does not come back for a branch that ended meanwhile", async () => {
    await main.query("CREATE BRANCH b");
    const id = opened.world.context.registry.state.findBranch("b")?.id;
    if (id === undefined) throw new Error("no branch");
    const { schemas: made } = opened.world.context;
    await Promise.all([main.query("DROP BRANCH b"), made.ensure(id, GOING_ON), made.ensure(id, GOING_ON)]);
    await made.ensure(id, GOING_ON);
    expect(await schemas()).toEqual([]);
  });

  test("is there for a merge into a branch that nobody has worked on", async () => {
    await main.query("CREATE BRANCH parent; CREATE BRANCH child FROM parent");
    const child = await opened.session("main/child");
    await child.query("UPDATE t SET v = 99 WHERE id = 2");
    await main.query("MERGE BRANCH child");
    const [row] = await main.query("SELECT v FROM parent.t WHERE id = 2");
    expect(row).toEqual([99]);
    expect(await main.query("SELECT v FROM t WHERE id = 2")).toEqual([[20]]);
  });
});

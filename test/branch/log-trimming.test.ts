/** Logs lose the entries that only branches which have ended have read, and none that a pin needs. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Garbage } from "../../src/branch/garbage.js";
import { keepingLock } from "../../src/branch/preserve.js";
import { MAIN } from "../../src/branch/model.js";
import { seededRandom } from "../crash/random.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const SIGNAL = new AbortController().signal;

let opened: OpenWorld;
let main: TestSession;
let garbage: Garbage;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  garbage = new Garbage(opened.world.context);
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, 0 FROM range(20) r(i)",
  );
});

afterEach(async () => await opened[Symbol.asyncDispose]());

async function fork(name: string): Promise<TestSession> {
  await main.query(`CREATE BRANCH ${name}`);
  return await opened.session(`main/${name}`);
}

async function sum(session: TestSession): Promise<unknown> {
  return (await session.query("SELECT sum(v)::int FROM t"))[0]?.[0];
}

/** Entries of all logs. */
async function entries(): Promise<number> {
  using connection = await opened.world.context.registry.database.connect("data");
  const logs = await connection.rows(
    "SELECT table_name AS name FROM duckdb_tables() WHERE schema_name = 'duckbranch_store' AND starts_with(table_name, 'log')",
  );
  let count = 0;
  for (const { name } of logs) {
    const [rows] = await connection.firstRow(`SELECT count(*) FROM duckbranch_store."${String(name)}"`);
    count += Number(rows);
  }
  return count;
}

describe("the log of a table", () => {
  test("keeps one entry of a row for a branch that stays, however many come and go beside it", async () => {
    const old = await fork("old");
    for (let n = 1; n <= 12; n++) {
      const young = await fork(`young${n}`);
      await main.query(`UPDATE t SET v = ${n} WHERE id < 3`);
      expect(await sum(young)).toBe(3 * (n - 1));
      await main.query(`DROP BRANCH young${n}`);
    }
    expect(await entries()).toBe(36);
    expect(await garbage.remove(SIGNAL)).toBe(33);
    expect(await entries()).toBe(3);
    expect(await garbage.remove(SIGNAL)).toBe(0);
    expect(await sum(old)).toBe(0);
    await main.query("UPDATE t SET v = 99; DROP BRANCH old");
    expect(await entries()).toBe(0);
  });

  test("goes with the entries before its oldest reader", async () => {
    await fork("first");
    await main.query("UPDATE t SET v = 1 WHERE id < 10");
    const second = await fork("second");
    await main.query("UPDATE t SET v = 2 WHERE id < 5; DROP BRANCH first");
    expect(await entries()).toBe(15);
    await garbage.remove(SIGNAL);
    expect(await entries()).toBe(5);
    expect(await sum(second)).toBe(10);
  });

  test("is trimmed while a statement reads it: the statement sees all of it", async () => {
    const old = await fork("old");
    await fork("young");
    await main.query("UPDATE t SET v = 1 WHERE id < 10; CREATE BRANCH younger; UPDATE t SET v = 2");
    await old.query("BEGIN");
    expect(await sum(old)).toBe(0);
    await main.query("DROP BRANCH young; DROP BRANCH younger");
    await garbage.remove(SIGNAL);
    expect(await sum(old)).toBe(0);
    await old.query("COMMIT");
    expect(await sum(old)).toBe(0);
  });

  test("waits for who is adding to it, and rows logged for a commit under way are there for it", async () => {
    const old = await fork("old");
    await main.query("UPDATE t SET v = 1 WHERE id = 1");
    const owner = {};
    const { locks } = opened.world.context;
    await locks.acquire(keepingLock(MAIN, { schema: "main", name: "t" }), owner, SIGNAL);
    const removing = garbage.remove(SIGNAL);
    const writing = main.query("UPDATE t SET v = 2 WHERE id < 4");
    locks.releaseAll(owner);
    await Promise.all([removing, writing]);
    expect(await sum(old)).toBe(0);
  });
});

test("a version that nobody reads goes with its tables, and what others read stays", async () => {
  const { registry } = opened.world.context;
  const old = await fork("old");
  await fork("young");
  await main.query("UPDATE t SET v = 1 WHERE random() < 2");
  // As if the branch had ended without a look at what it read: its pin alone goes.
  const { state } = registry;
  const young = [...state.branches.values()].find(({ name }) => name === "young");
  if (young === undefined) throw new Error("no branch");
  using connection = await registry.database.connect("data");
  const end = async (branch: typeof young): Promise<void> => {
    await registry.begin(connection);
    const put = { change: "putBranch", branch: { ...branch, released: true, status: "discarded" } } as const;
    await registry.commit(connection, () => ({ changes: [put], written: [] }));
  };
  await end(young);
  expect(await garbage.remove(SIGNAL)).toBe(0);
  expect(await sum(old)).toBe(0);
  const branch = [...registry.state.branches.values()].find(({ name }) => name === "old");
  if (branch !== undefined) await end(branch);
  expect(await garbage.remove(SIGNAL)).toBe(1);
  expect(registry.state.versionsOf(MAIN)).toHaveLength(1);
  expect(
    await main.query("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'duckbranch_store'"),
  ).toEqual([]);
  expect(await sum(main)).toBe(20);
});

const CONTENT = "SELECT id, v FROM t ORDER BY id";

interface Held {
  readonly session: TestSession;
  readonly rows: unknown;
}

async function expectHeld(held: ReadonlyMap<string, Held>): Promise<void> {
  for (const { session, rows } of held.values()) expect(await session.query(CONTENT)).toEqual(rows);
}

test("random pins: after every sweep each branch holds what it held", async () => {
  const random = seededRandom();
  const held = new Map<string, Held>();
  for (let n = 0; n < 60; n++) {
    const [name] = [...held.keys()].slice(random.below(Math.max(1, held.size)));
    const key = random.below(20);
    switch (random.below(5)) {
      case 0:
        if (held.size < 5)
          held.set(`b${n}`, { session: await fork(`b${n}`), rows: await main.query(CONTENT) });
        break;
      case 1:
        if (name !== undefined) await main.query(`DROP BRANCH ${name}`);
        if (name !== undefined) held.delete(name);
        break;
      case 2:
        await main.query(
          `DELETE FROM t WHERE id = ${key}; INSERT INTO t VALUES (${key}, ${n}) ON CONFLICT (id) DO NOTHING`,
        );
        break;
      case 3:
        await garbage.remove(SIGNAL);
        await expectHeld(held);
        break;
      default:
        await main.query(`UPDATE t SET v = ${n} WHERE id BETWEEN ${key} AND ${key + 2}`);
    }
  }
  await expectHeld(held);
  for (const name of held.keys()) await main.query(`DROP BRANCH ${name}`);
  await garbage.remove(SIGNAL);
  expect(await entries()).toBe(0);
});

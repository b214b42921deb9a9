/** A diff looks at the rows of overlays alone: it has to find what a comparison of all rows finds. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

let opened: OpenWorld;
let main: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query(`CREATE TABLE t (a int, b text, v int, twice int GENERATED ALWAYS AS (v * 2), PRIMARY KEY (a, b));
    INSERT INTO t SELECT i % 100, 'k' || (i // 100), 0 FROM range(1000) r(i)`);
});

afterEach(async () => await opened[Symbol.asyncDispose]());

/** Rows in the branches' own tables: of a table made whole all of its 1,000 would be there. */
async function storedRows(): Promise<number> {
  const { state, database } = opened.world.context.registry;
  using connection = await database.connect("data");
  let most = 0;
  for (const { id } of state.branches.values()) {
    for (const { physical } of state.liveVersionsOf(id)) {
      const [row] = await connection.rows(
        `SELECT count(*)::INTEGER AS n FROM "${physical?.schema ?? ""}"."${physical?.name ?? ""}"`,
      );
      most = Math.max(most, Number(row?.["n"]));
    }
  }
  return most;
}

type Rows = ReadonlyMap<string, unknown>;

async function rowsOf(session: TestSession): Promise<Rows> {
  const rows = await session.query("SELECT a, b, v FROM t");
  return new Map(rows.map(([a, b, v]) => [JSON.stringify({ a, b }), v]));
}

interface Difference {
  readonly key: string;
  readonly change: string;
  readonly before: unknown;
  readonly after: unknown;
}

function inOrder(found: readonly Difference[]): Difference[] {
  return found.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** Every key whose value differs. */
function differences(before: Rows, after: Rows): Difference[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => before.get(key) !== after.get(key),
  );
  return inOrder(
    keys.map((key) => {
      const change = !before.has(key) ? "insert" : after.has(key) ? "update" : "delete";
      return { key, change, before: before.get(key), after: after.get(key) };
    }),
  );
}

function valueIn(row: unknown): unknown {
  if (typeof row !== "string") return undefined;
  const values: unknown = JSON.parse(row);
  return typeof values === "object" && values !== null && "v" in values ? values.v : undefined;
}

async function diff(statement: string): Promise<Difference[]> {
  const rows = await main.query(statement);
  return inOrder(
    rows.map(([, key, change, old, current]) => ({
      key: typeof key === "string" ? key : "",
      change: typeof change === "string" ? change : "",
      before: valueIn(old),
      after: valueIn(current),
    })),
  );
}

const CHANGES = `UPDATE t SET v = a WHERE b = 'k3'; DELETE FROM t WHERE a = 7; INSERT INTO t VALUES (500, 'new', 1), (501, 'new', 2);
  UPDATE t SET b = 'moved' WHERE a = 8 AND b = 'k1'; UPDATE t SET v = v WHERE b = 'k4'`;
const MORE = `UPDATE t SET v = 0 WHERE b = 'k3' AND a < 50; DELETE FROM t WHERE a IN (500, 9); INSERT INTO t VALUES (7, 'k1', 0), (9, 'k2', 5);
  UPDATE t SET v = v + 1 WHERE a = 501 OR b = 'k5'`;

describe("DIFF BRANCH", () => {
  test("of a branch and what it was made from, whatever main did since", async () => {
    const before = await rowsOf(main);
    await main.query("CREATE BRANCH one");
    const one = await opened.session("main/one");
    await one.query(CHANGES);
    await main.query(
      "UPDATE t SET v = 99 WHERE b = 'k3'; DELETE FROM t WHERE a = 30; INSERT INTO t VALUES (500, 'new', 3)",
    );
    await one.query("UPDATE t SET v = v - 1 WHERE a = 30");
    const expected = differences(before, await rowsOf(one));
    expect(expected.length).toBeGreaterThan(100);
    expect(await diff("DIFF BRANCH one")).toEqual(expected);
  });

  test("of a branch of a branch and its parent's state at its creation", async () => {
    await main.query("CREATE BRANCH one");
    const one = await opened.session("main/one");
    await one.query(CHANGES);
    const before = await rowsOf(one);
    await one.query("CREATE BRANCH two");
    const two = await opened.session("main/two");
    await two.query(MORE);
    await one.query("UPDATE t SET v = 77 WHERE a < 5; DELETE FROM t WHERE a = 501");
    await main.query("DELETE FROM t WHERE a = 1");
    const expected = differences(before, await rowsOf(two));
    expect(expected.length).toBeGreaterThan(100);
    expect(await diff("DIFF BRANCH two")).toEqual(expected);
    for (const head of ["one", "main"])
      expect(await diff(`DIFF BRANCH two AGAINST ${head}`)).toEqual(
        differences(await rowsOf(head === "one" ? one : main), await rowsOf(two)),
      );
  });

  test("a merge into a branch refuses a unique value that its base has", async () => {
    await main.query(
      "CREATE TABLE u (id int PRIMARY KEY, code int UNIQUE); INSERT INTO u SELECT i, i FROM range(10) r(i)",
    );
    await main.query("CREATE BRANCH one");
    const one = await opened.session("main/one");
    await one.query("CREATE BRANCH two");
    const two = await opened.session("main/two");
    await two.query("UPDATE u SET code = 100 WHERE id = 1; UPDATE u SET code = 1 WHERE id = 2");
    await one.query("INSERT INTO u VALUES (50, 100)");
    expect(await main.outcome("MERGE BRANCH two INTO one")).toBe("23505");
    expect(await one.query("SELECT * FROM u WHERE id IN (1, 2) ORDER BY id")).toEqual([
      [1, 1],
      [2, 2],
    ]);
    await one.query("UPDATE u SET code = 51 WHERE id = 50");
    expect(await main.outcome("MERGE BRANCH two INTO one")).toBe("ok");
    expect(await one.query("SELECT * FROM u WHERE id IN (1, 2) ORDER BY id")).toEqual([
      [1, 100],
      [2, 1],
    ]);
  });

  test("a merge into the parent brings exactly that", async () => {
    await main.query("CREATE BRANCH one");
    const one = await opened.session("main/one");
    await one.query(CHANGES);
    await one.query("CREATE BRANCH two");
    const two = await opened.session("main/two");
    await two.query(MORE);
    await one.query("INSERT INTO t VALUES (900, 'ones', 9)");
    const [ones, twos] = [await rowsOf(one), await rowsOf(two)];
    await main.query("MERGE BRANCH two INTO one");
    expect(await rowsOf(one)).toEqual(new Map([...twos, [JSON.stringify({ a: 900, b: "ones" }), 9]]));
    expect(ones.size).toBeGreaterThan(0);
    await main.query("MERGE BRANCH one");
    expect(await rowsOf(main)).toEqual(await rowsOf(one));
    expect(await storedRows()).toBeLessThan(900);
  });
});

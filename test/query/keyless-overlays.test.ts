/** Branches of tables without a primary key: what a write costs and what it leaves, statement by statement, on both heads. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MAIN } from "../../src/branch/model.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

let opened: OpenWorld;
let main: TestSession;

/** Each row is there twice. */
beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query(`CREATE TABLE k (a int, b text DEFAULT 'new', l int[]);
    INSERT INTO k SELECT i % 500, 'old', [i % 500] FROM range(1000) r(i)`);
});

afterEach(async () => await opened[Symbol.asyncDispose]());

async function fork(name: string, parent = "main"): Promise<TestSession> {
  await main.query(`CREATE BRANCH ${name} FROM ${parent}`);
  return await opened.session(`main/${name}`);
}

/** Statements on main; CHECKPOINT itself leaves it to DuckDB when the file is written. */
async function onMain(...statements: readonly string[]): Promise<void> {
  for (const statement of statements)
    if (statement === "checkpoint") await opened.world.context.registry.database.checkpoint();
    else await main.query(statement);
}

/** Rows that differ from how the table began, and how many there are in all. */
async function rows(session: TestSession): Promise<unknown> {
  const [[count] = []] = await session.query("SELECT count(*)::int FROM k");
  const changed = await session.query(
    "SELECT a, b FROM k WHERE b <> 'old' OR l IS DISTINCT FROM [a] OR a >= 500 ORDER BY a, b",
  );
  return { count, changed };
}

const UNTOUCHED = { count: 1000, changed: [] };

/** Rows in the tables of the branches, of those that are there. */
async function ownRows(): Promise<number[]> {
  const { state, database } = opened.world.context.registry;
  using connection = await database.connect("data");
  const found: number[] = [];
  for (const head of state.branches.keys()) {
    for (const { physical } of head === MAIN ? [] : state.liveVersionsOf(head)) {
      const [row] = await connection.rows(
        `SELECT count(*)::INTEGER AS n FROM "${physical?.schema ?? ""}"."${physical?.name ?? ""}"`,
      );
      found.push(Number(row?.["n"]));
    }
  }
  return found;
}

/** Main deletes rows, so that DuckDB numbers the others anew, and changes what is left. */
async function turnMainOver(): Promise<void> {
  await onMain("DELETE FROM k WHERE a % 3 = 0", "checkpoint", "INSERT INTO k VALUES (0, 'main', [0])");
  await onMain("UPDATE k SET b = 'main'", "checkpoint", "TRUNCATE k");
}

const pair = (a: number, b: string): unknown[][] => [
  [a, b],
  [a, b],
];

describe("a write costs the rows it changes", () => {
  test.each([
    ["INSERT INTO k VALUES (7, 'x', [7])", 1, 1001, [[7, "x"]]],
    ["INSERT INTO k (a) VALUES (7)", 1, 1001, [[7, "new"]]],
    ["INSERT INTO k SELECT a, 'again', l FROM k WHERE a = 7", 2, 1002, pair(7, "again")],
    ["UPDATE k SET b = 'x' WHERE a = 7", 2, 1000, pair(7, "x")],
    ["UPDATE k SET l = [0] WHERE a = 7", 2, 1000, pair(7, "old")],
    ["UPDATE k AS t SET b = s.b FROM (VALUES (7, 'x')) AS s(a, b) WHERE s.a = t.a", 2, 1000, pair(7, "x")],
    ["UPDATE k SET b = o.b || 'er' FROM k AS o WHERE o.a = k.a AND k.a = 7", 2, 1000, pair(7, "older")],
    ["DELETE FROM k WHERE a = 7", 0, 998, []],
    ["DELETE FROM k USING (VALUES (7), (7)) AS s(a) WHERE s.a = k.a", 0, 998, []],
    ["WITH s AS (SELECT 7 AS a) UPDATE k SET b = 'x' WHERE a IN (SELECT a FROM s)", 2, 1000, pair(7, "x")],
    [
      "MERGE INTO k USING (SELECT 7 AS a) AS s ON s.a = k.a WHEN MATCHED THEN UPDATE SET b = 'x'",
      2,
      1000,
      pair(7, "x"),
    ],
    ["PREPARE p AS UPDATE k SET b = $1 WHERE a = $2; EXECUTE p('x', 7)", 2, 1000, pair(7, "x")],
    ["BEGIN; UPDATE k SET b = 'x' WHERE a = 7; DELETE FROM k WHERE a = 7; COMMIT", 0, 998, []],
    ["BEGIN; DELETE FROM k WHERE a = 7; INSERT INTO k VALUES (7, 'x', [7]); COMMIT", 1, 999, [[7, "x"]]],
  ])("%s", async (statement, own, count, changed) => {
    const branch = await fork("b");
    await branch.query(statement);
    const after = { count, changed };
    expect(await rows(branch)).toEqual(after);
    expect(await ownRows()).toEqual([own]);
    expect(await rows(main)).toEqual(UNTOUCHED);
    await turnMainOver();
    expect(await rows(branch)).toEqual(after);
    await branch.query("UPDATE k SET b = 'y' WHERE a = 8");
    expect(await rows(branch)).toMatchObject({ count, changed: [...changed, ...pair(8, "y")] });
    expect(await ownRows()).toEqual([own + 2]);
  });

  test("with RETURNING and the tag of the rows that it changed", async () => {
    const branch = await fork("b");
    expect(await branch.query("UPDATE k SET b = 'x' WHERE a = 7 RETURNING a, b")).toEqual(pair(7, "x"));
    expect(await branch.query("DELETE FROM k WHERE a = 7 AND b = 'x' RETURNING a")).toEqual([[7], [7]]);
    expect(await branch.query("DELETE FROM k WHERE a = 7 RETURNING a")).toEqual([]);
  });

  test("and what reads row ids runs on the whole table", async () => {
    const branch = await fork("b");
    await branch.query("INSERT INTO k VALUES (7, 'x', [7])");
    await branch.query("DELETE FROM k WHERE rowid NOT IN (SELECT min(rowid) FROM k GROUP BY a, b)");
    expect(await rows(branch)).toEqual({ count: 501, changed: [[7, "x"]] });
    await branch.query("INSERT INTO k (a) SELECT count(rowid) + 500 FROM k");
    expect(await rows(branch)).toMatchObject({ count: 502 });
    expect(await rows(main)).toEqual(UNTOUCHED);
  });
});

describe("a table that rows were deleted from, whose other rows DuckDB may number anew", () => {
  beforeEach(async () => await main.query("DELETE FROM k WHERE a = 3; INSERT INTO k VALUES (3, 'old', [3])"));

  test("can be added to; what changes rows copies it", async () => {
    const branch = await fork("b");
    await branch.query("INSERT INTO k VALUES (7, 'x', [7])");
    expect(await ownRows()).toEqual([1]);
    await onMain("checkpoint");
    expect(await rows(branch)).toEqual({ count: 1000, changed: [[7, "x"]] });
    await onMain("DELETE FROM k WHERE a < 100", "checkpoint", "INSERT INTO k VALUES (9, 'main', [9])");
    expect(await rows(branch)).toEqual({ count: 1000, changed: [[7, "x"]] });
    const other = await fork("other");
    await other.query("UPDATE k SET b = 'y' WHERE a = 400");
    expect((await ownRows()).toSorted((a, b) => a - b)).toEqual([1, 801]);
    const third = await fork("third");
    await third.query(
      "MERGE INTO k USING (SELECT 401 AS a) AS s ON s.a = k.a WHEN MATCHED THEN UPDATE SET b = 'z'",
    );
    await onMain("checkpoint", "DELETE FROM k WHERE a < 200", "checkpoint");
    expect(await rows(other)).toMatchObject({ changed: [[9, "main"], ...pair(400, "y")] });
    expect(await rows(third)).toMatchObject({ changed: [[9, "main"], ...pair(401, "z")] });
    expect(await rows(branch)).toEqual({ count: 1000, changed: [[7, "x"]] });
  });

  test("is changed row by row where it was copied for the branch, or has a unique key", async () => {
    const branch = await fork("b");
    await main.query("DELETE FROM k WHERE a = 4");
    await branch.query("UPDATE k SET b = 'x' WHERE a = 7");
    await onMain("checkpoint", "DELETE FROM k WHERE a < 9", "checkpoint");
    expect(await rows(branch)).toEqual({ count: 999, changed: pair(7, "x") });
    expect(await ownRows()).toEqual([2]);
    await main.query(`DROP BRANCH b; DROP TABLE k; CREATE TABLE k (a int UNIQUE, b text, l int[]);
      INSERT INTO k SELECT i, 'old', [i] FROM range(500) r(i); DELETE FROM k WHERE a < 100`);
    const other = await fork("other");
    await other.query("UPDATE k SET b = 'x' WHERE a = 300");
    await other.query(
      "INSERT INTO k VALUES (301, 'y', [301]), (NULL, 'n', NULL) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
    );
    expect(await other.outcome("INSERT INTO k VALUES (302)")).toBe("23505");
    await onMain("DELETE FROM k WHERE a % 2 = 0", "checkpoint", "TRUNCATE k");
    const changed = [
      [300, "x"],
      [301, "y"],
      [null, "n"],
    ];
    expect(await rows(other)).toEqual({ count: 401, changed });
    expect(await ownRows()).toEqual([3]);
  });
});

describe("at the same time", () => {
  test("one of two sessions that change the same row loses; both may add the same one", async () => {
    const one = await fork("b");
    const two = await opened.session("main/b");
    await one.query("INSERT INTO k VALUES (7, 'first', [7])");
    await two.query("BEGIN; SELECT 1 FROM k LIMIT 1");
    await one.query("UPDATE k SET b = 'x' WHERE a = 7 AND b = 'old'");
    expect(await two.outcome("DELETE FROM k WHERE a = 7 AND b = 'old'")).toBe("40001");
    await two.query("ROLLBACK; BEGIN; SELECT 1 FROM k LIMIT 1");
    await one.query("INSERT INTO k VALUES (1, 'same', [1])");
    await two.query("INSERT INTO k VALUES (1, 'same', [1]); COMMIT");
    const changed = [...pair(1, "same"), [7, "first"], ...pair(7, "x")];
    expect(await rows(one)).toEqual({ count: 1003, changed });
  });

  test("main's writer that was there before the branch keeps to its rows", async () => {
    const writer = await opened.session();
    await writer.query("BEGIN; DELETE FROM k WHERE a < 5");
    const branch = await fork("b");
    await branch.query("UPDATE k SET b = 'x' WHERE a = 7");
    await writer.query("COMMIT");
    await onMain("checkpoint", "DELETE FROM k WHERE a = 7", "checkpoint");
    expect(await rows(branch)).toEqual({ count: 1000, changed: pair(7, "x") });
  });
});

test("a branch of a branch stands on the same base, and neither sees the other's later rows", async () => {
  const parent = await fork("p");
  await parent.query("UPDATE k SET b = 'p' WHERE a = 7; INSERT INTO k VALUES (8, 'p', [8])");
  const child = await fork("c", "p");
  await child.query("DELETE FROM k WHERE a = 7; UPDATE k SET b = 'c' WHERE a = 8");
  await parent.query("DELETE FROM k WHERE a = 8; INSERT INTO k VALUES (9, 'later', [9])");
  await turnMainOver();
  expect(await rows(parent)).toEqual({ count: 999, changed: [...pair(7, "p"), [9, "later"]] });
  expect(await rows(child)).toEqual({ count: 999, changed: [[8, "c"], ...pair(8, "c")] });
  expect(await ownRows()).toEqual([3, 3]);
});

describe("a merge into a branch", () => {
  let parent: TestSession;

  /** Its own rows have a gap in front. */
  beforeEach(async () => {
    parent = await fork("p");
    await parent.query("DELETE FROM k WHERE a = 5; INSERT INTO k VALUES (6, 'own', [6])");
  });

  async function mergeOf(ofChild: string, ofParent: string): Promise<string> {
    const child = await fork("c", "p");
    await child.query(ofChild);
    await parent.query(ofParent);
    return await parent.outcome("MERGE BRANCH c");
  }

  test.each([
    [
      "UPDATE k SET b = 'c' WHERE a = 7",
      "UPDATE k SET b = 'p' WHERE a = 8",
      [[6, "own"], ...pair(7, "c"), ...pair(8, "p")],
    ],
    ["DELETE FROM k WHERE b = 'own'", "INSERT INTO k VALUES (7, 'p', [7])", [[7, "p"]]],
    ["INSERT INTO k VALUES (1, 'c', [1])", "DELETE FROM k WHERE b = 'own'", [[1, "c"]]],
    ["UPDATE k SET b = 'c' WHERE b = 'own'", "DELETE FROM k WHERE a = 7", [[6, "c"]]],
  ])("%s / %s", async (ofChild, ofParent, changed) => {
    expect(await mergeOf(ofChild, ofParent)).toBe("ok");
    expect(await rows(parent)).toMatchObject({ changed });
    expect(Math.max(...(await ownRows()))).toBeLessThan(10);
    expect(await rows(main)).toEqual(UNTOUCHED);
  });

  test.each([
    ["UPDATE k SET b = 'c' WHERE a = 7", "UPDATE k SET b = 'p' WHERE a = 7"],
    // The row that is there now is another one than the branch has changed.
    [
      "UPDATE k SET b = 'c' WHERE b = 'own'",
      "UPDATE k SET b = 'p' WHERE b = 'own'; INSERT INTO k VALUES (6, 'own', [6])",
    ],
    [
      "DELETE FROM k WHERE a = 7",
      "DELETE FROM k WHERE a = 7; INSERT INTO k VALUES (7, 'old', [7]), (7, 'old', [7])",
    ],
    // Which row is which is not known any more.
    ["DELETE FROM k WHERE a = 7", "DELETE FROM k WHERE rowid IN (SELECT min(rowid) FROM k)"],
  ])("%s / %s: one row may have been changed twice", async (ofChild, ofParent) => {
    expect(await mergeOf(ofChild, ofParent)).toBe("40002");
    expect(await parent.query("SELECT count(*) FROM k WHERE b = 'c'")).toEqual([[0n]]);
  });
});

/** Rows as DIFF shows them, each as often as it is there. */
async function counts(session: TestSession): Promise<Map<string, number>> {
  const found = await session.query("SELECT a, b, l[1], count(*)::int FROM k GROUP BY ALL");
  return new Map(found.map(([a, b, first, n]) => [JSON.stringify({ a, b, l: [first] }), Number(n)]));
}

function difference(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .flatMap((row) => {
      const more = (after.get(row) ?? 0) - (before.get(row) ?? 0);
      return Array.from({ length: Math.abs(more) }, () => `${more > 0 ? "insert" : "delete"} ${row}`);
    })
    .toSorted();
}

async function diffOf(session: TestSession, sql: string): Promise<string[]> {
  const found = await session.query(sql);
  return found
    .map(([, , change, before, after]) => `${String(change)} ${String(before ?? after)}`)
    .toSorted();
}

test("a difference looks at the rows of overlays alone, and finds what all rows tell", async () => {
  const beginning = await counts(main);
  const [parent, other] = [await fork("p"), await fork("q")];
  await parent.query("UPDATE k SET b = 'p' WHERE a IN (7, 8); INSERT INTO k VALUES (8, 'p', [8])");
  const atFork = await counts(parent);
  const child = await fork("c", "p");
  await child.query("DELETE FROM k WHERE a = 7; INSERT INTO k VALUES (7, 'p', [7]), (9, 'old', [9])");
  await parent.query("DELETE FROM k WHERE a = 8 AND b = 'p'; UPDATE k SET b = 'later' WHERE a = 10");
  await other.query("UPDATE k SET b = 'p' WHERE a IN (8, 10); INSERT INTO k VALUES (7, 'p', [7])");
  await onMain("INSERT INTO k VALUES (1, 'main', [1]); DELETE FROM k WHERE a < 5", "checkpoint");
  const [ofMain, ofParent, ofChild, ofOther] = [
    await counts(main),
    await counts(parent),
    await counts(child),
    await counts(other),
  ];
  expect(await diffOf(main, "DIFF BRANCH p")).toEqual(difference(beginning, ofParent));
  expect(await diffOf(main, "DIFF BRANCH c")).toEqual(difference(atFork, ofChild));
  expect(await diffOf(main, "DIFF BRANCH c AGAINST p")).toEqual(difference(ofParent, ofChild));
  expect(await diffOf(main, "DIFF BRANCH p AGAINST q")).toEqual(difference(ofOther, ofParent));
  expect(await diffOf(main, "DIFF BRANCH p AGAINST main")).toEqual(difference(ofMain, ofParent));
});

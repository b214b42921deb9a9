/** Tables without a key merged as multisets: MERGE rules 6, every row of its table, and what strategies make of conflicts. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

let open: OpenWorld;
let main: TestSession;
let branches = 0;

beforeAll(async () => {
  open = await OpenWorld.open();
  main = await open.session();
});
afterAll(async () => {
  await open[Symbol.asyncDispose]();
});

type Outcome = number | "conflict";

/** How often base, main and branch have one row. */
const COUNTS: readonly (readonly [
  counts: readonly [number, number, number],
  strict: Outcome,
  append: Outcome,
])[] = [
  [[0, 1, 0], 1, 1],
  [[0, 0, 1], 1, 1],
  [[0, 1, 1], "conflict", 2],
  [[3, 3, 5], 5, 5],
  [[1, 2, 2], "conflict", 3],
  [[1, 2, 3], "conflict", 4],
  [[1, 0, 0], "conflict", 0],
  [[1, 0, 2], "conflict", "conflict"],
  [[1, 2, 0], "conflict", "conflict"],
  [[10, 8, 6], "conflict", "conflict"],
];

/** Statements that make it so many of the row `v` instead. */
function edit(value: string, before: number, after: number): string {
  if (after >= before)
    return Array.from({ length: after - before }, () => `INSERT INTO t VALUES (${value}, 1)`).join("; ");
  const rows = `SELECT rowid FROM t WHERE v IS NOT DISTINCT FROM ${value} ORDER BY rowid LIMIT ${before - after}`;
  return `DELETE FROM t WHERE rowid IN (SELECT r.rowid FROM (${rows}) AS r)`;
}

function nthValue(index: number): string {
  return index === 0 ? "NULL" : String(index);
}

/** Makes `t` where every meeting is a row of its own, NULL the first of them; and a branch of it. */
async function meet(counts: readonly (readonly [number, number, number])[]): Promise<string> {
  const name = `b${++branches}`;
  const script = (from: 0 | 1 | 2, to: 0 | 1 | 2): string =>
    counts
      .map((own, index) => edit(nthValue(index), from === to ? 0 : own[from], own[to]))
      .filter((sql) => sql !== "")
      .join("; ");
  await main.query("DROP TABLE IF EXISTS t; CREATE TABLE t (v int, one int); INSERT INTO t VALUES (-1, 1)");
  await main.query(script(0, 0));
  await main.query(`CREATE BRANCH ${name}`);
  await (await open.session(`main/${name}`)).query(script(0, 2));
  await main.query(script(0, 1));
  return name;
}

async function countsIn(session: TestSession, meetings: number): Promise<number[]> {
  const rows = await session.query(
    "SELECT coalesce(v, 0), count(*)::int FROM t WHERE v IS NULL OR v >= 0 GROUP BY v",
  );
  const found = new Map(rows.map(([v, n]) => [Number(v), Number(n)]));
  return Array.from({ length: meetings }, (_, index) => found.get(index) ?? 0);
}

const ALL = COUNTS.map(([counts]) => counts);

describe.each(["strict", "append"] as const)("mode %s", (mode) => {
  const outcomes = COUNTS.map(([, strict, append]) => (mode === "strict" ? strict : append));
  const isClean = (_: unknown, index: number): boolean => outcomes[index] !== "conflict";
  const how = `WITH (keyless '${mode}')`;

  test("merges what the rules say can be merged", async () => {
    const clean = ALL.filter(isClean);
    const name = await meet(clean);
    await main.query(`MERGE BRANCH ${name} ${how}`);
    expect(await countsIn(main, clean.length)).toEqual(outcomes.filter((outcome) => outcome !== "conflict"));
  });

  test.each(["main_wins", "branch_wins"] as const)(
    "%s decides each row in conflict, and no other",
    async (strategy) => {
      const name = await meet(ALL);
      expect(await main.outcome(`MERGE BRANCH ${name} ${how}`)).toBe("40002");
      expect(await countsIn(main, ALL.length)).toEqual(ALL.map(([, ours]) => ours));
      const conflicts = outcomes.filter((outcome) => outcome === "conflict").length;
      const answer = (await main.query(`MERGE BRANCH ${name} USING ${strategy} ${how}`))[0] ?? [];
      expect(answer).toContain(`{"${strategy}":${conflicts}}`);
      const decided = ALL.map(([, ours, theirs]) => (strategy === "main_wins" ? ours : theirs));
      const wanted = outcomes.map((outcome, index) => (outcome === "conflict" ? decided[index] : outcome));
      expect(await countsIn(main, ALL.length)).toEqual(wanted);
      await main.query(`UNDO MERGE '${String(answer[1])}'`);
      expect(await countsIn(main, ALL.length)).toEqual(ALL.map(([, ours]) => ours));
    },
  );

  test("is remembered by a merge that waits for its resolution", async () => {
    const name = await meet(ALL);
    const [, id] = (await main.query(`MERGE BRANCH ${name} USING manual ${how}`))[0] ?? [];
    await main.query(`RESOLVE MERGE '${String(id)}' WITH (t 'branch_wins')`);
    const wanted = outcomes.map((outcome, index) => (outcome === "conflict" ? ALL[index]?.[2] : outcome));
    expect(await countsIn(main, ALL.length)).toEqual(wanted);
  });

  test("holds into a branch, whose table has few rows of its own", async () => {
    await main.query(
      "DROP TABLE IF EXISTS t; CREATE TABLE t (v int, one int); INSERT INTO t VALUES (1, 1), (1, 1), (2, 1)",
    );
    const name = `p${++branches}`;
    await main.query(`CREATE BRANCH ${name}`);
    const parent = await open.session(`main/${name}`);
    await parent.query(`CREATE BRANCH child${name}`);
    const child = await open.session(`main/child${name}`);
    await child.query(`${edit("1", 2, 0)}; ${edit("2", 1, 3)}`);
    await parent.query(`${edit("1", 2, 1)}; INSERT INTO t VALUES (3, 1)`);
    await parent.query(`MERGE BRANCH child${name} USING branch_wins ${how}`);
    expect(await countsIn(parent, 4)).toEqual([0, 0, 3, 1]);
  });
});

test("an unknown mode is refused, and so is a strategy by time", async () => {
  const name = await meet(ALL);
  expect(await main.outcome(`MERGE BRANCH ${name} WITH (keyless 'loose')`)).toBe("22023");
  expect(await main.outcome(`MERGE BRANCH ${name} USING lww WITH (keyless 'strict')`)).toBe("22023");
  expect(
    await main.outcome(`SELECT branch_merge('${name}', strategy => 'main_wins', keyless => 'strict')`),
  ).toBe("ok");
});

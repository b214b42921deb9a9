/** Merges while others write main all the time: they end, nobody's change is lost, and who does not want to wait need not. */
import { expect, test } from "vitest";
import { Garbage } from "../../src/branch/garbage.js";
import { MAIN } from "../../src/branch/model.js";
import { releaseBranch } from "../../src/branch/release.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const ROWS = 20_000;
const WRITERS = 2;

/** Counts one row up until it is told to stop; what failed is done again. */
async function countUp(session: TestSession, id: number, isOver: () => boolean): Promise<number> {
  let done = 0;
  while (!isOver()) {
    const outcome = await session.outcome(`UPDATE t SET v = v + 1 WHERE id = ${id}`);
    expect(["ok", "40001"]).toContain(outcome);
    if (outcome === "ok") done++;
  }
  return done;
}

test(`a merge ends while ${WRITERS} sessions write main, and so does its undoing`, async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    `CREATE TABLE t (id int PRIMARY KEY, v int, w int); INSERT INTO t SELECT i, 0, 0 FROM range(${ROWS}) r(i); CREATE BRANCH b`,
  );
  const branch = await open.session("main/b");
  await branch.query(`UPDATE t SET w = 1 WHERE id >= ${WRITERS}`);
  const writers: TestSession[] = [];
  for (let n = 0; n < WRITERS; n++) writers.push(await open.session());
  let over = false;
  const counting = Promise.all(writers.map(async (writer, id) => await countUp(writer, id, () => over)));
  const outcomes: string[] = [];
  try {
    const [merged] = await main.query("MERGE BRANCH b");
    outcomes.push(String(merged?.[0]));
    const [undone] = await main.query(`UNDO MERGE '${String(merged?.[1])}'`);
    outcomes.push(String(undone?.[0]));
  } finally {
    over = true;
  }
  const counts = await counting;
  expect(outcomes).toEqual(["merged", "undone"]);
  expect(Math.min(...counts)).toBeGreaterThan(0);
  expect(await main.query(`SELECT v FROM t WHERE id < ${WRITERS} ORDER BY id`)).toEqual(
    counts.map((count) => [count]),
  );
  expect(await main.query("SELECT sum(w)::int FROM t")).toEqual([[0]]);
});

test("whoever waits for the turn of a head can be told to stop, and goes on when it is free", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query("CREATE TABLE t (id int PRIMARY KEY); CREATE BRANCH b");
  const { turns, registry } = open.world.context;
  const head = registry.state.branches.named("b")?.parent;
  if (head === undefined) throw new Error("no branch");
  const signal = new AbortController().signal;
  let finish: () => void = nothing;
  const held = turns.take(head, signal, async () => await new Promise<void>((resolve) => (finish = resolve)));
  const impatient = new AbortController();
  const passing = turns.pass(head, impatient.signal);
  const second = turns.take(head, signal, async () => await Promise.resolve("second"));
  const writing = main.outcome("INSERT INTO t VALUES (1)");
  impatient.abort();
  await expect(passing).rejects.toMatchObject({ code: "57014" });
  await expect(turns.take(head, impatient.signal, async () => await held)).rejects.toMatchObject({
    code: "57014",
  });
  finish();
  expect(await Promise.all([held, second, writing])).toEqual([undefined, "second", "ok"]);
});

test("who releases a branch, or sweeps, goes ahead of the turn: it holds locks that a merge may want", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(
    "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1); CREATE BRANCH b; UPDATE t SET v = 2",
  );
  const { context } = open.world;
  const { state } = context.registry;
  const branch = state.branches.named("b");
  if (branch === undefined) throw new Error("no branch");
  const signal = new AbortController().signal;
  await context.turns.take(MAIN, signal, async () => {
    expect(await new Garbage(context).remove(signal)).toBe(0);
    await releaseBranch(context, branch, { status: "discarded", actor: "tester" }, signal);
    expect(await new Garbage(context).remove(signal)).toBe(0);
  });
  expect(await main.query("SELECT v FROM t")).toEqual([[2]]);
});

function nothing(): void {
  return undefined;
}

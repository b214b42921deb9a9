/** A branch that is deleted, brought back or released while the process dies is so, or is as it was. */
import { expect, onTestFinished, test } from "vitest";
import { MAIN } from "../../src/branch/model.js";
import { releaseOverdue } from "../../src/branch/release-overdue.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { OpenWorld } from "../support/open-world.js";
import { statesDuring } from "./file-states.js";

const HOUR_MS = 3_600_000;
const KEEPING = { discardedMs: HOUR_MS };

type Work = (open: OpenWorld) => Promise<unknown>;

function statement(sql: string): Work {
  return async (open) => await (await open.session()).query(sql);
}

const release: Work = async ({ world }) =>
  await releaseOverdue(world.context, Date.now() + 2 * HOUR_MS, new AbortController().signal);

/** What a client finds of the branch, and what the file holds of it. */
async function found(open: OpenWorld): Promise<string> {
  const [branch] = open.world.context.registry.state.branches.values();
  const main = await open.session();
  const [tables] = await main.query(
    "SELECT count(*)::int FROM duckdb_tables() WHERE schema_name = 'duckbranch_store' OR schema_name LIKE 'branch\\_%' ESCAPE '\\'",
  );
  const kept = Number(tables?.[0]) > 0 ? "kept" : "gone";
  if (branch === undefined || branch.released) return kept;
  if (branch.held !== null) return `deleted, ${kept}`;
  const rows = await (await open.session("main/b")).query("SELECT v FROM t ORDER BY id");
  return `${rows.join()}, ${kept}`;
}

test.each([
  {
    name: "deleted",
    before: undefined,
    work: statement("DROP BRANCH b"),
    from: "11,20, kept",
    to: "deleted, kept",
  },
  {
    name: "brought back",
    before: statement("DROP BRANCH b"),
    work: statement("UNDELETE BRANCH b"),
    from: "deleted, kept",
    to: "11,20, kept",
  },
  { name: "released", before: statement("DROP BRANCH b"), work: release, from: "deleted, kept", to: "gone" },
])("a branch that is $name", { timeout: 60_000 }, async ({ before, work, from, to }) => {
  const directory = await temporaryDirectory();
  onTestFinished(async () => await directory[Symbol.asyncDispose]());
  const path = directory.file("data.db");
  const recorded = await (async () => {
    await using open = await OpenWorld.open(path, KEEPING);
    await statement(
      "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20); CREATE BRANCH b",
    )(open);
    await (await open.session("main/b")).query("UPDATE t SET v = 11 WHERE id = 1");
    await statement("UPDATE t SET v = 99")(open);
    await before?.(open);
    return await statesDuring(
      path,
      (n) => directory.file(`state-${n}.db`),
      async () => await work(open),
    );
  })();
  const seen = new Set<string>();
  for (const state of recorded.states) {
    await using open = await OpenWorld.open(state.path, KEEPING);
    const is = await found(open);
    expect([from, to], state.step).toContain(is);
    seen.add(is);
    if (is === from) await work(open);
    expect(await found(open), state.step).toBe(to);
    await statement("UPDATE t SET v = 0")(open);
    await statement("DROP BRANCH IF EXISTS b IMMEDIATE")(open);
    expect(await found(open), state.step).toBe("gone");
    expect(open.world.context.registry.state.versionsOf(MAIN), state.step).toHaveLength(1);
  }
  expect([...seen]).toEqual([from, to]);
});

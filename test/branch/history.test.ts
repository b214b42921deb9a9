/** duckbranch.history: who did what to which branch, for as long as it is kept. */
import { expect, onTestFinished, test } from "vitest";
import { sweepHistory } from "../../src/branch/history.js";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { OpenWorld } from "../support/open-world.js";
import { World } from "../support/world.js";

const DAY_MS = 86_400_000;

async function opened(path?: string): Promise<OpenWorld> {
  const open = await OpenWorld.open(path, { discardedMs: DAY_MS });
  onTestFinished(async () => await open[Symbol.asyncDispose]());
  return open;
}

test("has a branch's life, of writes the first to each table that was committed", async () => {
  const open = await opened();
  const main = await open.session();
  await main.query(
    'CREATE TABLE "a ""b" (id int PRIMARY KEY); CREATE TABLE t (id int); CREATE TABLE u (id int); INSERT INTO t VALUES (0); CREATE BRANCH b',
  );
  const b = await open.session("main/b");
  await b.query("BEGIN; INSERT INTO t VALUES (9); ROLLBACK; SELECT * FROM t");
  await b.query('INSERT INTO "a ""b" VALUES (1); INSERT INTO "a ""b" VALUES (2)');
  await b.query(
    'BEGIN; DELETE FROM "a ""b" WHERE id = 2; INSERT INTO t VALUES (1); INSERT INTO u VALUES (1); COMMIT',
  );
  const [merged] = await main.query("MERGE BRANCH b");
  await main.query(
    `UNDO MERGE ${String(merged?.[1])}; ALTER BRANCH b RENAME TO c; DROP BRANCH c; UNDELETE BRANCH c; DROP BRANCH c IMMEDIATE`,
  );
  using connection = await open.world.context.registry.database.connect("data");
  // In the order in which they were written: several may share a millisecond.
  const found = await connection.rows(
    "SELECT action, branch_name, actor, detail::VARCHAR AS detail FROM duckbranch.history ORDER BY rowid",
  );
  expect(found.map(({ action, branch_name: name }) => `${String(action)} ${String(name)}`)).toEqual([
    "create b",
    "write b",
    "write b",
    "merge b",
    "undo b",
    "alter c",
    "discard c",
    "undelete c",
    "discard c",
  ]);
  expect(new Set(found.map(({ actor }) => actor))).toEqual(new Set(["tester"]));
  const writes = found.filter(({ action }) => action === "write");
  expect(writes.map(({ detail }) => JSON.parse(String(detail)))).toEqual([
    { tables: ['a "b'] },
    { tables: ["t", "u"] },
  ]);
  expect(await main.query("SELECT count(*)::int FROM duckbranch.history")).toEqual([[found.length]]);
});

test("outlives a restart, and goes when it is too old or too long", async () => {
  const directory = await temporaryDirectory();
  onTestFinished(async () => await directory[Symbol.asyncDispose]());
  const path = directory.file("data.db");
  {
    await using world = await World.open(path);
    await using main = await world.connect();
    for (const name of ["a", "b", "c"]) await main.query(`CREATE BRANCH ${name}; SELECT pg_sleep(0.002)`);
  }
  const open = await opened(path);
  const main = await open.session();
  const { registry } = open.world.context;
  const names = async (): Promise<unknown> =>
    (await main.query("SELECT branch_name FROM duckbranch.history ORDER BY happened_at")).flat();
  expect(await names()).toEqual(["a", "b", "c"]);
  await sweepHistory(registry, { ageMs: DAY_MS, entries: 3 }, Date.now());
  expect(await names()).toEqual(["a", "b", "c"]);
  await sweepHistory(registry, { ageMs: DAY_MS, entries: 2 }, Date.now());
  expect(await names()).toEqual(["b", "c"]);
  await sweepHistory(registry, { ageMs: DAY_MS, entries: 2 }, Date.now() + 2 * DAY_MS);
  expect(await names()).toEqual([]);
});

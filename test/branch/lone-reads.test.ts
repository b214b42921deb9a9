/** Reads alone in their transaction on a branch are begun without one of ours: what they show must not depend on what commits meanwhile. */
import { expect, test } from "vitest";
import { type TestSession, type Value, World } from "../support/world.js";

const ROUNDS = 28;
const READERS = 3;

/** Reads until it is told to stop; gives every answer there was. */
async function answers(session: TestSession, sql: string, isOver: () => boolean): Promise<Set<string>> {
  const found = new Set<string>();
  do found.add(JSON.stringify(await session.query(sql)));
  while (!isOver());
  return found;
}

/** What main does, from a table of 100 rows whose `v` are 0; each makes what it reads stand for something else. */
const CHANGES: readonly string[] = [
  "UPDATE t SET v = v + 1",
  "DELETE FROM t WHERE id < 50",
  "INSERT INTO t SELECT i, 1 FROM range(100, 200) r(i)",
  "ALTER TABLE t ADD COLUMN w int DEFAULT 7",
  "DROP TABLE t; CREATE TABLE t (id int, v int); INSERT INTO t VALUES (1, 1)",
  "TRUNCATE t",
  "ALTER TABLE t RENAME TO t_old",
];

const MAKE = "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, 0 FROM range(100) r(i)";

test.for(CHANGES)("a branch shows its own instant while main runs: %s", async (change) => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(MAKE);
  for (let round = 0; round < ROUNDS / CHANGES.length; round++) {
    await main.query(`CREATE BRANCH "b${round}"`);
    const readers: TestSession[] = [];
    for (let i = 0; i < READERS; i++) readers.push(await world.connect(`main/b${round}`));
    let over = false;
    const sql = "SELECT count(*)::int, sum(v)::int FROM t";
    const reading = Promise.all(readers.map(async (reader) => await answers(reader, sql, () => over)));
    await main.query(change);
    over = true;
    for (const found of await reading) expect([...found]).toEqual(["[[100,0]]"]);
    for (const reader of readers) await reader[Symbol.asyncDispose]();
    await main.query(`DROP BRANCH "b${round}"; DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS t_old; ${MAKE}`);
  }
});

test("the branch's own commits are seen whole or not at all", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    `${MAKE}; CREATE TABLE u (id int PRIMARY KEY, v int); INSERT INTO u SELECT * FROM t; CREATE BRANCH b`,
  );
  await using writer = await world.connect("main/b");
  await using reader = await world.connect("main/b");
  let over = false;
  const sql = "SELECT (SELECT sum(v) FROM t)::int + (SELECT sum(v) FROM u)::int";
  const reading = answers(reader, sql, () => over);
  for (let n = 0; n < ROUNDS; n++)
    await writer.query(
      `BEGIN; UPDATE t SET v = v - 1 WHERE id = ${n}; UPDATE u SET v = v + 1 WHERE id = ${n}; COMMIT`,
    );
  over = true;
  expect([...(await reading)]).toEqual(["[[0]]"]);
});

test("what a branch is when a read on it begins decides: a dropped one is not read", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(`${MAKE}; CREATE BRANCH b`);
  await using branch = await world.connect("main/b");
  const sql = "SELECT v FROM t WHERE id = 1";
  const expected: Value[][] = [[0]];
  expect(await branch.query(sql)).toEqual(expected);
  await main.query("DROP BRANCH b");
  expect(await branch.outcome(sql)).toBe("3D000");
});

async function makeTables(session: TestSession, isOver: () => boolean): Promise<void> {
  for (let n = 0; !isOver(); n++) await session.query(`CREATE TABLE n${n} (id int)`);
}

test("calls that do something are made once", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(`${MAKE}; CREATE SEQUENCE s; CREATE BRANCH b`);
  await using branch = await world.connect("main/b");
  await using other = await world.connect();
  let over = false;
  const changing = makeTables(other, () => over);
  for (let n = 0; n < ROUNDS; n++)
    expect(await branch.query(`SELECT pg_advisory_lock(${n}) FROM t WHERE id = 1`)).toHaveLength(1);
  over = true;
  await changing;
  // One call, one lock: the second attempt to give it back finds none.
  for (let n = 0; n < ROUNDS; n++)
    expect(await branch.query(`SELECT pg_advisory_unlock(${n}), pg_advisory_unlock(${n})`)).toEqual([
      [true, false],
    ]);
});

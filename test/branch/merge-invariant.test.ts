/** What others see while branches are merged: money moves from table to table, and none is ever missing or there twice. */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const MERGES = 100;
const ACCOUNTS = 20;
const EACH = 100;
const SUMS =
  "SELECT (SELECT sum(v) FROM a)::int + (SELECT sum(v) FROM b)::int, (SELECT count(*) FROM kept)::int % 2";

/** Adds the sums up until it is told to stop. */
async function watch(session: TestSession, isOver: () => boolean): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  while (!isOver()) seen.push((await session.query(SUMS))[0]);
  return seen;
}

test(`a reader of ${MERGES} merges into two tables and more`, { timeout: 240_000 }, async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`CREATE TABLE a (id int PRIMARY KEY, v int); CREATE TABLE b (id int PRIMARY KEY, v int); CREATE TABLE kept (n int);
    INSERT INTO a SELECT i, ${EACH} FROM range(${ACCOUNTS}) r(i); INSERT INTO b SELECT i, ${EACH} FROM range(${ACCOUNTS}) r(i)`);
  const worker = await open.session();
  const reader = await open.session();
  let over = false;
  const watching = watch(reader, () => over);
  try {
    for (let n = 0; n < MERGES; n++) {
      const [from, to] = n % 2 === 0 ? ["a", "b"] : ["b", "a"];
      const moved = `id % 3 = ${n % 3} AND id BETWEEN 3 AND 99`;
      await worker.query(`CREATE BRANCH m; SET branch = 'm'; UPDATE ${from} SET v = v - 1 WHERE ${moved};
        INSERT INTO ${to} SELECT id + ${100 * (n + 1)}, 1 FROM ${from} WHERE ${moved};
        INSERT INTO kept VALUES (${n}), (${n}); SET branch = 'main'`);
      // Main goes on meanwhile, within one table.
      await main.query("UPDATE a SET v = v + CASE WHEN id = 1 THEN 1 ELSE -1 END WHERE id IN (1, 2)");
      await main.query("MERGE BRANCH m USING main_wins; DROP BRANCH m");
    }
  } finally {
    over = true;
  }
  const seen = await watching;
  expect(seen.length).toBeGreaterThan(MERGES / 10);
  expect(new Set(seen.map((row) => JSON.stringify(row)))).toEqual(
    new Set([JSON.stringify([2 * ACCOUNTS * EACH, 0])]),
  );
});

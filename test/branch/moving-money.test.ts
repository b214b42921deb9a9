/** Branches made while main is written by many: each one sees one instant of both tables. */
import { expect, test } from "vitest";
import { type TestSession, World } from "../support/world.js";

const WRITERS = 8;
const BRANCHES = 200;
const ACCOUNTS = 50;
const EACH = 100;

/** Moves money from one table to the other until it is told to stop. Gives the number of moves. */
async function moveMoney(session: TestSession, seed: number, isOver: () => boolean): Promise<number> {
  let moves = 0;
  for (let n = seed; !isOver(); n += WRITERS + 1) {
    const [from, to] = n % 2 === 0 ? ["a", "b"] : ["b", "a"];
    const outcome = await session.outcome(`BEGIN;
      UPDATE ${from} SET v = v - 1 WHERE id = ${n % ACCOUNTS};
      UPDATE ${to} SET v = v + 1 WHERE id = ${(n * 7) % ACCOUNTS}; COMMIT`);
    expect(["ok", "40001"]).toContain(outcome);
    if (outcome === "ok") moves++;
    else await session.query("ROLLBACK");
  }
  return moves;
}

test(`${WRITERS} writers on main, ${BRANCHES} branches`, { timeout: 240_000 }, async () => {
  await using world = await World.open();
  await using main = await world.connect();
  for (const table of ["a", "b"])
    await main.query(`CREATE TABLE ${table} (id int PRIMARY KEY, v int NOT NULL);
      INSERT INTO ${table} SELECT i, ${EACH} FROM range(${ACCOUNTS}) r(i)`);
  const writers = await Promise.all(Array.from({ length: WRITERS }, async () => await world.connect()));
  let over = false;
  const moving = Promise.all(writers.map(async (writer, n) => await moveMoney(writer, n, () => over)));
  const sums: unknown[] = [];
  const sum =
    "SELECT (SELECT sum(v) FROM a)::int + (SELECT sum(v) FROM b)::int, (SELECT count(*) FROM a)::int";
  try {
    for (let n = 0; n < BRANCHES; n++) {
      await main.query(`CREATE BRANCH "b${n}"`);
      await main.query(`SET branch = 'b${n}'`);
      sums.push((await main.query(sum))[0]);
      await main.query("SET branch = 'main'");
    }
  } finally {
    over = true;
  }
  const moves = await moving;
  const exact = Array.from({ length: BRANCHES }, () => [2 * ACCOUNTS * EACH, ACCOUNTS]);
  expect(sums).toEqual(exact);
  expect(Math.min(...moves)).toBeGreaterThan(0);
  // The same once more, when main has long gone on.
  for (let n = 0; n < BRANCHES; n++) {
    await main.query(`SET branch = 'b${n}'`);
    expect((await main.query(sum))[0]).toEqual(exact[0]);
  }
  for (const writer of writers) await writer[Symbol.asyncDispose]();
});

/** Branches of branches, a thousand deep: what each level wrote is read below it, and nothing else. */
import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";
import { World } from "../support/world.js";

const DEPTH = 1_000;
/** Levels that change the row of their number in both tables, before the next level is made. */
const WRITERS = [1, 25, 400, 999];
/** After the deepest branch was made, nothing of which it may see. */
const LATE_WRITERS = [0, 1, 25, 399, 999];

let directory: TemporaryDirectory;
let path: string;

function databaseOf(level: number): string {
  return level === 0 ? "main" : `main/b${level}`;
}

async function write(world: World, level: number, value: number): Promise<void> {
  await using session = await world.connect(databaseOf(level));
  await session.query(
    `UPDATE keyed SET v = ${value} WHERE id = ${level}; UPDATE plain SET v = ${value} WHERE id = ${level}`,
  );
}

async function changed(world: World, level: number): Promise<unknown> {
  await using session = await world.connect(databaseOf(level));
  return await session.query(
    "SELECT k.id, k.v, p.v FROM keyed k JOIN plain p USING (id) WHERE k.v <> 0 OR p.v <> 0 ORDER BY k.id",
  );
}

function rowsOf(levels: readonly number[], value: number): number[][] {
  return levels.map((level) => [level, value, value]);
}

beforeAll(async () => {
  directory = await temporaryDirectory();
  path = directory.file("data.duckdb");
  await using world = await World.open(path);
  await using main = await world.connect();
  await main.query(`CREATE TABLE keyed (id int PRIMARY KEY, v int); CREATE TABLE plain (id int, v int);
    INSERT INTO keyed SELECT i, 0 FROM range(${DEPTH + 1}) r(i); INSERT INTO plain SELECT id, v FROM keyed`);
  for (let level = 1; level <= DEPTH; level++) {
    await main.query(`CREATE BRANCH b${level} FROM ${level === 1 ? "main" : `b${level - 1}`}`);
    if (WRITERS.includes(level)) await write(world, level, 1);
  }
  for (const level of LATE_WRITERS) await write(world, level, 2);
}, 600_000);

afterAll(async () => await directory[Symbol.asyncDispose]());

describe("a thousand branches, each made from the one before", () => {
  test("the deepest reads what its ancestors had written when it was made, after a restart, too", async () => {
    await using world = await World.open(path);
    expect(await changed(world, DEPTH)).toEqual(rowsOf(WRITERS, 1));
    expect(await changed(world, 25)).toEqual([...rowsOf([1], 1), ...rowsOf([25], 2)]);
    expect(await changed(world, 24)).toEqual(rowsOf([1], 1));
    expect(await changed(world, 0)).toEqual(rowsOf([0], 2));
  });

  test("the deepest can be written, compared, merged into its parent and dropped", async () => {
    await using world = await World.open(path);
    await using deepest = await world.connect(databaseOf(DEPTH));
    await deepest.query(`UPDATE keyed SET v = 3 WHERE id < 2; DELETE FROM keyed WHERE id = ${DEPTH}`);
    await using main = await world.connect();
    expect(await main.query(`DIFF BRANCH b${DEPTH}`)).toHaveLength(3);
    await main.query(`MERGE BRANCH b${DEPTH} INTO b${DEPTH - 1}; DROP BRANCH b${DEPTH}`);
    await using parent = await world.connect(databaseOf(DEPTH - 1));
    expect(await parent.query("SELECT id, v FROM keyed WHERE v = 3 ORDER BY id")).toEqual([
      [0, 3],
      [1, 3],
    ]);
    expect(await parent.query("SELECT count(*)::int FROM keyed")).toEqual([[DEPTH]]);
    expect(await changed(world, 0)).toEqual(rowsOf([0], 2));
  });
});

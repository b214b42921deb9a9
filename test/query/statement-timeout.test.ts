/** statement_timeout while a statement starts, while its rows stream, and when nothing runs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { SQLSTATE } from "../../src/core/errors.js";
import { World, type TestSession } from "../support/world.js";

let world: World;
let session: TestSession;
const TIMED_OUT = {
  code: SQLSTATE.queryCanceled,
  message: "canceling statement due to statement timeout",
};

beforeAll(async () => {
  world = await World.open();
  session = await world.connect();
});

afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

test.each([
  ["before its first row", "SELECT count(*) FROM range(100000000000) r(i) WHERE i % 7 = 3"],
  ["while its rows stream", "SELECT i FROM range(100000000000) r(i)"],
  ["between two rows far apart", "SELECT i FROM range(100000000000) r(i) WHERE i % 50000000000 = 0"],
])("ends a statement %s", async (_, endless) => {
  await session.query("SET statement_timeout = 50");
  const [statement] = await session.session.parse(endless);
  if (statement === undefined) throw new Error("no statement");
  const read = async (): Promise<void> => {
    const result = await session.session.execute(statement, [], []);
    if (result.kind !== "rows") throw new Error(`unexpected ${result.kind}`);
    for (let next = await result.batches.next(); next.done !== true; next = await result.batches.next());
  };
  await expect(read()).rejects.toMatchObject(TIMED_OUT);
  await session.session.fail();
  await session.query("SET statement_timeout = 0");
  expect(await session.query("SELECT 1")).toEqual([[1]]);
});

test("a result given up is over: nothing is cancelled after it", async () => {
  await session.query("SET statement_timeout = '10s'");
  const [statement] = await session.session.parse("SELECT i FROM range(100000000000) r(i)");
  if (statement === undefined) throw new Error("no statement");
  const result = await session.session.execute(statement, [], []);
  if (result.kind !== "rows") throw new Error(`unexpected ${result.kind}`);
  expect((await result.batches.next()).done).toBe(false);
  expect(await result.batches.return?.()).toMatchObject({ done: true });
  expect(await session.query("SELECT count(*) FROM range(10)")).toEqual([[10n]]);
  await session.query("SET statement_timeout = 0");
});

/** Advisory locks and pg_sleep(): who waits, for how long, and that nobody else does. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TestSession, World } from "../support/world.js";

let world: World;
let one: TestSession;
let two: TestSession;
beforeEach(async () => {
  world = await World.open();
  one = await world.connect();
  await one.query("create branch work");
  // Another head: the locks are the server's.
  two = await world.connect("main/work");
});
afterEach(async () => {
  await one[Symbol.asyncDispose]();
  await two[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** What was still pending when `release` began has waited. */
async function waitsFor(waiting: Promise<unknown>, release: () => Promise<unknown>): Promise<string[]> {
  const order: string[] = [];
  const ended = waiting.then(() => order.push("waited"));
  // What another session is told takes longer than an answer that nothing keeps back.
  await using third = await world.connect();
  await third.query("select 1");
  order.push("released");
  await release();
  await ended;
  return order;
}

describe("an advisory lock", () => {
  it.each([
    ["pg_advisory_lock(1)", "pg_advisory_lock(1)"],
    ["pg_advisory_lock(1)", "pg_advisory_lock_shared(1)"],
    ["pg_advisory_lock_shared(1)", "pg_advisory_lock(1)"],
    ["pg_advisory_lock(1)", "pg_advisory_xact_lock(1)"],
  ])("%s keeps %s waiting until it is given back", async (first, second) => {
    await one.query(`select ${first}`);
    const unlock = first.replace("_lock", "_unlock");
    const release = async (): Promise<void> => {
      // It cannot be had before: the session that asks is a third one.
      await using third = await world.connect();
      expect(await third.query("select pg_try_advisory_lock(1)")).toEqual([[false]]);
      await one.query(`select ${unlock}`);
    };
    expect(await waitsFor(two.query(`select ${second}`), release)).toEqual(["released", "waited"]);
  });

  it("is shared, counted, and another one for two numbers", async () => {
    await one.query("select pg_advisory_lock_shared(7), pg_advisory_lock(1, 2), pg_advisory_lock(1, 2)");
    expect(await two.query("select pg_try_advisory_lock_shared(7), pg_try_advisory_lock(7)")).toEqual([
      [true, false],
    ]);
    expect(await one.query("select pg_advisory_unlock(1, 2)")).toEqual([[true]]);
    expect(await two.query("select pg_try_advisory_lock(1, 2), pg_try_advisory_lock(4294967298)")).toEqual([
      [false, true],
    ]);
    await one.query("select pg_advisory_unlock_all()");
    expect(await two.query("select pg_try_advisory_lock(1, 2)")).toEqual([[true]]);
  });

  it.each(["commit", "rollback"])("of a transaction ends with it: %s", async (end) => {
    await one.query("begin; select pg_advisory_xact_lock(1), pg_advisory_lock(2)");
    expect(await two.query("select pg_try_advisory_lock(1)")).toEqual([[false]]);
    await one.query(end);
    expect(await two.query("select pg_try_advisory_lock(1), pg_try_advisory_lock(2)")).toEqual([
      [true, false],
    ]);
  });

  it("of a transaction goes with a savepoint", async () => {
    await one.query("begin; select pg_advisory_xact_lock(1); savepoint s; select pg_advisory_xact_lock(2)");
    await one.query("rollback to s");
    expect(await two.query("select pg_try_advisory_lock(1), pg_try_advisory_lock(2)")).toEqual([
      [false, true],
    ]);
  });

  it("ends with its session", async () => {
    const gone = await world.connect();
    await gone.query("select pg_advisory_lock(1)");
    const order = await waitsFor(
      one.query("select pg_advisory_lock(1)"),
      async () => await gone[Symbol.asyncDispose](),
    );
    expect(order).toEqual(["released", "waited"]);
  });

  it("gives a circle up: 40P01 for one, the lock for the other", async () => {
    await one.query("begin; select pg_advisory_xact_lock(1)");
    await two.query("begin; select pg_advisory_xact_lock(2)");
    const waiting = one.outcome("select pg_advisory_xact_lock(2)");
    // Whoever closes the circle is told, and its transaction is over.
    const outcomes = await Promise.all([two.outcome("select pg_advisory_xact_lock(1)"), waiting]);
    expect(outcomes.toSorted()).toEqual(["40P01", "ok"]);
  });

  it("is waited for no longer than lock_timeout and statement_timeout, or until a cancel", async () => {
    await one.query("select pg_advisory_lock(1)");
    await two.query("set lock_timeout = 20");
    expect(await two.outcome("select pg_advisory_lock(1)")).toBe("55P03");
    await two.query("set lock_timeout = 0; set statement_timeout = 20");
    expect(await two.outcome("select pg_advisory_lock(1)")).toBe("57014");
    await two.query("set statement_timeout = 0");
    const waiting = two.outcome("select pg_advisory_lock(1)");
    const cancelling = setInterval(() => two.session.cancel(), 5);
    expect(await waiting).toBe("57014");
    clearInterval(cancelling);
    await one.query("select pg_advisory_unlock(1)");
    expect(await two.query("select pg_try_advisory_lock(1)")).toEqual([[true]]);
  });

  it("whose number comes from a row is had at once or refused", async () => {
    await one.query("select pg_advisory_lock(x) from generate_series(1, 2) as g(x)");
    expect(await two.outcome("select pg_advisory_lock(x) from generate_series(2, 3) as g(x)")).toBe("0A000");
    expect(await two.query("select pg_try_advisory_lock(3)")).toEqual([[true]]);
  });
});

describe("pg_sleep()", () => {
  it("keeps nobody else waiting", async () => {
    const sleepers = await Promise.all(Array.from({ length: 12 }, async () => await world.connect()));
    const asleep = sleepers.map(async (session) => await session.outcome("select pg_sleep(60)"));
    expect(await one.query("select 1")).toEqual([[1]]);
    const cancelling = setInterval(() => sleepers.forEach((session) => session.session.cancel()), 5);
    expect(new Set(await Promise.all(asleep))).toEqual(new Set(["57014"]));
    clearInterval(cancelling);
    for (const session of sleepers) await session[Symbol.asyncDispose]();
  });

  it("sleeps for every row of a query, and not at all for NULL", async () => {
    expect(await one.query("select pg_sleep(0.001) from generate_series(1, 2)")).toEqual([[""], [""]]);
    expect(await one.query("select pg_sleep(null), pg_sleep(0)")).toEqual([[null, ""]]);
  });
});

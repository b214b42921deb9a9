/** LOCK TABLE: who waits for whom, and what a transaction that locked a table never commits. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TestSession, World } from "../support/world.js";

let world: World;
let one: TestSession;
let two: TestSession;
/** On main, and on a branch of a branch. */
async function onHead(head: string | undefined): Promise<void> {
  one = await world.connect(head);
  two = await world.connect(head);
}
beforeEach(async () => {
  world = await World.open();
  await using setup = await world.connect();
  await setup.query('create table "t a" (id int primary key, n int)');
  await setup.query('insert into "t a" values (1, 0)');
  await setup.query("create table other (n int)");
  await setup.query("create branch outer_work");
  await setup.query("create branch work from outer_work");
});
afterEach(async () => {
  await one[Symbol.asyncDispose]();
  await two[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

describe.each([undefined, "main/work"])("LOCK TABLE on %s", (head) => {
  beforeEach(async () => await onHead(head));

  it("keeps others who lock waiting, and they see what its holder wrote", async () => {
    await one.query("begin");
    await one.query('lock table "t a" in exclusive mode');
    await two.query("begin");
    const order: string[] = [];
    const waiting = two.query('lock "t a"').then(() => order.push("two has it"));
    await one.query('update "t a" set n = n + 1');
    order.push("one commits");
    await one.query("commit");
    await waiting;
    expect(order).toEqual(["one commits", "two has it"]);
    expect(await two.query('select n from "t a"')).toEqual([[1]]);
    await two.query('update "t a" set n = n + 1');
    await two.query("commit");
    expect(await one.query('select n from "t a"')).toEqual([[2]]);
  });

  it("is shared in SHARE mode, and not waited for with NOWAIT or beyond lock_timeout", async () => {
    await one.query("begin; lock other in share mode");
    await two.query("begin; lock other in share mode nowait; lock other in access share mode");
    await expect(
      two.query("lock other in row exclusive mode; lock table other nowait"),
    ).rejects.toMatchObject({
      code: "55P03",
      message: 'could not obtain lock on relation "other"',
    });
    await two.query("rollback");
    await two.query("begin; set local lock_timeout = 1");
    await expect(two.query("lock other in share update exclusive mode")).rejects.toMatchObject({
      code: "55P03",
    });
    await two.query("rollback");
    await one.query("savepoint s; rollback");
    await two.query("begin; lock other nowait; commit");
  });

  it("goes with the savepoint it was taken behind", async () => {
    await one.query("begin");
    await one.query("savepoint s");
    await one.query("lock other");
    await expect(two.query("begin; lock other nowait")).rejects.toMatchObject({ code: "55P03" });
    await two.query("rollback");
    await one.query("rollback to s");
    await two.query("begin; lock other nowait; commit");
    await one.query("commit");
  });

  it("does not let a transaction that wrote commit where others changed the table meanwhile", async () => {
    await one.query("begin");
    await one.query("lock other in share row exclusive mode");
    expect(await one.query("select count(*)::int from other")).toEqual([[0]]);
    await two.query("insert into other values (1)");
    await one.query('insert into "t a" select 10 + count(*)::int, 0 from other');
    await expect(one.query("commit")).rejects.toMatchObject({ code: "40001" });
    expect(await two.query('select count(*)::int from "t a"')).toEqual([[1]]);
  });

  it("holds a transaction with an older snapshot to all it may have missed", async () => {
    await one.query("begin");
    expect(await one.query("select count(*)::int from other")).toEqual([[0]]);
    await two.query('begin; lock "t a"; insert into other values (1); commit');
    await one.query('lock "t a"');
    await one.query('update "t a" set n = 5');
    await expect(one.query("commit")).rejects.toMatchObject({ code: "40001" });
  });

  it("finds a circle", async () => {
    await one.query("begin; lock other");
    await two.query('begin; lock "t a"');
    const waiting = one.query('lock "t a"');
    await expect(two.query("lock other")).rejects.toMatchObject({ code: "40P01" });
    await two.query("rollback");
    await waiting;
    await one.query("commit");
  });
});

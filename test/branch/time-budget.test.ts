/** A statement is ended when the time that is left of its branch's budget runs out, with nothing of it committed. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import { MAIN } from "../../src/branch/model.js";
import type { TestSession } from "../support/world.js";

const EXCEEDED = "53400";
/** Would take hours. */
const ENDLESS = "(SELECT sum((x.i * y.i) % 7) AS s FROM range(100000000) x(i), range(100000000) y(i))";

let open: OpenWorld;
let main: TestSession;
let b: TestSession;

beforeAll(async () => {
  open = await OpenWorld.open();
  main = await open.session();
  await main.query(
    "CREATE TABLE t (id bigint PRIMARY KEY, v text); INSERT INTO t SELECT i, 'a' FROM range(10) r(i)",
  );
});
afterAll(async () => await open[Symbol.asyncDispose]());

beforeEach(async () => {
  await main.query("DROP BRANCH IF EXISTS b IMMEDIATE; CREATE BRANCH b WITH (max_seconds 100)");
  b = await open.session("main/b");
});

/** Only so much is left, of a hundred seconds. */
function leave(ms: number): void {
  const { registry, activity } = open.world.context;
  const branch = registry.state.findBranch("b");
  if (branch !== undefined) activity.spend(branch.id, 100_000 - activity.spentMs(branch.id) - ms);
}

async function rows(session: TestSession): Promise<unknown> {
  return (await session.query("SELECT count(*)::int, count(*) FILTER (WHERE v <> 'a')::int FROM t"))[0];
}

test.each([
  `INSERT INTO t SELECT 1000 + s::bigint, 'x' FROM ${ENDLESS}`,
  `UPDATE t SET v = (SELECT s::text FROM ${ENDLESS})`,
  `DELETE FROM t WHERE id < (SELECT s FROM ${ENDLESS})`,
  `CREATE TABLE made AS SELECT * FROM ${ENDLESS}`,
  `MERGE INTO t USING (SELECT s::bigint AS id FROM ${ENDLESS}) AS n ON t.id = n.id WHEN NOT MATCHED THEN INSERT VALUES (n.id, 'x')`,
  `WITH w AS (UPDATE t SET v = 'w' RETURNING id) INSERT INTO t SELECT 1000 + s::bigint, 'x' FROM ${ENDLESS}, w`,
  `BEGIN; UPDATE t SET v = 'x'; SAVEPOINT a; INSERT INTO t SELECT s::bigint, 'x' FROM ${ENDLESS}`,
  `SELECT * FROM ${ENDLESS}`,
  "SELECT pg_sleep(100000)",
  `COPY (SELECT * FROM ${ENDLESS}) TO STDOUT`,
])("a statement that takes too long: %s", async (sql) => {
  leave(80);
  expect(await b.outcome(sql)).toBe(EXCEEDED);
  await b.query("ROLLBACK");
  // Read, and written no more.
  expect(await rows(b)).toEqual([10, 0]);
  expect(await b.outcome("SELECT * FROM made")).toBe("42P01");
  expect(await b.outcome("INSERT INTO t VALUES (500, 'x')")).toBe(EXCEEDED);
  await main.query("ALTER BRANCH b SET (max_seconds 200)");
  expect(await b.outcome("INSERT INTO t VALUES (500, 'x')")).toBe("ok");
});

test("what a block does before its time runs out goes with it", async () => {
  await b.query("BEGIN; INSERT INTO t VALUES (500, 'x'); SAVEPOINT a");
  leave(80);
  expect(await b.outcome(`INSERT INTO t SELECT s::bigint, 'x' FROM ${ENDLESS}`)).toBe(EXCEEDED);
  await b.query("ROLLBACK TO a");
  expect(await b.outcome("COMMIT")).toBe(EXCEEDED);
  expect(await rows(b)).toEqual([10, 0]);
});

test("rows that are read and data that are copied in are under it, too", async () => {
  const [stream] = await b.session.parse("SELECT i FROM range(100000000) r(i)");
  const [copy] = await b.session.parse("COPY t FROM STDIN");
  if (stream === undefined || copy === undefined) throw new RangeError("no statement");
  leave(60_000);
  const result = await b.session.execute(stream, [], []);
  if (result.kind !== "rows") throw new RangeError("no rows");
  expect((await result.batches.next()).done).toBe(false);
  leave(-1);
  await expect(result.batches.next()).rejects.toMatchObject({ code: EXCEEDED });
  await b.session.fail();
  leave(60_000);
  const copying = await b.session.execute(copy, [], []);
  if (copying.kind !== "copyIn") throw new RangeError("no copy");
  await copying.sink.write(Buffer.from("600\tx\n"));
  leave(-1);
  await expect(copying.sink.finish()).rejects.toMatchObject({ code: EXCEEDED });
  await copying.sink.abort("over").catch(() => undefined);
  await b.session.fail();
  expect(await rows(b)).toEqual([10, 0]);
});

test("statements beside each other take of the same time, and those on a child take their parent's", async () => {
  await main.query("CREATE BRANCH child FROM b");
  const child = await open.session("main/child");
  leave(200);
  const outcomes = await Promise.all(
    [b, child].map(async (one) => await one.outcome(`SELECT * FROM ${ENDLESS}`)),
  );
  expect(outcomes).toEqual([EXCEEDED, EXCEEDED]);
  expect(await child.outcome("INSERT INTO t VALUES (500, 'x')")).toBe(EXCEEDED);
  await main.query("DROP BRANCH child IMMEDIATE");
});

test("a branch without time left can be read for longer than any statement had, compared and merged", async () => {
  await b.query("INSERT INTO t VALUES (500, 'x')");
  leave(-1);
  expect(await b.outcome("SELECT pg_sleep(0.3)")).toBe("ok");
  expect(await b.query("DIFF BRANCH b")).toHaveLength(1);
  expect((await main.query("MERGE BRANCH b"))[0]?.[0]).toBe("merged");
  await main.query("DELETE FROM t WHERE id = 500");
});

test("behind its time a statement that reads takes no longer than all were to take", async () => {
  await main.query("CREATE BRANCH short WITH (max_seconds 1)");
  const { registry, activity } = open.world.context;
  const short = await open.session("main/short");
  const { id } = registry.state.findBranch("short") ?? { id: MAIN };
  activity.spend(id, 1001);
  expect(await short.outcome(`SELECT * FROM ${ENDLESS}`)).toBe(EXCEEDED);
  await expect(short.query("SELECT pg_sleep(100000)")).rejects.toMatchObject({
    code: EXCEEDED,
    detail: "its time is over, and a statement that reads may take 1 seconds",
  });
  expect(await rows(short)).toEqual([10, 0]);
  await main.query("ALTER BRANCH short SET (max_seconds none)");
  expect(await short.outcome("SELECT pg_sleep(1.1)")).toBe("ok");
  await main.query("DROP BRANCH short IMMEDIATE");
});

test("main and branches without a budget run as long as they like", async () => {
  leave(-1);
  expect(await main.outcome("SELECT pg_sleep(0.3)")).toBe("ok");
});

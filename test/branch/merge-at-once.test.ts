/** Several sessions merge, resolve, undo and drop at once: each answer is true, and each is done once. */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";

const TABLE = "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0), (2, 0), (3, 0)";
const ALL = "SELECT id, v FROM t ORDER BY id";

test("branches merged at once are all there; of those that change the same row one is", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  const [rows, branches] = [600, 6];
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, 0 FROM range(${rows}) r(i);
    CREATE TABLE log (a int); CREATE TABLE s (id int PRIMARY KEY, v int); INSERT INTO s VALUES (1, 0)`);
  for (let n = 0; n < branches; n++) {
    await main.query(`CREATE BRANCH b${n}`);
    const b = await open.session(`main/b${n}`);
    await b.query(`UPDATE t SET v = ${n + 1} WHERE id % ${branches} = ${n}; INSERT INTO log VALUES (${n})`);
    if (n < 2) await b.query(`UPDATE s SET v = ${n + 1}`);
  }
  const sessions = [];
  for (let n = 0; n < branches; n++) sessions.push(await open.session());
  const outcomes = await Promise.all(sessions.map(async (own, n) => await own.outcome(`MERGE BRANCH b${n}`)));
  expect(outcomes.slice(0, 2).toSorted()).toEqual(["40002", "ok"]);
  expect(new Set(outcomes.slice(2))).toEqual(new Set(["ok"]));
  const done = outcomes.flatMap((outcome, n) => (outcome === "ok" ? [n] : []));
  expect(await main.query("SELECT a FROM log ORDER BY a")).toEqual(done.map((n) => [n]));
  expect(await main.query("SELECT v - 1, count(*)::int FROM t WHERE v > 0 GROUP BY v ORDER BY v")).toEqual(
    done.map((n) => [n, rows / branches]),
  );
  expect(await main.query("SELECT v - 1 FROM s")).toEqual([[done[0]]]);
});

test("a transaction that writes the branch while it is merged is told, and one of main goes on", async () => {
  await using open = await OpenWorld.open();
  const [main, other] = [await open.session(), await open.session()];
  await main.query(`${TABLE}; CREATE BRANCH b; CREATE BRANCH c`);
  const b = await open.session("main/b");
  await b.query("UPDATE t SET v = 1 WHERE id = 1; BEGIN; UPDATE t SET v = 2 WHERE id = 2");
  await main.query("MERGE BRANCH b");
  expect(await b.outcome("COMMIT")).toBe("55000");
  expect(await b.query(ALL)).toEqual(await main.query(ALL));
  const c = await open.session("main/c");
  await c.query("UPDATE t SET v = 9 WHERE id = 3");
  await other.query("BEGIN; UPDATE t SET v = 7 WHERE id = 2");
  await main.query("MERGE BRANCH c");
  await other.query("COMMIT");
  expect(await main.query(ALL)).toEqual([
    [1, 1],
    [2, 7],
    [3, 9],
  ]);
  await main.query("CREATE BRANCH d");
  const d = await open.session("main/d");
  await d.query("DELETE FROM t WHERE id = 1");
  await other.query("BEGIN; UPDATE t SET v = 8 WHERE id = 1");
  await main.query("MERGE BRANCH d");
  expect(await other.outcome("COMMIT")).toBe("40001");
  expect(await main.query(ALL)).toEqual([
    [2, 7],
    [3, 9],
  ]);
});

test("of two resolutions one is published; two that undo it both hear that it is; given up or dropped, it is not", async () => {
  await using open = await OpenWorld.open();
  const [main, other] = [await open.session(), await open.session()];
  const both = async (one: string, two: string): Promise<readonly string[]> =>
    await Promise.all([main.outcome(one), other.outcome(two)]);
  const conflict = async (name: string): Promise<string> => {
    await main.query(`CREATE BRANCH ${name}`);
    const branch = await open.session(`main/${name}`);
    await branch.query("UPDATE t SET v = 100");
    await main.query("UPDATE t SET v = 200 WHERE id < 3");
    return String((await main.query(`MERGE BRANCH ${name} USING manual`))[0]?.[1]);
  };
  await main.query(TABLE);
  const id = await conflict("d");
  const resolved = await both(
    `RESOLVE MERGE '${id}' WITH (t 'branch_wins')`,
    `RESOLVE MERGE '${id}' WITH (t 'main_wins')`,
  );
  expect(resolved.toSorted()).toEqual(["55000", "ok"]);
  const won = resolved[0] === "ok" ? 100 : 200;
  expect(await main.query(ALL)).toEqual([
    [1, won],
    [2, won],
    [3, 100],
  ]);
  expect(await both(`UNDO MERGE '${id}'`, `UNDO MERGE '${id}'`)).toEqual(["ok", "ok"]);
  const before = [
    [1, 200],
    [2, 200],
    [3, 0],
  ];
  expect(await main.query(ALL)).toEqual(before);
  const [merged] = await both("MERGE BRANCH d USING main_wins", "DROP BRANCH d");
  expect(await main.query("SELECT v FROM t WHERE id = 3")).toEqual([[merged === "ok" ? 100 : 0]]);
  await main.query("UPDATE t SET v = 0");
  const open2 = await conflict("e");
  const ended = await both(`RESOLVE MERGE '${open2}' WITH (t 'branch_wins')`, `ABANDON MERGE '${open2}'`);
  expect(ended.toSorted()).toEqual(["55000", "ok"]);
  expect(await main.query("SELECT v FROM t WHERE id = 1")).toEqual([[ended[0] === "ok" ? 100 : 200]]);
});

test("a merge, a resolution and an undoing that are cancelled at whatever moment leave no trace", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, 0 FROM range(10000) r(i);
    CREATE TABLE made_before (a int PRIMARY KEY); CREATE BRANCH b`);
  const b = await open.session("main/b");
  await b.query(
    "UPDATE t SET v = 1; CREATE TABLE made (a int); INSERT INTO made VALUES (1); DROP TABLE made_before",
  );
  await main.query("UPDATE t SET v = 2 WHERE id = 7");
  const look = async (): Promise<unknown> => [
    await main.query("SELECT v, count(*)::int FROM t GROUP BY v ORDER BY v"),
    await main.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"),
    await main.query("SELECT status FROM duckbranch.merges ORDER BY 1"),
    await main.query("SELECT status FROM duckbranch.branches WHERE name = 'b'"),
  ];
  const canceller = await open.session();
  const seen = new Set<string>();
  /** Longer and longer, until it is done. */
  const untilDone = async (sql: string): Promise<void> => {
    const before = await look();
    for (let ms = 1; ; ms *= 2) {
      const outcome = await canceller.outcome(`SET statement_timeout = ${ms}; ${sql}`);
      seen.add(outcome);
      if (outcome === "ok") break;
      expect(outcome).toBe("57014");
      expect(await look()).toEqual(before);
    }
    expect(await look()).not.toEqual(before);
  };
  await untilDone("MERGE BRANCH b USING branch_wins");
  const [[id] = []] = await main.query("SELECT merge_id FROM duckbranch.merges");
  await untilDone(`UNDO MERGE '${String(id)}'`);
  await untilDone("MERGE BRANCH b USING manual");
  const [[open2] = []] = await main.query(
    "SELECT merge_id FROM duckbranch.merges WHERE status = 'conflicted'",
  );
  await untilDone(`RESOLVE MERGE '${String(open2)}' WITH (t 'branch_wins')`);
  expect(await main.query("SELECT v, count(*)::int FROM t GROUP BY v")).toEqual([[1, 10_000]]);
  expect(seen).toEqual(new Set(["ok", "57014"]));
});

/** The token that EXPLAIN MERGE gives: MERGE does what was shown, or nothing. */
import { expect, test } from "vitest";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { OpenWorld } from "../support/open-world.js";
import { type TestSession, World } from "../support/world.js";

const TABLES = `CREATE TABLE t (id int PRIMARY KEY, v int, "a ""b" text); CREATE TABLE k (a int); CREATE TABLE far (a int);
  INSERT INTO t SELECT i, i, 'x' FROM range(5) r(i); INSERT INTO k VALUES (1), (1); CREATE BRANCH "Über b"`;
const CHANGES = `UPDATE t SET v = v + 10 WHERE id < 2; DELETE FROM t WHERE id = 4; INSERT INTO k VALUES (7);
  CREATE TABLE made (a int); INSERT INTO made VALUES (1)`;

async function tokenOf(session: TestSession, rest = ""): Promise<string> {
  const rows = await session.query(`EXPLAIN MERGE BRANCH "Über b" ${rest}`);
  expect(new Set(rows.map((row) => row.at(-1))).size).toBe(1);
  return String(rows[0]?.at(-1));
}

function merge(token: string, before = "", more = ""): string {
  return `MERGE BRANCH "Über b" ${before} WITH (token '${token}'${more})`;
}

async function start(open: OpenWorld): Promise<{ main: TestSession; branch: TestSession }> {
  const main = await open.session();
  await main.query(TABLES);
  const branch = await open.session("main/Über b");
  await branch.query(CHANGES);
  return { main, branch };
}

test("what was shown is merged, whatever happens to other tables", async () => {
  await using open = await OpenWorld.open();
  const { main } = await start(open);
  const token = await tokenOf(main);
  expect(await tokenOf(main)).toMatch(token.replace(/_\d+$/, ""));
  await main.query(`INSERT INTO far VALUES (1); ${merge(token)}`);
  expect(await main.query("SELECT v FROM t WHERE id < 2 ORDER BY id")).toEqual([[10], [11]]);
  // The answer was lost: asked again it is done already.
  expect((await main.query(merge(token)))[0]?.[0]).toBe("up_to_date");
});

test.each([
  ["a row of a merged table", "main", "INSERT INTO t VALUES (9, 9)"],
  ["a row that the plan changes", "main", "UPDATE t SET v = 5 WHERE id = 0"],
  ["a row of a table without a key", "main", "DELETE FROM k WHERE a = 1"],
  ["a row of the branch", "branch", "UPDATE t SET v = 0 WHERE id = 3"],
  ["a row of a table that the branch made", "branch", "UPDATE made SET a = 2"],
  ["another table of the branch", "branch", "CREATE TABLE again (a int)"],
])("%s is changed behind it: nothing is merged", async (_, head, change) => {
  await using open = await OpenWorld.open();
  const { main, branch } = await start(open);
  const token = await tokenOf(main);
  await (head === "main" ? main : branch).query(change);
  expect(await main.outcome(merge(token))).toBe("40001");
  expect(await main.query("SELECT count(*)::int FROM duckbranch.merges")).toEqual([[0]]);
  expect(await main.outcome(merge(await tokenOf(main), "", ", retry 'off'"))).toBe(
    change.startsWith("UPDATE t SET v = 5 WHERE id = 0") ? "40002" : "ok",
  );
});

test("another strategy, granularity or exception is another plan, and no reason to try again", async () => {
  await using open = await OpenWorld.open();
  const { main } = await start(open);
  await main.query("UPDATE t SET v = 99 WHERE id = 0");
  const token = await tokenOf(main, "USING branch_wins");
  expect(await main.outcome(merge(token))).toBe("22023");
  expect(await main.outcome(merge(token, "USING branch_wins EXCEPT main_wins FOR t"))).toBe("22023");
  expect(await main.outcome(merge(token, "USING branch_wins", ", granularity 'cell'"))).toBe("22023");
  expect(await main.outcome(merge("plan_1", "USING branch_wins"))).toBe("22023");
  expect(await main.outcome(`MERGE BRANCH "Über b" WITH (retry 'sometimes')`)).toBe("22023");
  expect(await main.outcome(`EXPLAIN MERGE BRANCH "Über b" WITH (token '${token}')`)).toBe("22023");
  expect(await main.outcome(merge(token, "USING branch_wins"))).toBe("ok");
  expect(await main.query("SELECT v FROM t WHERE id = 0")).toEqual([[10]]);
});

test("it is good for the next program, too", async () => {
  await using directory = await temporaryDirectory();
  const file = directory.file("token.db");
  const tokens: string[] = [];
  {
    await using world = await World.open(file);
    await using main = await world.connect();
    await main.query(TABLES);
    await using branch = await world.connect("main/Über b");
    await branch.query(CHANGES);
    await main.query("INSERT INTO far VALUES (1)");
    tokens.push(await tokenOf(main));
    await main.query("UPDATE t SET v = 99 WHERE id = 0");
    tokens.push(await tokenOf(main, "USING main_wins"));
  }
  await using world = await World.open(file);
  await using main = await world.connect();
  const [before = "", after = ""] = tokens;
  expect(await main.outcome(merge(before))).toBe("40001");
  expect(await main.outcome(merge(after, "USING main_wins"))).toBe("ok");
  expect(await main.query("SELECT v FROM t WHERE id < 2 ORDER BY id")).toEqual([[99], [11]]);
});

test("as a function, with parameters", async () => {
  await using open = await OpenWorld.open();
  const { main } = await start(open);
  const rows = await main.query("SELECT * FROM branch_merge_explain('Über b')");
  const token = String(rows[0]?.at(-1));
  expect(await main.outcome(`SELECT branch_merge('Über b', token => '${token}', retry => 'off')`)).toBe("ok");
  expect(await main.query("SELECT count(*)::int FROM t")).toEqual([[4]]);
});

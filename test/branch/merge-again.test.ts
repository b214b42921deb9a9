/** Whoever lost the answer to a merge asks again, and is told what came of it: nothing is merged twice. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { World, type TestSession } from "../support/world.js";

let world: World;
let main: TestSession;

beforeAll(async () => {
  world = await World.open();
  main = await world.connect();
});

afterAll(async () => {
  await main[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** A table and a branch of one name, with a row changed on each side. */
async function prepare(name: string, own: number, others: number): Promise<void> {
  await main.query(
    `CREATE TABLE ${name} (id int PRIMARY KEY, v int); INSERT INTO ${name} VALUES (1, 0), (2, 0); CREATE BRANCH ${name}`,
  );
  await using branch = await world.connect(`main/${name}`);
  await branch.query(`UPDATE ${name} SET v = 1 WHERE id = ${own}`);
  await main.query(`UPDATE ${name} SET v = 2 WHERE id = ${others}`);
}

const ledger = async (name: string): Promise<unknown[][]> =>
  await main.query(
    `SELECT merge_id, status FROM duckbranch.merges WHERE branch_name = '${name}' ORDER BY ALL`,
  );

describe("under the id that it was given", () => {
  test("a merge answers what it did, also when it was undone or its branch is gone since", async () => {
    await prepare("done", 1, 2);
    const merge = "MERGE BRANCH done WITH (merge_id 'run-7')";
    const answer = await main.query(merge);
    expect(answer[0]?.slice(0, 5)).toEqual(["merged", "run-7", "done", "main", 1]);
    await main.query("UPDATE done SET v = 5 WHERE id = 1");
    expect(await main.query(merge)).toEqual(answer);
    await main.query("DROP BRANCH done IMMEDIATE");
    expect(await main.query(merge)).toEqual(answer);
    expect(await main.query("SELECT * FROM branch_merge('done', merge_id => 'run-7')")).toEqual(answer);
    expect(await main.query("SELECT v FROM done ORDER BY id")).toEqual([[5], [2]]);
    await main.query("UNDO MERGE 'run-7' USING branch_wins");
    expect((await main.query(merge))[0]?.slice(0, 2)).toEqual(["undone", "run-7"]);
    expect(await main.query("SELECT v FROM done ORDER BY id")).toEqual([[0], [2]]);
    expect(await ledger("done")).toEqual([["run-7", "undone"]]);
  });

  test("a report is given again, and what it was resolved by", async () => {
    await prepare("waits", 1, 1);
    const merge = "MERGE BRANCH waits USING manual WITH (merge_id 'm_waits')";
    const report = await main.query(merge);
    expect(await main.query(merge)).toEqual(report);
    const resolve = "RESOLVE MERGE m_waits WITH (waits 'branch_wins')";
    const answer = await main.query(resolve);
    expect(await main.query(resolve)).toEqual(answer);
    expect(await main.query(merge)).toEqual(answer);
    expect(await main.outcome("RESOLVE MERGE m_waits WITH (waits 'main_wins')")).toBe("55000");
    expect(await ledger("waits")).toEqual([["m_waits", "merged"]]);
  });

  test("conflicts stay conflicts, and what was given up is given up", async () => {
    await prepare("refused", 1, 1);
    expect(await main.outcome("MERGE BRANCH refused WITH (merge_id 'r1')")).toBe("40002");
    await main.query("UPDATE refused SET v = 0 WHERE id = 1");
    expect(await main.outcome("MERGE BRANCH refused WITH (merge_id 'r1')")).toBe("40002");
    await main.query(
      "UPDATE refused SET v = 3 WHERE id = 1; MERGE BRANCH refused USING manual WITH (merge_id 'r2')",
    );
    await main.query("ABANDON MERGE r2; ABANDON MERGE r2");
    expect(await main.outcome("MERGE BRANCH refused WITH (merge_id 'r2')")).toBe("55000");
    expect(await ledger("refused")).toEqual([
      ["r1", "aborted"],
      ["r2", "abandoned"],
    ]);
  });

  test("a branch is brought up to date once", async () => {
    await prepare("synced", 1, 2);
    const sync = "MERGE BRANCH main INTO synced WITH (merge_id 's1')";
    const answer = await main.query(sync);
    await main.query("UPDATE synced SET v = 9 WHERE id = 2");
    expect(await main.query(sync)).toEqual(answer);
    await using branch = await world.connect("main/synced");
    expect(await branch.query("SELECT v FROM synced ORDER BY id")).toEqual([[1], [2]]);
  });

  test("only the same merge is told, and no other is made under it", async () => {
    await prepare("first", 1, 2);
    await prepare("second", 1, 2);
    await main.query("MERGE BRANCH first WITH (merge_id 'own')");
    expect(await main.outcome("MERGE BRANCH second WITH (merge_id 'own')")).toBe("22023");
    expect(await main.outcome("MERGE BRANCH second WITH (merge_id 'a b')")).toBe("22023");
    expect(await main.outcome("EXPLAIN MERGE BRANCH second WITH (merge_id 'new')")).toBe("22023");
    expect(await ledger("second")).toEqual([]);
  });

  test("asked for by many at once, it is merged once", async () => {
    await prepare("many", 1, 2);
    const sessions = await Promise.all(Array.from({ length: 4 }, async () => await world.connect()));
    const answers = await Promise.all(
      sessions.map(async (session) => await session.query("MERGE BRANCH many WITH (merge_id 'at_once')")),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await ledger("many")).toEqual([["at_once", "merged"]]);
    for (const session of sessions) await session[Symbol.asyncDispose]();
  });
});

/** RESOLVE MERGE with a strategy per row. */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const TABLE = `CREATE TABLE t (id bigint, k text, qty int, note text, PRIMARY KEY (id, k));
  INSERT INTO t VALUES (1, 'x', 10, 'a'), (2, 'x', 20, 'b'), (3, 'x', 30, 'c'), (9007199254740993, 'x', 40, 'd'), (9007199254740992, 'x', 50, 'e');
  CREATE TABLE plain (a int); INSERT INTO plain VALUES (1); CREATE BRANCH b`;
const ALL = "SELECT id::text, qty, note FROM t ORDER BY id";
const CONFLICTS = `UPDATE t SET qty = qty + 1; DELETE FROM t WHERE id = 3`;

async function conflicted(open: OpenWorld, granularity = "row"): Promise<{ main: TestSession; id: string }> {
  const main = await open.session();
  await main.query(TABLE);
  await (await open.session("main/b")).query(CONFLICTS);
  await main.query("UPDATE t SET qty = qty + 2, note = upper(note)");
  const [row] = await main.query(`MERGE BRANCH b USING manual WITH (granularity '${granularity}')`);
  return { main, id: String(row?.[1]) };
}

test.each([
  ["row", "a"],
  ["cell", "A"],
])("rows have a winner each, the rest of the table another, by %s", async (granularity, note) => {
  await using open = await OpenWorld.open();
  const { main, id } = await conflicted(open, granularity);
  const [answer] = await main.query(
    `RESOLVE MERGE '${id}' WITH (t ROW '{"id": 1, "k": "x"}' 'branch_wins', t 'main_wins', t ROW '{"id":"3","k":"x"}' branch_wins)`,
  );
  expect(JSON.parse(String(answer?.[11]))).toEqual({ main_wins: 3, branch_wins: 2 });
  expect(await main.query(ALL)).toEqual([
    ["1", 11, note],
    ["2", 22, "B"],
    ["9007199254740992", 52, "E"],
    ["9007199254740993", 42, "D"],
  ]);
  const said = await main.query(`SELECT resolutions::text FROM duckbranch.merges WHERE merge_id = '${id}'`);
  expect(JSON.parse(String(said[0]?.[0]))).toEqual({
    t: "main_wins",
    't {"id": 1, "k": "x"}': "branch_wins",
    't {"id":"3","k":"x"}': "branch_wins",
  });
});

test("every conflict needs a winner; a row that is in none, or no row at all, is refused, and nothing is merged", async () => {
  await using open = await OpenWorld.open();
  const { main, id } = await conflicted(open);
  const before = await main.query(ALL);
  const attempts: readonly (readonly [string, string])[] = [
    [`t ROW '{"id": 1, "k": "x"}' branch_wins`, "55000"],
    [`t main_wins, t ROW '{"id": 4, "k": "x"}' branch_wins`, "42704"],
    [`t main_wins, t ROW '{"id": 1}' branch_wins`, "42704"],
    [`t main_wins, t ROW '{"id": 1, "k": "x", "note": "a"}' branch_wins`, "42704"],
    [`t main_wins, t ROW '{"id": 1, "k": "x"}' branch_wins, t ROW '{"k": "x", "id": 1}' main_wins`, "42704"],
    [`t main_wins, t ROW '{"id": 1' branch_wins`, "22P02"],
    [`t main_wins, t ROW '[1]' branch_wins`, "22023"],
    [`t main_wins, t ROW '{"id": 1, "k": "x"}' manual`, "22023"],
    [`t main_wins, t branch_wins`, "22023"],
    [`t main_wins, nobody ROW '{"id": 1}' branch_wins`, "42P01"],
  ];
  for (const [what, code] of attempts)
    expect([what, await main.outcome(`RESOLVE MERGE '${id}' WITH (${what})`)]).toEqual([what, code]);
  expect(await main.query(ALL)).toEqual(before);
});

test("large keys are exact, and the function form refuses what JSON would make another number", async () => {
  await using open = await OpenWorld.open();
  const { main, id } = await conflicted(open);
  const json = `{"t": [{"key": {"id": 9007199254740993, "k": "x"}, "strategy": "branch_wins"}]}`;
  expect(await main.outcome(`SELECT branch_resolve('${id}', '${json}')`)).toBe("22023");
  expect(await main.outcome(`SELECT branch_resolve('${id}', '{"t": [{"key": 1, "strategy": "x"}]}')`)).toBe(
    "22023",
  );
  await main.query(
    `RESOLVE MERGE '${id}' WITH (t ROW '{"k": "x", "id": 9007199254740993}' branch_wins, t main_wins)`,
  );
  expect((await main.query(ALL)).slice(2)).toEqual([
    ["3", 32, "C"],
    ["9007199254740992", 52, "E"],
    ["9007199254740993", 41, "d"],
  ]);
});

/** Merges of more rows than memory holds: DuckDB's limit is far below what the three states and an UPDATE of them take. */
import { expect, test } from "vitest";
import { temporaryDirectory } from "../cli/temporary-directory.js";
import { World } from "../support/world.js";

const ROWS = 900_000;

test("a merge that changes more than memory holds spills, and so does its undoing; others see the table as before", async () => {
  await using folder = await temporaryDirectory();
  await using world = await World.open(folder.file("data.duckdb"), {}, "150MB");
  await using main = await world.connect();
  await main.query(`CREATE TABLE t (id int PRIMARY KEY, a bigint, b text, c double);
    INSERT INTO t SELECT i, i, 'some text of row ' || i, i / 4.0 FROM range(${ROWS}) g(i);
    COMMENT ON COLUMN t.b IS 'words'; CREATE VIEW v AS SELECT b FROM t; CREATE BRANCH b; CREATE BRANCH old`);
  await using branch = await world.connect("main/b");
  await branch.query("UPDATE t SET a = a + 1, b = b || '!'; INSERT INTO t VALUES (-1, 0, '', 0)");
  await main.query("UPDATE t SET c = c + 1 WHERE id % 2 = 0");
  const totals =
    "SELECT count(*)::int, sum(a)::bigint, count(*) FILTER (b LIKE '%!')::int, sum(c)::double FROM t";
  const [before] = await main.query(totals);
  const [merge] = await main.query("MERGE BRANCH b WITH (granularity 'cell')");
  const [count, sum, , amount] = before ?? [];
  expect(await main.query(totals)).toEqual([
    [Number(count) + 1, BigInt(String(sum)) + BigInt(ROWS), ROWS, amount],
  ]);
  expect(await main.query("SELECT count(*)::int FROM v WHERE b LIKE '%!'")).toEqual([[ROWS]]);
  expect(await main.query("SELECT col_description('t'::regclass, 3)")).toEqual([["words"]]);
  await using old = await world.connect("main/old");
  await old.query("UPDATE t SET c = -5 WHERE id = 7");
  expect(await old.query("SELECT count(*)::int FROM t WHERE b LIKE '%!'")).toEqual([[0]]);
  await main.query("MERGE BRANCH old WITH (granularity 'cell')");
  expect(await main.query("SELECT a::int, b, c FROM t WHERE id = 7")).toEqual([
    [8, "some text of row 7!", -5],
  ]);
  await main.query(`UNDO MERGE '${String(merge?.[1])}'`);
  expect(await main.query("SELECT a::int, b, c FROM t WHERE id IN (-1, 7)")).toEqual([
    [7, "some text of row 7", -5],
  ]);
  expect(await main.query(totals)).toEqual([[count, sum, 0, Number(amount) - 1.75 - 5]]);
});

/** Tables without a key, by row identity: what both sides made of one row of the base, and strategies that decide it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

let opened: OpenWorld;
let main: TestSession;
let branch: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query("CREATE TABLE k (n int, v text); INSERT INTO k SELECT i, 'base' FROM range(8) r(i)");
  await main.query("CREATE BRANCH b");
  branch = await opened.session("main/b");
});

afterEach(async () => await opened[Symbol.asyncDispose]());

async function rows(session: TestSession): Promise<unknown> {
  return (await session.query("SELECT n || v FROM k WHERE v <> 'base' OR n > 7 ORDER BY n, v")).flat();
}

async function missing(session: TestSession): Promise<unknown> {
  return (await session.query("SELECT i::int FROM range(8) r(i) WHERE i NOT IN (SELECT n FROM k)")).flat();
}

async function mergedBy(strategy: string): Promise<unknown> {
  await main.query(`MERGE BRANCH b USING ${strategy}`);
  return { rows: await rows(main), missing: await missing(main) };
}

const BRANCH = `BEGIN; UPDATE k SET v = 'b' WHERE n IN (1, 2, 3); INSERT INTO k VALUES (10, 'b'), (12, 'b'); COMMIT;
  DELETE FROM k WHERE n = 4; BEGIN; UPDATE k SET v = 'x' WHERE n = 0; INSERT INTO k VALUES (13, 'b');
  DELETE FROM k USING (VALUES (0), (0), (12), (13)) AS s(m) WHERE s.m = n; COMMIT;
  UPDATE k SET v = 'bb' WHERE n IN (2, 5)`;
const MAIN = "UPDATE k SET v = 'm' WHERE n IN (2, 4, 6); INSERT INTO k VALUES (10, 'b'), (11, 'm')";

describe("both sides changed rows of the base", () => {
  beforeEach(async () => {
    await branch.query(BRANCH);
    await main.query(MAIN);
  });

  test("the branch wins: its rows and what it deleted, once each", async () => {
    expect(await mergedBy("branch_wins")).toEqual({
      rows: ["1b", "2bb", "3b", "5bb", "6m", "10b", "10b", "11m"],
      missing: [0, 4],
    });
  });

  test("main wins: its own rows, and all else of the branch", async () => {
    expect(await mergedBy("main_wins")).toEqual({
      rows: ["1b", "2m", "3b", "4m", "5bb", "6m", "10b", "10b", "11m"],
      missing: [0],
    });
  });
});

describe("which of the branch's rows was which is not known", () => {
  test.each([
    "UPDATE k SET v = 'b' WHERE n IN (1, 2) RETURNING n",
    "MERGE INTO k USING (VALUES (1), (2)) AS s(m) ON k.n = s.m WHEN MATCHED THEN UPDATE SET v = 'b'",
    "ALTER TABLE k ADD CHECK (n < 100); UPDATE k SET v = 'b' WHERE n = 2",
  ])("behind %s", async (statement) => {
    await branch.query("UPDATE k SET v = 'b' WHERE n = 3");
    await branch.query(statement);
    await main.query("UPDATE k SET v = 'm' WHERE n = 2");
    expect(await main.outcome("MERGE BRANCH b USING branch_wins")).toBe("0A000");
  });

  test("to a writer that does not see the rows another session has put there", async () => {
    await using other = await opened.session("main/b");
    await branch.query("INSERT INTO k VALUES (19, 'b')");
    await other.query("BEGIN; SELECT count(*) FROM k");
    await branch.query("INSERT INTO k VALUES (20, 'b')");
    await other.query("UPDATE k SET v = 'b' WHERE n = 2; COMMIT");
    await main.query("UPDATE k SET v = 'm' WHERE n = 2");
    for (const strategy of ["branch_wins", "main_wins"])
      expect(await main.outcome(`MERGE BRANCH b USING ${strategy}`)).toBe("0A000");
    expect(await rows(branch)).toEqual(["2b", "19b", "20b"]);
    expect(await rows(main)).toEqual(["2m"]);
  });
});

test("RESOLVE decides them, and UNDO takes it back", async () => {
  await branch.query("UPDATE k SET v = 'b' WHERE n IN (1, 2)");
  await main.query("UPDATE k SET v = 'm' WHERE n = 2");
  const [[, merge] = []] = await main.query("MERGE BRANCH b USING manual");
  await main.query(`RESOLVE MERGE '${String(merge)}' WITH (k 'branch_wins')`);
  expect(await rows(main)).toEqual(["1b", "2b"]);
  await main.query("UPDATE k SET v = 'later' WHERE n = 5");
  await main.query(`UNDO MERGE '${String(merge)}'`);
  expect(await rows(main)).toEqual(["2m", "5later"]);
  // It put the rows back anew: which was which is not known any more.
  expect(await main.outcome("MERGE BRANCH b")).toBe("40002");
  expect(await main.outcome("MERGE BRANCH b USING main_wins")).toBe("0A000");
});

test("a row that main took away and added anew, where ids last, is not one that it deleted", async () => {
  await main.query("CREATE TABLE u (n int UNIQUE, v text); INSERT INTO u VALUES (1, 'base'), (2, 'base')");
  await main.query("CREATE BRANCH c");
  await using other = await opened.session("main/c");
  await other.query("UPDATE u SET v = 'c' WHERE n = 1");
  await main.query("UPDATE u SET n = 10, v = 'm' WHERE n = 1 RETURNING n");
  for (const strategy of ["branch_wins", "main_wins"])
    expect(await main.outcome(`MERGE BRANCH c USING ${strategy}`)).toBe("0A000");
  expect(await main.query("SELECT n, v FROM u ORDER BY n")).toEqual([
    [2, "base"],
    [10, "m"],
  ]);
});

describe("main deleted rows, which numbers the others anew", () => {
  beforeEach(async () => {
    await branch.query(
      "UPDATE k SET v = 'b' WHERE n IN (1, 2); DELETE FROM k WHERE n = 3; INSERT INTO k VALUES (9, 'b')",
    );
    await main.query("DELETE FROM k WHERE n IN (0, 2, 3); CHECKPOINT");
  });

  test("the report shows what each side made of the row", async () => {
    expect(await main.outcome("MERGE BRANCH b")).toBe("40002");
    const conflicts =
      "SELECT kind, base_value::text, main_value::text, branch_value::text FROM duckbranch.conflicts";
    expect(await main.query(conflicts)).toEqual([
      ["delete/update", '{"n":2,"v":"base"}', null, '{"n":2,"v":"b"}'],
    ]);
  });

  test("the branch wins: its row comes back", async () => {
    expect(await mergedBy("branch_wins")).toEqual({ rows: ["1b", "2b", "9b"], missing: [0, 3] });
  });

  test("main wins: it stays deleted", async () => {
    expect(await mergedBy("main_wins")).toEqual({ rows: ["1b", "9b"], missing: [0, 2, 3] });
  });

  test("a row that may be the changed form of one is not taken for another", async () => {
    await main.query("INSERT INTO k VALUES (12, 'm')");
    for (const strategy of ["branch_wins", "main_wins"])
      expect(await main.outcome(`MERGE BRANCH b USING ${strategy}`)).toBe("0A000");
  });
});

test("of equal rows main deleted some: which is not guessed", async () => {
  await main.query("INSERT INTO k VALUES (20, 'e'), (20, 'e'); CREATE BRANCH c");
  await using other = await opened.session("main/c");
  await other.query("UPDATE k SET v = 'c' WHERE n = 20");
  await main.query("DELETE FROM k WHERE rowid = (SELECT max(rowid) FROM k)");
  expect(await main.outcome("MERGE BRANCH c USING branch_wins")).toBe("0A000");
  expect(await main.query("SELECT count(*)::int FROM k WHERE n = 20")).toEqual([[1]]);
});

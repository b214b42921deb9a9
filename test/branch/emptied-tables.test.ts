/** Statements that leave nothing of a table copy nothing of it to a branch. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

let opened: OpenWorld;
let main: TestSession;
let branch: TestSession;

const TABLES = {
  keyed: "keyed (id int PRIMARY KEY, v int)",
  plain: "plain (id int, v int)",
  collated: "collated (id int PRIMARY KEY, v varchar COLLATE NOCASE)",
};

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  for (const [name, columns] of Object.entries(TABLES))
    await main.query(`CREATE TABLE ${columns}; INSERT INTO ${name} SELECT i, i FROM range(1000) r(i)`);
  await main.query("CREATE BRANCH b");
  branch = await opened.session("main/b");
});

afterEach(async () => await opened[Symbol.asyncDispose]());

/** Tables of the branch, and how many rows DuckDB has for each, deleted ones too. */
async function own(): Promise<unknown> {
  using connection = await opened.world.context.registry.database.connect("data");
  await connection.run("CHECKPOINT");
  const rows = await connection.rows(
    `SELECT table_name AS name, estimated_size AS n FROM duckdb_tables()
     WHERE schema_name = 'duckbranch_store' OR schema_name LIKE 'branch\\_%' ESCAPE '\\' ORDER BY 1`,
  );
  return rows.map(({ name, n }) => [name, Number(n)]);
}

async function tagOf(session: TestSession, text: string): Promise<string> {
  const [statement] = await session.session.parse(text);
  if (statement === undefined) throw new RangeError("no statement");
  const result = await session.session.execute(statement, [], []);
  return result.kind === "command" ? result.tag : "";
}

test.each(Object.keys(TABLES))("%s", async (table) => {
  for (const [text, tag] of [
    [`TRUNCATE ${table}`, "TRUNCATE TABLE"],
    [`DELETE FROM ${table}`, "DELETE 1000"],
    [`WITH x AS (SELECT 1) DELETE FROM ${table} AS t`, "DELETE 1000"],
  ] as const) {
    await branch.query("BEGIN");
    expect(await tagOf(branch, text)).toBe(tag);
    expect(await branch.query(`SELECT count(*)::int FROM ${table}`)).toEqual([[0]]);
    await branch.query(`INSERT INTO ${table} VALUES (1, '7'); ROLLBACK`);
    expect(await own()).toEqual([]);
    expect(await branch.query(`SELECT count(*)::int FROM ${table}`)).toEqual([[1000]]);
  }
  expect(await tagOf(branch, `DELETE FROM ${table}`)).toBe("DELETE 1000");
  expect(await own()).toEqual([[table, 0]]);
  expect(await tagOf(branch, `DELETE FROM ${table}`)).toBe("DELETE 0");
  await branch.query(`INSERT INTO ${table} VALUES (5, '5')`);
  expect(await branch.query(`SELECT id FROM ${table}`)).toEqual([[5]]);
  expect(await main.query(`SELECT count(*)::int FROM ${table}`)).toEqual([[1000]]);
});

test("rows that the branch changed are counted once, and an empty table leaves no trace", async () => {
  await branch.query(
    "UPDATE keyed SET v = 0 WHERE id < 3; INSERT INTO keyed VALUES (1000, 1); DELETE FROM keyed WHERE id = 9",
  );
  expect(await tagOf(branch, "DELETE FROM keyed")).toBe("DELETE 1000");
  expect(await branch.query("SELECT * FROM keyed")).toEqual([]);
  await main.query("DELETE FROM plain; CREATE BRANCH c");
  const other = await opened.session("main/c");
  expect(await tagOf(other, "DELETE FROM plain")).toBe("DELETE 0");
  expect(await own()).toEqual([
    ["keyed", 0],
    [expect.stringMatching(/^v/), 1000],
  ]);
});

test("what is deleted on a branch is deleted by its merge, and a branch of it starts with nothing", async () => {
  await branch.query("DELETE FROM keyed; INSERT INTO keyed VALUES (3, 33); CREATE BRANCH c");
  const child = await opened.session("main/c");
  await child.query("INSERT INTO keyed VALUES (4, 44)");
  expect(await child.query("SELECT * FROM keyed ORDER BY id")).toEqual([
    [3, 33],
    [4, 44],
  ]);
  await main.query("DROP BRANCH c; MERGE BRANCH b");
  expect(await main.query("SELECT * FROM keyed")).toEqual([[3, 33]]);
});

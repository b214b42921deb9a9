/** A text with parameters that is sent again after another session has made its table anew. */
import { expect, test } from "vitest";
import { type TestSession, World } from "../support/world.js";

async function insert(session: TestSession, value: string): Promise<void> {
  const [statement] = await session.session.parse("INSERT INTO t VALUES ($1)");
  if (statement === undefined) throw new Error("there is a statement");
  await session.session.execute(statement, [{ format: "text", bytes: Buffer.from(value) }], [0]);
}

test("a parameter has the type its column has now, not the one it had", async () => {
  await using world = await World.open();
  await using writer = await world.connect();
  await using owner = await world.connect();
  await owner.query("CREATE TABLE t (a int)");
  await insert(writer, "101");
  await owner.query("DROP TABLE t; CREATE TABLE t (a text)");
  await insert(writer, "007");
  expect(await writer.query("SELECT a FROM t")).toEqual([["007"]]);
});

test("a column is added with whatever default, on main, on a branch, and on a table of its own", async () => {
  await using world = await World.open();
  await using session = await world.connect();
  await session.query("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE BRANCH b");
  const defaults = [
    "boolean DEFAULT false",
    "text DEFAULT 'a'::text",
    "int NOT NULL DEFAULT '1'::int",
    "date DEFAULT '2020-01-01'::date",
  ];
  for (const head of ["main", "b"]) {
    await session.query(
      `USE BRANCH ${head}; CREATE TABLE own_${head} (a int PRIMARY KEY); INSERT INTO own_${head} VALUES (1)`,
    );
    for (const table of ["t", `own_${head}`]) {
      for (const [n, text] of defaults.entries())
        await session.query(`ALTER TABLE ${table} ADD COLUMN c${n} ${text}`);
      await session.query(`ALTER TABLE ${table} ADD COLUMN today date DEFAULT current_date`);
      expect(await session.query(`SELECT c0, c1, c2, c3::text, today = current_date FROM ${table}`)).toEqual([
        [false, "a", 1, "2020-01-01", true],
      ]);
    }
  }
});

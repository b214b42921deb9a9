/** The catalogue is copied per session: whatever changes it must be seen by the next statement that reads it. */
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../cli/test-app.js";
import { USER } from "./fixture.js";

let app: TestApp;
let one: Client;
let other: Client;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => await app[Symbol.asyncDispose]());
beforeEach(async () => {
  [one, other] = await Promise.all([connect("main"), connect("main")]);
});
afterEach(async () => {
  await one.query("ROLLBACK");
  await one.query("DROP TABLE IF EXISTS t");
  await Promise.all([one.end(), other.end()]);
});

async function connect(database: string): Promise<Client> {
  const client = new Client({ ...app.address, user: USER, database });
  await client.connect();
  return client;
}

async function columns(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ readonly attname: string }>(
    "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('t') AND attnum > 0 ORDER BY attnum",
  );
  return rows.map((row) => row.attname);
}

test("a session sees its own DDL at once, and what others commit", async () => {
  expect(await columns(one)).toEqual([]);
  await one.query("CREATE TABLE t (a int)");
  expect(await columns(one)).toEqual(["a"]);
  expect(await columns(other)).toEqual(["a"]);
  await other.query("ALTER TABLE t ADD COLUMN b int");
  expect(await columns(one)).toEqual(["a", "b"]);
  await other.query("DROP TABLE t");
  expect(await columns(one)).toEqual([]);
});

test("an open transaction sees its own changes, nobody else does, and a rollback takes them back", async () => {
  await one.query("CREATE TABLE t (a int)");
  await one.query("BEGIN");
  expect(await columns(one)).toEqual(["a"]);
  await one.query("ALTER TABLE t ADD COLUMN b int");
  expect(await columns(one)).toEqual(["a", "b"]);
  expect(await columns(other)).toEqual(["a"]);
  await one.query("ROLLBACK");
  expect(await columns(one)).toEqual(["a"]);
});

test("an open transaction keeps its snapshot, and the session sees the news behind it", async () => {
  await one.query("CREATE TABLE t (a int)");
  await one.query("BEGIN");
  expect(await columns(one)).toEqual(["a"]);
  await other.query("ALTER TABLE t ADD COLUMN b int");
  expect(await columns(one)).toEqual(["a"]);
  await one.query("COMMIT");
  expect(await columns(one)).toEqual(["a", "b"]);
});

test("a failed block leaves nothing of its copies behind", async () => {
  await one.query("BEGIN");
  await one.query("CREATE TABLE t (a int)");
  expect(await columns(one)).toEqual(["a"]);
  await expect(one.query("SELECT 'x'::int")).rejects.toMatchObject({ code: "22P02" });
  await one.query("ROLLBACK");
  expect(await columns(one)).toEqual([]);
});

test("each statement of a block is seen by the next, also one that reads the catalogue to make a table", async () => {
  await one.query("BEGIN");
  await one.query("CREATE TABLE t AS SELECT count(*) AS a FROM pg_class WHERE relname = 't'");
  expect(await columns(one)).toEqual(["a"]);
  await one.query("SAVEPOINT s");
  await one.query("ALTER TABLE t ADD COLUMN b int");
  expect(await columns(one)).toEqual(["a", "b"]);
  await one.query("ROLLBACK TO s");
  expect(await columns(one)).toEqual(["a"]);
  await one.query("INSERT INTO t VALUES (2)");
  expect(await columns(one)).toEqual(["a"]);
  await one.query("ROLLBACK");
});

test("a temporary table is in its session's catalogue only", async () => {
  await one.query("CREATE TEMP TABLE t (mine int)");
  expect(await columns(one)).toEqual(["mine"]);
  await one.query("ALTER TABLE t ADD COLUMN more int");
  expect(await columns(one)).toEqual(["mine", "more"]);
  expect(await columns(other)).toEqual([]);
  await one.query("DROP TABLE t");
  expect(await columns(one)).toEqual([]);
});

test("a prepared statement over the catalogue follows a change of head", async () => {
  await one.query("CREATE TABLE t (a int)");
  await one.query("CREATE BRANCH apart");
  const prepared = { name: "tables", text: "SELECT relname FROM pg_class WHERE relname = $1", values: ["t"] };
  expect((await one.query(prepared)).rowCount).toBe(1);
  await one.query("USE BRANCH apart");
  await one.query("DROP TABLE t");
  expect((await one.query(prepared)).rowCount).toBe(0);
  await one.query("USE BRANCH main");
  expect((await one.query(prepared)).rowCount).toBe(1);
  await one.query("DROP BRANCH apart");
});

test("names of the catalogue cannot be written, nor kept in the user's file", async () => {
  await expect(one.query("INSERT INTO pg_class (relname) VALUES ('x')")).rejects.toMatchObject({
    code: "42501",
  });
  await expect(one.query("CREATE VIEW v AS SELECT relname FROM pg_class")).rejects.toMatchObject({
    code: "0A000",
  });
  await expect(one.query("SELECT * FROM pg_catalog.pg_nothing")).rejects.toMatchObject({ code: "42P01" });
});

const options = async (client: Client): Promise<unknown[]> =>
  (
    await client.query({
      text: "SELECT attname, attoptions FROM pg_attribute WHERE attrelid = 't'::regclass AND attoptions IS NOT NULL ORDER BY 1",
      rowMode: "array",
    })
  ).rows;

test("a column's merge policy is among its options, on main and on a branch, and no constraint of its table", async () => {
  await one.query(
    `CREATE TABLE t (id int PRIMARY KEY, length int, "a ""b" int); ALTER TABLE t ALTER "a ""b" SET (merge_policy = 'sum_delta')`,
  );
  await one.query("CREATE BRANCH policies");
  const branch = await connect("main/policies");
  expect(await options(branch)).toEqual([['a "b', ["merge_policy=sum_delta"]]]);
  await branch.query('ALTER TABLE t DROP length; ALTER TABLE t RENAME "a ""b" TO "Über"');
  expect(await options(branch)).toEqual([["Über", ["merge_policy=sum_delta"]]]);
  for (const client of [one, branch]) {
    const { rows } = await client.query("SELECT conname FROM pg_constraint WHERE conrelid = 't'::regclass");
    expect(rows).toEqual([{ conname: "t_pkey" }]);
  }
  await branch.end();
  await one.query('ALTER TABLE t ALTER "a ""b" RESET (merge_policy)');
  await one.query("DROP BRANCH policies");
  expect(await options(one)).toEqual([]);
});

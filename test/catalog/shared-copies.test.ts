/** Copies of the catalogue are made once for all who see the same, and go when nobody wants them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Registry } from "../../src/branch/registry.js";
import { copiesReadBy } from "../../src/catalog/needed-copies.js";
import { SharedCopies } from "../../src/catalog/shared-copies.js";
import { SQLSTATE, SqlError } from "../../src/core/errors.js";
import type { Connection } from "../../src/engine/connection.js";
import { Database } from "../../src/engine/database.js";
import { LiveSessions } from "../../src/query/live-sessions.js";
import { installVoid } from "../../src/query/void-catalog.js";

const CLASS = copiesReadBy("memory.duckbranch_pg_catalog.pg_tables");

let database: Database;
let registry: Registry;
let connection: Connection;
let copies: SharedCopies;
beforeAll(async () => {
  database = await Database.open({ path: ":memory:" });
  registry = await Registry.open(database);
  connection = await database.connect("void");
  await installVoid(database, connection, new LiveSessions());
  copies = new SharedCopies(registry);
  await connection.run("CREATE TABLE duckbranch_db.main.t (a int)");
});
afterAll(async () => {
  connection.close();
  await database[Symbol.asyncDispose]();
});

/** How many sets of copies there are: DuckDB lists none of them. */
async function schemas(): Promise<number> {
  let count = 0;
  for (let nth = 1; nth <= 40; nth++) {
    try {
      await connection.run(`FROM duckbranch_copies.copies_${nth}.class LIMIT 0`);
      count++;
    } catch (error) {
      if (!(error instanceof SqlError) || error.code !== SQLSTATE.undefinedTable) throw error;
    }
  }
  return count;
}

test("those who ask for the same at once have one set of copies, made once", async () => {
  const key = { text: "same", definitions: registry.definitions };
  let times = 0;
  const prepare = async (): Promise<void> => void times++;
  const [one, other] = await Promise.all([
    copies.take(key, CLASS, prepare),
    copies.take(key, CLASS, prepare),
  ]);
  const later = await copies.take(key, CLASS, prepare);
  expect(times).toBe(1);
  expect(one?.schema).toBeDefined();
  expect([other?.schema, later?.schema]).toEqual([one?.schema, one?.schema]);
  const rows = await connection.rows(`SELECT nam FROM ${one?.schema}.class WHERE kind = 'r'`);
  expect(rows).toEqual([{ nam: "t" }]);
});

test("of definitions that are gone there are none", async () => {
  const before = await schemas();
  const stale = { text: "stale", definitions: registry.definitions - 1 };
  expect(await copies.take(stale, CLASS, async () => {})).toBeUndefined();
  expect(await schemas()).toBe(before);
});

const fail = async (): Promise<void> => await Promise.reject(new RangeError("no"));

test("a failure is for those who waited, and the next one tries again", async () => {
  const key = { text: "failing", definitions: registry.definitions };
  await expect(copies.take(key, CLASS, fail)).rejects.toThrow("no");
  expect(await copies.take(key, CLASS, async () => {})).toBeDefined();
});

const take = async (text: string): ReturnType<SharedCopies["take"]> =>
  await copies.take({ text, definitions: registry.definitions }, CLASS, async () => {});

test("copies that nobody reads go, those in use stay", async () => {
  const before = await schemas();
  const kept = await take("kept");
  for (let i = 0; i < 12; i++) (await take(String(i)))?.[Symbol.dispose]();
  expect(await schemas()).toBeLessThanOrEqual(before + 10);
  await connection.run(`FROM ${kept?.schema}.class`);
  expect((await take("kept"))?.schema).toBe(kept?.schema);
});

test("what somebody needs more is copied beside the rest, and as of the same definitions", async () => {
  const key = { text: "more", definitions: registry.definitions };
  const few = await copies.take(key, CLASS, async () => {});
  const missing = `FROM ${few?.schema}.description`;
  await expect(connection.run(missing)).rejects.toMatchObject({ code: "42P01" });
  const all = copiesReadBy("memory.duckbranch_pg_catalog.pg_description");
  expect(
    await copies.take({ ...key, definitions: key.definitions - 1 }, all, async () => {}),
  ).toBeUndefined();
  await expect(connection.run(missing)).rejects.toMatchObject({ code: "42P01" });
  expect((await copies.take(key, all, async () => {}))?.schema).toBe(few?.schema);
  await connection.run(missing);
});

/** Foreign keys of DuckDB's own, in a file that another program or an earlier version wrote. */
import { expect, test } from "vitest";
import { followOfflineChanges } from "../../src/branch/lifecycle.js";
import { adoptForeignKeys } from "../../src/branch/native-foreign-keys.js";
import { World } from "../support/world.js";

const NATIVE = `CREATE TABLE a (id INTEGER PRIMARY KEY, v VARCHAR);
  CREATE TABLE b (id INTEGER PRIMARY KEY, "a id" INTEGER REFERENCES a (id), up INTEGER REFERENCES b (id), d INTEGER DEFAULT 5,
    CHECK (length('constraint {"name":"of a","type":"foreign","columns":["a id"]}') > 0));
  CREATE TABLE c (id INTEGER, bid INTEGER, FOREIGN KEY (bid) REFERENCES b (id)); CREATE INDEX ci ON c (id); COMMENT ON TABLE c IS 'mine';
  CREATE SCHEMA s; CREATE TABLE s.x (id INTEGER PRIMARY KEY); CREATE TABLE s.y (id INTEGER REFERENCES s.x (id));
  INSERT INTO a VALUES (1, 'x'), (2, 'y'); INSERT INTO b VALUES (1, 1, NULL, 1); INSERT INTO b VALUES (2, 1, 1, 2), (3, 2, 1, 3);
  INSERT INTO c VALUES (7, 2), (8, 3); DELETE FROM c WHERE id = 7`;
const SIGNAL = new AbortController().signal;

test("they are taken over once, with their names, and held; branches go on reading what they saw", async () => {
  await using world = await World.open();
  using raw = await world.context.registry.database.connect("data");
  await raw.run(NATIVE);
  await followOfflineChanges(world.context, SIGNAL);
  await using main = await world.connect();
  await main.query("CREATE BRANCH early");
  await using early = await world.connect("main/early");
  await early.query("UPDATE b SET d = 20 WHERE id = 2");
  const before = await early.query("SELECT * FROM b ORDER BY id");
  const tables = await adoptForeignKeys(world.context, SIGNAL);
  expect(tables.map(({ schema, name }) => `${schema}.${name}`).toSorted()).toEqual([
    "main.b",
    "main.c",
    "s.y",
  ]);
  expect(await adoptForeignKeys(world.context, SIGNAL)).toEqual([]);
  const native = await raw.rows(
    "SELECT 1 AS found FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY'",
  );
  expect(native).toEqual([]);
  expect(
    await main.query(
      "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' ORDER BY 1",
    ),
  ).toEqual([
    ["b_up_fkey", "FOREIGN KEY (up) REFERENCES b(id)"],
    ["c_bid_fkey", "FOREIGN KEY (bid) REFERENCES b(id)"],
    ["of a", 'FOREIGN KEY ("a id") REFERENCES a(id)'],
    ["y_id_fkey", "FOREIGN KEY (id) REFERENCES s.x(id)"],
  ]);
  expect(
    await main.query(
      "SELECT obj_description('c'::regclass), (SELECT count(*)::int FROM pg_indexes WHERE indexname = 'ci')",
    ),
  ).toEqual([["mine", 1]]);
  expect(await main.outcome("INSERT INTO c VALUES (1, 9)")).toBe("23503");
  expect(await main.outcome("DELETE FROM a WHERE id = 2")).toBe("23503");
  expect(await main.outcome("UPDATE b SET id = id, d = 6 WHERE id = 3")).toBe("ok");
  expect(await early.query("SELECT * FROM b ORDER BY id")).toEqual(before);
  await main.query("MERGE BRANCH early");
  expect(await main.query("SELECT id, d FROM b ORDER BY id")).toEqual([
    [1, 1],
    [2, 20],
    [3, 6],
  ]);
});

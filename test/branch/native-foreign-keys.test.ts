/** Foreign keys of DuckDB's own, in a file that another program or an earlier version wrote. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, onTestFinished, test } from "vitest";
import { startApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { createLog } from "../../src/core/log.js";
import { connectPg } from "../cli/pg-client.js";
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

test("tables whose defaults draw from sequences, and names with quotes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "duckbranch-native-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const data = join(folder, "data.duckdb");
  const instance = await DuckDBInstance.create(data);
  const connection = await instance.connect();
  await connection.run(`CREATE SEQUENCE sq; CREATE TABLE a (i INTEGER DEFAULT nextval('sq') PRIMARY KEY); CREATE TABLE b (i INTEGER DEFAULT nextval('sq') REFERENCES a (i));
    CREATE TABLE "Pa""r" ("i""d" INTEGER PRIMARY KEY); CREATE TABLE c ("x""y" INTEGER REFERENCES "Pa""r" ("i""d"), v VARCHAR DEFAULT 'it''s');
    CREATE SCHEMA "S'q"; CREATE TABLE "S'q".p (i INTEGER PRIMARY KEY); CREATE TABLE "S'q".q (i INTEGER REFERENCES "S'q".p (i));
    INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); INSERT INTO "Pa""r" VALUES (5); INSERT INTO c ("x""y") VALUES (5); INSERT INTO "S'q".p VALUES (1); INSERT INTO "S'q".q VALUES (1)`);
  connection.closeSync();
  instance.closeSync();
  const app = await startApp(readConfig({ data, port: 0, httpPort: "off" }, {}), createLog("error"));
  onTestFinished(async () => await app.close());
  await using client = await connectPg(app.address, { user: "tester", database: "main" });
  expect(await client.rows(`SELECT b.i, c.v, q.i FROM b, c, "S'q".q AS q`)).toEqual([[1, "it's", 1]]);
  for (const [sql, constraint] of [
    ["INSERT INTO b VALUES (9)", "b_i_fkey"],
    [`DELETE FROM "Pa""r"`, 'c_x"y_fkey'],
    [`INSERT INTO "S'q".q VALUES (2)`, "q_i_fkey"],
  ] as const)
    await expect(client.rows(sql)).rejects.toMatchObject({ code: "23503", constraint });
});

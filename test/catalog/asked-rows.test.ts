/** What a statement over the catalogue costs: the rows it asks for, not all there are. */
import { Client } from "pg";
import { expect, test } from "vitest";
import { Registry } from "../../src/branch/registry.js";
import { catalogStatements } from "../../src/catalog/install.js";
import { PG, SESSION_CALL } from "../../src/catalog/names.js";
import { CONSTRAINT_TEXT, definePrinting, INDEX_TEXT } from "../../src/catalog/printing/functions-of-sql.js";
import { COPIED, OWN_PLACE, ownScript, placeStatement } from "../../src/catalog/snapshot.js";
import type { Connection } from "../../src/engine/connection.js";
import { Database } from "../../src/engine/database.js";
import { startWithScript, USER } from "./fixture.js";

const TABLES = 40;
const printed: string[] = [];

/** A catalogue of some tables with keys, over copies; what is printed is told in `printed`. */
async function open(database: Database): Promise<Connection> {
  await Registry.open(database);
  const connection = await database.connect("void");
  connection.defineFunction(SESSION_CALL, 5, ([, call]) => (call === "held_privilege" ? "true" : "[]"));
  definePrinting(connection);
  for (const name of [INDEX_TEXT, CONSTRAINT_TEXT])
    connection.defineFunction(name, 3, ([row]) => {
      printed.push(row ?? "");
      return row ?? null;
    });
  for (const statement of catalogStatements([])) await connection.run(statement);
  for (let nth = 0; nth < TABLES; nth++)
    await connection.run(`CREATE TABLE duckbranch_db.main.t${nth} (id int PRIMARY KEY, CHECK (id > ${nth}))`);
  await connection.run([placeStatement(OWN_PLACE), ownScript(COPIED)].join("; "));
  return connection;
}

test("definitions are printed for the rows that are asked for", async () => {
  await using database = await Database.open({ path: ":memory:" });
  using connection = await open(database);
  const rows = await connection.rows(
    `SELECT ${PG}.pg_get_indexdef(i.indexrelid, 0, true) AS index, ${PG}.pg_get_constraintdef(k.oid, true) AS key
     FROM ${PG}.pg_class AS c JOIN ${PG}.pg_index AS i ON i.indrelid = c.oid
     JOIN ${PG}.pg_constraint AS k ON k.conindid = i.indexrelid AND k.contype = 'p' WHERE c.relname = 't7'`,
  );
  expect(rows).toHaveLength(1);
  expect(printed).toHaveLength(2);
});

test("rows of tables are counted for statements that name the count, and for no others", async () => {
  await using app = await startWithScript(
    "CREATE TABLE filled (a int);\nINSERT INTO filled VALUES (1), (2);\n",
  );
  const client = new Client({ ...app.address, user: USER, database: "main" });
  await client.connect();
  const plan = async (columns: string): Promise<string> =>
    JSON.stringify((await client.query(`EXPLAIN SELECT ${columns} FROM pg_class WHERE oid = 5`)).rows);
  try {
    expect(await plan("relname, relkind, relhasindex, relchecks, relacl")).not.toMatch(/DUCKDB_TABLES|JOIN/);
    expect(await plan("relname, reltuples")).toContain("DUCKDB_TABLES");
    const { rows } = await client.query("SELECT pg_class.reltuples FROM pg_class WHERE relname = 'filled'");
    expect(rows).toEqual([{ reltuples: 2 }]);
  } finally {
    await client.end();
  }
});

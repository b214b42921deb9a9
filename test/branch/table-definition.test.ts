/** A copy of a table must refuse what the table refuses, whatever its names and constraints look like. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { definitionOf } from "../../src/branch/catalog-reader.js";
import { MAIN, type Version } from "../../src/branch/model.js";
import {
  createStatementFor,
  definitionText,
  readTableDefinition,
} from "../../src/branch/table-definition.js";
import type { Connection } from "../../src/engine/connection.js";
import { Database, DATA_CATALOG } from "../../src/engine/database.js";
import { World } from "../support/world.js";

let database: Database;
let connection: Connection;

beforeAll(async () => {
  database = await Database.open({ path: ":memory:" });
  connection = await database.connect("data");
  await connection.run("CREATE TABLE parent (id INTEGER PRIMARY KEY, code VARCHAR UNIQUE)");
  await connection.run("CREATE SEQUENCE s; CREATE SCHEMA copies");
});

afterAll(async () => {
  connection.close();
  await database[Symbol.asyncDispose]();
});

const TABLES: readonly (readonly [what: string, body: string])[] = [
  ["plain columns", "(a INTEGER, b VARCHAR)"],
  ["a key inline", "(a INTEGER PRIMARY KEY, b VARCHAR NOT NULL)"],
  [
    "a key over columns with odd names",
    '(a INTEGER, "b (c" INTEGER, "d,e" VARCHAR, "f""g" DATE, PRIMARY KEY ("b (c", a))',
  ],
  ["capital letters", '("Id" INTEGER PRIMARY KEY, "Mixed Case" VARCHAR)'],
  [
    "checks with quotes, commas and parentheses",
    "(a INTEGER CHECK (a > 0), b VARCHAR, CHECK (b <> 'x), y' AND (a < 10 OR b = '(')))",
  ],
  [
    "defaults",
    "(a INTEGER DEFAULT 7, b VARCHAR DEFAULT 'it''s, (x)', c DATE DEFAULT current_date, d INTEGER DEFAULT nextval('s'))",
  ],
  [
    "generated columns",
    "(a INTEGER, g INTEGER GENERATED ALWAYS AS (a + 1), h VARCHAR GENERATED ALWAYS AS (concat(a, ','))) ",
  ],
  ["unique constraints", "(a INTEGER UNIQUE, b INTEGER, c INTEGER, UNIQUE (b, c))"],
  [
    "nested types",
    '(a STRUCT(x INTEGER, "y z" VARCHAR[]), b MAP(VARCHAR, INTEGER), c DECIMAL(10, 2)[], d UNION(n INTEGER, t VARCHAR))',
  ],
  ["an enum and a collation", "(a ENUM('x', 'y,z', '(w)'), b VARCHAR COLLATE NOCASE UNIQUE)"],
  [
    "foreign keys",
    "(a INTEGER REFERENCES parent (id), b VARCHAR, FOREIGN KEY (b) REFERENCES parent (code), CHECK (a <> 5))",
  ],
  [
    "columns called like constraints",
    '("primary" INTEGER, "check" INTEGER, "unique" INTEGER, "foreign" INTEGER, "constraint" INTEGER)',
  ],
];

/** Everything the catalogue says of a table but its place, and foreign keys, which copies go without. */
async function factsOf(schema: string, table: string) {
  const columns = await connection.rows(
    "SELECT column_name, data_type, column_default, is_nullable FROM duckdb_columns() WHERE schema_name = ? AND table_name = ? ORDER BY column_index",
    [schema, table],
  );
  const constraints = await connection.rows(
    `SELECT constraint_type, constraint_text, constraint_column_names::VARCHAR AS columns FROM duckdb_constraints()
     WHERE schema_name = ? AND table_name = ? AND constraint_type <> 'FOREIGN KEY' ORDER BY ALL`,
    [schema, table],
  );
  return { columns, constraints };
}

/** A copy names main's sequence in full, because it lives elsewhere. */
function withPlainSequences(facts: unknown): unknown {
  return JSON.parse(JSON.stringify(facts).replaceAll(`\\"${DATA_CATALOG}\\".\\"main\\".\\"s\\"`, "s"));
}

test.each(TABLES)("a copy has %s like the table", async (_, body) => {
  await connection.run(`CREATE OR REPLACE TABLE "the table" ${body}`);
  const [row] = await connection.rows(
    "SELECT sql FROM duckdb_tables() WHERE table_name = 'the table' AND schema_name = 'main'",
  );
  const definition = readTableDefinition(String(row?.["sql"]));
  await connection.run(createStatementFor(definition, { schema: "copies", name: 'copy "1"' }));
  const [original, copy] = [await factsOf("main", "the table"), await factsOf("copies", 'copy "1"')];
  expect(withPlainSequences(copy)).toEqual(withPlainSequences(original));
  expect(definition.columns.map((column) => column.name)).toEqual(
    original.columns.map((column) => column["column_name"]),
  );
  await connection.run('DROP TABLE copies."copy ""1"""');
});

test("a definition kept as text is read back with its indexes", async () => {
  await connection.run(
    'CREATE TABLE indexed (a INTEGER, b INTEGER); CREATE UNIQUE INDEX "i ""x" ON indexed (a); CREATE INDEX j ON indexed (b)',
  );
  const version: Version = {
    id: 1,
    head: MAIN,
    schema: "main",
    name: "indexed",
    kind: "table",
    objectId: 1,
    from: 0,
    to: null,
    physical: { schema: "main", name: "indexed" },
    definition: null,
    layer: null,
    lineage: null,
  };
  const definition = await definitionOf(connection, version);
  expect(definition.indexes).toHaveLength(2);
  expect(readTableDefinition(definitionText(definition))).toEqual(definition);
});

test("a branch's first write after main preserved the table keeps keys, checks, defaults and unique indexes", async () => {
  await using world = await World.open();
  await using main = await world.connect();
  await main.query(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER CHECK (a > 0), b INTEGER DEFAULT 7, g INTEGER GENERATED ALWAYS AS (a * 2))",
  );
  await main.query(
    "CREATE UNIQUE INDEX ua ON t (a); INSERT INTO t (id, a) VALUES (1, 1); CREATE BRANCH x; DELETE FROM t",
  );
  await using branch = await world.connect("main/x");
  await branch.query("INSERT INTO t (id, a) VALUES (2, 2)");
  expect(await branch.query("SELECT * FROM t ORDER BY id")).toEqual([
    [1, 1, 7, 2],
    [2, 2, 7, 4],
  ]);
  await expect(branch.query("INSERT INTO t (id, a) VALUES (1, 9)")).rejects.toMatchObject({ code: "23505" });
  await expect(branch.query("INSERT INTO t (id, a) VALUES (3, 2)")).rejects.toMatchObject({ code: "23505" });
  await expect(branch.query("INSERT INTO t (id, a) VALUES (3, -1)")).rejects.toMatchObject({ code: "23514" });
});

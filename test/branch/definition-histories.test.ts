/** Random definitions, in transactions and out of them: what is remembered of main's tables is what the catalogue says of them. */
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commentsOf, definitionOf, mainObjects } from "../../src/branch/catalog-reader.js";
import { MAIN, relationKey } from "../../src/branch/model.js";
import { rollbackQuietly } from "../../src/branch/preserve.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const SEED = Number(process.env["DEFINITIONS_SEED"] ?? 1);
const RUNS = Number(process.env["DEFINITIONS_RUNS"] ?? 6);

let opened: OpenWorld;
let main: TestSession;

beforeEach(async () => {
  opened = await OpenWorld.open();
  main = await opened.session();
  await main.query(`CREATE SCHEMA s; CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE SEQUENCE numbers;
    CREATE TABLE a (id int PRIMARY KEY, v int, w text); CREATE TABLE s.e (id serial PRIMARY KEY, v mood);
    CREATE TABLE "C d" (id int PRIMARY KEY, "X" int REFERENCES a)`);
});

afterEach(async () => await opened[Symbol.asyncDispose]());

const table = fc.constantFrom("a", "b", '"C d"', "s.a", "s.e");
const bare = fc.constantFrom("a", "b", '"C d"', "e");
const column = fc.constantFrom("id", "v", "w", '"X"');

/** Many fail, because something is there or is not: they must leave nothing. */
const definition = fc.oneof(
  fc
    .tuple(table, table)
    .map(([t, other]) => `CREATE TABLE ${t} (id int PRIMARY KEY, v int REFERENCES ${other})`),
  table.map((t) => `CREATE TABLE ${t} (id int PRIMARY KEY, v int DEFAULT 3, w text NOT NULL)`),
  table.map((t) => `CREATE TABLE IF NOT EXISTS ${t} (id serial PRIMARY KEY, v mood, w text UNIQUE)`),
  table.map((t) => `CREATE OR REPLACE TABLE ${t} AS SELECT 1 AS id, nextval('numbers') AS w`),
  table.map((t) => `CREATE VIEW ${t} AS SELECT 1 AS id`),
  fc.tuple(table, table).map(([t, other]) => `CREATE OR REPLACE VIEW ${t} AS SELECT * FROM ${other}`),
  fc.tuple(table, bare).map(([t, name]) => `ALTER TABLE ${t} RENAME TO ${name}`),
  table.map((t) => `ALTER TABLE ${t} SET SCHEMA s`),
  fc.tuple(table, column, column).map(([t, from, to]) => `ALTER TABLE ${t} RENAME COLUMN ${from} TO ${to}`),
  fc.tuple(table, column).map(([t, c]) => `ALTER TABLE ${t} ADD COLUMN ${c} text DEFAULT 'it''s'`),
  fc.tuple(table, column).map(([t, c]) => `ALTER TABLE ${t} ADD COLUMN ${c} serial`),
  fc.tuple(table, column).map(([t, c]) => `ALTER TABLE ${t} DROP COLUMN ${c}`),
  fc.tuple(table, column).map(([t, c]) => `ALTER TABLE ${t} ALTER COLUMN ${c} TYPE bigint`),
  fc.tuple(table, column).map(([t, c]) => `ALTER TABLE ${t} ALTER COLUMN ${c} SET DEFAULT 5`),
  fc.tuple(table, column).map(([t, c]) => `ALTER TABLE ${t} ALTER COLUMN ${c} SET NOT NULL`),
  fc.tuple(table, column).map(([t, c]) => `ALTER TABLE ${t} ADD CHECK (${c} IS NOT NULL)`),
  fc.tuple(table, column).map(([t, c]) => `ALTER TABLE ${t} ADD UNIQUE (${c})`),
  fc.tuple(table, column).map(([t, c]) => `CREATE INDEX ON ${t} (${c})`),
  fc.tuple(table, column).map(([t, c]) => `CREATE UNIQUE INDEX i ON ${t} (${c})`),
  fc.constant("DROP INDEX i"),
  fc.tuple(table, column).map(([t, c]) => `COMMENT ON COLUMN ${t}.${c} IS 'a column'`),
  table.map((t) => `COMMENT ON TABLE ${t} IS 'a table'`),
  table.map((t) => `DROP TABLE ${t}`),
  table.map((t) => `DROP TABLE IF EXISTS ${t} CASCADE`),
  table.map((t) => `DROP VIEW ${t}`),
  fc.constantFrom(
    "DROP SCHEMA s CASCADE",
    "CREATE SCHEMA s",
    "DROP TYPE mood CASCADE",
    "DROP SEQUENCE numbers CASCADE",
  ),
);
const write = fc.oneof(
  table.map((t) => `INSERT INTO ${t} (id) VALUES (7)`),
  fc.tuple(table, column).map(([t, c]) => `UPDATE ${t} SET ${c} = NULL`),
  table.map((t) => `DELETE FROM ${t}`),
);
const statement = fc.oneof({ weight: 3, arbitrary: definition }, { weight: 1, arbitrary: write });
const transaction = fc
  .tuple(fc.array(statement, { minLength: 1, maxLength: 4 }), fc.constantFrom("COMMIT", "COMMIT", "ROLLBACK"))
  .map(([statements, end]) => ["BEGIN", ...statements, end]);
const step = fc.oneof(
  { weight: 3, arbitrary: statement.map((sql) => [sql]) },
  { weight: 2, arbitrary: transaction },
  {
    weight: 1,
    arbitrary: fc
      .tuple(statement, statement)
      .map(([one, two]) => ["USE BRANCH b", one, two, "USE BRANCH main"]),
  },
  {
    weight: 1,
    arbitrary: fc.constant(["MERGE BRANCH b USING branch_wins", "DROP BRANCH b", "CREATE BRANCH b"]),
  },
);

test("what is remembered of a table is what the catalogue says, whatever was done to it", async () => {
  await main.query("CREATE BRANCH b");
  let done = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 20 }), async (steps) => {
      for (const statements of steps) {
        for (const sql of statements) {
          await main.query(sql).then(
            () => done++,
            () => undefined,
          );
        }
        await expectKnown(statements.join("; "));
      }
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true },
  );
  expect(done).toBeGreaterThan(RUNS * 5);
}, 120_000);

/** As a session sees it that begins now. */
async function expectKnown(sql: string): Promise<void> {
  const { registry, definitions } = opened.world.context;
  using connection = await registry.database.connect("data");
  const snapshot = await registry.begin(connection);
  try {
    const view = { connection, definitions: snapshot.definitions };
    const versions = snapshot.state.liveVersionsOf(MAIN);
    const objects = await mainObjects(connection);
    expect(versions.map(relationKey).toSorted(), sql).toEqual(objects.map(relationKey).toSorted());
    expect(versions.map(({ name }) => name).toSorted(), sql).toEqual(
      objects.map(({ name }) => name).toSorted(),
    );
    for (const version of versions) {
      if (version.physical === null) continue;
      const [known, real] = [
        await definitions.definitionOf(view, version),
        await definitionOf(connection, version),
      ];
      expect([known.sql, known.indexes], `${sql}: ${version.name}`).toEqual([real.sql, real.indexes]);
      expect(await definitions.commentsOf(view, version), sql).toEqual(
        await commentsOf(connection, version.physical),
      );
    }
  } finally {
    await rollbackQuietly(connection);
  }
}

test("a table with a foreign key is replaced without a trace of the old one", async () => {
  await main.query(
    `CREATE OR REPLACE TABLE "C d" AS SELECT 1 AS id, 5::bigint AS "X"; INSERT INTO a VALUES (1, 2, 'w')`,
  );
  await main.query("DELETE FROM a");
  expect(await main.query(`SELECT * FROM "C d"`)).toEqual([[1, 5n]]);
  await main.query("CREATE TABLE c (id int REFERENCES a)");
  await main.query("CREATE OR REPLACE TABLE c AS SELECT * FROM c");
  expect(await main.outcome("INSERT INTO c VALUES (99)")).toBe("ok");
  await main.query("CREATE TABLE d (id int REFERENCES a)");
  expect(await main.outcome("CREATE OR REPLACE TABLE a AS SELECT 1 AS id")).toBe("2BP01");
});

test("a table that refers to an altered one keeps its name as it was spelt", async () => {
  await main.query("ALTER TABLE a ADD CHECK (v IS NOT NULL)");
  await expectKnown("ALTER TABLE a");
  expect(opened.world.context.registry.state.own(MAIN, { schema: "main", name: "C d" })?.name).toBe("C d");
});

/** Each thing that a definition can say, changed on a branch: none is left behind while its rows are taken. */
import { expect, test } from "vitest";
import { commentsOf, definitionOf } from "../../src/branch/catalog-reader.js";
import { MAIN } from "../../src/branch/model.js";
import { propertiesOf } from "../../src/branch/table-properties.js";
import { SqlError } from "../../src/core/errors.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession, World } from "../support/world.js";

const RICH = `CREATE SEQUENCE IF NOT EXISTS ids START 10; CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
  CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval('ids'), n serial, "a b" varchar(9) NOT NULL DEFAULT 'x', email text UNIQUE,
    age int CONSTRAINT "Über" CHECK (age >= 0 AND age IN (1, 2, 3) AND email LIKE 'a%'), d decimal(10, 2) DEFAULT 1.5,
    at timestamptz DEFAULT now(), tags int[] DEFAULT ARRAY[1, 2], shown text GENERATED ALWAYS AS ("a b" || 'x') STORED,
    p int REFERENCES p, CHECK (CASE WHEN age BETWEEN 1 AND 2 THEN true ELSE email IS NOT NULL END),
    CONSTRAINT two UNIQUE ("a b", age));
  CREATE INDEX i ON t (age); COMMENT ON TABLE t IS 'all of it'; COMMENT ON COLUMN t."a b" IS 'it''s';
  INSERT INTO t ("a b", email, age, p) VALUES ('one', 'a1', 1, 1), ('two', 'a2', 2, NULL)`;

async function refusal(session: TestSession, sql: string): Promise<{ code: string; detail: string }> {
  try {
    await session.query(sql);
    return { code: "ok", detail: "" };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return { code: error.code, detail: `${error.message}\n${error.detail ?? ""}` };
  }
}

test("a table with everything a definition can say is merged when only rows were changed", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${RICH}; CREATE BRANCH b`);
  const b = await open.session("main/b");
  await b.query("CREATE BRANCH c FROM b; UPDATE t SET age = 3 WHERE email = 'a1'");
  const c = await open.session("main/c");
  await c.query("INSERT INTO t (\"a b\", email, age) VALUES ('three', 'a3', 1)");
  await main.query("UPDATE t SET age = 3 WHERE email = 'a2'");
  await c.query("MERGE BRANCH c");
  await b.query("MERGE BRANCH b");
  expect(await main.query("SELECT email, age, p FROM t ORDER BY email")).toEqual([
    ["a1", 3, 1],
    ["a2", 3, null],
    ["a3", 1, null],
  ]);
});

/** What a branch may say of the table. */
const CHANGES = [
  "ALTER TABLE t ADD CHECK (age < 9)",
  'ALTER TABLE t ADD CONSTRAINT "big one" CHECK (age < 9)',
  'ALTER TABLE t DROP CONSTRAINT "Über"',
  "ALTER TABLE t ALTER COLUMN email SET NOT NULL",
  'ALTER TABLE t ALTER COLUMN "a b" DROP NOT NULL',
  "ALTER TABLE t ALTER COLUMN age SET DEFAULT 3",
  "ALTER TABLE t ALTER COLUMN d SET DEFAULT 2.5",
  "ALTER TABLE t ALTER COLUMN d DROP DEFAULT",
  "ALTER TABLE t ADD COLUMN w int DEFAULT 5",
  "ALTER TABLE t ADD COLUMN w int UNIQUE; ALTER TABLE t ADD COLUMN x varchar(3) NOT NULL DEFAULT 'x'",
  "ALTER TABLE t DROP COLUMN d",
  "ALTER TABLE t RENAME COLUMN email TO mail",
  'ALTER TABLE t RENAME COLUMN "a b" TO "c ""d"""',
  "ALTER TABLE t RENAME COLUMN id TO number; ALTER TABLE t RENAME COLUMN p TO parent",
  "ALTER TABLE t ALTER COLUMN age TYPE bigint",
  'ALTER TABLE t ALTER COLUMN "a b" TYPE varchar(8)',
  "ALTER TABLE t ADD UNIQUE (email, d)",
  'ALTER TABLE t ADD CONSTRAINT "odd \'name" UNIQUE (email, d)',
  "ALTER TABLE t DROP CONSTRAINT two",
  "ALTER TABLE t RENAME CONSTRAINT t_pkey TO pk",
  "COMMENT ON TABLE t IS 'other'",
  "COMMENT ON COLUMN t.age IS 'years'",
  'COMMENT ON COLUMN t."a b" IS NULL',
  "ALTER TABLE t DROP COLUMN shown",
  "DROP INDEX i; CREATE INDEX j ON t (email, age)",
];

const T = { schema: "main", name: "t" };

/** All that the table says on a head. */
async function saidBy(world: World, branch?: string): Promise<unknown> {
  const { registry } = world.context;
  using connection = await registry.database.connect("data");
  const head = branch === undefined ? MAIN : registry.state.findBranch(branch)?.id;
  const version = registry.state.find(head ?? MAIN, T);
  if (version === undefined || version.physical === null) throw new RangeError("no table");
  const definition = await definitionOf(connection, version);
  const comments = await commentsOf(connection, version.physical);
  const properties = [...propertiesOf({ definition, comments }, "t")];
  return properties
    .map(([key, { name, text }]) => `${key}: ${name} = ${text}`)
    .toSorted((a, b) => a.localeCompare(b));
}

test.each(CHANGES)("%s goes along with the rows: main's table says what the branch's did", async (sql) => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${RICH}; CREATE BRANCH b`);
  const branch = await open.session("main/b");
  await branch.query(`INSERT INTO t ("a b", email, age) VALUES ('new', 'anew', 1); ${sql}`);
  await main.query("UPDATE t SET p = NULL WHERE id < 11");
  const said = await saidBy(open.world, "b");
  await main.query("MERGE BRANCH b");
  expect(await saidBy(open.world)).toEqual(said);
  expect(await main.query("SELECT count(*)::int FROM t")).toEqual([[3]]);
  expect(await main.outcome(`UPDATE t SET ${sql.includes("parent") ? "parent" : "p"} = 77`)).toBe("23503");
});

test("a primary key that was dropped, where the target has other rows, is refused by name, and nothing is merged", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(`${RICH}; CREATE BRANCH b`);
  const branch = await open.session("main/b");
  await branch.query("UPDATE t SET age = 3; ALTER TABLE t DROP CONSTRAINT t_pkey");
  await main.query("UPDATE t SET email = 'a' || email");
  const told = await refusal(main, "MERGE BRANCH b USING branch_wins");
  expect(told.code).toBe("40002");
  expect(told.detail).toContain('table "t" was given another primary key');
  expect(await main.query("SELECT count(*)::int FROM t WHERE age = 3")).toEqual([[0]]);
});

test(
  "what only main changed, or both sides in the same way, is in no branch's way",
  { timeout: 60_000 },
  async () => {
    await using open = await OpenWorld.open();
    const main = await open.session();
    for (const [index, sql] of CHANGES.entries()) {
      if (/COLUMN d$|RENAME COLUMN/.test(sql) || index % 3 !== 0) continue;
      await main.query(
        `DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS p; ${RICH}; CREATE BRANCH b${index}; CREATE BRANCH same${index}`,
      );
      const branch = await open.session(`main/b${index}`);
      await branch.query("UPDATE t SET d = 7 WHERE age = 1");
      const same = await open.session(`main/same${index}`);
      await same.query(`UPDATE t SET d = 8 WHERE age = 2; ${sql}`);
      await main.query(sql);
      expect([sql, await refusal(main, `MERGE BRANCH same${index}`)]).toEqual([
        sql,
        { code: "ok", detail: "" },
      ]);
      expect([sql, await refusal(main, `MERGE BRANCH b${index}`)]).toEqual([sql, { code: "ok", detail: "" }]);
      expect(await main.query("SELECT age::int, d::text FROM t ORDER BY 1")).toEqual([
        [1, "7.00"],
        [2, "8.00"],
      ]);
    }
  },
);

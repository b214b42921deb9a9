/** What a branch changed of a definition is merged or refused by name: never left behind while its rows are taken. */
import { expect, test } from "vitest";
import { SqlError } from "../../src/core/errors.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

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

/** What a branch says, and the property that the refusal names. */
const CHANGES: readonly (readonly [sql: string, names: string])[] = [
  ["ALTER TABLE t ADD CHECK (age < 9)", 'new check constraint "t_age_check"'],
  ['ALTER TABLE t ADD CONSTRAINT "big one" CHECK (age < 9)', 'new check constraint "big one"'],
  ['ALTER TABLE t DROP CONSTRAINT "Über"', 'dropped check constraint "Über"'],
  ["ALTER TABLE t ALTER COLUMN email SET NOT NULL", 'new not null of column "email"'],
  ['ALTER TABLE t ALTER COLUMN "a b" DROP NOT NULL', 'dropped not null of column "a b"'],
  ["ALTER TABLE t ALTER COLUMN age SET DEFAULT 3", 'new default of column "age"'],
  ["ALTER TABLE t ALTER COLUMN d SET DEFAULT 2.5", 'changed default of column "d"'],
  ["ALTER TABLE t ALTER COLUMN d DROP DEFAULT", 'dropped default of column "d"'],
  ["ALTER TABLE t ADD COLUMN w int DEFAULT 5", 'new type of column "w"'],
  ["ALTER TABLE t DROP COLUMN d", 'dropped type of column "d"'],
  ["ALTER TABLE t RENAME COLUMN d TO e", 'new type of column "e"'],
  ["ALTER TABLE t ALTER COLUMN age TYPE bigint", 'changed type of column "age"'],
  ['ALTER TABLE t ALTER COLUMN "a b" TYPE varchar(8)', "length of a column"],
  ["ALTER TABLE t ADD UNIQUE (email, d)", 'new unique constraint "t_email_d_key"'],
  ["ALTER TABLE t DROP CONSTRAINT two", 'dropped unique constraint "two"'],
  ["ALTER TABLE t RENAME CONSTRAINT t_pkey TO pk", 'changed primary key constraint "t_pkey"'],
  ["ALTER TABLE t DROP CONSTRAINT t_pkey", 'dropped primary key constraint "t_pkey"'],
  ["COMMENT ON TABLE t IS 'other'", "changed comment"],
  ["COMMENT ON COLUMN t.age IS 'years'", 'new comment of column "age"'],
  ['COMMENT ON COLUMN t."a b" IS NULL', 'dropped comment of column "a b"'],
  ["ALTER TABLE t DROP COLUMN shown", 'dropped type of column "shown"'],
];

test("each change of a definition that would be left behind is refused by name, and nothing is merged", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query(RICH);
  for (const [index, [sql, names]] of CHANGES.entries()) {
    await main.query(`CREATE BRANCH b${index}`);
    const branch = await open.session(`main/b${index}`);
    await branch.query(`INSERT INTO t ("a b", email, age) VALUES ('new', 'anew', 1); ${sql}`);
    const told = await refusal(main, `MERGE BRANCH b${index} USING branch_wins`);
    expect([sql, told.code]).toEqual([sql, "0A000"]);
    expect(told.detail).toContain(names);
    expect(told.detail).toContain('table "t"');
    expect(await main.query("SELECT count(*) FROM t")).toEqual([[2n]]);
    await main.query(`DROP BRANCH b${index}`);
  }
});

test("what only main changed, or both sides in the same way, is in no branch's way", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  for (const [index, [sql]] of CHANGES.entries()) {
    if (/COLUMN (?:w|d|shown)\b(?! (?:SET|DROP))| TYPE (?!varchar)|COLUMN d TO|t_pkey$/.test(sql)) continue;
    await main.query(
      `DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS p; ${RICH}; CREATE BRANCH b${index}; CREATE BRANCH same${index}`,
    );
    const branch = await open.session(`main/b${index}`);
    await branch.query("UPDATE t SET d = 7 WHERE email = 'a1'");
    const same = await open.session(`main/same${index}`);
    await same.query(`UPDATE t SET d = 8 WHERE email = 'a2'; ${sql}`);
    await main.query(sql);
    expect([sql, await refusal(main, `MERGE BRANCH same${index}`)]).toEqual([
      sql,
      { code: "ok", detail: "" },
    ]);
    expect([sql, await refusal(main, `MERGE BRANCH b${index}`)]).toEqual([sql, { code: "ok", detail: "" }]);
    expect(await main.query("SELECT email, d::text FROM t ORDER BY 1")).toEqual([
      ["a1", "7.00"],
      ["a2", "8.00"],
    ]);
  }
});

/** DIFF BRANCH shows what was done to definitions, and the rows of altered tables beside it. */
import { expect, test } from "vitest";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const TABLES = `CREATE TYPE mood AS ENUM ('a', 'b'); CREATE SEQUENCE s; CREATE SCHEMA gone;
  CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
  CREATE TABLE t (id int PRIMARY KEY, qty int DEFAULT 1, note text, m mood); INSERT INTO t SELECT i, i, 'n' || i, 'a' FROM generate_series(1, 9) AS g (i);
  CREATE TABLE loose (a int, b text); INSERT INTO loose VALUES (1, 'x'), (1, 'x'), (2, 'y');
  CREATE TABLE same (id int PRIMARY KEY); CREATE VIEW v AS SELECT id FROM t; COMMENT ON TABLE same IS 'old'; CREATE BRANCH b`;

function isOther(row: unknown[]): boolean {
  return row[0] !== "t" && row[2] !== "view changed";
}

/** Name, key, what was done, old and new values. */
async function diff(session: TestSession, more = ""): Promise<unknown[][]> {
  return await session.query(`DIFF BRANCH b ${more}`);
}

async function heads(open: OpenWorld): Promise<{ main: TestSession; b: TestSession }> {
  const main = await open.session();
  await main.query(TABLES);
  return { main, b: await open.session("main/b") };
}

test("columns that were added, dropped, renamed and retyped, with the rows that differ in what is left", async () => {
  await using open = await OpenWorld.open();
  const { main, b } = await heads(open);
  await b.query(`ALTER TABLE t ADD COLUMN more int DEFAULT 7; ALTER TABLE t RENAME note TO remark;
    UPDATE t SET more = 8 WHERE id = 1; UPDATE t SET remark = 'z' WHERE id = 2; DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (10, 10, 'n10', 'b', 7)`);
  const [altered, ...rows] = await diff(main);
  expect(altered?.slice(0, 3)).toEqual(["t", null, "definition changed"]);
  expect(String(altered?.[3])).toMatch(/^CREATE TABLE "t" \(id INTEGER.*note VARCHAR/);
  expect(String(altered?.[4])).toMatch(/^CREATE TABLE "t" \(id INTEGER.*remark.* VARCHAR.*more INTEGER/);
  expect(rows.map((row) => [row[1], row[2], row[3], row[4]])).toEqual(
    [
      [
        '{"id":1}',
        "update",
        '{"id":1,"qty":1,"remark":"n1","m":"a","more":7}',
        '{"id":1,"qty":1,"remark":"n1","m":"a","more":8}',
      ],
      ['{"id":10}', "insert", null, '{"id":10,"qty":10,"remark":"n10","m":"b","more":7}'],
      [
        '{"id":2}',
        "update",
        '{"id":2,"qty":2,"remark":"n2","m":"a","more":7}',
        '{"id":2,"qty":2,"remark":"z","m":"a","more":7}',
      ],
      ['{"id":3}', "delete", '{"id":3,"qty":3,"remark":"n3","m":"a","more":7}', null],
    ].toSorted((one, other) => Number(/\d+/.exec(String(one[0]))) - Number(/\d+/.exec(String(other[0])))),
  );
  // The same rows where the table is the branch's own, and against a head that is not its base.
  await b.query(
    "ALTER TABLE t ALTER qty TYPE bigint; ALTER TABLE t DROP COLUMN m; ALTER TABLE loose ADD COLUMN c int; UPDATE loose SET b = 'w' WHERE a = 2",
  );
  await main.query("CREATE BRANCH other");
  for (const more of ["", "AGAINST main", "AGAINST other"]) {
    const all = await diff(main, more);
    const told = all.filter((row) => row[0] === "t" || row[2] === "definition changed");
    expect(told.map((row) => [row[0], row[1], row[2]])).toEqual([
      ["loose", null, "definition changed"],
      ["t", null, "definition changed"],
      ["t", '{"id":1}', "update"],
      ["t", '{"id":2}', "update"],
      ["t", '{"id":3}', "delete"],
      ["t", '{"id":10}', "insert"],
    ]);
    const loose = all
      .filter((row) => !told.includes(row))
      .toSorted((one, other) => String(one[2]).localeCompare(String(other[2])));
    expect(loose).toEqual([
      ["loose", null, "delete", '{"a":2,"b":"y","c":null}', null],
      ["loose", null, "insert", null, '{"a":2,"b":"w","c":null}'],
    ]);
  }
});

test("defaults, constraints, indexes and comments", async () => {
  await using open = await OpenWorld.open();
  const { main, b } = await heads(open);
  await b.query(`ALTER TABLE t ALTER qty SET DEFAULT 5, ADD CONSTRAINT pos CHECK (qty > 0); CREATE INDEX ti ON t (qty DESC);
    COMMENT ON TABLE t IS 'it''s'; COMMENT ON COLUMN t.qty IS 'how many'; COMMENT ON TABLE same IS NULL; UPDATE t SET qty = 2 WHERE id = 1`);
  const told = await diff(main);
  expect(told.map((row) => row.slice(0, 3))).toEqual([
    ["same", null, "definition changed"],
    ["t", null, "definition changed"],
    ["t", '{"id":1}', "update"],
  ]);
  expect(told[0]?.slice(3)).toEqual([
    `CREATE TABLE "same" (id INTEGER PRIMARY KEY);\nCOMMENT ON TABLE "same" IS 'old'`,
    'CREATE TABLE "same" (id INTEGER PRIMARY KEY)',
  ]);
  const after = String(told[1]?.[4]);
  expect(after).toContain("DEFAULT(5)");
  expect(after).toContain(`;\nCREATE INDEX ti ON "t"`);
  expect(after).toContain(`;\nCOMMENT ON TABLE "t" IS 'it''s'`);
  expect(after).toContain(`;\nCOMMENT ON COLUMN "t"."qty" IS 'how many'`);
  expect(after).not.toMatch(/branch_[0-9a-f]{12}|duckbranch/);
});

test("functions, types, sequences, schemas and comments on other things", async () => {
  await using open = await OpenWorld.open();
  const { main, b } = await heads(open);
  await b.query(`CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1'; DROP SEQUENCE s; DROP SCHEMA gone;
    CREATE SCHEMA "new s"; CREATE TYPE "new s".kind AS ENUM ('x'); COMMENT ON VIEW v IS 'seen'; ALTER TYPE mood ADD VALUE 'c'; CREATE SEQUENCE s2`);
  // The table and the view are made anew for the labels.
  const others = (await diff(main)).filter(isOther);
  expect(
    others
      .map((row) => [row[0], row[2], row[3], row[4]])
      .toSorted((x, y) => String(x).localeCompare(String(y))),
  ).toEqual([
    ["f", "function changed", null, null],
    ["gone", "schema dropped", null, null],
    ["mood", "type changed", "'a', 'b'", "'a', 'b', 'c'"],
    ["new s", "schema created", null, null],
    ["new s.kind", "type created", null, "'x'"],
    ["s", "sequence dropped", null, null],
    ["s2", "sequence created", null, null],
    ["v", "comment created", null, "seen"],
  ]);
  expect(await diff(main, "TABLE same")).toEqual([]);
  const against = (await diff(main, "AGAINST main")).filter(isOther);
  expect(new Set(against.map((row) => row[2]))).toEqual(new Set(others.map((row) => row[2])));
  // Nothing of it is what only the branch's rows are.
  await main.query("CREATE BRANCH fresh");
  expect(await main.query("DIFF BRANCH fresh")).toEqual([]);
});

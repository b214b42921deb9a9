/** Functions, types, sequences and schemas made, replaced and dropped on a branch, merged into main and into a branch. */
import { describe, expect, test } from "vitest";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";

const BEFORE = `CREATE TABLE t (id int PRIMARY KEY, q int); INSERT INTO t VALUES (1, 10);
  CREATE FUNCTION f(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT a + b'; CREATE MACRO old_one(a) AS a;
  CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE unused AS ENUM ('x'); CREATE SEQUENCE gone; CREATE SCHEMA leaving`;

function replaced(body: string): string {
  return `CREATE OR REPLACE FUNCTION f(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS '${body}'`;
}

describe.each([false, true])("into a branch: %s", (onBranch) => {
  test("all of it comes with the rows, and other branches keep what they had", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, BEFORE, onBranch);
    await target.query("CREATE BRANCH other");
    await source.query(`CREATE SCHEMA "Ü b"; CREATE SEQUENCE "Ü b".s START 5; CREATE SEQUENCE plain INCREMENT BY 10;
      SELECT nextval('plain'), nextval('plain');
      CREATE TABLE "Ü b".made (id bigint PRIMARY KEY DEFAULT nextval('plain'), m text); INSERT INTO "Ü b".made (m) VALUES ('one');
      CREATE OR REPLACE FUNCTION f(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql AS 'SELECT a * b';
      CREATE FUNCTION g(a int) RETURNS int LANGUAGE sql AS 'SELECT a - 1';
      CREATE MACRO "Über"(n) AS n + (SELECT max(q) FROM t); DROP FUNCTION old_one;
      CREATE TYPE "new ""one""" AS ENUM ('a', 'b'); CREATE DOMAIN positive AS int CHECK (value > 0); DROP TYPE unused;
      DROP SEQUENCE gone; DROP SCHEMA leaving;
      CREATE VIEW calls AS SELECT f(id) AS twice, g(q) AS less, 'a'::"new ""one""" AS e FROM t; UPDATE t SET q = 11`);
    expect((await target.query("EXPLAIN MERGE BRANCH b")).map((row) => [row[0], row[6]])).toEqual([
      ["calls", "new view"],
      ["f", "changed function"],
      ["g", "new function"],
      ["gone", "dropped sequence"],
      ["leaving", "dropped schema"],
      ['new "one"', "new type"],
      ["old_one", "dropped function"],
      ["plain", "new sequence"],
      ["positive", "new type"],
      ["t", ""],
      ["Ü b", "new schema"],
      ["Ü b.made", "new table"],
      ["Ü b.s", "new sequence"],
      ["Über", "new function"],
      ["unused", "dropped type"],
    ]);
    await target.query("MERGE BRANCH b; DROP BRANCH b");
    expect(await target.query("SELECT f(4), f(4, 3), g(4)")).toEqual([[8, 12, 3]]);
    expect(await target.query("SELECT twice, less, e::text FROM calls")).toEqual([[2, 10, "a"]]);
    expect(await target.query(`SELECT "Über"(1)`)).toEqual([[12]]);
    expect(await target.query(`SELECT nextval('plain'), nextval('"Ü b".s')`)).toEqual([[31n, 5n]]);
    await target.query(`INSERT INTO "Ü b".made (m) VALUES ('two')`);
    expect(await target.query('SELECT id, m FROM "Ü b".made ORDER BY id')).toEqual([
      [21n, "one"],
      [41n, "two"],
    ]);
    expect(await target.query("SELECT 5::positive")).toEqual([[5]]);
    expect(await target.outcome("SELECT 0::positive")).toBe("23514");
    expect(await target.outcome("SELECT old_one(1)")).toBe("42883");
    expect(await target.outcome("SELECT nextval('gone')")).toBe("42P01");
    expect(await target.outcome("SELECT 'x'::unused")).toBe("42704");
    expect(await target.outcome("CREATE TABLE leaving.t (a int)")).toBe("3F000");
    const other = await open.session("main/other");
    expect(await other.query("SELECT f(4), old_one(2), nextval('gone'), 'x'::unused::text")).toEqual([
      [5, 2, 1n, "x"],
    ]);
    expect(await other.outcome("SELECT g(1)")).toBe("42883");
  });

  test("what both sides changed is told, and nothing is merged", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, BEFORE, onBranch);
    const cases: readonly (readonly [there: string, here: string, code: string])[] = [
      [replaced("SELECT a - b"), replaced("SELECT a * b"), "40002"],
      [replaced("SELECT a"), replaced("SELECT a"), "ok"],
      ["CREATE SEQUENCE n", "CREATE SEQUENCE n", "40002"],
      ["CREATE SCHEMA n", "CREATE SCHEMA n", "ok"],
      ["CREATE TYPE n AS ENUM ('a')", "CREATE TYPE n AS ENUM ('a')", "ok"],
      ["CREATE TYPE n2 AS ENUM ('a')", "CREATE TYPE n2 AS ENUM ('b')", "40002"],
      ["CREATE TABLE has (m mood)", "DROP TYPE mood", "2BP01"],
      ["CREATE VIEW reads AS SELECT old_one(id) AS a FROM t", "DROP FUNCTION old_one", "2BP01"],
      ["CREATE MACRO calls(a) AS f(a, 1)", "DROP FUNCTION f", "2BP01"],
      ["CREATE TABLE leaving.stays (a int)", "DROP SCHEMA leaving", "2BP01"],
      [
        "DROP TYPE unused; CREATE TYPE unused AS ENUM ('x', 'main')",
        "DROP TYPE unused; CREATE TYPE unused AS ENUM ('branch', 'x')",
        "ok",
      ],
    ];
    for (const [index, [there, here, code]] of cases.entries()) {
      await target.query(`CREATE BRANCH c${index}`);
      const session = await open.session(`main/c${index}`);
      await session.query(`${here}; INSERT INTO t VALUES (${100 + index}, 0)`);
      await target.query(there);
      expect([here, await target.outcome(`MERGE BRANCH c${index}`)]).toEqual([here, code]);
      const rows = await target.query(`SELECT count(*)::int FROM t WHERE id = ${100 + index}`);
      expect([here, rows]).toEqual([here, [[code === "ok" ? 1 : 0]]]);
    }
    expect(await target.query("SELECT 'main'::unused::text, 'branch'::unused::text, f(7)")).toEqual([
      ["main", "branch", 7],
    ]);
    expect(
      await target.query("SELECT 'x'::unused < 'main'::unused, 'main'::unused < 'branch'::unused"),
    ).toEqual([[true, true]]);
    expect(await source.query("SELECT f(7)")).toEqual([[8]]);
  });
});

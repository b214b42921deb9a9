/** Enums that got other labels on a branch, on its target, or on both, merged into main and into a branch. */
import { describe, expect, test } from "vitest";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";

const BEFORE = `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE tone AS ENUM ('low', 'high');
  CREATE TABLE p (id int PRIMARY KEY, m mood DEFAULT 'sad', ms mood[]); CREATE INDEX pm ON p (m);
  INSERT INTO p VALUES (1, 'ok', '{sad,ok}'), (2, DEFAULT, NULL);
  CREATE TABLE tones (t tone); INSERT INTO tones VALUES ('low');
  CREATE VIEW v AS SELECT id, m FROM p WHERE id < 9`;

describe.each([false, true])("into a branch: %s", (onBranch) => {
  test("labels of both sides are united, in every table that has the type", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, BEFORE, onBranch);
    await source.query(`ALTER TYPE mood ADD VALUE 'mine' BEFORE 'ok'; INSERT INTO p VALUES (3, 'mine', '{mine,ok}');
      CREATE TABLE of_branch (m mood); INSERT INTO of_branch VALUES ('mine'), ('ok');
      ALTER TYPE tone RENAME TO pitch`);
    await target.query(`ALTER TYPE mood ADD VALUE 'theirs'; INSERT INTO p VALUES (4, 'theirs', NULL);
      CREATE TABLE of_target (m mood PRIMARY KEY); INSERT INTO of_target VALUES ('theirs')`);
    await target.query("MERGE BRANCH b");
    expect(await target.query("SELECT enum_range(NULL::mood)::text")).toEqual([["{sad,ok,theirs,mine}"]]);
    expect(await target.query("SELECT id, m::text, ms::text FROM p ORDER BY m, id")).toEqual([
      [2, "sad", null],
      [1, "ok", "{sad,ok}"],
      [4, "theirs", null],
      [3, "mine", "{mine,ok}"],
    ]);
    await target.query("INSERT INTO of_target VALUES ('mine'); INSERT INTO of_branch VALUES ('theirs')");
    expect(await target.outcome("INSERT INTO of_target VALUES ('theirs')")).toBe("23505");
    expect(
      await target.query(`SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
        WHERE c.relname IN ('p', 'of_branch', 'of_target', 'tones', 'v') AND attname IN ('m', 'ms', 't') ORDER BY 1, 2`),
    ).toEqual([
      ["of_branch", "m", "mood"],
      ["of_target", "m", "mood"],
      ["p", "m", "mood"],
      ["p", "ms", "mood[]"],
      ["tones", "t", "pitch"],
      ["v", "m", "mood"],
    ]);
    expect(await target.query("SELECT id FROM v WHERE m >= 'theirs' ORDER BY m")).toEqual([[4], [3]]);
  });

  test("a label that is gone, and that rows of the target have, is told, and nothing is merged", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, BEFORE, onBranch);
    await source.query(
      "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'; INSERT INTO p VALUES (3, 'blue', NULL)",
    );
    await target.query("INSERT INTO p VALUES (4, 'sad', NULL)");
    expect(await target.outcome("MERGE BRANCH b")).toBe("22P02");
    expect(await target.query("SELECT count(*)::int, enum_range(NULL::mood)::text FROM p")).toEqual([
      [3, "{sad,ok}"],
    ]);
  });

  test.each([
    "CREATE VIEW sad_ones AS SELECT id FROM p WHERE m = 'sad'",
    "CREATE UNIQUE INDEX one ON p (id) WHERE m = 'sad'",
    "ALTER TABLE p ADD CONSTRAINT cc CHECK (m <> 'sad' OR id > 0)",
  ])("a definition that says a label which the other side renamed is a conflict: %s", async (definition) => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, BEFORE, onBranch);
    await source.query(definition);
    await target.query("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'");
    expect(await target.outcome("MERGE BRANCH b")).toBe("40002");
    expect(await target.query("SELECT enum_range(NULL::mood)::text")).toEqual([["{blue,ok}"]]);
  });
});

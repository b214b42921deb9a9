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

  test("an added label goes by UNDO with the rows that came with it, but not where later rows have it", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, BEFORE.replace(/CREATE TABLE tones.*;/, ""), onBranch);
    await source.query("ALTER TYPE mood ADD VALUE 'mine'; INSERT INTO p VALUES (3, 'mine', '{mine}')");
    const merging = async (): Promise<string> => String((await target.query("MERGE BRANCH b"))[0]?.[1]);
    await target.query(`UNDO MERGE ${await merging()}`);
    const content = "SELECT count(*)::int, enum_range(NULL::mood)::text FROM p";
    expect(await target.query(content)).toEqual([[2, "{sad,ok}"]]);
    const second = await merging();
    await target.query("INSERT INTO p VALUES (4, 'mine', NULL)");
    await expect(target.query(`UNDO MERGE ${second} USING main_wins`)).rejects.toMatchObject({
      code: "40002",
      message: "cannot undo the merge: definitions that it changed were changed since",
      detail: 'label "mine" is gone with the merge, and rows of table "p" that were written since have it',
    });
    expect(await target.query(content)).toEqual([[4, "{sad,ok,mine}"]]);
  });

  test("a label that is gone, and that rows of the target have, is told, and nothing is merged", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, BEFORE, onBranch);
    await source.query(
      "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'; INSERT INTO p VALUES (3, 'blue', NULL)",
    );
    await target.query("INSERT INTO p VALUES (4, 'ok', '{ok,sad}')");
    const line = 'label "sad" is gone on one side, and rows of table "p" have it on the other';
    await expect(target.query("MERGE BRANCH b USING branch_wins")).rejects.toMatchObject({
      code: "40002",
      detail: line,
    });
    expect(await target.query("SELECT count(*)::int, enum_range(NULL::mood)::text FROM p")).toEqual([
      [3, "{sad,ok}"],
    ]);
  });

  const moods = "SELECT id, m::text, ms::text FROM p ORDER BY id";

  test("a label that the branch renamed comes with the rows that have it, and goes back by UNDO", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, BEFORE, onBranch);
    await source.query(
      "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'; INSERT INTO p VALUES (3, 'blue', '{blue}')",
    );
    await target.query("INSERT INTO p VALUES (4, 'ok', NULL)");
    const before = await target.query(moods);
    const [merged] = await target.query("MERGE BRANCH b");
    expect(await target.query(moods)).toEqual([
      [1, "ok", "{blue,ok}"],
      [2, "blue", null],
      [3, "blue", "{blue}"],
      [4, "ok", null],
    ]);
    expect(await target.query("SELECT enum_range(NULL::mood)::text")).toEqual([["{blue,ok}"]]);
    expect(await target.query("INSERT INTO p (id) VALUES (9) RETURNING m::text")).toEqual([["blue"]]);
    await target.query(`DELETE FROM p WHERE id = 9; UNDO MERGE ${String(merged?.[1])}`);
    expect(await target.query(moods)).toEqual(before);
    expect(await target.query("SELECT enum_range(NULL::mood)::text")).toEqual([["{sad,ok}"]]);
  });

  test("a label that both sides renamed alike, or the target alone, is no conflict of rows that only say it", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(
      open,
      `${BEFORE}; ALTER TABLE p ADD COLUMN q int DEFAULT 0`,
      onBranch,
    );
    await target.query(`CREATE BRANCH c FROM ${onBranch ? "parent" : "main"}`);
    const other = await open.session("main/c");
    await source.query(
      "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'; INSERT INTO p VALUES (3, 'blue', NULL, 3)",
    );
    await other.query("INSERT INTO p VALUES (5, 'ok', '{ok}', 5); UPDATE p SET q = 2 WHERE id = 2");
    await target.query(
      "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'; INSERT INTO p VALUES (4, 'blue', NULL, 4)",
    );
    await target.query("MERGE BRANCH b");
    expect(await target.outcome("MERGE BRANCH c")).toBe("40002");
    await target.query("MERGE BRANCH c WITH (granularity 'cell')");
    expect(await target.query("SELECT id, m::text, ms::text, q FROM p ORDER BY id")).toEqual([
      [1, "ok", "{blue,ok}", 0],
      [2, "blue", null, 2],
      [3, "blue", null, 3],
      [4, "blue", null, 4],
      [5, "ok", "{ok}", 5],
    ]);
  });

  test("a label that the target renamed does not matter to a branch that wrote other tables", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, BEFORE, onBranch);
    await source.query("INSERT INTO tones VALUES ('high')");
    await target.query("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'");
    await target.query("MERGE BRANCH b");
    expect(await target.query("SELECT t::text FROM tones ORDER BY t")).toEqual([["low"], ["high"]]);
    expect(await target.query("SELECT m::text FROM p ORDER BY id")).toEqual([["ok"], ["blue"]]);
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

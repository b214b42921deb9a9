/** Tables made and dropped on a branch are made and dropped by its merge, into main and into a branch. */
import { describe, expect, test } from "vitest";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";

describe.each([false, true])("into a branch: %s", (onBranch) => {
  test("a new table comes with rows, keys, checks, defaults, sequences, generated columns, indexes and comments", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, "CREATE TABLE t (id int PRIMARY KEY)", onBranch);
    await source.query(`CREATE TABLE "new ""t""" (id serial PRIMARY KEY, other int GENERATED ALWAYS AS IDENTITY (START WITH 50), n text NOT NULL DEFAULT 'n' CHECK (n <> ''),
        twice text GENERATED ALWAYS AS (n || n) STORED, code int UNIQUE);
      CREATE INDEX ni ON "new ""t""" (n); COMMENT ON TABLE "new ""t""" IS 'it''s';
      INSERT INTO "new ""t""" (code) VALUES (1), (2); CREATE TABLE empty (a int); INSERT INTO t VALUES (1)`);
    await target.query("MERGE BRANCH b");
    await target.query(`INSERT INTO "new ""t""" (n, code) VALUES ('x', 3)`);
    expect(await target.query('SELECT id, other, n, twice, code FROM "new ""t""" ORDER BY id')).toEqual([
      [1, 50, "n", "nn", 1],
      [2, 51, "n", "nn", 2],
      [3, 52, "x", "xx", 3],
    ]);
    expect(await target.outcome(`INSERT INTO "new ""t""" (n) VALUES ('')`)).toBe("23514");
    expect(await target.outcome(`INSERT INTO "new ""t""" (n) VALUES (NULL)`)).toBe("23502");
    expect(await target.outcome(`INSERT INTO "new ""t""" (code) VALUES (1)`)).toBe("23505");
    expect(await target.outcome("CREATE INDEX ni ON t (id)")).toBe("42P07");
    expect(
      await target.query("SELECT (SELECT count(*)::int FROM empty), (SELECT count(*)::int FROM t)"),
    ).toEqual([[0, 1]]);
    await target.query("CREATE BRANCH later; DROP BRANCH b");
    const later = await open.session("main/later");
    if (!onBranch) await later.query(`UPDATE "new ""t""" SET n = 'l' WHERE id = 1; MERGE BRANCH later`);
    await target.query(`INSERT INTO "new ""t""" (n) VALUES ('y')`);
    expect(await target.query('SELECT count(*)::int, count(DISTINCT id)::int FROM "new ""t"""')).toEqual([
      [4, 4],
    ]);
  });

  test("a dropped table goes, if the target left it as it was", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(
      open,
      "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE kept (id int); CREATE TABLE u (id int); INSERT INTO u VALUES (1)",
      onBranch,
    );
    await source.query("DROP TABLE t, u; INSERT INTO kept VALUES (1)");
    await target.query("CREATE TABLE mine (id int)");
    expect((await target.query("EXPLAIN MERGE BRANCH b")).map((row) => [row[0], row[6]])).toEqual([
      ["kept", ""],
      ["t", "dropped table"],
      ["u", "dropped table"],
    ]);
    await target.query("MERGE BRANCH b");
    expect(await target.outcome("SELECT * FROM t")).toBe("42P01");
    expect(await target.outcome("CREATE TABLE u (other text)")).toBe("ok");
    expect(await target.query("SELECT id FROM kept")).toEqual([[1]]);
  });

  test.each([
    ["a dropped table that the target wrote", "INSERT INTO t VALUES (5)", "DROP TABLE t", "40002"],
    ["a dropped table that the target altered", "ALTER TABLE t ADD COLUMN v int", "DROP TABLE t", "40002"],
    ["a name that both sides gave", "CREATE TABLE n (a int)", "CREATE TABLE n (b text)", "40002"],
    [
      "a sequence of the branch behind a column of the target's",
      "INSERT INTO kept VALUES (5)",
      "ALTER TABLE t ADD COLUMN n serial",
      "0A000",
    ],
  ])("%s is told, and nothing is merged", async (_, there, here, code) => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(
      open,
      "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE kept (id int)",
      onBranch,
    );
    await source.query(`${here}; INSERT INTO kept VALUES (1)`);
    await target.query(there);
    expect(await target.outcome("MERGE BRANCH b")).toBe(code);
    expect(await target.query("SELECT count(*)::int FROM kept WHERE id = 1")).toEqual([[0]]);
    expect(await target.outcome("SELECT id FROM t")).toBe("ok");
  });
});

describe.each([false, true])("dropped on one side, changed on the other; into a branch: %s", (onBranch) => {
  const MAKE = `CREATE TABLE t (id int PRIMARY KEY, v text CHECK (v <> '')); INSERT INTO t VALUES (1, 'a'), (2, 'b'); CREATE INDEX ti ON t (v);
    CREATE TABLE kept (id int)`;

  test("a table that the target dropped stays away, or comes back with all its rows, as is chosen", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, MAKE, onBranch);
    await source.query("UPDATE t SET v = 'branch' WHERE id = 1; INSERT INTO kept VALUES (1)");
    await target.query("DROP TABLE t");
    expect(await target.outcome("MERGE BRANCH b")).toBe("40002");
    expect(await target.query("SELECT count(*)::int FROM kept")).toEqual([[0]]);
    const [merged] = await target.query("MERGE BRANCH b USING main_wins");
    expect(await target.outcome("SELECT * FROM t")).toBe("42P01");
    expect(await target.query("SELECT count(*)::int FROM kept")).toEqual([[1]]);
    await target.query(`UNDO MERGE '${String(merged?.[1])}'`);
    const [again] = await target.query("MERGE BRANCH b USING branch_wins");
    expect(await target.query("SELECT id, v FROM t ORDER BY id")).toEqual([
      [1, "branch"],
      [2, "b"],
    ]);
    expect(await target.outcome("INSERT INTO t VALUES (3, '')")).toBe("23514");
    expect(await target.outcome("CREATE INDEX ti ON kept (id)")).toBe("42P07");
    await target.query(`UNDO MERGE '${String(again?.[1])}'`);
    expect(await target.outcome("SELECT * FROM t")).toBe("42P01");
  });

  test("a table that the branch dropped and the target renamed is not the same any more", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(open, MAKE, onBranch);
    await source.query("DROP TABLE t; INSERT INTO kept VALUES (1)");
    await target.query("ALTER TABLE t RENAME TO renamed");
    expect(await target.outcome("MERGE BRANCH b")).toBe("40002");
    expect(await target.query("SELECT count(*)::int FROM renamed")).toEqual([[2]]);
    expect((await target.query("MERGE BRANCH b USING branch_wins"))[0]?.slice(4, 6)).toEqual([
      2,
      "kept, renamed",
    ]);
    expect(await target.outcome("SELECT * FROM renamed")).toBe("42P01");
  });

  test("a table that got another primary key replaces one that is as it was, and no other", async () => {
    await using open = await OpenWorld.open();
    const { target, source } = await mergeHeads(
      open,
      `${MAKE}; CREATE VIEW reads AS SELECT * FROM t; CREATE TABLE q (id serial PRIMARY KEY, k int NOT NULL); INSERT INTO q (k) VALUES (4)`,
      onBranch,
    );
    const [all, keys] = [
      "SELECT id, v FROM reads ORDER BY v",
      "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p' AND conrelid = 't'::regclass",
    ];
    const before = await target.query(all);
    await source.query(`ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (v);
      UPDATE t SET id = 1; INSERT INTO t (id, v) VALUES (1, 'z'); ALTER TABLE q DROP CONSTRAINT q_pkey; ALTER TABLE q ADD PRIMARY KEY (k)`);
    await target.query("UPDATE t SET id = 9 WHERE id = 1");
    for (const strategy of ["abort", "manual", "branch_wins"])
      expect(await target.outcome(`MERGE BRANCH b USING ${strategy}`)).toBe("40002");
    await expect(target.query("MERGE BRANCH b")).rejects.toMatchObject({
      hint: "give both sides the same definition, then merge again",
    });
    await target.query("UPDATE t SET id = 1 WHERE id = 9");
    const plan = await target.query("EXPLAIN MERGE BRANCH b");
    expect(plan.map(([table]) => table)).toEqual(["q", "t"]);
    expect(plan.flat()).not.toContain("dropped table");
    const [merge] = await target.query("MERGE BRANCH b");
    expect(await target.query(all)).toEqual(await source.query(all));
    expect(await target.query(all)).toHaveLength(before.length + 1);
    expect(await target.query(keys)).toEqual([["PRIMARY KEY (v)"]]);
    await target.query(`UNDO MERGE '${String(merge?.[1])}'`);
    expect(await target.query(all)).toEqual(before);
    expect(await target.query(keys)).toEqual([["PRIMARY KEY (id)"]]);
    await target.query("MERGE BRANCH b");
    expect(await target.query(all)).toEqual(await source.query(all));
    expect(await target.query("INSERT INTO q (k) VALUES (5) RETURNING id")).toEqual([[2]]);
  });
});

test("a table of main that others, or a view, read or refer to is not dropped", async () => {
  await using open = await OpenWorld.open();
  const { target: main, source } = await mergeHeads(
    open,
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p); CREATE TABLE v (id int); CREATE BRANCH x",
    false,
  );
  expect(await source.outcome("DROP TABLE p")).toBe("2BP01");
  await source.query("DROP TABLE c, p");
  await main.query("CREATE TABLE late (p int REFERENCES p)");
  expect(await main.outcome("MERGE BRANCH b")).toBe("2BP01");
  await main.query("DROP TABLE late");
  await main.query("MERGE BRANCH b");
  expect(await main.outcome("SELECT * FROM c, p")).toBe("42P01");
  const x = await open.session("main/x");
  expect(await x.query("SELECT count(*)::int FROM c, p")).toEqual([[0]]);
  await x.query("DROP TABLE v");
  await main.query("CREATE VIEW reads AS SELECT id FROM v");
  expect(await main.outcome("MERGE BRANCH x")).toBe("2BP01");
  expect(await main.query("SELECT count(*)::int FROM reads")).toEqual([[0]]);
});

test("a table takes the name of one that the target, a branch, dropped", async () => {
  await using open = await OpenWorld.open();
  const main = await open.session();
  await main.query("CREATE TABLE t (id int PRIMARY KEY); CREATE BRANCH parent");
  const parent = await open.session("main/parent");
  await parent.query("DROP TABLE t; CREATE BRANCH b FROM parent");
  const b = await open.session("main/b");
  await b.query("CREATE TABLE t (other text); INSERT INTO t VALUES ('x'); MERGE BRANCH b");
  expect(await parent.query("SELECT other FROM t")).toEqual([["x"]]);
});

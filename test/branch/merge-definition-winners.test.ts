/** Definitions that both sides changed in different ways, under strategies: one side's is taken, of that property alone. */
import { describe, expect, it, onTestFinished } from "vitest";
import { mergeHeads } from "../support/merge-heads.js";
import { OpenWorld } from "../support/open-world.js";
import type { TestSession } from "../support/world.js";

const BEFORE = `CREATE TABLE t (id int PRIMARY KEY, qty int DEFAULT 1, note text);
  INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'); CREATE VIEW v AS SELECT id FROM t;
  CREATE TABLE "o ""o" (id int PRIMARY KEY); INSERT INTO "o ""o" VALUES (1);
  CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x'`;
const DEFAULTS =
  "SELECT column_default FROM information_schema.columns WHERE table_name = 't' AND column_name = 'qty'";
const COLUMNS =
  "SELECT column_name FROM information_schema.columns WHERE table_name = 't' ORDER BY ordinal_position";

interface Case {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly asked: string;
  /** What it answers when the branch wins, and when the target does. */
  readonly answers: readonly [source: unknown[][] | string, target: unknown[][] | string];
}

const CASES: readonly Case[] = [
  {
    name: "a default",
    source: "ALTER TABLE t ALTER qty SET DEFAULT 5; ALTER TABLE t ALTER note SET DEFAULT 'n'",
    target: "ALTER TABLE t ALTER qty SET DEFAULT 7",
    asked: DEFAULTS,
    answers: [[["5"]], [["7"]]],
  },
  {
    name: "a type",
    source: "ALTER TABLE t ALTER qty TYPE bigint",
    target: "ALTER TABLE t ALTER qty TYPE text",
    asked: "SELECT pg_typeof(qty)::text FROM t LIMIT 1",
    answers: [[["bigint"]], [["text"]]],
  },
  {
    name: "a column that one side dropped and the other wrote, dropped by the branch",
    source: "ALTER TABLE t DROP COLUMN note",
    target: "UPDATE t SET note = 'written'",
    asked: COLUMNS,
    answers: [[["id"], ["qty"]], "40002"],
  },
  {
    name: "a view",
    source: "CREATE OR REPLACE VIEW v AS SELECT id + 100 AS id FROM t",
    target: "CREATE OR REPLACE VIEW v AS SELECT id + 200 AS id FROM t",
    asked: "SELECT min(id) FROM v",
    answers: [[[101]], [[201]]],
  },
  {
    name: "a view that one side dropped",
    source: "DROP VIEW v",
    target: "CREATE OR REPLACE VIEW v AS SELECT id + 200 AS id FROM t",
    asked: "SELECT min(id) FROM v",
    answers: ["42P01", [[201]]],
  },
  {
    name: "a view that the target dropped",
    source: "CREATE OR REPLACE VIEW v AS SELECT id + 100 AS id FROM t",
    target: "DROP VIEW v",
    asked: "SELECT min(id) FROM v",
    answers: [[[101]], "42P01"],
  },
  {
    name: "a function",
    source: "CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 100'",
    target: "CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 200'",
    asked: "SELECT f(1)",
    answers: [[[101]], [[201]]],
  },
  {
    name: "a table that the branch dropped",
    source: `DROP TABLE "o ""o"`,
    target: `INSERT INTO "o ""o" VALUES (2)`,
    asked: `SELECT count(*)::int FROM "o ""o"`,
    answers: ["42P01", [[2]]],
  },
];

const ON_BRANCHES: readonly Case[] = [
  {
    name: "the name of a column",
    source: "ALTER TABLE t RENAME qty TO amount",
    target: "ALTER TABLE t RENAME qty TO number",
    asked: COLUMNS,
    answers: [
      [["id"], ["amount"], ["note"]],
      [["id"], ["number"], ["note"]],
    ],
  },
  {
    name: "a table that the target dropped",
    source: `INSERT INTO "o ""o" VALUES (2), (3)`,
    target: `DROP TABLE "o ""o"`,
    asked: `SELECT count(*)::int FROM "o ""o"`,
    answers: [[[3]], "42P01"],
  },
  {
    name: "a table's name",
    source: `ALTER TABLE "o ""o" RENAME TO mine; INSERT INTO mine VALUES (9)`,
    target: `ALTER TABLE "o ""o" RENAME TO yours`,
    asked: "SELECT count(*)::int FROM mine",
    answers: [[[2]], "42P01"],
  },
];

async function asked(session: TestSession, sql: string): Promise<unknown> {
  const outcome = await session.outcome(sql);
  return outcome === "ok" ? await session.query(sql) : outcome;
}

/** What the merge says of conflicts it resolved; of one that is refused its error. */
async function settled(target: TestSession, merge: string, isChosen: boolean): Promise<unknown> {
  if (!isChosen) return await target.outcome(merge);
  const [row] = await target.query(merge);
  return row?.slice(10, 12);
}

describe.each([false, true])("into a branch: %s", (onBranch) => {
  // Of main only names are known: there a column that both renamed and a table that is gone are 0A000.
  it.each([...CASES, ...(onBranch ? ON_BRANCHES : [])])(
    "$name",
    async ({ source: here, target: there, asked: question, answers }) => {
      for (const [index, strategy] of (["branch_wins", "main_wins"] as const).entries()) {
        const open = await OpenWorld.open();
        onTestFinished(async () => await open[Symbol.asyncDispose]());
        const { source, target } = await mergeHeads(open, BEFORE, onBranch);
        await source.query(`UPDATE t SET qty = 11 WHERE id = 1`);
        await source.query(here);
        await target.query(there);
        const before = await asked(target, question);
        expect([strategy, await target.outcome("MERGE BRANCH b")]).toEqual([strategy, "40002"]);
        expect(await asked(target, question)).toEqual(before);
        const answer = answers[index];
        const isChosen = answer !== "40002";
        const told = isChosen ? [1n, `{"${strategy}":1}`] : "40002";
        expect(await settled(target, `MERGE BRANCH b USING ${strategy}`, isChosen)).toEqual(told);
        if (!isChosen) continue;
        expect([strategy, await asked(target, question)]).toEqual([strategy, answer]);
        // What was no conflict is merged whoever wins.
        const [row] = await target.query("SELECT * FROM t WHERE id = 1");
        expect(row?.map(String)).toContain("11");
      }
    },
  );

  it("may be chosen per table", async () => {
    const open = await OpenWorld.open();
    onTestFinished(async () => await open[Symbol.asyncDispose]());
    const { source, target } = await mergeHeads(
      open,
      `${BEFORE}; CREATE TABLE u (id int PRIMARY KEY, qty int DEFAULT 1)`,
      onBranch,
    );
    await source.query("ALTER TABLE t ALTER qty SET DEFAULT 5; ALTER TABLE u ALTER qty SET DEFAULT 5");
    await target.query("ALTER TABLE t ALTER qty SET DEFAULT 7; ALTER TABLE u ALTER qty SET DEFAULT 7");
    await expect(target.query("MERGE BRANCH b USING abort EXCEPT branch_wins FOR t")).rejects.toMatchObject({
      code: "40002",
      hint: "choose with USING branch_wins or main_wins, or give both sides the same definition, then merge again",
    });
    await target.query("MERGE BRANCH b USING main_wins EXCEPT branch_wins FOR t");
    expect(
      await target.query(
        "SELECT table_name, column_default FROM information_schema.columns WHERE column_name = 'qty' ORDER BY 1",
      ),
    ).toEqual([
      ["t", "5"],
      ["u", "7"],
    ]);
  });
});

describe("main into a branch that was made from it", () => {
  it.each([...CASES, ...ON_BRANCHES])(
    "$name",
    async ({ source: here, target: there, asked: question, answers }) => {
      for (const [index, strategy] of (["branch_wins", "main_wins"] as const).entries()) {
        const open = await OpenWorld.open();
        onTestFinished(async () => await open[Symbol.asyncDispose]());
        const { target: main, source: branch } = await mergeHeads(open, BEFORE, false);
        await branch.query(`UPDATE t SET qty = 11 WHERE id = 1`);
        await branch.query(here);
        await main.query(there);
        const before = await asked(branch, question);
        expect([strategy, await main.outcome("MERGE BRANCH main INTO b")]).toEqual([strategy, "40002"]);
        const answer = answers[index];
        const isChosen = answer !== "40002";
        const told = isChosen ? [1n, `{"${strategy}":1}`] : answer;
        const explained = await main.outcome(`EXPLAIN MERGE BRANCH main INTO b USING ${strategy}`);
        // What nobody can choose in is told, beside what would be done.
        expect(explained).toBe("ok");
        expect(await settled(main, `MERGE BRANCH main INTO b USING ${strategy}`, isChosen)).toEqual(told);
        expect(await asked(branch, question)).toEqual(isChosen ? answer : before);
        const [row] = await branch.query("SELECT * FROM t WHERE id = 1");
        expect(row?.map(String)).toContain("11");
        if (!isChosen) continue;
        await main.query("MERGE BRANCH b");
        expect([strategy, await asked(main, question)]).toEqual([strategy, answer]);
      }
    },
  );
});

/** The instant of a branch: what main's writers do around its creation is in it whole, or not at all, for ever. */
import { EventEmitter, once } from "node:events";
import { describe, expect, test } from "vitest";
import { connectPg, type PgClient } from "../cli/pg-client.js";
import { type TestApp, startTestApp } from "../cli/test-app.js";
import { seededRandom } from "./random.js";

const ACCOUNTS = 200;
const TOTAL = 2 * ACCOUNTS * 100;
const WRITERS = 3;
const BRANCHES = 50;

type Sums = readonly [giro: number, savings: number];

async function createAccounts(client: PgClient): Promise<void> {
  for (const table of ["giro", "savings"]) {
    await client.rows(`CREATE TABLE ${table} (id INT PRIMARY KEY, amount INT NOT NULL)`);
    await client.rows(`INSERT INTO ${table} SELECT i, 100 FROM range(${ACCOUNTS}) r(i)`);
  }
}

/** Sums of the two tables, as this session's head has them. */
async function sums(client: PgClient): Promise<Sums> {
  const sum = async (table: string): Promise<number> =>
    Number(await client.value(`SELECT sum(amount) FROM ${table}`));
  return [await sum("giro"), await sum("savings")];
}

async function sumsOfBranch(app: TestApp, name: string): Promise<Sums> {
  await using client = await connectPg(app.address, `main/${name}`);
  return await sums(client);
}

/** Moves money between the tables until told to stop; both updates are one transaction. */
async function hammer(
  client: PgClient,
  below: (limit: number) => number,
  stop: AbortSignal,
  begun: () => void,
): Promise<number> {
  let moved = 0;
  while (!stop.aborted) {
    const [id, amount] = [below(ACCOUNTS), 1 + below(9)];
    const updates = [
      `UPDATE giro SET amount = amount - ${amount} WHERE id = ${id}`,
      `UPDATE savings SET amount = amount + ${amount} WHERE id = ${id}`,
    ];
    try {
      if (below(2) === 0) await client.pg.query(updates.join("; "));
      else for (const sql of ["BEGIN", ...updates, "COMMIT"]) await client.pg.query(sql);
      moved++;
      begun();
    } catch (error) {
      // Two writers met in one row: the loser starts again.
      if (!(error instanceof Error && "code" in error && error.code === "40001")) throw error;
      await client.pg.query("ROLLBACK");
    }
  }
  return moved;
}

/** Creates branches while writers work on the head that `database` names. The branches' sums then, and at the end. */
async function raceBranchCreation(
  database: string,
  from: string,
): Promise<{ readonly atCreation: Sums[]; readonly atEnd: Sums[]; readonly moved: number[] }> {
  const random = seededRandom();
  await using app = await startTestApp();
  await using client = await connectPg(app.address);
  await createAccounts(client);
  if (database !== "main") await client.rows("CREATE BRANCH parent");
  const stop = new AbortController();
  const events = new EventEmitter();
  const begun = Array.from({ length: WRITERS }, async (_, n) => await once(events, `begun ${n}`));
  const writers = Array.from({ length: WRITERS }, async (_, n) => {
    await using writer = await connectPg(app.address, database);
    return await hammer(writer, random.below, stop.signal, () => events.emit(`begun ${n}`));
  });
  // Whoever fails before it has begun fails the test.
  await Promise.race([Promise.all(begun), Promise.all(writers)]);
  const atCreation: Sums[] = [];
  for (let i = 0; i < BRANCHES; i++) {
    await client.rows(`CREATE BRANCH b${i}${from}`);
    atCreation.push(await sumsOfBranch(app, `b${i}`));
  }
  stop.abort();
  const moved = await Promise.all(writers);
  const atEnd: Sums[] = [];
  for (let i = 0; i < BRANCHES; i++) atEnd.push(await sumsOfBranch(app, `b${i}`));
  return { atCreation, atEnd, moved };
}

describe("a branch created while main is written", () => {
  test.each([
    ["main", "main", ""],
    ["a branch", "main/parent", " FROM parent"],
  ])(
    "from %s has every transaction whole or not at all, and keeps what it had",
    { timeout: 180_000 },
    async (_, database, from) => {
      const { atCreation, atEnd, moved } = await raceBranchCreation(database, from);
      expect(atCreation.map(([giro, savings]) => giro + savings)).toEqual(atCreation.map(() => TOTAL));
      expect(atEnd).toEqual(atCreation);
      // It was a race: every writer got through, and the branches do not all show the same moment.
      expect(Math.min(...moved)).toBeGreaterThan(0);
      expect(new Set(atCreation.map(([giro]) => giro)).size).toBeGreaterThan(1);
    },
  );

  test.each([
    ["an update", "UPDATE giro SET amount = 0"],
    ["an insert", "INSERT INTO giro VALUES (1000, 5)"],
    ["a delete", "DELETE FROM giro WHERE id < 100"],
    ["a truncate", "TRUNCATE giro"],
    ["a drop", "DROP TABLE giro"],
    ["a replaced table", "CREATE OR REPLACE TABLE giro AS SELECT 1 AS id, 2 AS amount"],
    ["an added column", "ALTER TABLE giro ADD COLUMN extra INT DEFAULT 1"],
    ["a renamed table", "ALTER TABLE giro RENAME TO checking"],
  ])("does not wait for a transaction with %s, and never sees it", async (_, sql) => {
    await using app = await startTestApp();
    await using writer = await connectPg(app.address);
    await using client = await connectPg(app.address);
    await createAccounts(writer);
    await writer.rows("BEGIN");
    await writer.rows("UPDATE savings SET amount = 1");
    await writer.rows(sql);
    await client.rows("CREATE BRANCH during");
    await writer.rows("UPDATE savings SET amount = 2");
    await using early = await connectPg(app.address, "main/during");
    const content = async (): Promise<unknown> => [
      await sums(early),
      (await early.rows("SELECT * FROM giro"))[0]?.length,
    ];
    const expected = [[ACCOUNTS * 100, ACCOUNTS * 100], 2];
    expect(await content()).toEqual(expected);
    await writer.rows("COMMIT");
    expect(await content()).toEqual(expected);
    expect(await writer.value("SELECT sum(amount)::INT FROM savings")).toBe(2 * ACCOUNTS);
    await using late = await connectPg(app.address, "main/during");
    await late.rows("UPDATE giro SET amount = amount + 1 WHERE id = 1");
    expect(await sums(early)).toEqual([ACCOUNTS * 100 + 1, ACCOUNTS * 100]);
  });

  test("never sees a transaction that is rolled back after it", async () => {
    await using app = await startTestApp();
    await using writer = await connectPg(app.address);
    await using client = await connectPg(app.address);
    await createAccounts(writer);
    await writer.rows("BEGIN");
    await writer.rows("UPDATE giro SET amount = 0");
    await client.rows("CREATE BRANCH during");
    await writer.rows("ROLLBACK");
    expect(await sumsOfBranch(app, "during")).toEqual([ACCOUNTS * 100, ACCOUNTS * 100]);
    await writer.rows("UPDATE giro SET amount = 1");
    expect(await sumsOfBranch(app, "during")).toEqual([ACCOUNTS * 100, ACCOUNTS * 100]);
  });
});

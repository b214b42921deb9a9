/** kill -9 while tables are copied: the first write of a branch, and writes of main that branches must not see. */
import { copyFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg, type PgClient } from "../cli/pg-client.js";
import { ServerProcess } from "../cli/server-process.js";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";
import { startTestApp } from "../cli/test-app.js";
import { killDuring, measureSpan, type Moment } from "./moments.js";
import { seededRandom } from "./random.js";
import { BRANCH_CHANGES, changeMain, createShop, expectedFingerprint, fingerprint } from "./shop.js";

const RANDOM_MOMENTS = 6;
/** Made before and after main's first change. */
const [EARLY, LATE] = ["early", "late"];

const AT_FIRST = { main: false, branch: false };
const MAIN_CHANGED = { main: true, branch: false };
const ALL_CHANGED = { main: true, branch: true };

let directory: TemporaryDirectory;
let prepared: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  prepared = directory.file("prepared.db");
  await using app = await startTestApp(prepared);
  await using main = await connectPg(app.address);
  await createShop(main);
  await main.rows(`CREATE BRANCH ${EARLY}`);
  await changeMain(main);
  await main.rows(`CREATE BRANCH ${LATE}`);
});

afterAll(async () => {
  await directory[Symbol.asyncDispose]();
});

interface Work {
  readonly head: string;
  /** One Query message: its statements are one transaction. */
  readonly sql: string;
  /** Looks at the reopened database; true when the work is there, whole. */
  readonly check: (clients: Record<"main" | "early" | "late", PgClient>) => Promise<boolean>;
}

interface Outcome {
  readonly moment: Moment;
  /** The client was told that it is done. */
  readonly replied: boolean;
  /** It was there when the file was opened again. */
  readonly found: boolean;
}

/** Does the work on copies of the prepared file, killed at once, at its reply, and at random moments between. */
async function killAtMoments(name: string, work: Work): Promise<Outcome[]> {
  const random = seededRandom();
  const span = await spanOf(directory.file(`${name}-span.db`), work);
  const between = Array.from({ length: RANDOM_MOMENTS }, (_, i): Moment =>
    i % 2 === 0
      ? { kind: "logWrites", count: 1 + random.below(span.logWrites) }
      : { kind: "answers", count: random.below(span.answers) },
  );
  const outcomes: Outcome[] = [];
  for (const moment of [{ kind: "answers", count: 0 } as const, { kind: "reply" } as const, ...between]) {
    const file = directory.file(`${name}-${outcomes.length}.db`);
    await copyFile(prepared, file);
    const replied = await runAndKill(file, work, moment);
    outcomes.push({ moment, replied, found: await reopen(file, work) });
  }
  return outcomes;
}

/** What was reported is there; the first moment came too early for a report, the second is one. */
function expectNothingLost(outcomes: readonly Outcome[]): void {
  expect(outcomes.slice(0, 2).map(({ replied }) => replied)).toEqual([false, true]);
  expect(outcomes.filter(({ replied, found }) => replied && !found)).toEqual([]);
}

async function spanOf(file: string, work: Work): Promise<{ answers: number; logWrites: number }> {
  await copyFile(prepared, file);
  await using server = await ServerProcess.serve(file);
  await using client = await connectPg(server.address, work.head);
  return await measureSpan(server, file, async () => await client.pg.query(work.sql));
}

async function runAndKill(file: string, work: Work, moment: Moment): Promise<boolean> {
  await using server = await ServerProcess.serve(file);
  await using client = await connectPg(server.address, work.head);
  return await killDuring(server, file, moment, async () => await client.pg.query(work.sql));
}

/** Checks, then makes sure that the database still takes the whole work. */
async function reopen(file: string, work: Work): Promise<boolean> {
  await using app = await startTestApp(file);
  await using main = await connectPg(app.address);
  await using early = await connectPg(app.address, `main/${EARLY}`);
  await using late = await connectPg(app.address, `main/${LATE}`);
  const clients = { main, early, late };
  const found = await work.check(clients);
  if (!found) {
    await using again = await connectPg(app.address, work.head);
    await again.pg.query(work.sql);
    expect(await work.check(clients)).toBe(true);
  }
  return found;
}

/** True for `done`, false for `undone`; anything else fails. */
function eitherOr(found: unknown, undone: unknown, done: unknown): boolean {
  expect([undone, done]).toContainEqual(found);
  return JSON.stringify(found) === JSON.stringify(done);
}

async function columns(client: PgClient): Promise<string[]> {
  const { fields } = await client.pg.query("SELECT * FROM accounts LIMIT 0");
  return fields.map((field) => field.name);
}

describe("kill -9", { timeout: 180_000 }, () => {
  test("during a branch's first writes leaves the branch with all or none of them", async () => {
    const outcomes = await killAtMoments("branch-write", {
      head: `main/${LATE}`,
      sql: BRANCH_CHANGES.join("; "),
      check: async ({ main, early, late }) => {
        const unchanged = await expectedFingerprint(main, MAIN_CHANGED);
        expect(await fingerprint(main)).toEqual(unchanged);
        expect(await fingerprint(early)).toEqual(await expectedFingerprint(main, AT_FIRST));
        const found = [
          ...(await fingerprint(late)),
          await main.value("SELECT modified_table_count::INT FROM _hatidata_branches WHERE name = $1", [
            LATE,
          ]),
        ];
        const changed = await expectedFingerprint(main, ALL_CHANGED);
        return eitherOr(found, [...unchanged, 0], [...changed, 2]);
      },
    });
    expectNothingLost(outcomes);
  });

  test("during main's writes leaves every branch what it had", async () => {
    const outcomes = await killAtMoments("main-write", {
      head: "main",
      sql: BRANCH_CHANGES.join("; "),
      check: async ({ main, early, late }) => {
        expect(await fingerprint(early)).toEqual(await expectedFingerprint(main, AT_FIRST));
        const unchanged = await expectedFingerprint(main, MAIN_CHANGED);
        expect(await fingerprint(late)).toEqual(unchanged);
        return eitherOr(await fingerprint(main), unchanged, await expectedFingerprint(main, ALL_CHANGED));
      },
    });
    expectNothingLost(outcomes);
  });

  test("while main replaces and alters tables leaves every branch what it had", async () => {
    const outcomes = await killAtMoments("main-schema", {
      head: "main",
      sql: "DROP TABLE items; ALTER TABLE accounts ADD COLUMN extra INT DEFAULT 5; CREATE TABLE items (other TEXT)",
      check: async ({ main, early, late }) => {
        expect(await fingerprint(early)).toEqual(await expectedFingerprint(main, AT_FIRST));
        expect(await fingerprint(late)).toEqual(await expectedFingerprint(main, MAIN_CHANGED));
        const before = ["id", "balance", "note"];
        expect(await columns(early)).toEqual(before);
        const items = await main.value("SELECT count(*)::INT FROM items");
        return eitherOr([await columns(main), items], [before, 3_000], [[...before, "extra"], 0]);
      },
    });
    expectNothingLost(outcomes);
  });
});

/** A merge that is killed leaves main as it was before or as it is after, and the ledger says which. */
import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../cli/pg-client.js";
import { ServerProcess } from "../cli/server-process.js";
import { temporaryDirectory, type TemporaryDirectory } from "../cli/temporary-directory.js";
import { startTestApp } from "../cli/test-app.js";
import { killDuring, measureSpan, type Moment, type Span } from "./moments.js";
import { seededRandom } from "./random.js";
import { BRANCH, BRANCH_CHANGES, changeMain, createShop, expectedFingerprint, fingerprint } from "./shop.js";

const MERGE = `MERGE BRANCH "${BRANCH}"`;
const RANDOM_MOMENTS = 12;
const TORN_LOGS = 14;

let directory: TemporaryDirectory;
/** A file with main and a branch, both changed, nothing merged. */
let prepared: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  prepared = directory.file("prepared.db");
  await using app = await startTestApp(prepared);
  await using main = await connectPg(app.address);
  await createShop(main);
  await main.rows(`CREATE BRANCH "${BRANCH}"`);
  await changeMain(main);
  await using branch = await connectPg(app.address, `main/${BRANCH}`);
  for (const change of BRANCH_CHANGES) await branch.rows(change);
});

afterAll(async () => {
  await directory[Symbol.asyncDispose]();
});

/** Opens a file after a crash and checks it against both states it may be in. */
async function findOutcome(file: string): Promise<"before" | "after"> {
  await using app = await startTestApp(file);
  await using main = await connectPg(app.address);
  const before = await expectedFingerprint(main, { main: true, branch: false });
  const after = await expectedFingerprint(main, { main: true, branch: true });
  const merged = await main.value("SELECT count(*)::INT FROM duckbranch.merges WHERE status = 'merged'");
  const status = await main.value("SELECT status FROM _hatidata_branches WHERE name = $1", [BRANCH]);
  expect([await fingerprint(main), merged, status]).toEqual(
    merged === 1 ? [after, 1, "merged"] : [before, 0, "active"],
  );
  await using branch = await connectPg(app.address, `main/${BRANCH}`);
  expect(await fingerprint(branch)).toEqual(await expectedFingerprint(main, { main: false, branch: true }));
  // What was interrupted can be done now; what was done is not done twice.
  await main.rows(MERGE);
  expect(await fingerprint(main)).toEqual(after);
  return merged === 1 ? "after" : "before";
}

async function mergeUndisturbed(): Promise<Span> {
  const file = directory.file("undisturbed.db");
  await copyFile(prepared, file);
  await using server = await ServerProcess.serve(file);
  await using client = await connectPg(server.address);
  return await measureSpan(server, file, async () => await client.rows(MERGE));
}

async function mergeAndKill(name: string, moment: Moment): Promise<{ file: string; replied: boolean }> {
  const file = directory.file(`${name}.db`);
  await copyFile(prepared, file);
  await using server = await ServerProcess.serve(file);
  await using client = await connectPg(server.address);
  const replied = await killDuring(server, file, moment, async () => await client.rows(MERGE));
  return { file, replied };
}

describe("a merge ended by kill -9", () => {
  test("is all there once it was reported done, and not there at all when it had just begun", async () => {
    const reported = await mergeAndKill("reported", { kind: "reply" });
    expect(reported.replied).toBe(true);
    expect(await findOutcome(reported.file)).toBe("after");
    const begun = await mergeAndKill("begun", { kind: "answers", count: 0 });
    expect(begun.replied).toBe(false);
    expect(await findOutcome(begun.file)).toBe("before");
  });

  test("leaves before or after, whenever it comes", { timeout: 180_000 }, async () => {
    const random = seededRandom();
    const span = await mergeUndisturbed();
    expect(span.logWrites).toBeGreaterThan(0);
    const moments = Array.from({ length: RANDOM_MOMENTS }, (_, i): Moment => {
      // Every other one in the commit itself, which is where the log is written.
      return i % 2 === 0
        ? { kind: "logWrites", count: 1 + random.below(span.logWrites) }
        : { kind: "answers", count: random.below(span.answers) };
    });
    const outcomes: string[] = [];
    const lost: Moment[] = [];
    for (const [i, moment] of moments.entries()) {
      const { file, replied } = await mergeAndKill(`random-${i}`, moment);
      const outcome = await findOutcome(file);
      if (replied && outcome === "before") lost.push(moment);
      outcomes.push(`${moment.kind} ${"count" in moment ? moment.count : ""}: ${outcome}`);
    }
    process.stdout.write(`a merge of ${span.answers} answers and ${span.logWrites} log writes:\n`);
    process.stdout.write(`${outcomes.join("\n")}\n`);
    expect(lost).toEqual([]);
  });

  test("leaves before or after when the log was torn at any byte", { timeout: 180_000 }, async () => {
    const random = seededRandom();
    const { file } = await mergeAndKill("whole", { kind: "reply" });
    const log = await readFile(`${file}.wal`);
    const { size } = await stat(`${file}.wal`);
    const cuts = Array.from({ length: TORN_LOGS }, () => random.below(size));
    const outcomes = new Set<string>();
    for (const [i, cut] of [1, ...cuts, size - 1, size].entries()) {
      const torn = directory.file(`torn-${i}.db`);
      await copyFile(file, torn);
      await writeFile(`${torn}.wal`, log.subarray(0, cut));
      outcomes.add(await findOutcome(torn));
    }
    expect([...outcomes].toSorted()).toEqual(["after", "before"]);
  });
});

/**
 * Expressions mean what PostgreSQL 15 means by them: the corpus is run on both, value by value and type by type. What
 * still differs is in differences.json with its reason, and must differ exactly so.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../cli/test-app.js";
import { hasPostgres, type PostgresServer, startPostgres } from "../../support/postgres.js";
import { Answers, corpusFiles, knownDifferences } from "./corpus.js";

let postgres: PostgresServer;
let app: TestApp;
let oracle: Answers;
let ours: Answers;

beforeAll(async () => {
  if (!hasPostgres) return;
  postgres = await startPostgres();
  app = await startTestApp();
  oracle = await Answers.connect(postgres.address, "postgres", "postgres");
  ours = await Answers.connect(app.address, "tester", "main");
  await oracle.makeFixture();
  await ours.makeFixture();
});

afterAll(async () => {
  if (!hasPostgres) return;
  await ours[Symbol.asyncDispose]();
  await oracle[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

interface Disagreement {
  readonly statement: string;
  readonly postgres: string;
  readonly ours: string;
}

async function disagreements(statements: readonly string[]): Promise<Disagreement[]> {
  const known = knownDifferences();
  const found: Disagreement[] = [];
  for (const statement of statements) {
    const [theirs, answer] = [await oracle.to(statement), await ours.to(statement)];
    if (answer !== (known.get(statement) ?? theirs))
      found.push({ statement, postgres: theirs, ours: answer });
  }
  return found;
}

describe.skipIf(!hasPostgres)("on main", () => {
  test.each([...corpusFiles()])("%s", async (_, statements) => {
    expect(await disagreements(statements)).toEqual([]);
  });

  test("every known difference is one, of a statement of the corpus", async () => {
    const corpus = new Set([...corpusFiles().values()].flat());
    for (const [statement, answer] of knownDifferences()) {
      expect(corpus).toContain(statement);
      expect([statement, await oracle.to(statement)]).not.toEqual([statement, answer]);
    }
  });
});

describe.skipIf(!hasPostgres)("on a branch of a branch", () => {
  beforeAll(async () => {
    await ours.run("CREATE BRANCH inner_expressions");
    await ours.run("SET branch = inner_expressions");
    await ours.run("UPDATE g SET x = x");
    await ours.run("CREATE BRANCH outer_expressions FROM inner_expressions");
    await ours.run("SET branch = outer_expressions");
    await ours.run("UPDATE t SET id = id");
  });

  test.each([...corpusFiles()])("%s", async (_, statements) => {
    expect(await disagreements(statements)).toEqual([]);
  });
});

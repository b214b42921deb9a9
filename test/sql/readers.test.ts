/**
 * Three readers of ours look at the same statements: PostgreSQL's tree, DuckDB's tree, and tokens alone. They share
 * scopes and nothing else, so where two of them are certain they must name the same relations at the same places.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { SqlError, notSupported } from "../../src/core/errors.js";
import { readDialect, type SerializeSelect } from "../../src/sql/duckdb-dialect.js";
import { loadParser, parsePostgres } from "../../src/sql/pg-parser.js";
import { References } from "../../src/sql/references.js";
import { tokenise } from "../../src/sql/lexer.js";
import { plainBlanks, splitStatements } from "../../src/sql/split.js";
import { readTokens } from "../../src/sql/token-statements.js";
import { readTree } from "../../src/sql/tree-statements.js";
import { readCorpus, STATEMENTS } from "./corpus.js";
import { openDuckdb, serializerOf } from "./engine.js";

/** Further corpora to run over, by hand: JSON files with a list of { sql }. */
const EXTRA = (process.env["DUCKBRANCH_TEST_CORPORA"] ?? "").split(",").filter((file) => file !== "");
const corpus = [...STATEMENTS, ...EXTRA.flatMap(readCorpus)];
const texts = corpus.flatMap(({ sql }) => splitStatements(plainBlanks(sql)).map(({ text }) => text));

let serialize: SerializeSelect;
beforeAll(async () => {
  await loadParser();
  serialize = serializerOf(await openDuckdb());
});

/** What a reader says, or nothing when it refuses, does not know the statement, or is not certain. */
function findings(references: References): string[] | undefined {
  if (!references.certain) return undefined;
  const roles = ["read", "write", "columnQualifier", "sequence", "create", "drop", "alter"];
  return references.names
    .filter(({ role }) => roles.includes(role))
    .map(({ role, parts, start, end, alias, aliasAt }) =>
      JSON.stringify([start, end, role, parts, alias, aliasAt]),
    )
    .toSorted((left, right) => left.localeCompare(right));
}

async function withTree(text: string): Promise<string[] | undefined> {
  const references = new References(text, tokenise(text));
  const outcome = await parsePostgres(text);
  if (outcome.kind !== "tree") return undefined;
  return attempt(() => readTree(outcome, references)) ? findings(references) : undefined;
}

function withTokens(text: string): string[] | undefined {
  const references = new References(text, tokenise(text));
  return attempt(() => readTokens(references)) ? findings(references) : undefined;
}

function attempt(read: () => unknown): boolean {
  try {
    return read() !== undefined;
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}

describe("the readers agree", () => {
  test("tokens and PostgreSQL's tree", async () => {
    let compared = 0;
    for (const text of texts) {
      const [tree, tokens] = [await withTree(text), withTokens(text)];
      if (tree === undefined || tokens === undefined) continue;
      expect.soft(tokens, text).toEqual(tree);
      compared += 1;
    }
    expect(compared).toBeGreaterThanOrEqual(100);
  });

  test("DuckDB's tree and PostgreSQL's tree", async () => {
    let compared = 0;
    for (const text of texts) {
      const tree = await withTree(text);
      const isQuery = /^\W*(select|with|values|table)\b/i.test(text);
      if (tree === undefined || !isQuery) continue;
      const refusal = notSupported("not a query of DuckDB");
      const references = new References(text, tokenise(text));
      const onlySerialized: SerializeSelect = async (sql) => {
        const answer = await serialize(sql);
        if (answer.includes('"error":true')) throw refusal;
        return answer;
      };
      try {
        await readDialect(references, refusal, onlySerialized);
      } catch (error) {
        if (error === refusal) continue;
        throw error;
      }
      const found = findings(references);
      if (found === undefined) continue;
      expect.soft(found, text).toEqual(tree);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(30);
  });
});

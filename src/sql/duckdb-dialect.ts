/**
 * Reads what PostgreSQL's parser refuses: first DuckDB's own parser, for queries; then tokens. PostgreSQL's error is
 * the client's answer when neither knows the statement.
 */
import type { SqlError } from "../core/errors.js";
import { isNode, listField, nodeField } from "./ast.js";
import { DuckdbTreeWalker } from "./duckdb-tree.js";
import { plainReading, type Reading } from "./reading.js";
import type { References } from "./references.js";
import { Scope } from "./scope.js";
import { QUERY_WORDS } from "./token-from.js";
import { isSymbol } from "./token-reader.js";
import { readTokens } from "./token-statements.js";

/** Runs `SELECT json_serialize_sql(?)` on a utility connection and gives back its JSON text. */
export type SerializeSelect = (sql: string) => Promise<string>;

/** Reads into `references`. Throws `refusal`, PostgreSQL's syntax error, for what is no statement of DuckDB either. */
export async function readDialect(
  references: References,
  refusal: SqlError,
  serializeSelect: SerializeSelect | undefined,
): Promise<Reading> {
  if (isQueryLike(references) && serializeSelect !== undefined) {
    const answer: unknown = JSON.parse(await serializeSelect(references.text));
    const outcome = isNode(answer) ? answer : {};
    if (outcome["error"] === false) return readSerialized(outcome, references);
    // What is a query but cannot be written as JSON, such as PIVOT as a statement, goes on to the tokens.
    if (outcome["error_type"] === "parser") throw refusal;
  }
  const reading = readTokens(references);
  if (reading === undefined) throw refusal;
  // Without DuckDB's parser nobody has said that this is a query at all.
  if (reading.verb === "select" && serializeSelect === undefined) references.doubt();
  return reading;
}

function isQueryLike({ tokens }: References): boolean {
  const first = tokens.find((token) => !isSymbol(token, "("));
  return first?.kind === "word" && QUERY_WORDS.includes(first.value);
}

function readSerialized(outcome: Readonly<Record<string, unknown>>, references: References): Reading {
  const statements = listField(outcome, "statements");
  const node = statements[0] === undefined ? undefined : nodeField(statements[0], "node");
  if (statements.length !== 1 || node === undefined) references.doubt();
  else new DuckdbTreeWalker(references).visit(node, new Scope());
  return plainReading("select", "SELECT", false);
}

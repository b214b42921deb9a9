/** Where the literal stands that is no value of its type: DuckDB points at the cast behind it, or nowhere. */
import { SQLSTATE, type SqlError } from "../core/errors.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { castTypeOf } from "../sql/dialect/cast-places.js";
import { tokenise, type Token } from "../sql/lexer.js";

const CODES: ReadonlySet<string> = new Set([
  SQLSTATE.invalidTextRepresentation,
  SQLSTATE.invalidDatetimeFormat,
  SQLSTATE.datetimeFieldOverflow,
  SQLSTATE.numericValueOutOfRange,
]);
/** As PostgreSQL's messages end, or have it in their middle. */
const QUOTED = /: "(.*)"$|^value "(.*)" is out of range/s;

/**
 * Offset of the one literal with the value that the error is about; undefined when there are several, or when the value may
 * have come from a row.
 */
export function placeOfLiteral(error: SqlError, statement: RelationalStatement): number | undefined {
  const match = CODES.has(error.code) ? QUOTED.exec(error.message) : null;
  const value = match?.[1] ?? match?.[2];
  if (value === undefined) return undefined;
  const tokens = tokenise(statement.text);
  const found = tokens.flatMap((token, index) =>
    token.kind === "string" && token.value.trim() === value.trim() ? [index] : [],
  );
  const [index, ...more] = found;
  if (index === undefined || more.length > 0) return undefined;
  const isCast = castTypeOf(tokens, index) !== undefined;
  return isCast || readsNoRows(statement, tokens) ? tokens[index]?.start : undefined;
}

function readsNoRows({ verb }: RelationalStatement, tokens: readonly Token[]): boolean {
  return verb === "insert" && !tokens.some(({ kind, value }) => kind === "word" && value === "select");
}

/** Literals that are compared with a jsonb: both sides get the text PostgreSQL would keep, by which they are equal. */
import { canonicalJson } from "../core/canonical-json.js";
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { operandEnd } from "../sql/dialect/operand.js";
import { operandStart } from "../sql/dialect/operand-start.js";
import type { Token } from "../sql/lexer.js";
import { quoteLiteral } from "../sql/names.js";
import { storedValues } from "../sql/stored-values.js";
import { isSymbol } from "../sql/token-reader.js";

const COMPARISONS: ReadonlySet<string> = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);

/**
 * Undefined for a literal that is not compared: of documents jsonb alone has comparisons.
 *
 *   jsonb_build_object('a', x) = '{"a":1}'  ⇒  duckbranch_jsonb(jsonb_build_object('a', x)) = '{"a": 1}'
 *
 * Columns hold that text already, and arrows are the dialect's: see sql/dialect/arrows.ts. Errors: 22P02
 */
export function comparedDocument(
  statement: RelationalStatement,
  tokens: readonly Token[],
  { start, end, value }: Token,
): readonly TextEdit[] | undefined {
  const at = tokens.findIndex((token) => token.start === start);
  const [before, behind] = [tokens[at - 1], tokens[at + 1]];
  const isLeft = COMPARISONS.has(behind?.value ?? "");
  if ((!isLeft && !COMPARISONS.has(before?.value ?? "")) || isSymbol(behind, "::")) return undefined;
  if (storedValues(statement).values.some(({ only }) => only?.start === start)) return undefined;
  const other = isLeft ? callBehind(tokens, at + 2) : callBefore(tokens, at - 2);
  return [{ start, end, text: quoteLiteral(canonicalJson(value)) }, ...other];
}

/** What a call or a bracket gives has DuckDB's form. */
function callBefore(tokens: readonly Token[], last: number): readonly TextEdit[] {
  const first = isSymbol(tokens[last], ")") ? operandStart(tokens, last) : undefined;
  return around(tokens[first ?? -1], tokens[last]);
}

function callBehind(tokens: readonly Token[], first: number): readonly TextEdit[] {
  const last = operandEnd(tokens, first);
  return isSymbol(last, ")") ? around(tokens[first], last) : [];
}

function around(first: Token | undefined, last: Token | undefined): readonly TextEdit[] {
  if (first === undefined || last === undefined) return [];
  return [
    { start: first.start, end: first.start, text: "duckbranch_jsonb(" },
    { start: last.end, end: last.end, text: ")" },
  ];
}

import { notSupported } from "../../core/errors.js";
import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";
import { isOperand } from "./operators.js";
import type { DialectPass } from "./pass.js";

/** The macros behind these names are in src/catalog/expressions. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["#", "~|~"],
  ["?", "|@|"],
  ["?|", "|@||"],
  ["?&", "|@&"],
  ["#>", "->@"],
  ["#>>", "->>@"],
  ["#-", "-@"],
]);

/**
 * Operators whose characters DuckDB reads as something else.
 *
 *   j ? 'a'            ⇒  j |@| 'a'
 *   j #>> '{a,b}'      ⇒  j ->>@ '{a,b}'
 *
 * Reason  `?` is a parameter and `#1` a position to DuckDB; any other run of operator characters is a function's name,
 *         and binds as PostgreSQL's operator does
 */
export const operatorNamesPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    if (isSymbol(token, "||")) refuseDocuments(tokens, index);
    const text = token.kind === "operator" ? NAMES.get(token.value) : undefined;
    if (text === undefined || !isOperand(tokens[index - 1]) || isSymbol(tokens[index + 1], ")")) return [];
    return [{ start: token.start, end: token.end, text: ` ${text} ` }];
  });

/** DuckDB would join the texts of two documents into one that is none. */
function refuseDocuments(tokens: readonly Token[], index: number): void {
  const isDocument = ["json", "jsonb"].some((type) => isWord(tokens[index - 1], type));
  if (isDocument && isSymbol(tokens[index - 2], "::"))
    throw notSupported("the operator || for json is not supported");
}

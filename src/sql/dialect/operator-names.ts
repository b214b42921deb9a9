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
  ["@?", "@|~"],
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
    if (removesKeys(tokens, index)) return [{ start: token.start, end: token.end, text: " -@| " }];
    const text = token.kind === "operator" ? NAMES.get(token.value) : undefined;
    if (text === undefined || !isOperand(tokens[index - 1]) || isSymbol(tokens[index + 1], ")")) return [];
    return [{ start: token.start, end: token.end, text: ` ${text} ` }];
  });

/**
 * `-` of a jsonb: what is taken away is a text that is no number and no moment, or an array. The macro takes any other
 * left side for what it is.
 */
function removesKeys(tokens: readonly Token[], index: number): boolean {
  const [token, next] = [tokens[index], tokens[index + 1]];
  if (token?.kind !== "operator" || token.value !== "-" || !isOperand(tokens[index - 1])) return false;
  if (isWord(tokens[index - 1], "jsonb") && isSymbol(tokens[index - 2], "::")) return true;
  if (isWord(next, "array")) return true;
  if (next?.kind !== "string") return false;
  const isArray = isSymbol(tokens[index + 2], "::") && isSymbol(tokens[index + 4], "[");
  return isArray || (!isSymbol(tokens[index + 2], "::") && /^[a-z_][a-z_0-9]*$/i.test(next.value));
}

/** DuckDB would join the texts of two documents into one that is none. */
function refuseDocuments(tokens: readonly Token[], index: number): void {
  if (isWord(tokens[index - 1], "json") && isSymbol(tokens[index - 2], "::"))
    throw notSupported("the operator || for json is not supported");
}

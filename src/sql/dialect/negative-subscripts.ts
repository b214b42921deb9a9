import { isSymbol } from "../token-reader.js";
import { operandStart } from "./operand-start.js";
import type { DialectPass } from "./pass.js";

/**
 * An array has no element before its first.
 *
 *   a[-1]  ⇒  negative_subscript(a, -1)
 *
 * Reason  DuckDB counts from the list's end; of JSON and texts it does so still
 */
export const negativeSubscriptsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const [minus, number, close] = [tokens[index + 1], tokens[index + 2], tokens[index + 3]];
    if (!isSymbol(token, "[") || minus?.value !== "-" || number?.kind !== "number" || !isSymbol(close, "]"))
      return [];
    const first = operandStart(tokens, index - 1);
    const begin = first === undefined ? undefined : tokens[first];
    if (begin === undefined || begin === token || close === undefined) return [];
    return [
      { start: begin.start, end: begin.start, text: "negative_subscript(" },
      { start: token.start, end: close.end, text: `, -${number.value})` },
    ];
  });

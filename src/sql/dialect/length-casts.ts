import { notSupported } from "../../core/errors.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import { typeNameAt } from "./cast-places.js";
import { operandStart } from "./operand-start.js";
import type { DialectEdit, DialectPass } from "./pass.js";

/**
 * Casts to a text of at most so many characters cut the text off.
 *
 *   a::varchar(3)              ⇒  left(a::varchar(3), 3)
 *   CAST(a AS char(3))         ⇒  rtrim(left(CAST(a AS char(3)), 3), ' ')
 *
 * Reason  DuckDB reads the length and forgets it, but in the text of a view, where it says what was meant. Blanks that would fill a char(n) are not added: they mean nothing
 */
export const lengthCastsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    if (isSymbol(token, "::")) return suffixCast(tokens, index);
    const isCast = isWord(token, "cast") || isWord(token, "try_cast");
    return isCast && isSymbol(tokens[index + 1], "(") ? prefixCast(tokens, index) : [];
  });

interface LengthType {
  /** What stands around the cast without its length. */
  readonly open: string;
  readonly close: string;
  /** Where the type's text ends, with its length. */
  readonly end: number;
  readonly behind: number;
}

function lengthTypeAt(tokens: readonly Token[], index: number): LengthType | undefined {
  const type = typeNameAt(tokens, index);
  if (type === undefined || (type.name !== "varchar" && type.name !== "bpchar")) return undefined;
  const last = tokens[type.last];
  if (last === undefined || isSymbol(tokens[type.behind], "[")) return undefined;
  if (!type.hasModifier) {
    // `char` alone is char(1); bpchar alone has no length, and `character varying` is none of them.
    const isOne = type.name === "bpchar" && ["char", "character"].includes(tokens[index]?.value ?? "");
    return isOne ? { ...aroundCast(true, "1"), end: last.end, behind: type.behind } : undefined;
  }
  const [number, close] = [tokens[type.behind - 2], tokens[type.behind - 1]];
  if (number?.kind !== "number" || close === undefined) return undefined;
  return { ...aroundCast(type.name === "bpchar", number.value), end: close.end, behind: type.behind };
}

/** A char(n) is held without blanks at its end. */
function aroundCast(isPadded: boolean, length: string): Pick<LengthType, "open" | "close"> {
  return isPadded
    ? { open: "rtrim(left(", close: `, ${length}), ' ')` }
    : { open: "left(", close: `, ${length})` };
}

function suffixCast(tokens: readonly Token[], index: number): DialectEdit[] {
  const type = lengthTypeAt(tokens, index + 1);
  if (type === undefined) return [];
  const first = operandStart(tokens, index - 1);
  const begin = first === undefined ? undefined : tokens[first];
  if (begin === undefined) {
    throw notSupported(
      "this cast to a text of limited length is not supported",
      "put its operand in parentheses",
    );
  }
  return [
    { start: begin.start, end: begin.start, text: type.open, reach: type.end },
    { start: type.end, end: type.end, text: type.close },
  ];
}

function prefixCast(tokens: readonly Token[], index: number): DialectEdit[] {
  const close = closingBracket(tokens, index + 1);
  const [word, last] = [tokens[index], close === undefined ? undefined : tokens[close]];
  if (close === undefined || word === undefined || last === undefined) return [];
  for (let at = close - 1; at > index + 1; at -= 1) {
    if (!isWord(tokens[at], "as")) continue;
    const type = lengthTypeAt(tokens, at + 1);
    if (type?.behind !== close) return [];
    return [
      { start: word.start, end: word.start, text: type.open },
      { start: last.end, end: last.end, text: type.close },
    ];
  }
  return [];
}

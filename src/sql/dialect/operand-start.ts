/** Finds where the operand of a cast begins, for the forms that can be told from tokens alone. */
import { isReserved } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";

const LITERALS: ReadonlySet<Token["kind"]> = new Set(["string", "number", "parameter", "bits"]);

/** They are not reserved, but what stands in brackets behind them is no argument: ORDER BY (a)::text. */
const NEVER_CALLED: ReadonlySet<string> = new Set(["by", "between", "like", "ilike", "escape", "zone"]);

/**
 * The index of the first token of the operand whose last token is at `index`: a literal, parameter, name, call,
 * parenthesis or array, with subscripts and casts behind it. Undefined for anything else.
 */
export function operandStart(tokens: readonly Token[], index: number): number | undefined {
  const token = tokens[index];
  if (token === undefined) return undefined;
  if (LITERALS.has(token.kind)) return index;
  if (isSymbol(token, ")")) return callStart(tokens, index);
  if (isSymbol(token, "]")) return subscriptStart(tokens, index);
  if (token.kind !== "word" && token.kind !== "quoted") return undefined;
  // A window by its name: count(*) OVER w
  if (isWord(tokens[index - 1], "over") && isSymbol(tokens[index - 2], ")"))
    return callStart(tokens, index - 2);
  const first = nameStart(tokens, index);
  // A field: (row).a
  if (
    isSymbol(tokens[first - 1], ".") &&
    (isSymbol(tokens[first - 2], ")") || isSymbol(tokens[first - 2], "]"))
  )
    return operandStart(tokens, first - 2);
  // The type of an earlier cast: x::text::regclass
  if (isSymbol(tokens[first - 1], "::")) return operandStart(tokens, first - 2);
  if (isWord(token, "null")) return index;
  return token.kind === "word" && first === index && isReserved(token.value) ? undefined : first;
}

function callStart(tokens: readonly Token[], close: number): number | undefined {
  const open = openingBracket(tokens, close, "(", ")");
  if (open === undefined) return undefined;
  const before = tokens[open - 1];
  const isBehindCall =
    isSymbol(tokens[open - 2], ")") && (isWord(before, "filter") || isWord(before, "over"));
  if (isBehindCall) return callStart(tokens, open - 2);
  if (isWord(before, "group") && isWord(tokens[open - 2], "within")) return callStart(tokens, open - 3);
  const isWordOfName =
    before?.kind === "word" && !isReserved(before.value) && !NEVER_CALLED.has(before.value);
  const isName = before?.kind === "quoted" || isWordOfName;
  const isCast = before?.kind === "word" && before.value === "cast";
  if (!isName && !isCast) return open;
  const first = nameStart(tokens, open - 1);
  return isSymbol(tokens[first - 1], "::") ? operandStart(tokens, first - 2) : first;
}

function subscriptStart(tokens: readonly Token[], close: number): number | undefined {
  const open = openingBracket(tokens, close, "[", "]");
  if (open === undefined) return undefined;
  const before = tokens[open - 1];
  if (before?.kind === "word" && before.value === "array") return open - 1;
  return operandStart(tokens, open - 1);
}

/** The first token of a dotted name whose last token is at `index`. */
function nameStart(tokens: readonly Token[], index: number): number {
  let first = index;
  while (isSymbol(tokens[first - 1], ".") && isNamePart(tokens[first - 2])) first -= 2;
  return first;
}

function isNamePart(token: Token | undefined): boolean {
  return token?.kind === "word" || token?.kind === "quoted";
}

function openingBracket(
  tokens: readonly Token[],
  close: number,
  opening: string,
  closing: string,
): number | undefined {
  let depth = 0;
  for (let index = close; index >= 0; index -= 1) {
    if (isSymbol(tokens[index], closing)) depth += 1;
    else if (isSymbol(tokens[index], opening)) depth -= 1;
    if (depth === 0) return index;
  }
  return undefined;
}

import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord, nameAt } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * Lists in a CHECK or a view, as pg_dump writes what was IN (…).
 *
 *   CHECK (a = ANY (ARRAY[1, 2]))                          ⇒  CHECK (a IN (1, 2))
 *   CHECK (a <> ALL (ARRAY[1, 2]))                         ⇒  CHECK (a NOT IN (1, 2))
 *   CHECK (a = ANY ((ARRAY['x'::varchar])::text[]))        ⇒  CHECK (a IN ('x'::varchar))
 *   CHECK (a = ANY (ARRAY['x', 'y']::mood[]))              ⇒  CHECK (a IN ('x', 'y'::mood))
 *
 * Reason  ANY over a list is a sub-query to DuckDB: a CHECK can have none, and a view would be shown with it
 */
export const quantifiedChecksPass: DialectPass = ({ tokens }) => {
  const isDefinition = isWord(tokens[0], "create") || isWord(tokens[0], "alter");
  if (!isDefinition || !tokens.some((token) => isWord(token, "check") || isWord(token, "view"))) return [];
  return tokens.flatMap((_, index) => quantifiedList(tokens, index));
};

function quantifiedList(tokens: readonly Token[], index: number): TextEdit[] {
  const sign = tokens[index];
  const word = wordFor(sign, tokens[index + 1]);
  const close = isSymbol(tokens[index + 2], "(") ? closingBracket(tokens, index + 2) : undefined;
  const last = close === undefined ? undefined : tokens[close];
  if (word === undefined || sign === undefined || close === undefined || last === undefined) return [];
  const list = listAt(tokens, index + 3, close);
  if (list === undefined) return castListEdits(tokens, index, close, word);
  return [
    { start: sign.start, end: list.open.end, text: ` ${word} (` },
    { start: list.close.start, end: last.end, text: ")" },
  ];
}

/** `ARRAY['x', 'y']::mood[]`: the last one's cast says what they are. The type's name is for whoever resolves it. */
function castListEdits(tokens: readonly Token[], index: number, end: number, word: string): TextEdit[] {
  const isArray = isWord(tokens[index + 3], "array") && isSymbol(tokens[index + 4], "[");
  const last = isArray ? closingBracket(tokens, index + 4) : undefined;
  const type = last !== undefined && isSymbol(tokens[last + 1], "::") ? nameAt(tokens, last + 2) : undefined;
  const elements = tokens.slice(index + 5, last).filter((token) => !isSymbol(token, ","));
  const [sign, open, close] = [tokens[index], tokens[index + 4], tokens[last ?? -1]];
  const [first, second] = [tokens[type?.next ?? -1], tokens[(type?.next ?? -2) + 1]];
  if (sign === undefined || open === undefined || close === undefined || type?.next !== end - 2) return [];
  if (elements.length === 0 || elements.some(({ kind }) => kind !== "string")) return [];
  if (first === undefined || second === undefined || !isSymbol(first, "[")) return [];
  return [
    { start: sign.start, end: open.end, text: ` ${word} (` },
    { start: close.start, end: close.end, text: "" },
    { start: first.start, end: second.end, text: "" },
  ];
}

function wordFor(sign: Token | undefined, quantifier: Token | undefined): string | undefined {
  if (sign?.kind !== "operator") return undefined;
  if (sign.value === "=" && (isWord(quantifier, "any") || isWord(quantifier, "some"))) return "IN";
  return ["<>", "!="].includes(sign.value) && isWord(quantifier, "all") ? "NOT IN" : undefined;
}

/** The brackets of `ARRAY[…]`, or of `(ARRAY[…])::text[]`, that reaches up to `end` and has elements. */
function listAt(
  tokens: readonly Token[],
  index: number,
  end: number,
): { readonly open: Token; readonly close: Token } | undefined {
  if (isSymbol(tokens[index], "(")) {
    const inner = closingBracket(tokens, index);
    return inner !== undefined && isTextArray(tokens, inner + 1, end)
      ? listAt(tokens, index + 1, inner)
      : undefined;
  }
  const [open, first] = [tokens[index + 1], tokens[index + 2]];
  const last =
    isWord(tokens[index], "array") && isSymbol(open, "[") ? closingBracket(tokens, index + 1) : undefined;
  const close = last === undefined ? undefined : tokens[last];
  const isWhole = last === end - 1 && first !== close && !isSymbol(first, "[");
  return isWhole && open !== undefined && close !== undefined ? { open, close } : undefined;
}

/** `::text[]`, which changes nothing of texts: such a list has no others. */
function isTextArray(tokens: readonly Token[], index: number, end: number): boolean {
  const type = isSymbol(tokens[index], "::") ? nameAt(tokens, index + 1) : undefined;
  return type?.parts.at(-1) === "text" && isSymbol(tokens[type.next], "[") && type.next + 2 === end;
}

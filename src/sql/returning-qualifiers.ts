/**
 * INSERT INTO t AS x … RETURNING x.id  ⇒  … RETURNING id
 *
 * Reason  DuckDB knows the target there by the name of the table that is written alone: by no alias, and on a branch the table may
 *         have another name than clients know. Nothing else can be meant, but in a sub-query, which is left as it is
 */
import { normaliseName } from "./names.js";
import type { References } from "./references.js";
import { isName, isSymbol, isWord } from "./token-reader.js";

export function dropReturningQualifiers({ tokens, names, edits }: References): void {
  const target = names.find(({ role }) => role === "write");
  const from = tokens.findLastIndex((token) => isWord(token, "returning"));
  if (target === undefined || from < 0) return;
  const list = tokens.slice(from + 1);
  if (list.some((token) => isWord(token, "select"))) return;
  const known = normaliseName(target.alias ?? target.parts.at(-1) ?? "");
  for (const [at, token] of list.entries()) {
    const dot = list[at + 1];
    if (!isName(token) || normaliseName(token.value) !== known || dot === undefined || !isSymbol(dot, "."))
      continue;
    const schema = isSymbol(list[at - 1], ".") ? list[at - 2] : undefined;
    if (isSymbol(list[at - 1], ".") && (schema === undefined || isSymbol(list[at - 3], "."))) continue;
    edits.push({ start: (schema ?? token).start, end: dot.end, text: "" });
  }
}

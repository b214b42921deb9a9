import { notSupported } from "../../core/errors.js";
import type { TextEdit } from "../analysis.js";
import { canBeAlias } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { isSymbol, isWord, nameAt } from "../token-reader.js";
import type { DialectPass, PassInput } from "./pass.js";

const STRENGTHS: readonly (readonly string[])[] = [
  ["update"],
  ["no", "key", "update"],
  ["share"],
  ["key", "share"],
];

/**
 * SELECT … FOR UPDATE and its kin.
 *
 *   SELECT … FOR UPDATE OF t  ⇒  SELECT …
 *
 * Reason  DuckDB has no row locks; under snapshot isolation the loser of a write race gets 40001 instead of waiting. So
 *         SKIP LOCKED and NOWAIT are taken where the statement changes the rows it locks: it has them for itself, or fails;
 *         alone in its transaction it is run again, and finds the next ones. A query that only locks is refused (0A000):
 *         two workers would take the same row
 */
export const lockingClausesPass: DialectPass = (input) => {
  const edits: TextEdit[] = [];
  input.tokens.forEach((token, index) => {
    if (!isWord(token, "for") || isInsideCall(input, index)) return;
    const end = clauseEnd(input, index + 1);
    if (end !== undefined) edits.push({ start: token.start, end, text: "" });
  });
  return edits;
};

/** substring(a FROM 1 FOR share): FOR with an operand; a clause stands behind a whole query, never behind FROM n. */
function isInsideCall({ tokens }: PassInput, index: number): boolean {
  let depth = 0;
  for (let back = index - 1; back >= 0; back -= 1) {
    if (isSymbol(tokens[back], ")")) depth += 1;
    else if (isSymbol(tokens[back], "(")) depth -= 1;
    if (depth < 0) return ["substring", "overlay"].some((word) => isWord(tokens[back - 1], word));
  }
  return false;
}

function clauseEnd({ tokens }: PassInput, from: number): number | undefined {
  const strength = STRENGTHS.find((words) =>
    words.every((word, ahead) => isWord(tokens[from + ahead], word)),
  );
  if (strength === undefined) return undefined;
  let next = from + strength.length;
  if (isWord(tokens[next], "of")) {
    do next = nameAt(tokens, next + 1)?.next ?? next + 1;
    while (isSymbol(tokens[next], ","));
  }
  if (isWord(tokens[next], "nowait")) next += 1;
  else if (isWord(tokens[next], "skip")) next += 2;
  else return tokens[next - 1]?.end;
  requireChanged(tokens, from - 1, from + strength.length);
  return tokens[next - 1]?.end;
}

/** `at` is FOR, `of` what stands behind its strength. Errors: 0A000 where other tables are locked than are changed */
function requireChanged(tokens: readonly Token[], at: number, of: number): void {
  const changed = changedTables(tokens);
  const read = tablesOf(tokens, at);
  const named = isWord(tokens[of], "of") ? nameAt(tokens, of + 1)?.parts.at(-1) : undefined;
  const locked = named === undefined ? read : read.filter(({ alias }) => alias === named);
  if (locked.length > 0 && locked.every(({ table }) => changed.has(table))) return;
  throw notSupported(
    "NOWAIT and SKIP LOCKED are supported only where the statement updates or deletes the rows it locks",
    "claim rows by UPDATE … WHERE id IN (SELECT … FOR UPDATE SKIP LOCKED) RETURNING …",
  );
}

/** Of UPDATE and DELETE; DO UPDATE and FOR UPDATE name none. */
function changedTables(tokens: readonly Token[]): ReadonlySet<string> {
  const names = tokens.flatMap((token, index) => {
    const isUpdate =
      isWord(token, "update") && !["for", "key", "do"].some((word) => isWord(tokens[index - 1], word));
    const isDelete = isWord(token, "delete") && isWord(tokens[index + 1], "from");
    if (!isUpdate && !isDelete) return [];
    const at = index + (isDelete ? 2 : 1);
    return nameAt(tokens, isWord(tokens[at], "only") ? at + 1 : at)?.parts.join(".") ?? [];
  });
  return new Set(names);
}

interface ReadTable {
  readonly table: string;
  readonly alias: string;
}

/** Tables of the query that ends before `at`; of anything but names in its FROM none. */
function tablesOf(tokens: readonly Token[], at: number): readonly ReadTable[] {
  const from = clauseStart(tokens, at);
  if (from === -1) return [];
  const found: ReadTable[] = [];
  for (let index = from + 1; index < at;) {
    const name = nameAt(tokens, isWord(tokens[index], "only") ? index + 1 : index);
    if (name === undefined || isSymbol(tokens[name.next], "(")) return [];
    const named = nameAt(tokens, isWord(tokens[name.next], "as") ? name.next + 1 : name.next);
    const isAlias = named !== undefined && canBeAlias(named.parts[0] ?? "");
    const table = name.parts.join(".");
    found.push({ table, alias: (isAlias ? named.parts[0] : name.parts.at(-1)) ?? "" });
    const next = nextItem(tokens, isAlias ? named.next : name.next, at);
    if (next === undefined) return found;
    index = next;
  }
  return [];
}

/** FROM of the query that `at` stands in; -1 where there is none. */
function clauseStart(tokens: readonly Token[], at: number): number {
  let depth = 0;
  for (let back = at - 1; back >= 0; back -= 1) {
    if (isSymbol(tokens[back], ")")) depth += 1;
    else if (isSymbol(tokens[back], "(")) depth -= 1;
    if (depth < 0) return -1;
    if (depth === 0 && isWord(tokens[back], "from") && !isWord(tokens[back - 1], "distinct")) return back;
  }
  return -1;
}

/** Behind the next comma or JOIN of FROM; undefined where it has no more. */
function nextItem(tokens: readonly Token[], from: number, at: number): number | undefined {
  let depth = 0;
  for (let index = from; index < at; index += 1) {
    const token = tokens[index];
    if (isSymbol(token, "(")) depth += 1;
    else if (isSymbol(token, ")")) depth -= 1;
    else if (depth > 0) continue;
    else if (isWord(token, "join") || isSymbol(token, ",")) return index + 1;
    else if (["where", "order", "group", "limit", "offset", "for"].some((word) => isWord(token, word)))
      return undefined;
  }
  return undefined;
}

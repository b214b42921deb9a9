import { notSupported } from "../../core/errors.js";
import type { TextEdit } from "../analysis.js";
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
 * Reason  DuckDB has no row locks; under snapshot isolation the loser of a write race gets 40001 instead of waiting. With
 *         SKIP LOCKED two workers would take the same row: refused (0A000), and so is NOWAIT
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
  if (isWord(tokens[next], "nowait") || isWord(tokens[next], "skip")) {
    throw notSupported(
      "NOWAIT and SKIP LOCKED are not supported: rows are not locked",
      "a conflicting write fails with 40001",
    );
  }
  return tokens[next - 1]?.end;
}

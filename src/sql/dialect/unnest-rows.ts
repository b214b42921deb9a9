import type { TextEdit } from "../analysis.js";
import { canBeAlias } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { closingBracket, isName, isSymbol, isWord, splitAtCommas } from "../token-reader.js";
import type { DialectPass } from "./pass.js";
import { placesOf } from "./places.js";

/**
 * Several arrays side by side.
 *
 *   FROM unnest(a, b)                             ⇒  FROM (SELECT unnest(a), unnest(b)) AS unnest(unnest, unnest)
 *   FROM unnest(a, b) WITH ORDINALITY AS u(x, n)  ⇒  FROM (SELECT *, row_number() OVER () AS ordinality FROM (SELECT …)) AS u(x, n)
 *
 * Reason  DuckDB's unnest takes one; in a select list several run in step, the shorter filled with NULL, as in PostgreSQL
 */
export const unnestRowsPass: DialectPass = ({ tokens }) => {
  const places = placesOf(tokens);
  return tokens.flatMap((token, index) => {
    const isCall = isWord(token, "unnest") && isSymbol(tokens[index + 1], "(");
    const isItem = places[index]?.clause === "from" && isItemStart(tokens[index - 1]);
    return isCall && isItem ? callEdits(tokens, token, index) : [];
  });
};

function isItemStart(before: Token | undefined): boolean {
  return isSymbol(before, ",") || ["from", "join", "lateral"].some((word) => isWord(before, word));
}

function callEdits(tokens: readonly Token[], call: Token, index: number): TextEdit[] {
  const close = closingBracket(tokens, index + 1);
  const end = close === undefined ? undefined : tokens[close];
  if (close === undefined || end === undefined) return [];
  const args = splitAtCommas(tokens, index + 2, close);
  if (args.length < 2) return [];
  const ordinality = isWord(tokens[close + 1], "with") && isWord(tokens[close + 2], "ordinality");
  const behind = ordinality ? close + 3 : close + 1;
  const commas = args.slice(1).flatMap(([from]) => tokens[from - 1] ?? []);
  const open = ordinality ? "(SELECT *, row_number() OVER () AS ordinality FROM (SELECT " : "(SELECT ";
  const columns = `(${args.map(() => "unnest").join(", ")}${ordinality ? ", ordinality" : ""})`;
  const alias = aliasAt(tokens, behind);
  const last = ordinality ? (tokens[close + 2] ?? end) : end;
  const named = alias === undefined || isSymbol(tokens[alias.index + 1], "(") ? [] : [alias.token.end];
  return [
    { start: call.start, end: call.start, text: open },
    ...commas.map((comma) => ({ start: comma.start, end: comma.end, text: "), unnest(" })),
    {
      start: end.end,
      end: last.end,
      text: `${ordinality ? "))" : ")"}${alias === undefined ? ` AS unnest${columns}` : ""}`,
    },
    ...named.map((at) => ({ start: at, end: at, text: columns })),
  ];
}

function aliasAt(
  tokens: readonly Token[],
  behind: number,
): { readonly token: Token; readonly index: number } | undefined {
  const index = isWord(tokens[behind], "as") ? behind + 1 : behind;
  const token = tokens[index];
  const isAlias = isName(token) && (token?.kind === "quoted" || canBeAlias(token?.value ?? ""));
  return isAlias && token !== undefined ? { token, index } : undefined;
}

import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import { typeNameAt } from "./cast-places.js";
import type { DialectPass } from "./pass.js";

/**
 * Settings that are on or off, as booleans.
 *
 *   current_setting('transaction_read_only')::bool  ⇒  duckbranch_switch(current_setting('transaction_read_only'))::bool
 *
 * Reason  DuckDB takes no on and off for booleans; a setting's value is known when the statement runs
 */
export const switchCastsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    if (!isWord(token, "current_setting") || !isSymbol(tokens[index + 1], "(")) return [];
    const close = closingBracket(tokens, index + 1);
    const last = close === undefined ? undefined : tokens[close];
    if (close === undefined || last === undefined || !isSymbol(tokens[close + 1], "::")) return [];
    if (typeNameAt(tokens, close + 2)?.name !== "bool") return [];
    const first = isSymbol(tokens[index - 1], ".") ? tokens[index - 2] : token;
    if (first === undefined || (first !== token && !isWord(first, "pg_catalog"))) return [];
    return [
      { start: first.start, end: first.start, text: "duckbranch_switch(" },
      { start: last.end, end: last.end, text: ")" },
    ];
  });

import { callEnd, isSymbol, nameAt } from "../token-reader.js";
import type { DialectPass } from "./pass.js";
import { type Place, placesOf } from "./places.js";
import { isNamedByCall } from "./sums.js";

/** Name ⇒ what goes around it. */
const WRAPPERS: ReadonlyMap<string, string> = new Map([
  ["json_agg", "to_json("],
  ["jsonb_agg", "to_json("],
  ["ntile", "duckbranch_integer("],
  ["grouping", "duckbranch_integer("],
]);

/**
 * Calls that give another type than DuckDB's.
 *
 *   json_agg(x ORDER BY y) FILTER (WHERE z)  ⇒  to_json(json_agg(x ORDER BY y) FILTER (WHERE z))
 *   ntile(4) OVER w, grouping(x)             ⇒  duckbranch_integer(ntile(4) OVER w), …
 *
 * Reason  json_agg is DuckDB's list: its json_group_array gives [] where there are no rows, PostgreSQL NULL. The name is
 *         replaced by its resolver: src/catalog/functions.ts. The others are bigints there, integers in PostgreSQL
 */
export const wrappedCallsPass: DialectPass = ({ tokens }) => {
  let places: readonly Place[] | undefined;
  return tokens.flatMap((_, index) => {
    const name = isSymbol(tokens[index - 1], ".") ? undefined : nameAt(tokens, index);
    const called = name?.parts.at(-1) ?? "";
    const before = WRAPPERS.get(called);
    if (name === undefined || before === undefined) return [];
    const last = isSymbol(tokens[name.next], "(") ? callEnd(tokens, name.next) : undefined;
    const end = last === undefined ? undefined : tokens[last]?.end;
    if (last === undefined || end === undefined) return [];
    places ??= placesOf(tokens);
    const edits = [
      { start: name.start, end: name.start, text: before },
      { start: end, end, text: ")" },
    ];
    return isNamedByCall(tokens, { name: index, last }, places)
      ? [...edits, { start: end, end, text: ` AS ${called}` }]
      : edits;
  });
};

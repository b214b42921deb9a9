import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord, nameAt, splitAtCommas } from "../token-reader.js";
import { wrapped } from "./joined-values.js";
import type { DialectPass } from "./pass.js";

const OBJECTS = new Set(["json_build_object", "jsonb_build_object"]);
const OBJECT_AGGREGATES = new Set(["json_object_agg", "jsonb_object_agg"]);
const ARRAYS = new Set(["json_build_array", "jsonb_build_array"]);
const ROWS = new Set(["to_json", "to_jsonb", "row_to_json", "json_agg", "jsonb_agg"]);

/**
 * Values that become parts of JSON, and rows that do.
 *
 *   json_build_object('at', a)  ⇒  json_build_object('at', to_json(a))
 *   json_object_agg(k, v)       ⇒  json_object_agg(k, to_json(v))
 *   to_json(t.*)                ⇒  to_json(t)
 *
 * Reason  DuckDB's json_object() writes moments, addresses and bytes otherwise; `t.*` is all columns as arguments to it.
 *         Literals and parameters are texts and numbers already
 */
export const jsonValuesPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((_, index) => {
    const name = isSymbol(tokens[index - 1], ".") ? undefined : nameAt(tokens, index);
    const called = name?.parts.at(-1) ?? "";
    if (name === undefined || !isSymbol(tokens[name.next], "(")) return [];
    if (ROWS.has(called)) return wholeRow(tokens, name.next + 1);
    if (OBJECT_AGGREGATES.has(called)) return aggregated(tokens, name.next);
    const isObject = OBJECTS.has(called);
    return isObject || ARRAYS.has(called) ? values(tokens, name.next, isObject) : [];
  });

/** Of an object every second one is a key. */
function values(tokens: readonly Token[], open: number, isObject: boolean): TextEdit[] {
  const close = closingBracket(tokens, open) ?? open;
  return splitAtCommas(tokens, open + 1, close).flatMap(([from, to], place) =>
    isObject && place % 2 === 0 ? [] : wrapped(tokens, from, to, "to_json("),
  );
}

/** Its second argument; an order is behind it. */
function aggregated(tokens: readonly Token[], open: number): TextEdit[] {
  const close = closingBracket(tokens, open) ?? open;
  const [, value] = splitAtCommas(tokens, open + 1, close);
  if (value === undefined) return [];
  const [from, to] = value;
  let end = from;
  while (end < to && !isWord(tokens[end], "order"))
    end = isSymbol(tokens[end], "(") ? (closingBracket(tokens, end) ?? to) + 1 : end + 1;
  return wrapped(tokens, from, end, "to_json(");
}

function wholeRow(tokens: readonly Token[], first: number): TextEdit[] {
  const alias = nameAt(tokens, first);
  const [dot, star] = alias === undefined ? [] : [tokens[alias.next], tokens[alias.next + 1]];
  if (dot === undefined || star === undefined || !isSymbol(dot, ".") || star.value !== "*") return [];
  return [{ start: dot.start, end: star.end, text: "" }];
}

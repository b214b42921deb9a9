/** What CREATE SEQUENCE says that DuckDB's has no words for, as pg_dump writes it: AS type, CACHE, and limits before the increment. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Token } from "./lexer.js";
import type { References } from "./references.js";
import { isWord } from "./token-reader.js";

const LARGEST: ReadonlyMap<string, string | undefined> = new Map([
  ["smallint", "32767"],
  ["int2", "32767"],
  ["integer", "2147483647"],
  ["int", "2147483647"],
  ["int4", "2147483647"],
  ["bigint", undefined],
  ["int8", undefined],
]);

/**
 * `AS integer MINVALUE 0 NO MAXVALUE CACHE 1` ⇒ ` … MINVALUE 0 MAXVALUE 2147483647`. How many values a session takes at once
 * nobody can see. Limits go to the end: behind them DuckDB's INCREMENT would set them anew.
 *
 * Errors  22023 for other types
 */
export function rewriteSequenceOptions({ text, tokens, edits }: References): void {
  const remove = (first: number, last: number): string => {
    const [start = 0, end = 0] = [tokens[first]?.start, tokens[last]?.end];
    edits.push({ start, end, text: "" });
    return text.slice(start, end);
  };
  const find = (word: string): number => tokens.findIndex((token, at) => at > 2 && isWord(token, word));
  const cache = find("cache");
  if (cache > 0) remove(cache, cache + 1);
  const limits = ["minvalue", "maxvalue"].map((word) => {
    const at = find(word);
    if (at < 0) return "";
    if (isWord(tokens[at - 1], "no")) {
      remove(at - 1, at);
      return "";
    }
    return remove(at, tokens[at + 1]?.value === "-" ? at + 2 : at + 1);
  });
  const as = find("as");
  if (as > 0) {
    const largest = largestOf(tokens[as + 1]?.value ?? "");
    remove(as, as + 1);
    // DuckDB's own end of a sequence that counts up is bigint's, and so is that of one that counts down.
    const [end, limit] = countsDown(tokens, find("increment"))
      ? [0, `MINVALUE -${Number(largest) + 1}`]
      : [1, `MAXVALUE ${largest ?? ""}`];
    if (limits[end] === "" && largest !== undefined) limits[end] = limit;
  }
  const end = tokens.at(-1)?.end ?? text.length;
  edits.push({ start: end, end, text: ` ${limits.join(" ")}` });
}

function countsDown(tokens: readonly Token[], increment: number): boolean {
  const at = isWord(tokens[increment + 1], "by") ? increment + 2 : increment + 1;
  return increment > 0 && tokens[at]?.value === "-";
}

function largestOf(type: string): string | undefined {
  if (LARGEST.has(type)) return LARGEST.get(type);
  throw new SqlError(SQLSTATE.invalidParameterValue, "sequence type must be smallint, integer, or bigint");
}

import { isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * The access method of CREATE INDEX.
 *
 *   CREATE INDEX i ON t USING btree (a)  ⇒  CREATE INDEX i ON t (a)
 *
 * Reason  DuckDB has one kind of index and no other name for it; ORMs and dumps always write btree
 */
export const indexMethodsPass: DialectPass = ({ tokens }) => {
  const isIndex = isWord(tokens[0], "create") && tokens.slice(1, 3).some((token) => isWord(token, "index"));
  if (!isIndex) return [];
  const index = tokens.findIndex((token, at) => isWord(token, "using") && isMethod(tokens[at + 1]?.value));
  const [using, method] = [tokens[index], tokens[index + 1]];
  return using === undefined || method === undefined
    ? []
    : [{ start: using.start, end: method.end, text: "" }];
};

function isMethod(word: string | undefined): boolean {
  return word === "btree" || word === "hash";
}

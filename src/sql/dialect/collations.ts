import { isSymbol, isWord, nameAt } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** Collations that compare bytes, which is what DuckDB does without any. */
const BINARY = new Set([
  "default",
  "c",
  "posix",
  "ucs_basic",
  "c.utf8",
  "c.utf-8",
  "en_us.utf8",
  "en_us.utf-8",
]);

/**
 * COLLATE with PostgreSQL's default or bytewise collations.
 *
 *   relname COLLATE pg_catalog.default  ⇒  relname          x COLLATE "C"  ⇒  x
 *
 * Reason  psql adds it to every pattern; DuckDB has no collation of these names in a schema
 */
export const collationsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    if (!isWord(token, "collate") || isSymbol(tokens[index - 1], ".")) return [];
    const name = nameAt(tokens, index + 1);
    const last = name?.parts.at(-1)?.toLowerCase() ?? "";
    const isPostgres = name?.parts.length === 2 && name.parts[0] === "pg_catalog";
    const isDropped = name !== undefined && (isPostgres || name.parts.length === 1) && BINARY.has(last);
    return isDropped ? [{ start: token.start, end: name.end, text: "" }] : [];
  });

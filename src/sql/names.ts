/**
 * SQL names and literals as text: quoting, folding, comparing. Knows no catalogue.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** Lower-cases A–Z only, as PostgreSQL folds unquoted names and as DuckDB compares all names. */
export function foldIdentifier(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name;
}

/** The form under which DuckDB takes two names for the same object, whether they were quoted or not. */
export function normaliseName(part: string): string {
  return foldIdentifier(part);
}

export function isSameName(left: string, right: string): boolean {
  return normaliseName(left) === normaliseName(right);
}

/** Names without their order, as one text that can be compared. */
export function nameSet(names: readonly string[]): string {
  return JSON.stringify(names.map(normaliseName).toSorted());
}

/** A schema in the words of a session: what DuckDB calls `main` is `public`. */
export function clientSchema(schema: string): string {
  return normaliseName(schema) === "main" ? "public" : schema;
}

/** Always quotes, so that no keyword list can go out of date: `Order "x"` ⇒ `"Order ""x"""`. */
export function quoteIdentifier(name: string): string {
  rejectNul(name);
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal without escapes: `it's` ⇒ `'it''s'`. Backslashes stay as they are in DuckDB. */
export function quoteLiteral(text: string): string {
  rejectNul(text);
  return `'${text.replaceAll("'", "''")}'`;
}

/** `["a", "b"]` ⇒ `"a", "b"`. */
export function nameList(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(", ");
}

/** `["public", "orders"]` ⇒ `"public"."orders"`. */
export function formatName(parts: readonly string[]): string {
  return parts.map(quoteIdentifier).join(".");
}

/** DuckDB ends a statement's text at NUL: what stands behind it would be cut off silently. */
function rejectNul(text: string): void {
  if (text.includes("\0"))
    throw new SqlError(SQLSTATE.characterNotInRepertoire, "invalid byte sequence: 0x00");
}

/** Names and texts as SQL writes them, for the statements this folder makes. Values of clients are bound, not written. */
import { SQLSTATE, SqlError } from "../core/errors.js";

export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `products`, `sales.products`: as the reports name tables. A name with a point in it is written in quotes. */
export function quotedTable(name: string): string {
  const parts = name.match(/"(?:[^"]|"")*"|[^."]+/g) ?? [];
  if (parts.length === 0 || parts.length > 2 || parts.join(".") !== name)
    throw new SqlError(SQLSTATE.syntaxError, `improper table name ${quotedText(name)}`);
  return parts.map((part) => (part.startsWith('"') ? part : quotedName(part))).join(".");
}

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
  return quotedParts(name, 2);
}

/** `products.price`, `sales.products.price` */
export function quotedColumn(name: string): string {
  return quotedParts(name, 3);
}

function quotedParts(name: string, most: number): string {
  const parts = name.match(/"(?:[^"]|"")*"|[^."]+/g) ?? [];
  if (parts.length === 0 || parts.length > most || parts.join(".") !== name)
    throw new SqlError(SQLSTATE.syntaxError, `improper name ${quotedText(name)}`);
  return parts.map((part) => (part.startsWith('"') ? part : quotedName(part))).join(".");
}

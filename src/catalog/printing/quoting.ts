/** Names as PostgreSQL prints them. */
import { RESERVED_WORDS } from "../reserved-words.js";

export function printedName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED_WORDS.has(name)
    ? name
    : `"${name.replaceAll('"', '""')}"`;
}

/** A literal. Backslashes stand for themselves. */
export function printedLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

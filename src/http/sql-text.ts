/** Names and texts as SQL writes them, for the statements this folder makes. Values of clients are bound, not written. */

export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

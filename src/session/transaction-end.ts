/** Tells statements that end a transaction, and with it all portals, from others. */

const LEADING_SPACE = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)+/;
const ENDS = /^(?:commit|end|abort|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i;

/**
 * Whether a statement's text begins like COMMIT or ROLLBACK. Only saves reading rows nobody can fetch any more: a
 * statement it misses costs memory, one it finds closes portals that the statement closes anyway.
 */
export function endsTransaction(text: string): boolean {
  return ENDS.test(text.replace(LEADING_SPACE, ""));
}

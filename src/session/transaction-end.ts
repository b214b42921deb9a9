/** Tells statements that end a transaction, and with it all portals, from others. */

const LEADING_SPACE = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)+/;
const ENDS = /^(?:commit|end|abort|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i;
const ALONE = /^(?:vacuum|discard\s+all)\b/i;

/** Whether a statement that ran was one that may only run alone: PostgreSQL commits behind it without waiting for Sync. */
export function ranAlone(text: string): boolean {
  return ALONE.test(text.replace(LEADING_SPACE, ""));
}

/**
 * Whether a statement's text begins like COMMIT or ROLLBACK. Only saves reading rows nobody can fetch any more: a
 * statement it misses costs memory, one it finds closes portals that the statement closes anyway.
 */
export function endsTransaction(text: string): boolean {
  return ENDS.test(text.replace(LEADING_SPACE, ""));
}

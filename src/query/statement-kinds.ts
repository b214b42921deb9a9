/** What kinds of statements there are for the session that runs them: by their verbs, never by their texts. */
import type { SessionStatement, StatementAnalysis } from "../sql/analysis.js";
import type { CursorStatement } from "./types.js";

export function cursorOf(statement: SessionStatement): CursorStatement | undefined {
  switch (statement.verb) {
    case "declareCursor":
      return { verb: "declare", name: statement.name };
    case "fetch":
      return { verb: "fetch", name: statement.name, motion: statement.motion, move: statement.move };
    case "closeCursor":
      return { verb: "close", name: statement.name };
    default:
      return undefined;
  }
}

const ROW_VERBS: ReadonlySet<string> = new Set(["select", "insert", "update", "delete", "merge"]);
const CONTROL_VERBS: ReadonlySet<string> = new Set(["begin", "commit", "rollback", "prepareTransaction"]);
const LARGE_OBJECT_VERBS: ReadonlySet<string> = new Set(["largeObject", "insertLargeObjects"]);
const BLOCK_VERBS: ReadonlySet<string> = new Set([
  "begin",
  "commit",
  "rollback",
  "savepoint",
  "releaseSavepoint",
]);

export function isTransactionControl(analysis: StatementAnalysis): boolean {
  return analysis.kind === "session" && CONTROL_VERBS.has(analysis.statement.verb);
}

export function changesDefinitions(analysis: StatementAnalysis): boolean {
  if (analysis.kind !== "relational") return false;
  return analysis.writes && !(analysis.certain && ROW_VERBS.has(analysis.verb));
}

export function keepsSettings(analysis: StatementAnalysis): boolean {
  if (analysis.kind === "session") return BLOCK_VERBS.has(analysis.statement.verb);
  return analysis.kind === "relational" && (analysis.verb !== "select" || !analysis.writes);
}

export function mayWrite(analysis: StatementAnalysis): boolean {
  if (analysis.kind === "session") return LARGE_OBJECT_VERBS.has(analysis.statement.verb);
  if (analysis.kind === "copy") return analysis.direction === "in" || analysis.query?.writes === true;
  return analysis.kind === "relational" && analysis.writes;
}

const ENDING_VERBS: ReadonlySet<string> = new Set(["commit", "rollback", "rollbackTo", "prepareTransaction"]);

/** COMMIT and ROLLBACK: all that a failed block still takes. */
export function endsBlock(analysis: StatementAnalysis): boolean {
  return analysis.kind === "session" && ENDING_VERBS.has(analysis.statement.verb);
}

/** What the outside may count: which kinds of statements run, for how long, and whether they fail. */
import { type SqlState, SqlError } from "../core/errors.js";
import type { StatementAnalysis } from "../sql/analysis.js";

export type StatementClass =
  | "read"
  | "write"
  | "definition"
  | "copy"
  | "branch"
  | "transaction"
  | "session"
  | "other";

export interface StatementObserver {
  /** `ms` is until its result is there: its first rows, or all it changed. */
  ran(kind: StatementClass, ms: number, failure: SqlState | "internal" | undefined): void;
}

const ROW_VERBS: ReadonlySet<string> = new Set(["insert", "update", "delete", "merge", "truncate"]);
const TRANSACTION_VERBS: ReadonlySet<string> = new Set([
  "begin",
  "commit",
  "rollback",
  "rollbackTo",
  "savepoint",
  "releaseSavepoint",
]);

/** Does the work of one statement, and tells. */
export async function observed<Result>(
  observer: StatementObserver,
  analysis: StatementAnalysis,
  work: () => Promise<Result> | Result,
): Promise<Result> {
  const startedAt = performance.now();
  try {
    const result = await work();
    observer.ran(classOf(analysis), performance.now() - startedAt, undefined);
    return result;
  } catch (error) {
    const failure = error instanceof SqlError ? error.code : "internal";
    observer.ran(classOf(analysis), performance.now() - startedAt, failure);
    throw error;
  }
}

function classOf(analysis: StatementAnalysis): StatementClass {
  switch (analysis.kind) {
    case "relational":
      if (ROW_VERBS.has(analysis.verb)) return "write";
      if (analysis.verb === "select") return analysis.writes ? "write" : "read";
      return analysis.verb === "explain" ? "read" : "definition";
    case "session":
      return TRANSACTION_VERBS.has(analysis.statement.verb) ? "transaction" : "session";
    case "branch":
    case "copy":
      return analysis.kind;
    case "empty":
    case "refused":
      return "other";
    default:
      return analysis satisfies never;
  }
}

/** What the outside may count: which kinds of statements run, for how long, and whether they fail. */
import { type SqlState, SqlError } from "../core/errors.js";
import type { StatementAnalysis } from "../sql/analysis.js";
import type { StatementResult } from "./types.js";
import { watchedResult, type TellEnd } from "./watched-results.js";

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
  /** Once the last of its rows is out, where somebody wants to know. */
  readonly finished?: ((statement: FinishedStatement) => void) | undefined;
}

/** What is known of a statement without its text and its values. */
export interface FinishedStatement {
  readonly kind: StatementClass;
  /** Of a branch command, with the branch it names, unless a parameter does. */
  readonly command: { readonly verb: string; readonly branch: string | undefined } | undefined;
  /** The head it was run on. */
  readonly head: string;
  readonly startedAtMs: number;
  readonly ms: number;
  readonly rows: number | undefined;
  /** An SQLSTATE, or `internal`. */
  readonly failure: string | undefined;
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

/** Does the work of one statement on a head, and tells. */
export async function observed(
  observer: StatementObserver,
  analysis: StatementAnalysis,
  head: string,
  work: () => Promise<StatementResult> | StatementResult,
): Promise<StatementResult> {
  const startedAt = performance.now();
  const tell = teller(observer, analysis, head);
  try {
    const result = await work();
    observer.ran(classOf(analysis), performance.now() - startedAt, undefined);
    return tell === undefined ? result : watchedResult(result, tell);
  } catch (error) {
    const failure = error instanceof SqlError ? error.code : "internal";
    observer.ran(classOf(analysis), performance.now() - startedAt, failure);
    tell?.(undefined, failure);
    throw error;
  }
}

/** Tells once, at the statement's end. */
function teller(observer: StatementObserver, analysis: StatementAnalysis, head: string): TellEnd | undefined {
  const { finished } = observer;
  if (finished === undefined) return undefined;
  const [startedAtMs, startedAt] = [Date.now(), performance.now()];
  let isTold = false;
  return (rows, failure) => {
    if (isTold) return;
    isTold = true;
    const ms = performance.now() - startedAt;
    finished({ kind: classOf(analysis), command: commandOf(analysis), head, startedAtMs, ms, rows, failure });
  };
}

function commandOf(analysis: StatementAnalysis): FinishedStatement["command"] {
  if (analysis.kind !== "branch") return undefined;
  const { command } = analysis;
  const name = "name" in command && command.name.kind === "value" ? command.name.value : null;
  return { verb: command.verb, branch: name ?? undefined };
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

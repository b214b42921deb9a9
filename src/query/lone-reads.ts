/**
 * Reads that are alone in their transaction. The snapshot DuckDB takes for the one statement is all they need, so no
 * transaction of ours is put around them: on a branch BEGIN, the snapshot and COMMIT are three ways to a thread and back.
 *
 * What their names mean is read before that snapshot is taken. Where main alone is read, DuckDB looks them up itself. On a
 * branch, and where other heads are named, the registry is asked again once the statement has started, which is behind
 * its snapshot: if anything changed meanwhile the read begins anew, in a transaction that holds both together.
 */
import { MAIN } from "../branch/model.js";
import type { Moment } from "../branch/registry.js";
import { readsCatalog } from "../catalog/resolve.js";
import { SQLSTATE } from "../core/errors.js";
import { classifyFailure } from "../engine/failure.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { resolveName, type NameScope } from "./relation-names.js";
import { readsOtherHeads, resolveStatement } from "./resolve.js";
import type { SessionCore } from "./session-core.js";
import { startRepeatable, type ExecuteInput, type StartedStatement } from "./start-statement.js";
import { transactionMode } from "./transaction-mode.js";
import type { ResultColumn } from "./types.js";

/** What DuckDB is given for a statement. */
interface ReadText {
  readonly sql: string;
  /** DuckDB finds the tables itself: nothing of the registry went into the text. */
  readonly isMains: boolean;
}

/** A statement's text, and all that the meaning of its names depends on, but for temporary tables. */
interface KnownText extends ReadText {
  readonly scope: Pick<NameScope, "state" | "head" | "searchPath">;
}

/** Texts found out once, while nothing that their names could mean has changed: saves 20 µs of a point query's 500. */
export class LoneReads {
  readonly #known = new WeakMap<RelationalStatement, KnownText>();

  get(statement: RelationalStatement, scope: NameScope): ReadText | undefined {
    const known = this.#known.get(statement);
    const isSame =
      known?.scope.state === scope.state &&
      known.scope.head === scope.head &&
      known.scope.searchPath === scope.searchPath;
    return isSame && scope.temporary.size === 0 ? known : undefined;
  }

  isKnown(statement: RelationalStatement): boolean {
    return this.#known.has(statement);
  }

  add(statement: RelationalStatement, { state, head, searchPath }: NameScope, text: ReadText): void {
    this.#known.set(statement, { ...text, scope: { state, head, searchPath } });
  }
}

interface LoneRead extends StartedStatement {
  /** What the registry was when its names were read. */
  readonly moment: Moment;
}

/** Undefined for what needs a transaction of ours: nothing has happened then. */
export async function startLoneRead(
  core: SessionCore,
  statement: RelationalStatement,
  input: ExecuteInput,
): Promise<LoneRead | undefined> {
  if (statement.verb !== "select" || statement.writes) return undefined;
  const { registry } = core.services.context;
  if (registry.materialized.unpopulated) return undefined;
  const { moment } = registry;
  const text = await textOf(core, statement, core.scope(undefined));
  if (text === undefined) return undefined;
  const { quiet } = registry;
  const mayAge = mayPlanAge(statement, input);
  if (mayAge && (quiet === undefined || !mayStartTwice(core, statement))) return undefined;
  if (!mayAge && text.isMains)
    return { ...(await startRepeatable(core, statement, text.sql, input)), moment };
  const isRight = (): boolean =>
    (text.isMains || registry.isStill(moment)) && (!mayAge || registry.quiet === quiet);
  try {
    const started = await startRepeatable(core, statement, text.sql, input);
    return isRight() ? { ...started, moment } : undefined;
  } catch (error) {
    const failure = classifyFailure(error);
    if (failure.code === SQLSTATE.queryCanceled || isRight()) throw failure;
    return undefined;
  }
}

/**
 * DuckDB plans a statement without parameters by what it knows of the tables' values then, in a transaction that ends before
 * the one in which it runs: rows that were committed in between are left out, or make it fail.
 */
function mayPlanAge({ names }: RelationalStatement, { parameters }: ExecuteInput): boolean {
  return parameters.length === 0 && names.some(({ role }) => role === "read");
}

async function textOf(
  core: SessionCore,
  statement: RelationalStatement,
  scope: NameScope,
): Promise<ReadText | undefined> {
  if (scope.head !== MAIN) core.requireHead(scope.state, false);
  const known = core.loneReads.get(statement, scope);
  if (known !== undefined) return known;
  const isMains = scope.head === MAIN && !readsOtherHeads(scope, statement);
  if (!isMains && (!mayStartTwice(core, statement) || !readsTables(scope, statement))) return undefined;
  const sql = await resolveStatement(core.resolveServices, scope, statement);
  // What is read from the catalogue is made anew for each statement.
  const isLasting = scope.temporary.size === 0 && !readsCatalog(sql) && (!isMains || sql === statement.text);
  if (isLasting) core.loneReads.add(statement, scope, { sql, isMains });
  return { sql, isMains };
}

/** Remembers a read that was started alone, has these columns, and may be run again and again as it was. */
export function rememberRead(
  core: SessionCore,
  statement: RelationalStatement,
  declaredOids: readonly number[],
  { again, moment }: LoneRead,
  columns: readonly ResultColumn[],
): void {
  if (again === undefined || !core.loneReads.isKnown(statement) || !mayStartTwice(core, statement)) return;
  if (core.services.context.registry.isStill(moment))
    core.readyReads.add(core, statement, { ...again, columns, declaredOids, moment });
}

/** It may run to its end and then be run again: so it must do nothing but read, and DuckDB's functions do no more. */
function mayStartTwice(core: SessionCore, { certain, names }: RelationalStatement): boolean {
  const { functionName } = core.resolveServices;
  return (
    certain &&
    transactionMode(core, "isolation") !== "serializable" &&
    names.every(({ role, parts }) => role !== "function" || functionName(parts) === undefined)
  );
}

/** All it reads are tables of the session's own head, or temporary ones: what those are does not depend on the time. */
function readsTables(scope: NameScope, { names }: RelationalStatement): boolean {
  return names.every(({ role, parts }) => {
    if (role === "columnQualifier" || role === "function") return true;
    if (role !== "read" || parts.length > 1) return false;
    const meaning = resolveName(scope, parts);
    return meaning.kind === "temporary" || (meaning.kind === "relation" && meaning.version.kind === "table");
  });
}

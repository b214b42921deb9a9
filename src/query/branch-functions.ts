/**
 * Calls of users' functions. A statement that writes is marked: what a function gives may be something else each time. On a
 * branch the resolver puts the branch's function in the call's place.
 */
import { MAIN, type HeadId } from "../branch/model.js";
import type { RegistryState } from "../branch/registry-state.js";
import type { Transaction } from "../branch/transaction.js";
import { FunctionCatalog } from "../catalog/function-catalog.js";
import { notSupported } from "../core/errors.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import type { SessionCore } from "./session-core.js";

/** Functions of main as the session sees them. DuckDB lists them only where its transaction changed some: that takes it 45 ms. */
export async function functionsOfMain(
  state: RegistryState,
  transaction: Transaction | undefined,
): Promise<FunctionCatalog> {
  return transaction?.objects.mayDifferOnMain("function") === true
    ? await FunctionCatalog.read(transaction.connection)
    : FunctionCatalog.of(state.visibleObjects(MAIN, "function"));
}

export async function functionsOfHead(
  head: HeadId,
  state: RegistryState,
  transaction: Transaction | undefined,
): Promise<FunctionCatalog> {
  return head === MAIN
    ? await functionsOfMain(state, transaction)
    : FunctionCatalog.of(state.visibleObjects(head, "function"));
}

export async function withFunctions(
  core: SessionCore,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  if (core.head === MAIN && !statement.writes) return statement;
  if (!statement.names.some(({ role }) => role === "function")) return statement;
  const transaction = core.transactions.current;
  const { searchPath, state, head } = core.scope(transaction);
  const functions = await functionsOfHead(head, state, transaction);
  if (functions.isEmpty) return statement;
  const called = statement.names.filter(
    ({ role, parts }: NameReference) =>
      role === "function" && functions.named(parts, searchPath) !== undefined,
  );
  if (called.length === 0) return statement;
  if (called.some(({ parts }) => functions.named(parts, searchPath)?.declaration !== undefined))
    refuseKept(statement);
  const mayVary = statement.writes;
  if (core.head === MAIN) return { ...statement, mayVary };
  // Of a function that has a name of PostgreSQL's the branch's own is meant.
  const edits = statement.edits.filter(
    (edit) => !called.some((name) => name.start < edit.end && edit.start < name.end),
  );
  return { ...statement, edits, mayVary };
}

/** DuckDB puts a function's body where it is called: no default or check takes it, and an index that has it no more rows. */
const KEPT = new Set(["createTable", "createIndex", "alterTable"]);

/** Errors: 0A000 for definitions that would call a user's function with every row */
function refuseKept({ verb, tag, alteration }: RelationalStatement): void {
  if (!KEPT.has(verb) || alteration?.kind === "setType") return;
  throw notSupported(`${tag} with a function of a user is not supported`);
}

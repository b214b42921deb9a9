/**
 * Calls of users' functions. A statement that writes is marked: what a function gives may be something else each time. On a
 * branch the resolver puts the branch's function in the call's place.
 */
import { MAIN } from "../branch/model.js";
import { FunctionCatalog } from "../catalog/function-catalog.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import type { SessionCore } from "./session-core.js";

export async function withFunctions(
  core: SessionCore,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  if (core.head === MAIN && !statement.writes) return statement;
  if (!statement.names.some(({ role }) => role === "function")) return statement;
  // What an earlier statement's transaction saw before it made a function is not what is there now.
  if (core.head === MAIN) await core.types.refresh();
  const { searchPath, state, head } = core.scope(core.transactions.current);
  const functions =
    head === MAIN
      ? (await core.types.all()).functions
      : FunctionCatalog.of(state.visibleObjects(head, "function"));
  if (functions.isEmpty) return statement;
  const called = statement.names.filter(
    ({ role, parts }: NameReference) =>
      role === "function" && functions.named(parts, searchPath) !== undefined,
  );
  if (called.length === 0) return statement;
  const mayVary = statement.writes;
  if (core.head === MAIN) return { ...statement, mayVary };
  // Of a function that has a name of PostgreSQL's the branch's own is meant.
  const edits = statement.edits.filter(
    (edit) => !called.some((name) => name.start < edit.end && edit.start < name.end),
  );
  return { ...statement, edits, mayVary };
}

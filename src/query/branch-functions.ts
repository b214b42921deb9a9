/**
 * Calls of users' functions: on a branch those of CREATE FUNCTION, which read no tables, are named in full and others are
 * refused. A statement that writes is marked: what a function gives may be something else each time.
 */
import { MAIN } from "../branch/model.js";
import { notSupported } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { NameReference, RelationalStatement, TextEdit } from "../sql/analysis.js";
import { formatName } from "../sql/names.js";
import { sortEdits } from "../sql/splice.js";
import type { SessionCore } from "./session-core.js";

/** Errors: 0A000 for a macro, whose tables would be looked for where the branch has none. */
export async function withFunctions(
  core: SessionCore,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  if (core.head === MAIN && !statement.writes) return statement;
  if (!statement.names.some(({ role }) => role === "function")) return statement;
  const { functions } = await core.types.all();
  if (functions.isEmpty) return statement;
  const { searchPath } = core.scope(core.transactions.current);
  const isCall = ({ role, parts }: NameReference): boolean =>
    role === "function" && functions.named(parts, searchPath) !== undefined;
  const mayVary = statement.writes && statement.names.some(isCall);
  if (core.head === MAIN) return mayVary ? { ...statement, mayVary } : statement;
  const called = new Set<NameReference>();
  const edits = statement.names.flatMap((name): TextEdit[] => {
    const found = name.role === "function" ? functions.named(name.parts, searchPath) : undefined;
    if (found === undefined) return [];
    if (found.declaration === undefined)
      throw notSupported(`${found.name}() is a macro of main: it cannot be called on a branch`);
    called.add(name);
    return [{ start: name.start, end: name.end, text: formatName([DATA_CATALOG, found.schema, found.name]) }];
  });
  if (edits.length === 0) return statement;
  const names = statement.names.filter((name) => !called.has(name));
  const others = statement.edits.filter(
    (edit) => !edits.some((own) => own.start < edit.end && edit.start < own.end),
  );
  return { ...statement, names, edits: sortEdits([...edits, ...others]), mayVary };
}

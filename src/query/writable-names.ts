/** Which names a session may write, and the text that stands for a write's target. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN } from "../branch/model.js";
import { isInternalSchema, physicalName } from "../branch/system-schema.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import type { NameReference } from "../sql/analysis.js";
import { resolveName, type NameMeaning, type NameScope } from "./relation-names.js";

/**
 * Decides that a name may be written from this session, and what it means.
 *
 * Errors  42501 for other heads and this server's own tables
 */
export function writableName(
  scope: NameScope,
  name: NameReference,
): Exclude<NameMeaning, { kind: "system" | "catalog" }> {
  const meaning = resolveName(scope, name.parts);
  const shown = name.parts.join(".");
  if (meaning.kind === "catalog" || meaning.kind === "system") {
    throw new SqlError(SQLSTATE.insufficientPrivilege, `permission denied for table "${shown}"`);
  }
  if (meaning.kind === "temporary") return meaning;
  const qualifiedMain = name.parts.length > 1 && meaning.head === MAIN && scope.head !== MAIN;
  if (meaning.head !== scope.head || qualifiedMain) {
    const owner =
      meaning.head === MAIN
        ? "main"
        : `branch "${scope.state.branches.get(meaning.head)?.name ?? meaning.head}"`;
    throw new SqlError(
      SQLSTATE.insufficientPrivilege,
      `cannot write to "${shown}": it belongs to ${owner}, not to this session's head`,
      {
        hint: "write without the qualifier, and merge",
      },
    );
  }
  if (isInternalSchema(meaning.relation.schema)) {
    throw new SqlError(
      SQLSTATE.insufficientPrivilege,
      `permission denied for schema "${meaning.relation.schema}"`,
    );
  }
  return meaning;
}

/** Text of a write's target: the physical table, with the name the statement knows it by. */
export function targetText(
  name: NameReference,
  physical: { readonly schema: string; readonly name: string },
  full = physicalName(physical),
): string {
  const known = name.parts.at(-1) ?? "";
  const needsAlias =
    name.alias === undefined &&
    name.aliasAt === name.end &&
    normaliseName(physical.name) !== normaliseName(known);
  return needsAlias ? `${full} AS ${quoteIdentifier(known)}` : full;
}

/** How relations of heads are named in SQL, and when another head's must not be read. */
import { MAIN, type HeadId, type RelationName, type Version } from "../branch/model.js";
import { notSupported } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, normaliseName } from "../sql/names.js";
import type { NameScope } from "./relation-names.js";

/**
 * Main's relation in full. A session on main leaves the catalogue out, because its views keep their text in the user's
 * file; but where a temporary table has taken the name, DuckDB would find that one first.
 */
export function mainRelationText(scope: NameScope, relation: RelationName): string {
  const here = formatName([relation.schema, relation.name]);
  const plain = scope.head === MAIN && !scope.temporary.has(normaliseName(relation.name));
  return plain ? here : `${DATA_CATALOG}.${here}`;
}

/**
 * Another head that inherits a table of this one reads its very rows, also beneath an overlay, until they are preserved,
 * which happens at commit: inside a transaction that has changed them it would see the changes.
 */
export function refuseChangedHere(scope: NameScope, reader: HeadId, version: Version): void {
  const rows = scope.state.baseOf(version) ?? version;
  if (reader === scope.head || rows.head !== scope.head || !scope.isWritten(rows)) return;
  throw notSupported(
    `cannot read "${version.name}" of another branch in a transaction that has changed this head's own "${version.name}"`,
    "commit first",
  );
}

/**
 * Tables to which the branch gave another primary key. Rows of the two keys cannot be compared: such a table replaces its base,
 * where the target has that as it was (MERGE.md 8).
 */
import { normaliseName } from "../sql/names.js";
import { columnOrigins } from "./column-origins.js";
import type { Version } from "./model.js";
import type { TableDefinition } from "./table-definition.js";
import type { Transaction } from "./transaction.js";

/** Errors: 0A000 where a key's column may be a renamed one, or another. */
export async function isRekeyed(transaction: Transaction, base: Version, source: Version): Promise<boolean> {
  const [before, after] = [await transaction.definitionOf(base), await transaction.definitionOf(source)];
  const [was, is] = [before, after].map(keyOf);
  if (was?.join("\0") === is?.join("\0")) return false;
  const origins = columnOrigins(
    transaction.state,
    { version: base, definition: before },
    { version: source, definition: after },
  );
  return JSON.stringify(was) !== JSON.stringify(is?.map((name) => origins.get(name)));
}

function keyOf({ primaryKey }: TableDefinition): readonly string[] {
  return primaryKey.map(normaliseName);
}

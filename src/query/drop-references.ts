/** DROP TABLE t CASCADE: foreign keys that lead to t go, the tables that have them stay. */
import { physicalDefinition } from "../branch/catalog-reader.js";
import { constraintsOf } from "../branch/constraint-names.js";
import { markCopied } from "../branch/copied-tables.js";
import type { RelationName } from "../branch/model.js";
import { referredTable, referrersOf } from "../branch/referrers.js";
import { changedDefinition, type TableChange } from "../branch/table-changes.js";
import { rebuildTable } from "../branch/table-rebuild.js";
import type { TableDefinition } from "../branch/table-definition.js";
import type { Transaction } from "../branch/transaction.js";
import { SQLSTATE } from "../core/errors.js";
import { normaliseName } from "../sql/names.js";
import type { PlanContext } from "./plan-context.js";

/** On main. A table with such a key is made anew without it, in the session's transaction. */
export async function dropReferencesTo(
  context: PlanContext,
  transaction: Transaction,
  table: RelationName,
): Promise<void> {
  const { connection } = transaction;
  for (const referrer of await referrersOf(connection, table)) {
    for (;;) {
      const definition = await physicalDefinition(connection, referrer);
      const change = definition && dropOneReference(definition, referrer, table);
      if (definition === undefined || change === undefined) break;
      const next = changedDefinition(definition, referrer, referrer.name, change);
      markCopied(transaction, await rebuildTable(connection, referrer, next));
      const what = `constraint ${change.constraint.name} on table ${referrer.name}`;
      context.notice("NOTICE", SQLSTATE.successfulCompletion, `drop cascades to ${what}`);
    }
  }
}

function dropOneReference(
  definition: TableDefinition,
  referrer: RelationName,
  table: RelationName,
): Extract<TableChange, { readonly kind: "dropConstraint" }> | undefined {
  const constraint = constraintsOf(definition, referrer.name).find(({ element }) => {
    const text = definition.elements[element];
    const referred = text && referredTable(text);
    return referred !== undefined && normaliseName(referred) === normaliseName(table.name);
  });
  return constraint && { kind: "dropConstraint", constraint };
}

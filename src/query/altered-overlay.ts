/** ALTER of a table that is an overlay: its own few rows are changed, or all rows are given to it. */
import type { RelationName } from "../branch/model.js";
import { alterOverlay, canAlterOverlay, type DefinedOverlay } from "../branch/overlay-alter.js";
import { baseRows, requirePhysical } from "../branch/rows.js";
import { changedDefinition, type TableChange } from "../branch/table-changes.js";
import type { Transaction } from "../branch/transaction.js";
import { explainRows } from "./row-violations.js";

/**
 * Makes the change on an overlay. False where it cannot be made there: then the table has all its rows, and is as it was.
 * `isConstant` says that a new column has one value in all of them.
 */
export async function staysOverlay(
  transaction: Transaction,
  relation: RelationName,
  overlay: DefinedOverlay,
  change: TableChange,
  isConstant: boolean,
): Promise<boolean> {
  const { version, definition } = overlay;
  if (!canAlterOverlay(definition, change, isConstant)) {
    await transaction.writableTable(relation);
    return false;
  }
  const next = changedDefinition(definition, requirePhysical(version), relation.name, change);
  const base = baseRows(transaction.state, version);
  try {
    const altered = await alterOverlay(transaction.connection, overlay, base, { change, next });
    transaction.renewVersion(version, altered.layer);
    if (altered.unwritten) await transaction.writableTable(relation);
  } catch (error) {
    throw explainRows(error, change, relation);
  }
  return true;
}

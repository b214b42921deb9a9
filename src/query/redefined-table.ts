/** Tables of which a statement changes the definition and no row: an overlay stays one. */
import { MAIN, type PhysicalTable, type RelationName } from "../branch/model.js";
import { requirePhysical } from "../branch/rows.js";
import type { Transaction } from "../branch/transaction.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";

/** Of CREATE INDEX and COMMENT; a unique index has to see all rows. */
export function changesNoRow({ verb, text }: RelationalStatement): boolean {
  if (verb === "comment") return true;
  return verb === "createIndex" && tokenise(text)[1]?.value !== "unique";
}

/** The head's own table for such a statement. */
export async function redefinedTable(
  transaction: Transaction,
  relation: RelationName,
): Promise<PhysicalTable> {
  if (transaction.head === MAIN) return await transaction.writableTable(relation);
  return requirePhysical(transaction.renewVersion(await transaction.writableVersion(relation)));
}

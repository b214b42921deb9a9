/**
 * Keys that rows of a transaction's own DELETE or UPDATE no longer refer to. DuckDB takes them for referred to until COMMIT:
 * deleting children and then their parent failed. Tables of main that the transaction has changed so are made anew before
 * rows of what they refer to are deleted.
 */
import { physicalDefinition } from "../branch/catalog-reader.js";
import { markCopied } from "../branch/copied-tables.js";
import { MAIN, relationKey, type RelationKey, type RelationName } from "../branch/model.js";
import { referrersOf } from "../branch/referrers.js";
import { changedDefinition } from "../branch/table-changes.js";
import { rebuildTable } from "../branch/table-rebuild.js";
import type { Transaction } from "../branch/transaction.js";

const changed = new WeakMap<Transaction, Set<RelationKey>>();

/**
 * Before a DELETE or an UPDATE of main's table. A table some branch reads stays as it is, for made anew it could not be merged
 * into: DuckDB's 23503 comes then.
 */
export async function releaseKeys(
  transaction: Transaction,
  verb: "delete" | "update",
  relation: RelationName,
): Promise<void> {
  const own = relationKey(relation);
  const tables = changed.get(transaction) ?? new Set<RelationKey>();
  changed.set(transaction, tables);
  const others = [...tables].some((key) => key !== own);
  if (verb === "delete" && others) {
    for (const referrer of await referrersOf(transaction.connection, relation)) {
      const key = relationKey(referrer);
      const version = transaction.state.own(MAIN, referrer);
      if (!tables.has(key) || (version !== undefined && transaction.state.isPinned(version))) continue;
      await makeAnew(transaction, referrer);
      tables.delete(key);
    }
  }
  tables.add(own);
}

async function makeAnew(transaction: Transaction, table: RelationName): Promise<void> {
  const definition = await physicalDefinition(transaction.connection, table);
  if (definition === undefined) return;
  const same = changedDefinition(definition, table, table.name, { kind: "move", place: table });
  markCopied(transaction, await rebuildTable(transaction.connection, table, same));
}

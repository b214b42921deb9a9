/**
 * Rows of main that refer to one which their own transaction deletes or gives another key. DuckDB takes it for present when it
 * looks: they are looked for when the transaction ends. Other rows DuckDB looks after itself.
 */
import type { BranchContext } from "../branch/branch-context.js";
import { refuseOrphansOf } from "../branch/merge-references.js";
import { MAIN, relationKey, type RelationName } from "../branch/model.js";
import type { Transaction } from "../branch/transaction.js";
import { normaliseName } from "../sql/names.js";

const losing = new WeakMap<Transaction, Map<string, RelationName>>();

/** A statement deletes or changes rows of main's table. */
export function noteLostRows(transaction: Transaction, relation: RelationName): void {
  const tables = losing.get(transaction) ?? new Map<string, RelationName>();
  losing.set(transaction, tables);
  tables.set(relationKey(relation), relation);
}

/** Errors: 23503 */
export async function refuseAddedOrphans(context: BranchContext, transaction: Transaction): Promise<void> {
  const lost = losing.get(transaction);
  if (lost === undefined) return;
  const written = new Set(transaction.written.filter(({ head }) => head === MAIN).map(relationKey));
  for (const { schema, name } of lost.values()) {
    const references = await context.definitions.referencesIn(transaction.view, schema);
    const added = references.filter(
      ({ from, to }) => to === normaliseName(name) && written.has(relationKey({ schema, name: from })),
    );
    const inSchema = added.map((reference) => ({ ...reference, schema }));
    await refuseOrphansOf(transaction.connection, inSchema, "added");
  }
}

/** Brings the registry in line with main's catalogue: DuckDB makes, alters and drops what main has, and says nothing of it. */
import { compareMain } from "./catalog-reader.js";
import { PENDING } from "./final-changes.js";
import type { DefinitionChanges } from "./definition-changes.js";
import { MAIN, relationKey } from "./model.js";
import type { Registry } from "./registry.js";
import type { Transaction } from "./transaction.js";

/** Records what differs between the two, both as of this transaction. */
export async function followMainCatalog(
  transaction: Transaction,
  registry: Registry,
  changes: DefinitionChanges,
): Promise<void> {
  const { connection, copied, objects } = transaction;
  const { ended, added } = await compareMain(connection, transaction.state, {
    names: changes.onMain(transaction.state, transaction.written),
    replaced: changes.replaced,
  });
  for (const version of ended) transaction.endVersion(version);
  const identities = await copied.identities(connection, ended);
  const versions = added.map(({ schema, name, kind, definition }) => {
    const physical = kind === "table" ? { schema, name } : null;
    const identity = identities.get(relationKey({ schema, name }));
    const version = { head: MAIN, schema, name, kind, definition, physical, ...identity };
    return registry.newVersion(version, PENDING);
  });
  // All at once: a file may bring thousands.
  transaction.putVersion(...versions);
  for (const version of versions) transaction.markWritten(version, MAIN);
  await objects.followMain(
    connection,
    ended.some(({ kind }) => kind === "view"),
  );
}

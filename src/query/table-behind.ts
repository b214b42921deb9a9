/** The definition of the table that a statement's name means. */
import { physicalDefinition } from "../branch/catalog-reader.js";
import type { TableDefinition } from "../branch/table-definition.js";
import { DATA_CATALOG } from "../engine/database.js";
import { resolveName } from "./relation-names.js";
import type { SessionCore } from "./session-core.js";

interface TemporaryTables {
  readonly version: string;
  readonly tables: Map<string, TableDefinition | undefined>;
}

const known = new WeakMap<SessionCore, TemporaryTables>();

/** The table a name means now, on the session's head; undefined for what is no table. */
export async function tableBehind(
  core: SessionCore,
  parts: readonly string[],
): Promise<TableDefinition | undefined> {
  const transaction = core.transactions.current;
  const { definitions, registry } = core.services.context;
  const meaning = resolveName(core.scope(transaction), parts);
  switch (meaning.kind) {
    case "catalog":
    case "system":
      return undefined;
    case "temporary":
      return await temporaryTable(core, meaning.name);
    case "relation": {
      if (meaning.version.kind !== "table") return undefined;
      const view = transaction?.view ?? { connection: core.connection, definitions: registry.definitions };
      return await definitions.definitionOf(view, meaning.version);
    }
    case "unknown":
      return await physicalDefinition(core.connection, meaning.relation, DATA_CATALOG);
    default:
      return meaning satisfies never;
  }
}

/** What was read last of a temporary table of the session: for a failure, behind which nothing can be asked. */
export function rememberedTemporary(core: SessionCore, name: string): TableDefinition | undefined {
  return known.get(core)?.tables.get(name);
}

async function temporaryTable(core: SessionCore, name: string): Promise<TableDefinition | undefined> {
  const read = async (): Promise<TableDefinition | undefined> =>
    await physicalDefinition(core.connection, { schema: "main", name }, "temp");
  const { temporary } = core.scope(core.transactions.current);
  const version = core.ownDefinitions.version(core.services.context.registry.definitions, temporary);
  if (version === undefined) return await read();
  let cache = known.get(core);
  if (cache?.version !== version) {
    cache = { version, tables: new Map() };
    known.set(core, cache);
  }
  if (!cache.tables.has(name)) cache.tables.set(name, await read());
  return cache.tables.get(name);
}

/**
 * Which columns of two states of a table are the same, whatever they are called now. It is written down; of what a file of an
 * older format has, overlays know where their columns come from, and of other tables only names are known: decision 0031. Pure.
 */
import { notSupported } from "../core/errors.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { identities } from "./column-lineage.js";
import type { BaseColumn, Version } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import type { TableDefinition } from "./table-definition.js";

/** A state of a table, and what its table says. */
export interface TableState {
  readonly version: Version;
  readonly definition: TableDefinition;
}

/** By the column's name in the later state, as DuckDB compares it: its name in the earlier one. New columns are not in it. */
export type ColumnOrigins = ReadonlyMap<string, string>;

/** Errors: 0A000 where a column that was renamed cannot be told from one dropped and another added */
export function columnOrigins(state: RegistryState, earlier: TableState, later: TableState): ColumnOrigins {
  const known = byLineage(earlier, later) ?? knownSources(state, earlier, later);
  const names = new Set(earlier.definition.columns.map(({ name }) => normaliseName(name)));
  const origins = new Map<string, string>();
  for (const [name, source] of known ?? []) if (names.has(source)) origins.set(name, source);
  const claimed = new Set(origins.values());
  const unclear: string[] = [];
  for (const column of later.definition.columns) {
    const name = normaliseName(column.name);
    if (origins.has(name)) continue;
    if (names.has(name) && !claimed.has(name)) origins.set(name, name);
    else if (known === undefined) unclear.push(column.name);
  }
  const found = new Set(origins.values());
  const gone = earlier.definition.columns.filter(({ name }) => !found.has(normaliseName(name)));
  const [dropped, added] = [gone[0], unclear[0]];
  if (dropped === undefined || added === undefined) return origins;
  throw notSupported(
    `cannot merge table "${later.version.name}": whether column ${quoteIdentifier(dropped.name)} was renamed to ` +
      `${quoteIdentifier(added)}, or dropped and another one added, is not known`,
    "rename columns before rows of many are changed, or make the same change on both sides",
  );
}

/** By what is written down of both; undefined where that cannot be compared. */
function byLineage(earlier: TableState, later: TableState): ColumnOrigins | undefined {
  const [was, is] = [earlier.version.lineage, later.version.lineage];
  if (was === null || is === null || was.since !== is.since) return undefined;
  const names = ({ definition }: TableState): string[] => definition.columns.map(({ name }) => name);
  const byIdentity = new Map(
    [...identities(was, names(earlier))].map(([name, identity]) => [identity, name]),
  );
  return new Map(
    [...identities(is, names(later))].flatMap(([name, identity]): [string, string][] => {
      const old = byIdentity.get(identity);
      return old === undefined ? [] : [[name, old]];
    }),
  );
}

/** Through the table that both stand on; undefined where nothing is written down. */
function knownSources(
  state: RegistryState,
  earlier: TableState,
  later: TableState,
): ColumnOrigins | undefined {
  const beneath = state.baseOf(later.version);
  if (beneath === undefined) return undefined;
  if (beneath.id === earlier.version.id) return sourcesOf(later);
  if (state.baseOf(earlier.version)?.id !== beneath.id) return undefined;
  const byColumn = new Map([...sourcesOf(earlier)].map(([name, column]) => [column, name]));
  return new Map(
    [...sourcesOf(later)].flatMap(([name, column]): [string, string][] => {
      const old = byColumn.get(column);
      return old === undefined ? [] : [[name, old]];
    }),
  );
}

/** The columns of the base that an overlay's columns are. */
function sourcesOf({ version, definition }: TableState): ColumnOrigins {
  const columns: readonly BaseColumn[] =
    (version.layer?.kind === "overlay" ? version.layer.columns : undefined) ??
    definition.columns.map(({ name }) => ({ name, from: name }));
  return new Map(
    columns.flatMap((column): [string, string][] =>
      "from" in column ? [[normaliseName(column.name), normaliseName(column.from)]] : [],
    ),
  );
}

/** What rows of the base have in a column that an overlay added, as SQL; undefined where nothing is written down. */
export function addedValue({ layer }: Version, column: string): string | undefined {
  if (layer?.kind !== "overlay") return undefined;
  const own = layer.columns?.find(({ name }) => normaliseName(name) === normaliseName(column));
  return own !== undefined && "value" in own ? own.value : undefined;
}

/** Which columns are which through ALTER and merges: written down with each version of a table. Decision 0031. */
import { normaliseName } from "../sql/names.js";
import { MAIN, type Lineage, type RelationName, type Version } from "./model.js";
import type { Transaction } from "./transaction.js";

/** What ALTER does to the columns that a table has. */
export type ColumnChange =
  | { readonly kind: "addColumn" | "dropColumn"; readonly column: string }
  | { readonly kind: "renameColumn"; readonly column: string; readonly to: string };

/** Of a table as it is made: columns are what they are called. */
export function newLineage(since: number): Lineage {
  return { since, columns: [] };
}

/** By name, as DuckDB compares it, what each of these columns is. */
export function identities({ columns }: Lineage, names: readonly string[]): ReadonlyMap<string, string> {
  const known = new Map(columns);
  return new Map(
    names.map(normaliseName).map((name): [string, string] => [name, known.get(name) ?? `=${name}`]),
  );
}

/** The lineage of columns that are known one by one. */
export function lineageOf(since: number, found: ReadonlyMap<string, string>): Lineage {
  return { since, columns: [...found].filter(([name, identity]) => identity !== `=${name}`) };
}

function changedLineage({ since, columns }: Lineage, change: ColumnChange, id: number): Lineage {
  const found = new Map(columns);
  const name = normaliseName(change.column);
  const identity = found.get(name) ?? `=${name}`;
  found.delete(name);
  if (change.kind === "addColumn") found.set(name, `+${id}`);
  if (change.kind === "renameColumn") found.set(normaliseName(change.to), identity);
  return lineageOf(since, found);
}

/** Writes down what a statement does to the columns of a table of the transaction's head. */
export function noteColumnChange(
  transaction: Transaction,
  relation: RelationName,
  change: ColumnChange,
): void {
  const lineage = writtenDown(transaction, relation)?.lineage ?? null;
  if (lineage !== null)
    putLineage(transaction, relation, changedLineage(lineage, change, transaction.objects.newId()));
}

/** The same after a merge: `lineage` is that of the merged table. */
export function putLineage(transaction: Transaction, table: RelationName, lineage: Lineage | null): void {
  const version = writtenDown(transaction, table);
  if (version !== undefined) transaction.putVersion({ ...version, lineage });
}

/** The version that has the table's lineage until the commit: of main that of its name before. */
function writtenDown({ state, head, copied }: Transaction, table: RelationName): Version | undefined {
  const name = head === MAIN ? copied.before(table) : table;
  const version = name === null ? undefined : state.find(head, name);
  return version?.kind === "table" ? version : undefined;
}

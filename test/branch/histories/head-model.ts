/** What a head holds, as plain maps: the reference that histories are compared with. */
import { isDeepStrictEqual } from "node:util";

export const TABLES = ["keyed", "plain"] as const;
export type TableName = (typeof TABLES)[number];

/** Values by id, and what a comparison of definitions would find. */
export class TableModel extends Map<number, number> {
  columnsAdded: number;
  /** Of a table that was dropped and made again it is another one. */
  readonly identity: number;

  constructor(rows?: TableModel, identity = rows?.identity ?? 0) {
    super(rows);
    this.columnsAdded = rows?.columnsAdded ?? 0;
    this.identity = identity;
  }
}

type Rows = Readonly<TableModel>;

/** Undefined for a table that does not exist. */
export type HeadModel = Map<TableName, TableModel | undefined>;

export function copyOf(model: HeadModel): HeadModel {
  return new Map([...model].map(([table, rows]) => [table, copyOfTable(rows)]));
}

/** Three states of one table. */
export interface MergedStates {
  readonly base: Rows | undefined;
  readonly source: Rows | undefined;
  readonly target: Rows | undefined;
}

/** True where source and target both have another value under an id than the base, be it the same one. */
export function changesSameRow({ base, source, target }: MergedStates): boolean {
  const ids = [base, source, target].flatMap((rows) => [...(rows?.keys() ?? [])]);
  return ids.some((id) => base?.get(id) !== source?.get(id) && base?.get(id) !== target?.get(id));
}

/** Row by row: what the source changed goes into the target; where both changed a row differently, one of them wins. */
function merged({ base, source, target }: MergedStates, sourceWins: boolean): TableModel {
  const result = new TableModel(target);
  result.columnsAdded += (source?.columnsAdded ?? 0) - (base?.columnsAdded ?? 0);
  for (const id of new Set([...(base?.keys() ?? []), ...(source?.keys() ?? [])])) {
    const value = source?.get(id);
    const changedHere = base?.get(id) !== value;
    const changedThere = base?.get(id) !== target?.get(id);
    if (!changedHere || (changedThere && !sourceWins)) continue;
    if (value === undefined) result.delete(id);
    else result.set(id, value);
  }
  return result;
}

/** What a merge makes of a table, where it is not refused. A table that comes back is another one: it gets `identity`. */
export function mergedTable(
  states: MergedStates,
  sourceWins: boolean,
  identity: number,
): TableModel | undefined {
  const { base, source, target } = states;
  if (base === undefined) {
    if (source === undefined || target === undefined) return copyOfTable(source ?? target);
    return merged(states, sourceWins);
  }
  const [isHere, isThere] = [source?.identity === base.identity, target?.identity === base.identity];
  if (isHere && isThere) return merged(states, sourceWins);
  if (!isHere && !isThere) return copyOfTable(target ?? source);
  const isUntouched = isDeepStrictEqual(base, isHere ? source : target);
  const takesSource = isUntouched ? isThere : sourceWins;
  if (!takesSource) return copyOfTable(target);
  return source && new TableModel(source, isHere ? identity : source.identity);
}

function copyOfTable(rows: TableModel | undefined): TableModel | undefined {
  return rows && new TableModel(rows);
}

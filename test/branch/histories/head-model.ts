/** What a head holds, as plain maps: the reference that histories are compared with. */
export const TABLES = ["keyed", "plain"] as const;
export type TableName = (typeof TABLES)[number];

type Rows = ReadonlyMap<number, number>;

/** Each table's values by id; undefined for a table that does not exist. */
export type HeadModel = Map<TableName, Map<number, number> | undefined>;

export function copyOf(model: HeadModel): HeadModel {
  return new Map([...model].map(([table, rows]) => [table, rows === undefined ? undefined : new Map(rows)]));
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
export function merged({ base, source, target }: MergedStates, sourceWins: boolean): Map<number, number> {
  const result = new Map(target);
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

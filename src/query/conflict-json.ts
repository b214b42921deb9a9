/** The conflict report as JSON, with the values' own JSON texts inside: no digit of a key or value is lost. */
import type { ConflictRow } from "../branch/merge-plan.js";
import type { TableConflicts } from "../branch/merge-types.js";

/** Shape: `[{table, row_count, rows: [{pk, kind, main_value, branch_value, base_value}]}]`, as the tutorial reads it. */
export function conflictsJson(conflicts: readonly TableConflicts[]): string {
  const tables = conflicts.map(({ table, row_count, rows }) => {
    return `{"table":${JSON.stringify(table)},"row_count":${row_count},"rows":${conflictRowsJson(rows)}}`;
  });
  return `[${tables.join(",")}]`;
}

export function conflictRowsJson(rows: readonly ConflictRow[]): string {
  return `[${rows.map(rowJson).join(",")}]`;
}

function rowJson({ pk, kind, main_value, branch_value, base_value }: ConflictRow): string {
  const values = `"main_value":${validJson(main_value)},"branch_value":${validJson(branch_value)}`;
  return `{"pk":${validJson(pk)},"kind":${JSON.stringify(kind)},${values},"base_value":${validJson(base_value)}}`;
}

/** DuckDB writes NaN and Infinity bare, which is no JSON: such a row is given as a string. */
function validJson(text: string | null): string {
  if (text === null) return "null";
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

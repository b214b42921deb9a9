/**
 * How values are compared that DuckDB tells apart although they are the same: json by what it says and not by its text, maps whatever
 * the order of their entries. What such a value was written like stays as it is where nothing else changed.
 */
import { normaliseName } from "../sql/names.js";

/** SQL of a value ⇒ SQL of a form that is equal where the values are. */
type ValueForm = (value: string) => string;

/** By column, as DuckDB compares names; columns that are not there are compared as they are. */
export type ValueForms = ReadonlyMap<string, ValueForm>;

/** Of columns with their types, as DuckDB prints them. */
export function valueForms(columns: readonly { readonly name: string; readonly type: string }[]): ValueForms {
  return new Map(
    columns.flatMap(({ name, type }): [string, ValueForm][] => {
      const form = formOf(type.trim(), 0);
      return form === undefined ? [] : [[normaliseName(name), form]];
    }),
  );
}

/** What is inside a struct, or a map of maps, is compared as DuckDB does: a difference too many, never one too few. */
function formOf(type: string, depth: number): ValueForm | undefined {
  const [, element] = /^(.*)\[\d*\]$/s.exec(type) ?? [];
  if (element !== undefined) {
    const form = formOf(element, depth + 1);
    const name = `v${depth}`;
    return form && ((value) => `list_transform(${value}, lambda ${name}: ${form(name)})`);
  }
  if (type === "JSON") return (value) => `CAST(duckbranch_jsonb(${value}) AS VARCHAR)`;
  const isMap = type.startsWith("MAP(") && !/MAP\(|JSON/.test(type.slice("MAP(".length));
  return isMap ? (value) => `list_sort(map_entries(${value}))` : undefined;
}

/** NULL-safe equality of a column's value in two rows, aliases or structs. */
export function sameValue(forms: ValueForms, column: string, left: string, right: string): string {
  const form = forms.get(normaliseName(column));
  const isSame = `${left} IS NOT DISTINCT FROM ${right}`;
  // Forms cost more than a comparison: they are asked for where that finds a difference.
  return form === undefined
    ? `(${isSame})`
    : `CASE WHEN ${isSame} THEN TRUE ELSE ${form(left)} IS NOT DISTINCT FROM ${form(right)} END`;
}

/** A value as SQL that DuckDB reads as just this value. */
import type { EngineType, EngineValue } from "../engine/types.js";
import { EngineTypeId, blobHex, listItems, structEntries } from "../engine/vector-values.js";
import type { TypedValue } from "../pgtypes/typed-value.js";
import { quoteLiteral } from "../sql/names.js";

export function valueText({ value, type }: TypedValue): string {
  if (value === null) return "NULL";
  switch (type.typeId) {
    case EngineTypeId.VARCHAR:
      return quoteLiteral(String(value));
    case EngineTypeId.BLOB:
      return `unhex('${blobHex(value)}')`;
    case EngineTypeId.LIST:
    case EngineTypeId.ARRAY:
      return listText(listItems(value) ?? [], type.valueType);
    case EngineTypeId.STRUCT: {
      const entries = structEntries(value);
      const fields = type.entryNames.map((name, index) => {
        const [entry, own] = [type.entryTypes[index], entries[name] ?? null];
        return `${quoteLiteral(name)}: ${entry === undefined ? "NULL" : valueText({ value: own, type: entry })}`;
      });
      return `{${fields.join(", ")}}`;
    }
    default:
      return `CAST(${quoteLiteral(String(value))} AS ${type.toString()})`;
  }
}

function listText(items: readonly EngineValue[], type: EngineType): string {
  return `[${items.map((value) => valueText({ value, type })).join(", ")}]`;
}

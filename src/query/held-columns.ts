/** Columns of types that DuckDB does not keep, by the checks that hold them: see sql/held-types.ts. */
import type { TableDefinition } from "../branch/table-definition.js";
import { UNBOUNDED_NUMERIC } from "../core/unbounded-numeric.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { requireKeptDecimals } from "../sql/dialect/kept-decimals.js";
import { normaliseName } from "../sql/names.js";
import { assignedValue, readHeldType, writtenHeldType, type HeldType } from "../sql/held-types.js";
import type { WrittenType } from "../sql/result-sources.js";

/** By column in lower case; empty for tables without such columns. */
export type HeldColumns = ReadonlyMap<string, HeldType>;

/** The column in a check, as DuckDB prints it. */
const NAME =
  /(?:len|rtrim|epoch_us|typeof)\(("(?:[^"]|"")+"|[^\s,()"]+)[,)]|^CHECK\s*\(+("(?:[^"]|"")+"|[^\s,()"]+) IS NULL/;

const nameOf = (printed: string): string =>
  normaliseName(printed.startsWith('"') ? printed.slice(1, -1).replaceAll('""', '"') : printed);

const KNOWN = new WeakMap<TableDefinition, HeldColumns>();

export function heldColumns(definition: TableDefinition): HeldColumns {
  const known = KNOWN.get(definition);
  if (known !== undefined) return known;
  const found = new Map(
    definition.elements.flatMap(({ column, text }): [string, HeldType][] => {
      const type = column === undefined ? readHeldType(text) : undefined;
      const [, called, tested] = NAME.exec(text) ?? [];
      const name = called ?? tested;
      return type === undefined || name === undefined ? [] : [[nameOf(name), type]];
    }),
  );
  KNOWN.set(definition, found);
  return found;
}

const MOMENTS: ReadonlyMap<HeldType["name"], EngineTypeId> = new Map([
  ["timestamp", EngineTypeId.TIMESTAMP],
  ["timestamptz", EngineTypeId.TIMESTAMP_TZ],
  ["time", EngineTypeId.TIME],
  ["interval", EngineTypeId.INTERVAL],
]);
const JSONB: WrittenType = { name: "jsonb", typmod: -1, isArray: false };

/** The type of a table's column that DuckDB holds as `type`; undefined where DuckDB's own says it all. */
export function columnType(
  columns: HeldColumns,
  name: string,
  type: EngineType | null,
): WrittenType | undefined {
  const held = columns.get(normaliseName(name));
  if (type?.typeId === EngineTypeId.VARCHAR && type.alias === "JSON")
    return held?.name === "json" ? writtenHeldType(held) : JSONB;
  if (isListOfJson(type)) return held?.name === "json" ? writtenHeldType(held) : { ...JSONB, isArray: true };
  if (held === undefined || held.name === "json") return undefined;
  return type?.typeId === holderOf(held) ? writtenHeldType(held) : undefined;
}

function isListOfJson(type: EngineType | null): boolean {
  if (type?.typeId !== EngineTypeId.LIST) return false;
  const element = type.valueType;
  return isListOfJson(element) || (element.typeId === EngineTypeId.VARCHAR && element.alias === "JSON");
}

function holderOf(held: HeldType): EngineTypeId | undefined {
  if (held.kind === "moment") return MOMENTS.get(held.name);
  return held.kind === "named" && held.isArray ? EngineTypeId.LIST : EngineTypeId.VARCHAR;
}

const UNBOUNDED = `DECIMAL(${UNBOUNDED_NUMERIC.width},${UNBOUNDED_NUMERIC.scale})`;

/** What a column's default becomes: rounded as whatever else is stored in it. */
export function assignedDefault(definition: TableDefinition, column: string, expression: string): string {
  const held = heldColumns(definition).get(normaliseName(column));
  const type = definition.columns.find(({ name }) => normaliseName(name) === normaliseName(column))?.type;
  if (type === UNBOUNDED) requireKeptDecimals(expression.replace(/^\s*'(.*)'\s*$/s, "$1"));
  return (held && assignedValue(expression, held)) ?? expression;
}

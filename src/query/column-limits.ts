/** Columns of varchar(n) and char(n), by the checks that hold them to their lengths: see sql/length-limits.ts. */
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { DATA_CATALOG } from "../engine/database.js";
import { readLengthLimit } from "../sql/length-limits.js";
import type { WrittenType } from "../sql/result-sources.js";
import type { NameMeaning } from "./relation-names.js";
import type { SessionCore } from "./session-core.js";

/** By column; empty for views and tables without such columns. */
export type ColumnLimits = ReadonlyMap<string, WrittenType>;

const NONE: ColumnLimits = new Map();
/** A modifier counts its own four bytes. */
const HEADER_BYTES = 4;
/** A column's check in a definition: of a copy without constraints nothing else is left. */
const CHECKED = /\("((?:[^"]|"")+)"(?:, ' ')?\)+ <= \d+\) AND (\(length\('type [^']+'\) > 0\))/g;

export async function limitsOf(core: SessionCore, meaning: NameMeaning): Promise<ColumnLimits> {
  const table = tableOf(meaning);
  if (table === undefined) return NONE;
  if ("definition" in table)
    return limits(
      [...table.definition.matchAll(CHECKED)].map(([, name = "", check = ""]) => ({
        name: name.replaceAll('""', '"'),
        check,
      })),
    );
  const rows = await core.connection.rows(
    `SELECT constraint_column_names[1] AS name, expression FROM duckdb_constraints() WHERE constraint_type = 'CHECK'
       AND database_name = ? AND schema_name = ? AND table_name = ? AND len(constraint_column_names) = 1`,
    [table.catalog, table.schema, table.name],
  );
  return limits(rows.map(({ name, expression }) => ({ name: String(name), check: String(expression) })));
}

type Table =
  | { readonly catalog: string; readonly schema: string; readonly name: string }
  | { readonly definition: string };

function tableOf(meaning: NameMeaning): Table | undefined {
  switch (meaning.kind) {
    case "temporary":
      return { catalog: "temp", schema: "main", name: meaning.name };
    case "unknown":
      return { catalog: DATA_CATALOG, ...meaning.relation };
    case "relation": {
      const { physical, definition } = meaning.version;
      if (physical === null) return undefined;
      return definition === null ? { catalog: DATA_CATALOG, ...physical } : { definition };
    }
    case "catalog":
    case "system":
      return undefined;
    default:
      return meaning satisfies never;
  }
}

function limits(checks: readonly { readonly name: string; readonly check: string }[]): ColumnLimits {
  return new Map(
    checks.flatMap(({ name, check }): [string, WrittenType][] => {
      const limit = readLengthLimit(check);
      if (limit === undefined) return [];
      const type = limit.type === "character" ? "bpchar" : "varchar";
      return [[name, { name: type, typmod: limit.length + HEADER_BYTES, isArray: false }]];
    }),
  );
}

/** The limited type of a column that DuckDB holds as a text. */
export function limitedType(
  columns: ColumnLimits,
  name: string,
  type: EngineType | null,
): WrittenType | undefined {
  return type?.typeId === EngineTypeId.VARCHAR ? columns.get(name) : undefined;
}

/** Rows of this program's own on their way into a table, without a statement: for one row that takes a third of an INSERT's time. */
import { BIGINT, BOOLEAN, DuckDBDataChunk, TIMESTAMPTZ, VARCHAR, timestampTZValue } from "@duckdb/node-api";
import type { Connection } from "./connection.js";
import type { EngineType, EngineValue } from "./types.js";

/** What may stand behind a column's name, and the type its values are written as. */
const ENGINE_TYPES = {
  BIGINT,
  "BIGINT NOT NULL": BIGINT,
  VARCHAR,
  "VARCHAR NOT NULL": VARCHAR,
  BOOLEAN,
  "BOOLEAN NOT NULL": BOOLEAN,
  TIMESTAMPTZ,
  "TIMESTAMPTZ NOT NULL": TIMESTAMPTZ,
  JSON: VARCHAR,
} as const satisfies Readonly<Record<string, EngineType>>;

type RecordColumn = keyof typeof ENGINE_TYPES;
/** BIGINT takes whole numbers, TIMESTAMPTZ milliseconds since 1970, JSON its text. */
type RecordValue = number | string | boolean | null;

export interface RecordTable<Column extends string> {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
  /** All columns by name, in the table's order. Names need no quotes. */
  readonly columns: Readonly<Record<Column, RecordColumn>>;
}

/** A row of such a table. */
export type RecordOf<Column extends string> = Readonly<Record<Column, RecordValue>>;

export function createRecordTable<Column extends string>({
  catalog,
  schema,
  name,
  columns,
}: RecordTable<Column>): string {
  const list = Object.entries(columns).map((column) => column.join(" "));
  return `CREATE TABLE IF NOT EXISTS ${catalog}.${schema}.${name} (${list.join(", ")})`;
}

const MAX_ROWS_PER_CHUNK = 2_048;

/**
 * Adds rows. Constraints are checked, defaults are not taken. Blocks this thread while DuckDB takes the rows.
 *
 * Atomic  the caller's transaction
 */
export async function appendRecords<Column extends string>(
  connection: Connection,
  table: RecordTable<Column>,
  records: readonly RecordOf<Column>[],
): Promise<void> {
  const columns = columnsOf(table);
  const appender = await connection.appendChunks(table);
  try {
    for (let start = 0; start < records.length; start += MAX_ROWS_PER_CHUNK) {
      const some = records.slice(start, start + MAX_ROWS_PER_CHUNK);
      const chunk = DuckDBDataChunk.create(columns.map(({ type }) => type));
      chunk.setColumns(
        columns.map(({ name, type }) => some.map((record) => engineValue(type, record[name]))),
      );
      appender.append(chunk);
    }
  } finally {
    appender.close();
  }
}

function columnsOf<Column extends string>({
  columns,
}: RecordTable<Column>): readonly { readonly name: Column; readonly type: EngineType }[] {
  const list: { readonly name: Column; readonly type: EngineType }[] = [];
  for (const name in columns) list.push({ name, type: ENGINE_TYPES[columns[name]] });
  return list;
}

function engineValue(type: EngineType, value: RecordValue): EngineValue {
  if (typeof value !== "number") return value;
  return type === TIMESTAMPTZ ? timestampTZValue(BigInt(value) * 1000n) : BigInt(value);
}

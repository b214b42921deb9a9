/** The table of a COPY: where its rows lie, its columns, and which of them the data has. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, type PhysicalTable, type RelationName } from "../branch/model.js";
import { physicalName } from "../branch/system-schema.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { optionalTextCell, textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { formatName, normaliseName, quoteIdentifier } from "../sql/names.js";
import type { HeldType } from "../sql/held-types.js";
import { heldColumns } from "./held-columns.js";
import type { NameMeaning } from "./relation-names.js";
import { definitionIn } from "./target-table.js";

export interface TableColumn {
  readonly name: string;
  readonly generated: boolean;
  readonly notNull: boolean;
  /** Its type, where DuckDB's does not say it. */
  readonly held: HeldType | undefined;
  /** SQL, or null for none. */
  readonly defaultSql: string | null;
}

/** Where a table lies: its full name as SQL, and its columns. */
export interface CopyTable {
  readonly sql: string;
  readonly columns: readonly TableColumn[];
  /** What has to be true when all rows are in it. */
  readonly check?: (rows: number) => Promise<void>;
}

export async function temporaryTable(connection: Connection, name: string): Promise<CopyTable> {
  const sql = `temp.main.${quoteIdentifier(name)}`;
  return { sql, columns: await columnsOf(connection, "temp", { schema: "main", name }) };
}

export async function storedTable(connection: Connection, table: PhysicalTable): Promise<CopyTable> {
  const sql = physicalName(table);
  return { sql, columns: await columnsOf(connection, DATA_CATALOG, table) };
}

/** What a name that COPY may read or write stands for, as a table. Undefined for what is no table of this server's. */
export async function readTable(
  connection: Connection,
  meaning: NameMeaning,
): Promise<CopyTable | undefined> {
  switch (meaning.kind) {
    case "temporary":
      return await temporaryTable(connection, meaning.name);
    case "relation":
      if (meaning.version.physical === null) throw viewRefused(meaning.relation, "from");
      return await storedTable(connection, meaning.version.physical);
    case "unknown":
      // A table of main that this transaction has just made is not in the registry yet.
      if (meaning.head !== MAIN) throw undefinedTable(meaning.relation);
      return await storedTable(connection, meaning.relation);
    case "system":
    case "catalog":
      return undefined;
    default:
      return meaning satisfies never;
  }
}

/** 42809: COPY moves the rows of tables alone. */
export function viewRefused(relation: RelationName, direction: "from" | "to"): SqlError {
  return new SqlError(SQLSTATE.wrongObjectType, `cannot copy ${direction} view "${relation.name}"`, {
    hint:
      direction === "from"
        ? "Try the COPY (SELECT ...) TO variant."
        : "To enable copying to a view, provide an INSTEAD OF INSERT trigger.",
  });
}

async function columnsOf(
  connection: Connection,
  catalog: string,
  table: PhysicalTable,
): Promise<readonly TableColumn[]> {
  const definition = await definitionIn(connection, catalog, table);
  if (definition === undefined) throw await missingTable(connection, catalog, table);
  const held = heldColumns(definition);
  const generated = new Set(
    definition.columns.filter((column) => column.generated).map((column) => column.name),
  );
  const rows = await connection.rows(
    `SELECT column_name AS name, "null" AS nullable, "default" AS default_sql
     FROM (DESCRIBE ${formatName([catalog, table.schema, table.name])})`,
  );
  return rows.map((row) => {
    const name = textCell(row, "name");
    return {
      name,
      generated: generated.has(name),
      held: held.get(normaliseName(name)),
      notNull: row["nullable"] === "NO",
      defaultSql: optionalTextCell(row, "default_sql"),
    };
  });
}

async function missingTable(
  connection: Connection,
  catalog: string,
  { schema, name }: PhysicalTable,
): Promise<SqlError> {
  const views = await connection.rows(
    "SELECT 1 AS found FROM duckdb_views() WHERE database_name = ? AND lower(schema_name) = lower(?) AND lower(view_name) = lower(?)",
    [catalog, schema, name],
  );
  return views.length > 0 ? viewRefused({ schema, name }, "from") : undefinedTable({ schema, name });
}

/** The columns the data has, in its order. 42703 unknown, 42701 named twice, 42P10 generated. */
export function chooseColumns(
  columns: readonly TableColumn[],
  names: readonly string[],
  table: string,
): readonly TableColumn[] {
  if (names.length === 0) return columns.filter((column) => !column.generated);
  const chosen = new Set<TableColumn>();
  for (const name of names) {
    const column = columns.find((candidate) => normaliseName(candidate.name) === normaliseName(name));
    if (column === undefined) throw undefinedColumn(name, table);
    if (column.generated) {
      throw new SqlError(SQLSTATE.invalidColumnReference, `column "${column.name}" is a generated column`, {
        detail: "Generated columns cannot be used in COPY.",
      });
    }
    if (chosen.has(column))
      throw new SqlError(SQLSTATE.duplicateColumn, `column "${column.name}" specified more than once`);
    chosen.add(column);
  }
  return [...chosen];
}

function undefinedColumn(name: string, table: string): SqlError {
  return new SqlError(SQLSTATE.undefinedColumn, `column "${name}" of relation "${table}" does not exist`);
}

/** For each column, whether a FORCE option names it. 42703 unknown, 42P10 a column the data does not have. */
export function forcedColumns(
  option: "FORCE_QUOTE" | "FORCE_NOT_NULL" | "FORCE_NULL",
  names: readonly string[] | "all",
  chosen: readonly TableColumn[],
  all: readonly TableColumn[],
  table: string,
): readonly boolean[] {
  if (names === "all") return chosen.map(() => true);
  const forced = chooseColumns(all, names.length === 0 ? [] : names, table);
  if (names.length === 0) return chosen.map(() => false);
  const missing = forced.find((column) => !chosen.includes(column));
  if (missing !== undefined) {
    throw new SqlError(
      SQLSTATE.invalidColumnReference,
      `${option} column "${missing.name}" not referenced by COPY`,
    );
  }
  return chosen.map((column) => forced.includes(column));
}

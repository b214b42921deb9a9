/**
 * The definitions and comments of all of main's tables, read at once: DuckDB writes out every table's to tell one, so asking for two
 * takes twice as long as asking for all.
 */
import { optionalTextCell, textCell, type Connection, type Row } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { TableComment } from "./catalog-reader.js";
import { relationKey, type PhysicalTable, type RelationKey } from "./model.js";
import { isInternalSchema } from "./system-names.js";
import { readTableDefinition, type TableDefinition } from "./table-definition.js";

/** More tables than this are not kept in memory. */
const MAX_TABLES = 20_000;

interface TableTexts {
  readonly sql: string;
  readonly indexes: string[];
  readonly comments: TableComment[];
}

export class MainDefinitions {
  readonly #tables: ReadonlyMap<RelationKey, TableTexts>;

  private constructor(tables: ReadonlyMap<RelationKey, TableTexts>) {
    this.#tables = tables;
  }

  /** As the connection's snapshot has them. */
  static async read(connection: Connection): Promise<MainDefinitions> {
    const list = async (columns: string, source: string): Promise<readonly Row[]> =>
      await connection.rows(
        `SELECT schema_name, table_name, ${columns} FROM ${source} AND database_name = $1`,
        [DATA_CATALOG],
      );
    const tables = new Map<RelationKey, TableTexts>();
    for (const row of await list("sql, comment", "duckdb_tables() WHERE NOT temporary")) {
      if (isInternalSchema(textCell(row, "schema_name"))) continue;
      const comment = optionalTextCell(row, "comment");
      const comments = comment === null ? [] : [{ column: null, comment }];
      tables.set(keyOf(row), { sql: textCell(row, "sql"), indexes: [], comments });
      if (tables.size > MAX_TABLES) return new MainDefinitions(new Map());
    }
    for (const row of await list("sql", "(FROM duckdb_indexes() ORDER BY index_name) WHERE sql IS NOT NULL"))
      tables.get(keyOf(row))?.indexes.push(textCell(row, "sql"));
    for (const row of await list("column_name, comment", "duckdb_columns() WHERE comment IS NOT NULL"))
      tables
        .get(keyOf(row))
        ?.comments.push({ column: textCell(row, "column_name"), comment: textCell(row, "comment") });
    return new MainDefinitions(tables);
  }

  /** Undefined for a table that is not there. */
  definitionOf(table: PhysicalTable): TableDefinition | undefined {
    const texts = this.#tables.get(relationKey(table));
    return texts && readTableDefinition([texts.sql, ...texts.indexes].join("\n"));
  }

  commentsOf(table: PhysicalTable): readonly TableComment[] | undefined {
    return this.#tables.get(relationKey(table))?.comments;
  }
}

function keyOf(row: Row): RelationKey {
  return relationKey({ schema: textCell(row, "schema_name"), name: textCell(row, "table_name") });
}

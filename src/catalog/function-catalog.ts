/** The user's functions: DuckDB's macros, of which those of CREATE FUNCTION say in their text what they were declared as. */
import { textCell, type Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { findNamed } from "./lookup.js";
import type { NamedDefinition } from "./type-definition.js";

/** What a function was declared as; types by PostgreSQL's names. */
export interface FunctionDeclaration {
  readonly arguments: readonly string[];
  readonly argumentOids: readonly number[];
  /** Of each argument, in PostgreSQL's text; null for one without. Functions of older files have no list. */
  readonly defaults?: readonly (string | null)[];
  readonly returns: string;
  readonly returnsOid: number;
  readonly strict: boolean;
  readonly volatility: string;
  readonly source: string;
}

export interface CatalogFunction {
  /** DuckDB's spelling: `main` for public. */
  readonly schema: string;
  readonly name: string;
  /** Undefined for a macro, which may read anything. */
  readonly declaration: FunctionDeclaration | undefined;
}

const MARK = "duckbranch function ";

/** The text that holds the declaration in the macro's body. */
export function functionLabel(declaration: FunctionDeclaration): string {
  return MARK + JSON.stringify(declaration);
}

export class FunctionCatalog {
  readonly all: readonly CatalogFunction[];

  constructor(all: readonly CatalogFunction[]) {
    this.all = all;
  }

  /** As this connection's transaction sees them. No result of the connection may be open. */
  static async read(connection: Connection): Promise<FunctionCatalog> {
    const rows = await connection.rows(
      `SELECT schema_name, function_name, coalesce(macro_definition, '') AS body FROM duckdb_functions()
       WHERE database_name = '${DATA_CATALOG}' AND NOT internal AND function_type IN ('macro', 'table_macro')`,
    );
    return new FunctionCatalog(
      rows.map((row) => ({
        schema: textCell(row, "schema_name"),
        name: textCell(row, "function_name"),
        declaration: declarationIn(textCell(row, "body")),
      })),
    );
  }

  /** Those of a branch, by their definitions. */
  static of(functions: readonly NamedDefinition[]): FunctionCatalog {
    return new FunctionCatalog(
      functions.map(({ schema, name, definition }) => ({
        schema,
        name,
        declaration: declarationIn(definition ?? ""),
      })),
    );
  }

  get isEmpty(): boolean {
    return this.all.length === 0;
  }

  /** The function of this name: as written, or else in the first schema of `searchPath` that has one. */
  named(parts: readonly string[], searchPath: readonly string[]): CatalogFunction | undefined {
    return findNamed(this.all, (one) => one.name, parts, searchPath);
  }
}

function declarationIn(body: string): FunctionDeclaration | undefined {
  const match = /'duckbranch function (\{(?:[^']|'')*\})'/.exec(body);
  if (match === null) return undefined;
  const value: unknown = JSON.parse((match[1] ?? "").replaceAll("''", "'"));
  return isDeclaration(value) ? value : undefined;
}

function isDeclaration(value: unknown): value is FunctionDeclaration {
  return typeof value === "object" && value !== null && "arguments" in value && "source" in value;
}

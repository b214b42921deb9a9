/**
 * The shape every catalogue relation has in PostgreSQL 15, and views of that shape: a relation's content names the columns
 * it knows, the others are NULL, or empty where PostgreSQL has NOT NULL. So no client misses a column.
 */
import { quoteIdentifier } from "../sql/names.js";
import { INFORMATION_SCHEMA_SHAPES } from "./information-schema-shapes.js";
import { PG_CATALOG_SHAPES } from "./pg-catalog-shapes.js";

interface ColumnShape {
  readonly name: string;
  /** PostgreSQL's type, as pg_type names it. */
  readonly type: string;
  readonly notNull: boolean;
}

export interface RelationShape {
  readonly name: string;
  readonly oid: number;
  readonly kind: string;
  readonly columns: readonly ColumnShape[];
}

/** What a relation holds: expressions by column, and the FROM clause they are over. */
export interface Content {
  readonly columns: Readonly<Record<string, string>>;
  readonly from: string;
}

export const PG_CATALOG: ReadonlyMap<string, RelationShape> = readShapes(PG_CATALOG_SHAPES);
export const INFORMATION_SCHEMA: ReadonlyMap<string, RelationShape> = readShapes(INFORMATION_SCHEMA_SHAPES);

function readShapes(text: string): ReadonlyMap<string, RelationShape> {
  const shapes = text.trim().split("\n").map(readShape);
  return new Map(shapes.map((shape) => [shape.name, shape]));
}

function readShape(line: string): RelationShape {
  const [name = "", oid = "", kind = "", ...columns] = line.split(" ");
  return { name, oid: Number(oid), kind, columns: columns.map(readColumn) };
}

function readColumn(text: string): ColumnShape {
  const colon = text.lastIndexOf(":");
  const notNull = text.endsWith("!");
  return { name: text.slice(0, colon), type: text.slice(colon + 1, notNull ? -1 : undefined), notNull };
}

/** The query of a view that has the whole shape. Errors: RangeError for content with a column the shape has not. */
export function shapedQuery(shape: RelationShape, content: Content | undefined): string {
  const known = content?.columns ?? {};
  const stray = Object.keys(known).find((name) => !shape.columns.some((column) => column.name === name));
  if (stray !== undefined) throw new RangeError(`${shape.name} has no column "${stray}"`);
  const columns = shape.columns.map((column) => {
    const value = known[column.name] ?? defaultValue(column);
    return `CAST(${value} AS ${engineType(column.type)}) AS ${quoteIdentifier(column.name)}`;
  });
  return `SELECT ${columns.join(", ")} ${content === undefined ? "WHERE false" : `FROM ${content.from}`}`;
}

const ENGINE_TYPES: ReadonlyMap<string, string> = new Map([
  ["bool", "BOOLEAN"],
  ["int2", "SMALLINT"],
  ["int4", "INTEGER"],
  ["int8", "BIGINT"],
  ["oid", "BIGINT"],
  ["xid", "BIGINT"],
  ["float4", "FLOAT"],
  ["float8", "DOUBLE"],
  ["numeric", "DECIMAL(38,0)"],
  ["timestamptz", "TIMESTAMPTZ"],
  ["interval", "INTERVAL"],
  ["bytea", "BLOB"],
  ["int2vector", "SMALLINT[]"],
  ["oidvector", "BIGINT[]"],
  ["cardinal_number", "INTEGER"],
  ["time_stamp", "TIMESTAMPTZ"],
]);

/** Everything without a DuckDB equivalent is text: name, "char", regproc, pg_node_tree … */
function engineType(type: string): string {
  if (type.startsWith("_")) return `${engineType(type.slice(1))}[]`;
  return ENGINE_TYPES.get(type) ?? "VARCHAR";
}

function defaultValue(column: ColumnShape): string {
  if (!column.notNull) return "NULL";
  const type = engineType(column.type);
  if (type.endsWith("[]")) return "[]";
  if (type === "VARCHAR" || type === "BLOB") return column.type === "regproc" ? "'-'" : "''";
  if (type === "BOOLEAN") return "false";
  if (type === "TIMESTAMPTZ" || type === "INTERVAL") return "NULL";
  return "0";
}

/**
 * The INSERT that stores a batch of COPY FROM: each parameter is a column of the batch as a JSON array.
 *
 * Why     DuckDB's appender works on the event loop's thread, and a staging table keeps its rows to the end of the
 *         transaction; a parameter is gone with its statement, and DuckDB reads it on threads of its own (docs/decisions/0012)
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { CopyColumnInput } from "../pgtypes/copy-columns.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { assignedValue } from "../sql/held-types.js";
import { quoteIdentifier } from "../sql/names.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { Connection, PreparedStatement } from "../engine/connection.js";
import type { PlanContext } from "./plan-context.js";
import { resolveStatement } from "./resolve.js";
import type { CopyTable, TableColumn } from "./copy-target.js";

export interface CopyInsert {
  readonly table: CopyTable;
  /** As it is named in WHERE and in errors. */
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly inputs: readonly CopyColumnInput[];
  /** SQL of each column's type, for conditions over its values. */
  readonly types: readonly string[];
}

/** All rows of a batch. */
export function insertSql(insert: CopyInsert): string {
  const names = insert.columns.map((column) => quoteIdentifier(column.name)).join(", ");
  const values = insert.columns.map((column, index) => assigned(insert, column, `c${index}`)).join(", ");
  return `INSERT INTO ${insert.table.sql} (${names}) SELECT ${values} FROM (${itemsSql(insert)}) AS copied`;
}

/** What is stored of a value of the batch. */
function assigned({ inputs, columns }: CopyInsert, column: TableColumn, item: string): string {
  const value = inputs[columns.indexOf(column)]?.expression(item) ?? "NULL";
  return (column.held && assignedValue(value, column.held)) ?? value;
}

function itemsSql({ inputs }: CopyInsert): string {
  const items = inputs.map(({ item }, i) => `unnest(from_json(decode($${i + 1}), '[${item}]')) AS c${i}`);
  return `SELECT ${items.join(", ")}`;
}

/**
 * The rows of a batch that meet a condition. It may name every stored column of the table: those the data does not have hold
 * their defaults, which are stored then as they were seen.
 *
 * Errors  0A000 sub-queries, 42804 a condition that is not boolean, 42P02 parameters; what DuckDB says of aggregates
 */
export async function filteredInsertSql(
  connection: Connection,
  context: PlanContext,
  insert: CopyInsert,
  condition: string,
): Promise<string> {
  const stored = insert.table.columns.filter((column) => !column.generated);
  const names = stored.map((column) => quoteIdentifier(column.name));
  const alias = quoteIdentifier(insert.name);
  const rows = `(SELECT ${stored.map((column) => `${valueSql(insert, column)} AS ${quoteIdentifier(column.name)}`).join(", ")} FROM (${itemsSql(insert)}) AS copied) AS ${alias}`;
  const over = async (query: string): Promise<string> => await resolveOver(context, query, alias, rows);
  const where = await over(`SELECT ${names.join(", ")} FROM ${alias} WHERE (${condition}\n)`);
  const sql = `INSERT INTO ${insert.table.sql} (${names.join(", ")}) ${where}`;
  (await prepareCondition(connection, sql)).close();
  const value = await connection.prepare(await over(`SELECT (${condition}\n) AS condition FROM ${alias}`));
  const [column] = value.columns;
  value.close();
  const type = column?.type;
  if (type && type.typeId !== EngineTypeId.BOOLEAN && type.typeId !== EngineTypeId.SQLNULL) {
    throw new SqlError(
      SQLSTATE.datatypeMismatch,
      `argument of WHERE must be type boolean, not type ${type.toString().toLowerCase()}`,
    );
  }
  return sql;
}

/** Says of aggregates and window functions where they are not allowed. */
async function prepareCondition(connection: Connection, sql: string): Promise<PreparedStatement> {
  try {
    return await connection.prepare(sql);
  } catch (error) {
    if (!(error instanceof SqlError) || !error.message.endsWith("are not allowed in WHERE")) throw error;
    const { code, message, cause } = error;
    throw new SqlError(code, message.replace(/WHERE$/, "COPY FROM WHERE conditions"), { cause });
  }
}

function valueSql(insert: CopyInsert, column: TableColumn): string {
  const { columns, types } = insert;
  const index = columns.indexOf(column);
  if (index < 0) return `(${column.defaultSql ?? "NULL"})`;
  return `CAST(${assigned(insert, column, `c${index}`)} AS ${types[index] ?? "VARCHAR"})`;
}

/** Resolves a query over nothing but the rows of the batch, named as the table is. */
async function resolveOver(
  { services, scope }: PlanContext,
  query: string,
  alias: string,
  rows: string,
): Promise<string> {
  const [statement] = await services.analyse(query);
  if (statement?.kind === "refused") throw statement.error;
  if (statement?.kind !== "relational")
    throw new SqlError(SQLSTATE.syntaxError, "COPY FROM needs a condition");
  const target = requireOneTable(statement, alias);
  return await resolveStatement(services, scope, statement, new Map([[target, rows]]));
}

/** Where the table's name stands. */
function requireOneTable(statement: RelationalStatement, alias: string): number {
  const reads = statement.names.filter((name) => name.role === "read");
  const [only] = reads;
  const selects = tokenise(statement.text).filter(
    (token) => token.kind === "word" && token.value === "select",
  ).length;
  if (statement.parameterCount > 0)
    throw new SqlError(SQLSTATE.undefinedParameter, `there is no parameter $${statement.parameterCount}`);
  const isOne = only !== undefined && statement.text.slice(only.start, only.end) === alias;
  if (!isOne || reads.length > 1 || selects > 1 || !statement.certain) {
    throw new SqlError(SQLSTATE.featureNotSupported, "cannot use subquery in COPY FROM WHERE condition");
  }
  return only.start;
}

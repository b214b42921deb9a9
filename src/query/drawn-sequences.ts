/**
 * What hangs on the sequences and functions that main drops under CASCADE. DuckDB's own CASCADE drops whole tables for the sake of a
 * column's default; PostgreSQL's takes the default away, and so is it done here.
 */
import { isInternalSchema } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { NameReference } from "../sql/analysis.js";
import { clientSchema, formatName, normaliseName, quoteIdentifier } from "../sql/names.js";
import { othersDepend } from "./dependents.js";
import { readOwnedDefault, sequenceSql, type SequenceName } from "./owned-sequences.js";
import { step, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { drawsFrom } from "./sequence-owners.js";

/** A column with a default that draws from a sequence, or may. */
export interface DrawingColumn {
  /** As the head has it: `main` for public. */
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** The default, as DuckDB prints it. */
  readonly value: string;
}

/** The sequences of a schema. */
async function sequencesIn({ connection }: Transaction, schema: string): Promise<SequenceName[]> {
  const rows = await connection.rows(
    `SELECT schema_name AS schema, sequence_name AS name FROM duckdb_sequences()
     WHERE database_name = ? AND lower(schema_name) = lower(?)`,
    [DATA_CATALOG, schema],
  );
  return rows.map((row) => ({
    catalog: DATA_CATALOG,
    schema: textCell(row, "schema"),
    name: textCell(row, "name"),
  }));
}

/** What has to be done on main before sequences and functions go for which DuckDB would drop tables. Errors: 2BP01, 0A000 */
export async function freeDependants(
  context: PlanContext,
  transaction: Transaction,
  { object, parts }: NameReference,
  schema: string | undefined,
): Promise<readonly PlannedStatement[]> {
  const name = parts.at(-1) ?? "";
  if (object === "macro") await refuseUsedFunctions(transaction, { schema: undefined, name });
  if (object === "sequence") {
    const sequence = await context.services.findSequence(context.scope, parts);
    return sequence === undefined ? [] : await freeSequences(context, transaction, [sequence]);
  }
  if (object !== "schema" || schema === undefined) return [];
  await refuseUsedFunctions(transaction, { schema: name, name: undefined });
  const sequences = await sequencesIn(transaction, name);
  return [
    ...(await freeSequences(context, transaction, sequences, name)),
    // Where something that is not known of still hangs on one, this fails, and nothing is lost.
    ...sequences.map((sequence) => step(`DROP SEQUENCE ${sequenceSql(sequence)}`)),
  ];
}

/** Statements that take away main's defaults which draw from these, but for those of a schema that goes as a whole. Errors: 2BP01 */
async function freeSequences(
  context: PlanContext,
  transaction: Transaction,
  sequences: readonly SequenceName[],
  goneSchema?: string,
): Promise<readonly PlannedStatement[]> {
  if (sequences.length === 0) return [];
  const columns = await drawingColumns(transaction, goneSchema);
  const drawing: (DrawingColumn & { readonly sequence: SequenceName })[] = [];
  for (const sequence of sequences)
    for (const column of columns)
      if (await drawsFrom(context, column.value, sequence)) drawing.push({ ...column, sequence });
  return await freeDefaults(context, drawing);
}

/** Without CASCADE. Errors: 2BP01 for a sequence that columns of main draw from */
export async function refuseDependants(
  context: PlanContext,
  transaction: Transaction,
  { object, parts }: NameReference,
): Promise<readonly PlannedStatement[]> {
  const sequence =
    object === "sequence" ? await context.services.findSequence(context.scope, parts) : undefined;
  if (sequence === undefined) return [];
  const drawing: DrawingColumn[] = [];
  for (const column of await drawingColumns(transaction, undefined))
    if (await drawsFrom(context, column.value, sequence)) drawing.push(column);
  refuseDrawn(sequence, sequence.name, drawing);
  return [];
}

/** Errors: 2BP01 if there are any */
export function refuseDrawn(sequence: SequenceName, name: string, columns: readonly DrawingColumn[]): void {
  const identity = columns.find(isIdentity);
  if (identity !== undefined) throw requiredByIdentity(sequence, identity);
  const lines = columns.map(
    ({ table, column }) => `default value for column ${column} of table ${table} depends on sequence ${name}`,
  );
  if (lines.length > 0) throw othersDepend(`sequence ${name}`, lines);
}

function isIdentity({ value }: DrawingColumn): boolean {
  const kind = readOwnedDefault(value)?.kind;
  return kind === "always" || kind === "byDefault";
}

/** Of tables that stay. */
async function drawingColumns(
  { connection }: Transaction,
  goneSchema: string | undefined,
): Promise<readonly DrawingColumn[]> {
  const rows = await connection.rows(
    `SELECT schema_name, table_name, column_name, column_default FROM duckdb_columns()
     WHERE database_name = ? AND contains(lower(column_default), 'nextval')`,
    [DATA_CATALOG],
  );
  return rows.flatMap((row) => {
    const schema = textCell(row, "schema_name");
    const isGone = goneSchema !== undefined && normaliseName(schema) === normaliseName(goneSchema);
    if (isInternalSchema(schema) || isGone) return [];
    const [table, column] = [textCell(row, "table_name"), textCell(row, "column_name")];
    return [{ schema, table, column, value: textCell(row, "column_default") }];
  });
}

/**
 * Statements that take these columns' defaults away, on the head of the context.
 *
 * Errors  2BP01 for an identity column's, 0A000 for a default that does more than draw from the sequence
 */
export async function freeDefaults(
  context: PlanContext,
  columns: readonly (DrawingColumn & { readonly sequence: SequenceName })[],
): Promise<readonly PlannedStatement[]> {
  const planned: PlannedStatement[] = [];
  for (const drawing of columns) {
    const { schema, table, column, value, sequence } = drawing;
    if (isIdentity(drawing)) throw requiredByIdentity(sequence, drawing);
    if (!(await drawsFrom(context, value, sequence)))
      throw notSupported(
        `DROP ... CASCADE is not supported of a sequence that the default of column "${column}" of table "${table}" may use`,
        "drop that default first",
      );
    const relation = formatName([clientSchema(schema), table]);
    const text = `ALTER TABLE ${relation} ALTER COLUMN ${quoteIdentifier(column)} DROP DEFAULT`;
    const [statement] = await context.services.analyse(text);
    if (statement?.kind !== "relational" || context.plan === undefined)
      throw new SqlError(SQLSTATE.internalError, "a default cannot be taken away");
    planned.push(...(await context.plan(context, statement)));
  }
  const [first, ...others] = columns;
  if (first === undefined) return planned;
  const one = `default value for column ${first.column} of table ${first.table}`;
  const what = others.length === 0 ? one : `${columns.length} other objects`;
  context.notice("NOTICE", SQLSTATE.successfulCompletion, `drop cascades to ${what}`);
  return planned;
}

function requiredByIdentity({ name }: SequenceName, { table, column }: DrawingColumn): SqlError {
  return new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot drop sequence ${name} because column ${column} of table ${table} requires it`,
    { hint: `You can drop column ${column} of table ${table} instead.` },
  );
}

/** Errors: 0A000 for functions that tables outside of a dropped schema use in their definitions */
async function refuseUsedFunctions(
  { connection }: Transaction,
  { schema, name }: { readonly schema: string | undefined; readonly name: string | undefined },
): Promise<void> {
  const rows = await connection.rows(
    `SELECT DISTINCT t.table_name FROM duckdb_dependencies() AS d JOIN duckdb_tables() AS t ON t.table_oid = d.refobjid
     WHERE t.database_name = $1 AND lower(t.schema_name) IS DISTINCT FROM lower($2) AND d.objid IN
       (SELECT function_oid FROM duckdb_functions() WHERE database_name = $1 AND NOT internal
          AND lower(schema_name) = lower(coalesce($2, schema_name)) AND lower(function_name) = lower(coalesce($3, function_name)))`,
    [DATA_CATALOG, schema ?? null, name ?? null],
  );
  const [row] = rows;
  if (row === undefined) return;
  throw notSupported(
    `DROP ... CASCADE is not supported of a function that table "${textCell(row, "table_name")}" uses`,
    "drop the default, check or generated column first",
  );
}

/** TRUNCATE: every table it names, unless a foreign key of one it does not name reads them. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, relationKey } from "../branch/model.js";
import { markCopied } from "../branch/copied-tables.js";
import { emptyTogether, tablesThatRefer } from "../branch/emptied-tables.js";
import { physicalName } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { textCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import { NOTHING_TO_RUN, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { planRestarts } from "./plan-restarts.js";
import { writableName } from "./writable-names.js";
import { targetTable } from "./target-table.js";
import { writeTarget } from "./write-targets.js";

/** Errors: 0A000 for a table that one not named refers to, with CASCADE and without. */
export async function planTruncate(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const names = statement.names.filter((name) => name.role === "write");
  await refuseReferences(context, transaction, statement, names);
  const remade = context.scope.head === MAIN ? await remadeTables(context, transaction, names) : [];
  const isRemade = new Set(remade.map(relationKey));
  const planned: PlannedStatement[] = [];
  for (const name of names)
    planned.push(
      ...(await planTable(
        context,
        transaction,
        statement,
        name,
        isRemade.has(relationKey(placeOf(context, name))),
      )),
    );
  if (remade.length > 0) {
    await emptyTogether(transaction.connection, remade);
    markCopied(transaction, remade);
  }
  return planned;
}

/** Tables of main that refer to each other, if any. */
async function remadeTables(
  context: PlanContext,
  { connection }: Transaction,
  names: readonly NameReference[],
): Promise<readonly Place[]> {
  const places = new Map(
    names
      .map((name) => placeOf(context, name))
      .filter(({ catalog }) => catalog === DATA_CATALOG)
      .map((place) => [relationKey(place), place]),
  );
  const linked = places.size > 1 ? await tablesThatRefer(connection, [...places.values()]) : [];
  return linked.flatMap((table) => places.get(relationKey(table)) ?? []);
}

async function planTable(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  name: NameReference,
  isRemade: boolean,
): Promise<PlannedStatement[]> {
  const meaning = writableName(context.scope, name);
  const target =
    meaning.kind === "relation" && context.scope.head !== MAIN
      ? physicalName(await transaction.emptiedTable(meaning.relation))
      : await writeTarget(context, transaction, name);
  const table = await targetTable(context, transaction, name);
  const restarts = statement.restartsIdentity ? await planRestarts(context, transaction, table) : [];
  const sql = `TRUNCATE ${target}`;
  const afterwards = (): void => {
    if (meaning.kind !== "temporary") transaction.truncated.add(relationKey(meaning.relation));
  };
  return [isRemade ? { ...NOTHING_TO_RUN, afterwards } : { sql, afterwards }, ...restarts];
}

interface Place {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
}

function placeOf({ scope }: PlanContext, name: NameReference): Place {
  const meaning = writableName(scope, name);
  return meaning.kind === "temporary"
    ? { catalog: "temp", schema: "main", name: meaning.name }
    : { catalog: DATA_CATALOG, ...meaning.relation };
}

function isSame(one: Place, other: Place): boolean {
  return (
    one.catalog === other.catalog &&
    normaliseName(one.schema) === normaliseName(other.schema) &&
    normaliseName(one.name) === normaliseName(other.name)
  );
}

/** A branch's own tables have no foreign keys: main's stand for them, where the branch has both tables. */
async function refuseReferences(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  names: readonly NameReference[],
): Promise<void> {
  const { head } = context.scope;
  const named = names.map((name) => placeOf(context, name));
  for (const place of named) {
    const rows = await transaction.connection.rows(
      `SELECT DISTINCT table_name AS name FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY'
         AND database_name = ? AND lower(schema_name) = lower(?) AND lower(referenced_table) = lower(?) ORDER BY 1`,
      [place.catalog, place.schema, place.name],
    );
    // DuckDB's foreign keys stay inside a schema.
    const referring = rows
      .map((row) => ({ ...place, name: textCell(row, "name") }))
      .filter((table) => !named.some((other) => isSame(table, other)))
      .find((table) => head === MAIN || transaction.state.find(head, table)?.kind === "table");
    if (referring !== undefined) throw referenced(place.name, referring.name, statement.cascade);
  }
}

function referenced(table: string, referring: string, cascade: boolean): SqlError {
  if (cascade) {
    return notSupported(
      `TRUNCATE ... CASCADE to tables that are not named is not supported: table "${referring}" references "${table}"`,
      "name all the tables",
    );
  }
  return new SqlError(
    SQLSTATE.featureNotSupported,
    "cannot truncate a table referenced in a foreign key constraint",
    {
      detail: `Table "${referring}" references "${table}".`,
      hint: `Truncate table "${referring}" at the same time, or use TRUNCATE ... CASCADE.`,
    },
  );
}

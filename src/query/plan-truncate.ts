/** TRUNCATE: every table it names, and under CASCADE those that refer to one of them. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { leadsTo } from "../branch/foreign-keys.js";
import { MAIN, relationKey, type RelationKey, type RelationName } from "../branch/model.js";
import { ReferenceNotes } from "../branch/reference-races.js";
import { physicalName } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { clientSchema } from "../sql/names.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";
import { planRestarts } from "./plan-restarts.js";
import { writableName } from "./writable-names.js";
import { targetTable } from "./target-table.js";
import { writeTarget } from "./write-targets.js";

/** Errors: 0A000 for a table that one not named refers to, without CASCADE */
export async function planTruncate(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const planned: PlannedStatement[] = [];
  for (const name of await emptiedTables(context, transaction, statement))
    planned.push(...(await planTable(context, transaction, statement, name)));
  return planned;
}

/** The tables it names, and those that refer to them. */
async function emptiedTables(
  context: PlanContext,
  transaction: Transaction,
  { names, cascade }: RelationalStatement,
): Promise<readonly NameReference[]> {
  const emptied = names.filter((name) => name.role === "write");
  const { definitions } = transaction.context;
  const keys = await definitions.foreignKeys(transaction.view, transaction.state, context.scope.head);
  if (keys.length === 0) return emptied;
  const tables = new Map<RelationKey, RelationName>();
  for (const name of emptied) {
    const meaning = writableName(context.scope, name);
    if (meaning.kind !== "temporary") tables.set(relationKey(meaning.relation), meaning.relation);
  }
  for (const table of tables.values()) {
    const leading = keys.filter((key) => leadsTo(key, table));
    if (leading.length > 0) new ReferenceNotes(transaction).lost(table, "all");
    for (const { from } of leading) {
      if (tables.has(relationKey(from))) continue;
      if (!cascade) throw referenced(table.name, from.name);
      context.notice("NOTICE", SQLSTATE.successfulCompletion, `truncate cascades to table "${from.name}"`);
      tables.set(relationKey(from), from);
      emptied.push(nameOf(from));
    }
  }
  return emptied;
}

/** As a statement would name it. */
function nameOf({ schema, name }: RelationName): NameReference {
  const parts = [clientSchema(schema), name];
  return { role: "write", parts, start: -1, end: -1, alias: undefined, aliasAt: undefined };
}

async function planTable(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  name: NameReference,
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
  return [{ sql, afterwards }, ...restarts];
}

function referenced(table: string, referring: string): SqlError {
  return new SqlError(
    SQLSTATE.featureNotSupported,
    "cannot truncate a table referenced in a foreign key constraint",
    {
      detail: `Table "${referring}" references "${table}".`,
      hint: `Truncate table "${referring}" at the same time, or use TRUNCATE ... CASCADE.`,
    },
  );
}

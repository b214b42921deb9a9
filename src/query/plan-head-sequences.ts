/** Plans for sequences made and dropped by name where branches are: a branch's own, and main's that branches go on with. */
import type { HeadObject, ObjectName } from "../branch/head-objects.js";
import { MAIN, relationKey, type RelationName } from "../branch/model.js";
import { physicalName, STORE_SCHEMA } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { clientSchema, normaliseName, quoteIdentifier } from "../sql/names.js";
import { freeDefaults, refuseDrawn, type DrawingColumn } from "./drawn-sequences.js";
import { headObject } from "./head-functions.js";
import { NOTHING_TO_RUN, step, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { lockedName, lockObject, refuseMains } from "./plan-head-objects.js";
import { resolveStatement } from "./resolve.js";
import { readOwnedDefault, sequenceSql } from "./owned-sequences.js";
import { findSequence, sequenceAt, type FoundSequence } from "./sequence-names.js";
import { createSql } from "./set-sequences.js";
import { createdName } from "./write-targets.js";

/** CREATE SEQUENCE on a branch: a sequence in the branch's own schema. Errors: 42P07 */
export async function planBranchSequence(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const { scope, services } = context;
  const created = createdName(statement);
  const resolved = async (target: string): Promise<string> =>
    await resolveStatement(services, scope, statement, new Map([[created.start, target]]));
  if (statement.temporary) return [step(await resolved(quoteIdentifier(created.parts.at(-1) ?? "")))];
  const object = await lockedName(context, transaction, "sequence", created);
  const isTaken =
    scope.state.find(scope.head, object) !== undefined ||
    (await findSequence(transaction.connection, scope, [clientSchema(object.schema), object.name])) !==
      undefined;
  if (isTaken) {
    const message = `relation "${object.name}" already exists`;
    if (!statement.ifNotExists) throw new SqlError(SQLSTATE.duplicateTable, message);
    context.notice("NOTICE", SQLSTATE.duplicateTable, `${message}, skipping`);
    return [NOTHING_TO_RUN];
  }
  const physical = await freePhysical(transaction, object);
  const afterwards = (): void => transaction.objects.make(scope.head, { ...object, physical });
  return [{ sql: await resolved(physicalName(physical)), afterwards }];
}

/** DuckDB reads no quotation mark inside a sequence's quoted name. */
async function freePhysical(
  { connection, state, head }: Transaction,
  { schema, name }: ObjectName,
): Promise<RelationName> {
  const branch = state.branches.get(head);
  if (branch === undefined) throw new SqlError(SQLSTATE.internalError, "the branch is not in the registry");
  const base = (schema === "main" ? name : `${schema}.${name}`).replaceAll('"', "_");
  for (let n = 1; ; n++) {
    const physical = { schema: branch.schemaName, name: n === 1 ? base : `${base}#${n}` };
    const taken = await sequenceAt(connection, { catalog: DATA_CATALOG, ...physical });
    if (taken === undefined) return physical;
  }
}

/** DROP SEQUENCE on a branch; `missing` answers for what is not there. Errors: 2BP01 for one that columns draw from */
export async function planDropSequence(
  context: PlanContext,
  transaction: Transaction,
  { cascade }: RelationalStatement,
  { parts }: NameReference,
  missing: () => PlannedStatement[],
): Promise<PlannedStatement[]> {
  const { scope } = context;
  refuseMains(parts);
  const sequence = await findSequence(transaction.connection, scope, parts);
  if (sequence === undefined) return missing();
  if (sequence.catalog === "temp") return [step(`DROP SEQUENCE ${sequenceSql(sequence)}`)];
  const users = cascade ? await usersOf(transaction, sequence) : [];
  const freed = await freeDefaults(
    context,
    users.map((user) => ({ ...user, sequence })),
  );
  if (!cascade) await refuseUsed(transaction, sequence, parts.at(-1) ?? "");
  const object = headObject(scope, "sequence", parts);
  if (object === undefined) return [...freed, step(`DROP SEQUENCE ${sequenceSql(sequence)}`)];
  await lockObject(transaction, object);
  // What a child branch reads stays in the file.
  const isGone = object.head === scope.head && !transaction.state.isPinned(object);
  const afterwards = (): void => transaction.objects.drop(scope.head, object, isGone);
  const drop = isGone ? step(`DROP SEQUENCE ${sequenceSql(sequence)}`) : NOTHING_TO_RUN;
  return [...freed, { ...drop, afterwards }];
}

/** For a schema that goes with these things in it: columns of other schemas' tables no longer draw from its sequences. */
export async function freeSequencesOf(
  context: PlanContext,
  transaction: Transaction,
  objects: readonly HeadObject[],
): Promise<readonly PlannedStatement[]> {
  const drawing = [];
  for (const { kind, schema, name } of objects) {
    if (kind !== "sequence") continue;
    const sequence = await findSequence(transaction.connection, context.scope, [clientSchema(schema), name]);
    if (sequence === undefined) continue;
    for (const user of await usersOf(transaction, sequence))
      if (normaliseName(user.schema) !== normaliseName(schema)) drawing.push({ ...user, sequence });
  }
  return await freeDefaults(context, drawing);
}

/** Errors: 2BP01 for one that columns of the transaction's head draw from */
export async function refuseUsed(
  transaction: Transaction,
  sequence: FoundSequence,
  name: string,
): Promise<void> {
  refuseDrawn(sequence, name, await usersOf(transaction, sequence));
}

/** Columns of the head's tables that draw from it, or may. */
async function usersOf(
  { connection, state, head }: Transaction,
  sequence: FoundSequence,
): Promise<readonly DrawingColumn[]> {
  const rows = await connection.rows(
    `SELECT schema_name, table_name, column_name, column_default FROM duckdb_columns()
     WHERE database_name = ? AND contains(lower(column_default), 'nextval') AND contains(lower(column_default), lower(?))`,
    [DATA_CATALOG, sequence.name],
  );
  const tables = new Map(
    state
      .visible(head)
      .flatMap((table) => (table.physical === null ? [] : [[relationKey(table.physical), table]])),
  );
  return rows.flatMap((row) => {
    const value = textCell(row, "column_default");
    const owned = readOwnedDefault(value)?.sequence;
    if (owned !== undefined && sequenceSql(owned) !== sequenceSql(sequence)) return [];
    const table = tables.get(
      relationKey({ schema: textCell(row, "schema_name"), name: textCell(row, "table_name") }),
    );
    if (table === undefined) return [];
    return [{ schema: table.schema, table: table.name, column: textCell(row, "column_name"), value }];
  });
}

/** While there are branches, sequences that main drops, alone or with a schema, go on for them where they stand. */
export async function keepSequences(
  transaction: Transaction,
  { object, parts }: NameReference,
  schema: string | undefined,
): Promise<PlannedStatement[]> {
  const name = parts.at(-1) ?? "";
  if (object === "sequence" && schema !== undefined) return await keepSequence(transaction, schema, name);
  if (object !== "schema") return [];
  const planned: PlannedStatement[] = [];
  for (const one of transaction.state.visibleObjects(MAIN, "sequence"))
    if (normaliseName(one.schema) === normaliseName(name))
      planned.push(...(await keepSequence(transaction, one.schema, one.name)));
  return planned;
}

/** Where a sequence of main goes on, in the store, before it is dropped. */
export async function keepSequence(
  transaction: Transaction,
  schema: string,
  name: string,
): Promise<PlannedStatement[]> {
  const { state, connection, objects } = transaction;
  if (state.childrenOf(MAIN).length === 0) return [];
  const sequence = await sequenceAt(connection, { catalog: DATA_CATALOG, schema, name });
  if (sequence === undefined) return [];
  const kept = { schema: STORE_SCHEMA, name: `sequence${objects.newId()}` };
  objects.noteKept({ kind: "sequence", schema, name }, kept);
  const { last, start, increment, minimum, maximum, cycle } = sequence;
  const next = last === undefined ? start : last + increment;
  const isOver = next > maximum || next < minimum;
  if (isOver && !cycle) {
    // It has nothing left to give: so has the kept one, once its last value is drawn.
    const place = { catalog: DATA_CATALOG, ...kept };
    return [
      step(createSql(sequence, last ?? start, place)),
      step(`SELECT nextval('${sequenceSql(place).replaceAll("'", "''")}')`),
    ];
  }
  const begin = isOver ? (increment > 0n ? minimum : maximum) : next;
  return [step(createSql(sequence, begin, { catalog: DATA_CATALOG, ...kept }))];
}

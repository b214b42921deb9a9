/**
 * Plans one statement over relations inside a transaction: decides where it writes and splices its names. Whatever has
 * no plan of its own is refused on a branch.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { Extent } from "../branch/definition-changes.js";
import { MAIN } from "../branch/model.js";
import type { Transaction } from "../branch/transaction.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { writeSpans } from "../sql/write-spans.js";
import { changingTable, type ChangingTable } from "./changing-table.js";
import {
  NOTHING_TO_RUN,
  type NestedPlanner,
  type PlanContext,
  type PlannedStatement,
} from "./plan-context.js";
import { refuseGivenRowIds } from "./given-row-ids.js";
import { requireKinds, requirePopulated } from "./materialized-rules.js";
import { planAlter } from "./plan-alter.js";
import { planCreateTable, planCreateView } from "./plan-create.js";
import { planCreateDomain } from "./plan-domain.js";
import { planDrops } from "./plan-drop.js";
import { planObjectComment } from "./plan-comment.js";
import { planCreateFunction } from "./plan-function.js";
import { planBranchFunction, planBranchType } from "./plan-head-objects.js";
import { planBranchSchema } from "./plan-head-schemas.js";
import { planBranchSequence } from "./plan-head-sequences.js";
import { planCreateIndex } from "./plan-index.js";
import { planMerge } from "./plan-merge.js";
import { planOrderedInsert } from "./ordered-insert.js";
import { planTableComment } from "./plan-table-notes.js";
import { planOverlayWrite } from "./plan-overlay.js";
import { planTruncate } from "./plan-truncate.js";
import { guardReferences } from "./reference-guard.js";
import type { NameScope } from "./relation-names.js";
import { expectChangedRows, noteChangedRows } from "./row-changes.js";
import { planUpsertInPlace, rowsInPlace } from "./rows-in-place.js";
import { changesNoRow, redefinedTable } from "./redefined-table.js";
import { resolveStatement } from "./resolve.js";
import { targetText, writableName } from "./writable-names.js";
import { creatableName, createdName, createdObjectName, writeTarget } from "./write-targets.js";

/** Verbs a branch can take: their target is one table or view of the branch. */
const BRANCH_VERBS = new Set([
  "select",
  "explain",
  "insert",
  "update",
  "delete",
  "merge",
  "truncate",
  "createTable",
  "createTableAs",
  "createView",
  "createIndex",
  "comment",
  "createMacro",
  "createType",
  "createSequence",
  "createSchema",
  "alterTable",
  "drop",
]);

/**
 * Plans a statement that may write. Returns one or more statements to run in order (DROP a, b becomes two).
 *
 * Errors  0A000 on a branch for a target that is not certain, 42501 for relations of other heads
 */
export async function planStatement(
  given: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const plan: NestedPlanner = async (inside, nested) => await planStatement(inside, transaction, nested);
  const context = { ...given, plan };
  if (statement.writes) refuseUncertainWrite(context.scope, statement);
  if (statement.writes) await requireKinds(context, transaction, statement);
  if (readsRows(statement)) await requirePopulated(context, transaction, statement);
  if (statement.writes && ROW_VERBS.has(statement.verb))
    await refuseGivenRowIds(context.scope, transaction, statement);
  if (statement.writes && statement.verb !== "select" && !ROW_VERBS.has(statement.verb))
    transaction.markDefinitionsChanged(extentOf(statement));
  switch (statement.verb) {
    case "truncate":
      return await planTruncate(context, transaction, statement);
    case "drop":
      return await planDrops(context, transaction, statement);
    case "createTable":
    case "createTableAs":
      return await planCreateTable(context, transaction, statement);
    case "alterTable":
      if (statement.alteration === undefined) return [await planInPlace(context, transaction, statement)];
      if (context.scope.head === MAIN) transaction.markCatalogChanged(extentOf(statement));
      return await planAlter(context, transaction, statement, statement.alteration);
    case "createMacro":
      if (context.scope.head !== MAIN) return await planBranchFunction(context, transaction, statement);
      transaction.objects.markMain("function");
      if (statement.routine === undefined) {
        noteMacro(context, transaction, statement);
        return [await planInPlace(context, transaction, statement)];
      }
      transaction.markCatalogChanged();
      return await planCreateFunction(context, transaction, statement, statement.routine);
    case "createType":
      if (context.scope.head !== MAIN) return await planBranchType(context, transaction, statement);
      transaction.objects.markMain("type");
      if (statement.domain === undefined) return [await planInPlace(context, transaction, statement)];
      transaction.markCatalogChanged();
      return await planCreateDomain(context, transaction, statement, statement.domain);
    case "createSequence":
      if (context.scope.head !== MAIN) return await planBranchSequence(context, transaction, statement);
      return [await planInPlace(context, transaction, statement)];
    case "createSchema":
      requireSchemaName(createdName(statement).parts.at(-1) ?? "");
      if (isPublic(statement)) return [madePublic(context, statement)];
      if (context.scope.head !== MAIN) return await planBranchSchema(context, transaction, statement);
      return [await planInPlace(context, transaction, statement)];
    case "createIndex":
      return await planCreateIndex(
        context,
        transaction,
        statement,
        async (named) => await planInPlace(context, transaction, named),
      );
    case "createView":
      return await planCreateView(context, transaction, statement);
    case "comment":
      if (statement.note === undefined)
        return [
          (await planObjectComment(context, transaction, statement)) ??
            (await planInPlace(context, transaction, statement)),
        ];
      return [
        await planTableComment(
          context,
          transaction,
          statement,
          statement.note,
          async (same) => await planInPlace(context, transaction, same),
        ),
      ];
    default:
      return [await planRows(context, transaction, statement)];
  }
}

/** SELECT, and what changes rows. */
async function planRows(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement> {
  const guard = await guardReferences(context, transaction, statement);
  expectChangedRows(context, transaction, statement);
  const planned =
    (await planMerge(context, transaction, statement)) ??
    (await planOverlayWrite(context, transaction, statement)) ??
    (await planUpsertInPlace(context, transaction, statement));
  const isUpsert = statement.insert?.conflict === "update";
  const asWritten = planned === undefined || (statement.verb !== "merge" && !isUpsert);
  await noteChangedRows(context, transaction, statement, asWritten);
  return guarded(planned ?? (await planInPlace(context, transaction, statement)), guard);
}

function guarded(planned: PlannedStatement, guard: PlannedStatement["guard"]): PlannedStatement {
  return guard === undefined ? planned : { ...planned, guard };
}

/** What the catalogue cannot tell later: the defaults of its parameters. */
function noteMacro({ scope }: PlanContext, transaction: Transaction, statement: RelationalStatement): void {
  if (statement.temporary || statement.ifNotExists) return;
  const { schema, name } = creatableName(scope, createdName(statement));
  transaction.objects.noteFunction({ kind: "function", schema, name }, statement.text);
}

function refuseUncertainWrite(scope: NameScope, statement: RelationalStatement): void {
  if (scope.head === MAIN) return;
  if (!BRANCH_VERBS.has(statement.verb))
    throw notSupported(`${statement.tag} is not supported on a branch yet`, "run it on main");
  if (!statement.certain) {
    throw notSupported(
      "this statement cannot be run on a branch: what it writes could not be determined safely",
    );
  }
}

/** Not so DROP, ALTER, CREATE VIEW … and what makes a table WITH NO DATA. */
function readsRows({ verb, tag }: RelationalStatement): boolean {
  return verb === "select" || ROW_VERBS.has(verb) || (verb === "createTableAs" && tag === "SELECT");
}

/** Statements whose targets are replaced where they stand. */
async function planInPlace(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement> {
  const targets = new Map<number, string>();
  const rows = await rowsInPlace(context, transaction, statement);
  for (const name of statement.names) {
    if (name.role === "write") targets.set(name.start, await writeTarget(context, transaction, name, rows));
    if (name.role === "alter")
      targets.set(name.start, await alterTarget(context, transaction, statement, name));
    if (name.role === "create") targets.set(name.start, createdObjectName(context.scope, name));
  }
  if (context.scope.head === MAIN && statement.writes) markMain(transaction, statement);
  // Reads of a table forked just now are reads of the fork: its rowids are the ones the target has.
  const scope = { ...context.scope, state: transaction.state };
  const changing = changedWhileRead(scope, statement);
  const inside = { ...context, scope: { ...scope, changing } };
  const check = leavingNoTrace(context, transaction, statement);
  const ordered = await planOrderedInsert(inside, transaction, statement, { targets, check });
  return (
    ordered ?? {
      sql: await resolveStatement(context.services, inside.scope, statement, targets),
      afterwards: undefined,
      check,
    }
  );
}

/** A table of the branch that was made for a statement which then changed nothing is taken away again. */
function leavingNoTrace(
  { scope }: PlanContext,
  transaction: Transaction,
  { verb, names }: RelationalStatement,
): PlannedStatement["check"] {
  const [target, ...others] = names.filter(({ role }) => role === "write");
  const changesRows = verb === "insert" || verb === "update" || verb === "delete";
  if (scope.head === MAIN || !changesRows || target === undefined || others.length > 0) return undefined;
  const meaning = writableName(scope, target);
  if (meaning.kind === "temporary") return undefined;
  const { relation } = meaning;
  if (scope.state.own(scope.head, relation) !== undefined) return undefined;
  return async (changed) => {
    const fork = changed === 0 ? transaction.state.own(scope.head, relation) : undefined;
    if (fork !== undefined) await transaction.dropFork(fork);
  };
}

/** What the one target of UPDATE or DELETE means, where a join reads something. */
function changedWhileRead(scope: NameScope, statement: RelationalStatement): ChangingTable | undefined {
  const { verb, names } = statement;
  if ((verb !== "update" && verb !== "delete") || !names.some(({ role }) => role === "read"))
    return undefined;
  const spans = writeSpans(statement);
  const target = names.find(({ role }) => role === "write");
  const meaning = target && writableName(scope, target);
  if (spans === undefined || meaning?.kind !== "relation") return undefined;
  const version = scope.state.find(scope.head, meaning.relation);
  return version && changingTable(version, spans);
}

const ROW_VERBS = new Set(["insert", "update", "delete", "merge", "truncate"]);

/** Whether what the statement concerns is noted, name by name, where it is planned. */
function extentOf({ verb, certain, names, alteration }: RelationalStatement): Extent {
  if (!certain) return "any";
  const areTables = (role: NameReference["role"]): boolean =>
    names.every((name) => name.role !== role || name.object === "table" || name.object === "view");
  if (verb === "drop") return areTables("drop") ? "noted" : "any";
  if (verb === "alterTable") return alteration !== undefined && areTables("alter") ? "noted" : "any";
  return NOTING_VERBS.has(verb) ? "noted" : "any";
}

const NOTING_VERBS = new Set(["createTable", "createTableAs", "createView", "createIndex", "comment"]);

/** On main the catalogue says after the fact what DDL did; what a statement hides is taken to be everything. */
function markMain(transaction: Transaction, statement: RelationalStatement): void {
  if (!statement.certain) transaction.markAllWritten();
  else if (!ROW_VERBS.has(statement.verb)) transaction.markCatalogChanged(extentOf(statement));
}

async function alterTarget(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  name: NameReference,
): Promise<string> {
  const renames = statement.verb === "alterTable" && /\brename\s+to\b/i.test(statement.text);
  if (context.scope.head !== MAIN && (name.object === "view" || renames)) {
    throw notSupported("renaming or altering views and renaming tables is not supported on a branch yet");
  }
  if (context.scope.head !== MAIN && statement.verb === "comment" && name.object !== "table")
    throw notSupported("COMMENT is supported on a branch for tables and their columns only");
  if (renames) markRenamed(context, transaction, name);
  const meaning = writableName(context.scope, name);
  if (context.scope.head === MAIN || meaning.kind !== "relation" || !changesNoRow(statement))
    return await writeTarget(context, transaction, name);
  return targetText(name, await redefinedTable(transaction, meaning.relation));
}

/** The old name stands for nothing, or for another table that gets it in the same transaction. */
function markRenamed(context: PlanContext, transaction: Transaction, name: NameReference): void {
  const meaning = writableName(context.scope, name);
  if (meaning.kind !== "temporary") transaction.markReplaced(meaning.relation);
}

function isPublic(statement: RelationalStatement): boolean {
  const { parts } = createdName(statement);
  return parts.length === 1 && parts[0] === "public";
}

/** The schema is always there. Errors: 42P06 without IF NOT EXISTS */
function madePublic({ notice }: PlanContext, { ifNotExists }: RelationalStatement): PlannedStatement {
  const message = 'schema "public" already exists';
  if (!ifNotExists) throw new SqlError(SQLSTATE.duplicateSchema, message);
  notice("NOTICE", SQLSTATE.duplicateSchema, `${message}, skipping`);
  return NOTHING_TO_RUN;
}

function requireSchemaName(name: string): void {
  if (!name.startsWith("pg_")) return;
  throw new SqlError(SQLSTATE.reservedName, `unacceptable schema name "${name}"`, {
    detail: 'The prefix "pg_" is reserved for system schemas.',
  });
}

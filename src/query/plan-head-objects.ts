/** Plans for functions and types made and dropped on a branch: they are definitions in the registry, and nothing else. */
import type { HeadObject, HeadObjectKind, ObjectName } from "../branch/head-objects.js";
import type { Transaction } from "../branch/transaction.js";
import { FunctionCatalog } from "../catalog/function-catalog.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { isWord } from "../sql/token-reader.js";
import { textCell } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import { headObject } from "./head-functions.js";
import { functionText, refuseBuiltIn, refuseTaken } from "./plan-function.js";
import { NOTHING_TO_RUN, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { domainType } from "./plan-domain.js";
import { refuseUsedType } from "./dependent-types.js";
import type { NameScope } from "./relation-names.js";
import { macroOf, resolvedSlices } from "./resolve.js";
import { creatableName, createdName } from "./write-targets.js";

/** CREATE FUNCTION and CREATE MACRO. Errors: those of DuckDB for a definition that is wrong */
export async function planBranchFunction(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const { scope, services } = context;
  if (statement.temporary) throw notSupported("temporary functions are not supported on a branch");
  const created = createdName(statement);
  const object = await lockedName(context, transaction, "function", created);
  await refuseBuiltIn(transaction, created);
  if (scope.state.findObject(scope.head, object) !== undefined) {
    if (statement.ifNotExists) return [NOTHING_TO_RUN];
    refuseTaken(statement);
  }
  const definition =
    statement.routine === undefined
      ? statement.text
      : `CREATE MACRO ${quoteIdentifier(object.name)}${await functionText(context, transaction, statement.routine)}`;
  // Made for this session at once: DuckDB reads it.
  await macroOf(services, scope, { ...object, definition, head: scope.head });
  const afterwards = (): void => transaction.objects.make(scope.head, { ...object, definition });
  return [{ ...NOTHING_TO_RUN, afterwards }];
}

/** CREATE TYPE and CREATE DOMAIN. Errors: those of DuckDB for a definition that is wrong, 42710 */
export async function planBranchType(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const { scope } = context;
  if (statement.temporary) throw notSupported("temporary types are not supported on a branch");
  const object = await lockedName(context, transaction, "type", createdName(statement));
  if (scope.state.findObject(scope.head, object) !== undefined) {
    if (statement.ifNotExists) return [NOTHING_TO_RUN];
    throw new SqlError(SQLSTATE.duplicateObject, `type "${object.name}" already exists`);
  }
  const text =
    statement.domain === undefined
      ? await typeText(context, statement)
      : await domainType(context, transaction, statement, statement.domain);
  const [row] = await transaction.connection.rows(`SELECT typeof(CAST(NULL AS ${text})) AS printed`);
  const definition = row === undefined ? text : textCell(row, "printed");
  const afterwards = (): void => transaction.objects.make(scope.head, { ...object, definition });
  return [{ ...NOTHING_TO_RUN, afterwards }];
}

/** What stands behind AS. */
async function typeText({ services, scope }: PlanContext, statement: RelationalStatement): Promise<string> {
  const created = createdName(statement);
  const slice = await resolvedSlices(services, scope, statement, new Map([[created.start, ""]]));
  const as = tokenise(statement.text).find((token) => token.start >= created.end && isWord(token, "as"));
  const text = slice({ start: as?.end ?? created.end, end: statement.text.length });
  return text.replace(/;\s*$/, "");
}

/** DROP TYPE and DROP DOMAIN; `missing` answers for what is not there. */
export async function planDropType(
  { scope }: PlanContext,
  transaction: Transaction,
  { cascade }: RelationalStatement,
  { parts }: NameReference,
  missing: () => PlannedStatement[],
): Promise<PlannedStatement[]> {
  refuseMains(parts);
  const found = headObject(scope, "type", parts);
  if (found === undefined) return missing();
  await refuseUsedType(transaction, found, cascade);
  return await planObjectDrop(scope, transaction, found);
}

/** The name an object gets on the branch, which no other session gives one meanwhile. */
export async function lockedName(
  { scope }: PlanContext,
  transaction: Transaction,
  kind: HeadObjectKind,
  created: NameReference,
): Promise<ObjectName> {
  const { schema, name } = creatableName(scope, created);
  await lockObject(transaction, { kind, schema, name });
  return { kind, schema, name };
}

/** Until the end of the transaction no other session on the branch makes or drops it. */
export async function lockObject(
  transaction: Transaction,
  { kind, schema, name }: ObjectName,
): Promise<void> {
  await transaction.lock({ schema: `${kind} ${schema}`, name }, transaction.head);
}

async function planObjectDrop(
  { head }: NameScope,
  transaction: Transaction,
  found: HeadObject,
): Promise<PlannedStatement[]> {
  await lockObject(transaction, found);
  return [{ ...NOTHING_TO_RUN, afterwards: () => transaction.objects.drop(head, found) }];
}

/** DROP FUNCTION and DROP MACRO; `missing` answers for what is not there. */
export async function planDropFunction(
  { scope }: PlanContext,
  transaction: Transaction,
  { argumentTypes }: RelationalStatement,
  { parts }: NameReference,
  missing: () => PlannedStatement[],
): Promise<PlannedStatement[]> {
  refuseMains(parts);
  const found = headObject(scope, "function", parts);
  if (found === undefined) return missing();
  const [declared] = FunctionCatalog.of([found]).all;
  if (argumentTypes !== undefined && declared?.declaration?.arguments.join() !== argumentTypes.join())
    return missing();
  return await planObjectDrop(scope, transaction, found);
}

/** Errors: 42501 for `main.f`, which is main's */
export function refuseMains(parts: readonly string[]): void {
  if (parts.length !== 2 || parts[0] !== "main") return;
  throw new SqlError(
    SQLSTATE.insufficientPrivilege,
    `cannot write to "${parts.join(".")}": it belongs to main, not to this session's head`,
    { hint: "write without the qualifier, and merge" },
  );
}

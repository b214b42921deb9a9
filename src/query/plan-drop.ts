/** Plans for DROP: of the session's temporary tables, of main's objects, of a branch's tables and views. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, type Version } from "../branch/model.js";
import { isInternalSchema, physicalName } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { numberCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";
import { NOTHING_TO_RUN } from "./plan-create.js";
import type { NameScope } from "./relation-names.js";
import { mainRelationText, resolveStatement, writableName } from "./resolve.js";
import { mainObjectName } from "./write-targets.js";

/** DROP of anything. */
export async function planDrops(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement[]> {
  const drops = statement.names.filter((name) => name.role === "drop");
  const isRelation = drops.every((name) => name.object === "table" || name.object === "view");
  if (!isRelation || drops.length === 0) {
    if (context.scope.head !== MAIN)
      throw notSupported(`${statement.tag} is not supported on a branch yet`, "run it on main");
    return [await planMainDropOfOther(context, transaction, statement, drops)];
  }
  const planned: PlannedStatement[] = [];
  for (const name of drops) planned.push(await planDrop(context, transaction, statement, name));
  return planned;
}

async function planMainDropOfOther(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  drops: readonly NameReference[],
): Promise<PlannedStatement> {
  transaction.markCatalogChanged();
  if (statement.cascade) await refuseBranchDependants(transaction, statement);
  for (const name of drops) {
    if (name.object === "schema") markSchemaDropped(transaction, name);
    if (name.object === "schema" && name.parts.some(isInternalSchema)) {
      throw new SqlError(
        SQLSTATE.insufficientPrivilege,
        `permission denied for schema "${name.parts.join(".")}"`,
        { hint: "use DROP BRANCH" },
      );
    }
  }
  const targets = new Map(drops.map((name) => [name.start, mainObjectName(context.scope, name)]));
  return {
    sql: await resolveStatement(context.services, context.scope, statement, targets),
    afterwards: undefined,
  };
}

/** DuckDB's CASCADE follows a default of a branch's table to its sequence, and would drop the branch's table with it. */
async function refuseBranchDependants(
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<void> {
  const [row] = await transaction.connection.rows(
    `SELECT count(*) AS dependants FROM duckdb_columns()
     WHERE database_name = ? AND starts_with(schema_name, 'branch_') AND contains(column_default, 'nextval')`,
    [DATA_CATALOG],
  );
  if (row === undefined || numberCell(row, "dependants") === 0) return;
  throw new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot ${statement.tag.toLowerCase()} because tables of branches use sequences of main`,
    { hint: "drop without CASCADE, or end the branches first" },
  );
}

/** Whatever is made under these names in the same transaction is something else. */
function markSchemaDropped(transaction: Transaction, name: NameReference): void {
  const schema = normaliseName(name.parts.at(-1) ?? "");
  for (const version of transaction.state.liveVersionsOf(MAIN)) {
    if (normaliseName(version.schema) === schema) transaction.markReplaced(version);
  }
}

async function planDrop(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  name: NameReference,
): Promise<PlannedStatement> {
  const { scope } = context;
  const object = name.object === "view" ? "VIEW" : "TABLE";
  const sqlFor = (target: string): string =>
    `DROP ${object} ${statement.ifExists ? "IF EXISTS " : ""}${target}${statement.cascade ? " CASCADE" : ""}`;
  const meaning = writableName(scope, name);
  if (meaning.kind === "temporary") {
    return {
      sql: sqlFor(`temp.main.${quoteIdentifier(meaning.name)}`),
      afterwards: () => context.temporary.delete(meaning.name),
    };
  }
  if (scope.head === MAIN) {
    transaction.markReplaced(meaning.relation);
    return { sql: sqlFor(mainRelationText(scope, meaning.relation)), afterwards: undefined };
  }
  await transaction.lock(meaning.relation, scope.head);
  if (meaning.kind === "unknown") {
    if (statement.ifExists) return NOTHING_TO_RUN;
    throw new SqlError(
      SQLSTATE.undefinedTable,
      `${object.toLowerCase()} "${name.parts.join(".")}" does not exist`,
    );
  }
  if (meaning.version.kind !== object.toLowerCase()) {
    throw new SqlError(
      SQLSTATE.wrongObjectType,
      `"${meaning.relation.name}" is not a ${object.toLowerCase()}`,
    );
  }
  return branchDrop(transaction, meaning.version, scope);
}

/** The branch's own table goes; what it inherits is covered by a mark, for main keeps it. */
function branchDrop(transaction: Transaction, version: Version, scope: NameScope): PlannedStatement {
  const own = version.head === scope.head ? version : undefined;
  const sql = own?.physical == null ? NOTHING_TO_RUN.sql : `DROP TABLE ${physicalName(own.physical)}`;
  const afterwards = (): void => {
    if (own !== undefined) transaction.endVersion(own);
    if (transaction.state.find(scope.head, version) !== undefined) {
      transaction.addVersion({
        head: scope.head,
        schema: version.schema,
        name: version.name,
        kind: "dropped",
        objectId: version.objectId,
        physical: null,
        definition: null,
      });
    }
  };
  return { sql, afterwards };
}

/**
 * CREATE and REFRESH MATERIALIZED VIEW, as the statements they come to: a table is made and filled, and its query noted.
 * See docs/decisions/0054.
 */
import type { RelationName } from "../branch/model.js";
import { viewNoteOf } from "../branch/materialized-views.js";
import type { Transaction } from "../branch/transaction.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { NameReference, RelationalStatement, TextEdit } from "../sql/analysis.js";
import { clientSchema, formatName } from "../sql/names.js";
import { applyEditsWithin } from "../sql/splice.js";
import type { ViewNote } from "../sql/table-notes.js";
import { readsTemporary } from "./bound-views.js";
import type { PlanContext } from "./plan-context.js";
import { resolveName, type NameScope } from "./relation-names.js";
import { createdName, creatableName } from "./write-targets.js";
import { writableName } from "./writable-names.js";

/** Undefined for a statement that is none of them. */
export async function materializedParts(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<readonly RelationalStatement[] | undefined> {
  switch (statement.materialized?.kind) {
    case "create":
      return await createParts(context, statement, statement.materialized.withData);
    case "refresh":
      return await refreshParts(context, transaction, statement, statement.materialized);
    default:
      return undefined;
  }
}

/** The statement itself makes a table. */
async function createParts(
  context: PlanContext,
  statement: RelationalStatement,
  populated: boolean,
): Promise<readonly RelationalStatement[]> {
  const { scope } = context;
  const { query } = statement;
  if (statement.parameterCount > 0)
    throw notSupported("materialized views may not be defined using bound parameters");
  if (readsTemporary(scope, statement))
    throw notSupported("materialized views must not use temporary tables or views");
  if (query === undefined || !statement.certain)
    throw notSupported("this materialized view cannot be created: its query could not be read safely");
  const relation = creatableName(scope, createdName(statement));
  const note = { query: boundQuery(scope, statement, query), populated };
  return [statement, await noted(context, relation, note)];
}

/** The query with the schemas of all it reads: whoever refreshes it may have another search_path. */
function boundQuery(
  scope: NameScope,
  { text, names }: RelationalStatement,
  query: { readonly start: number; readonly end: number },
): string {
  const edits = names.flatMap((name): TextEdit[] => {
    const meant = ownRelation(scope, name);
    if (meant === undefined) return [];
    return [{ start: name.start, end: name.end, text: formatName([clientSchema(meant.schema), meant.name]) }];
  });
  return applyEditsWithin(text, edits, query);
}

/** A relation of the session's head. */
function ownRelation(scope: NameScope, { role, parts }: NameReference): RelationName | undefined {
  if (role !== "read" && !(role === "columnQualifier" && parts.length > 1)) return undefined;
  const meaning = resolveName(scope, parts);
  if (meaning.kind === "relation") return meaning.head === scope.head ? meaning.relation : undefined;
  return meaning.kind === "unknown" && scope.isNew(meaning.relation) ? meaning.relation : undefined;
}

/** Its rows go, and those come that the query gives now. */
async function refreshParts(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  { withData, concurrently }: { readonly withData: boolean; readonly concurrently: boolean },
): Promise<readonly RelationalStatement[]> {
  const name = statement.names.find(({ role }) => role === "write");
  const meaning = name && writableName(context.scope, name);
  if (meaning === undefined) throw notSupported("the view this refreshes could not be determined");
  if (meaning.kind === "temporary") throw isNone(meaning.name);
  const { relation } = meaning;
  const note = await viewNoteOf(transaction, relation);
  if (note === undefined) {
    const isThere = meaning.kind === "relation" || context.scope.isNew(relation);
    throw isThere ? isNone(relation.name) : undefinedTable(relation);
  }
  if (concurrently) await requireUnique(transaction, relation, note);
  const target = formatName([clientSchema(relation.schema), relation.name]);
  const parts: RelationalStatement[] = [];
  if (note.populated) parts.push(await filling(context, `DELETE FROM ${target}`));
  if (withData) parts.push(await filling(context, `INSERT INTO ${target} ${note.query}`));
  if (note.populated !== withData)
    parts.push(await noted(context, relation, { ...note, populated: withData }));
  return parts;
}

function isNone(name: string): SqlError {
  return notSupported(`"${name}" is not a materialized view`);
}

/** Nothing is done by and by here; but what PostgreSQL refuses is refused. */
async function requireUnique(
  transaction: Transaction,
  relation: RelationName,
  { populated }: ViewNote,
): Promise<void> {
  if (!populated)
    throw notSupported("CONCURRENTLY cannot be used when the materialized view is not populated");
  const version = transaction.state.find(transaction.head, relation);
  const indexes = version === undefined ? [] : (await transaction.definitionOf(version)).indexes;
  // One that this transaction has made on main is not looked for.
  if (version === undefined || indexes.some((sql) => /^create\s+unique/i.test(sql))) return;
  throw new SqlError(
    SQLSTATE.objectNotInPrerequisiteState,
    `cannot refresh materialized view "${clientSchema(relation.schema)}.${relation.name}" concurrently`,
    { hint: "Create a unique index with no WHERE clause on one or more columns of the materialized view." },
  );
}

async function noted(
  context: PlanContext,
  { schema, name }: RelationName,
  note: ViewNote,
): Promise<RelationalStatement> {
  const table = formatName([clientSchema(schema), name]);
  return { ...(await filling(context, `COMMENT ON TABLE ${table} IS NULL`)), note: { kind: "view", note } };
}

async function filling({ services }: PlanContext, text: string): Promise<RelationalStatement> {
  const [statement] = await services.analyse(text);
  if (statement?.kind !== "relational" || statement.steps !== undefined || statement.parts !== undefined)
    throw notSupported("the query of this materialized view could not be read");
  return { ...statement, materialized: { kind: "filled" } };
}

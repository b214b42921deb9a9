/**
 * COMMENT ON VIEW, SEQUENCE, TYPE, DOMAIN, FUNCTION, SCHEMA and on columns of views. Main's are DuckDB's own but for schemas', a branch's are in the registry
 * (branch/object-comments.ts). Comments of tables and what belongs to them: plan-table-notes.ts.
 */
import { MAIN } from "../branch/model.js";
import { isInternalSchema } from "../branch/system-names.js";
import { DATA_CATALOG } from "../engine/database.js";
import { commentName, PUBLIC, type Commented } from "../branch/object-comments.js";
import type { Transaction } from "../branch/transaction.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { normaliseName } from "../sql/names.js";
import { isWord } from "../sql/token-reader.js";
import { headObject } from "./head-functions.js";
import { lockObject } from "./plan-head-objects.js";
import { NOTHING_TO_RUN, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { viewQuery } from "./resolve.js";
import { writableName } from "./writable-names.js";

/**
 * Undefined for a statement that runs as it is: on main but of a schema, and on a column of a table.
 *
 * Errors  42P01, 42704, 42883, 42703 for what is not there
 */
export async function planObjectComment(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
): Promise<PlannedStatement | undefined> {
  const name = statement.names.find(({ role }) => role === "alter");
  if (name === undefined) return undefined;
  if (context.scope.head === MAIN && name.object !== "schema") {
    transaction.objects.markMain("comment");
    if (name.object === "macro") transaction.objects.markMain("function");
    return undefined;
  }
  const said = saidComment(statement, name);
  const commented = await commentedName(context, transaction, name, said.column);
  if (commented === undefined) return undefined;
  const own = commentName(commented);
  await lockObject(transaction, own);
  const { head } = context.scope;
  const afterwards = (): void => {
    if (said.comment === null) transaction.objects.drop(head, own);
    else transaction.objects.make(head, { ...own, definition: said.comment });
  };
  return { ...NOTHING_TO_RUN, afterwards };
}

/** What stands around IS. */
function saidComment(
  { text }: RelationalStatement,
  { end }: NameReference,
): { readonly column: string; readonly comment: string | null } {
  const tokens = tokenise(text);
  const is = tokens.findIndex((token) => token.start >= end && isWord(token, "is"));
  const comment = tokens[is + 1];
  return {
    column: tokens[is - 1]?.value ?? "",
    comment: comment?.kind === "string" && comment.value !== "" ? comment.value : null,
  };
}

/** Undefined for a table. */
async function commentedName(
  context: PlanContext,
  transaction: Transaction,
  name: NameReference,
  column: string,
): Promise<Commented | undefined> {
  const { scope } = context;
  const { parts, object } = name;
  const shown = parts.join(".");
  if (object === "schema") return await commentedSchemaName(context, transaction, parts);
  if (object === "macro" || object === "type" || object === "sequence") {
    const kind = object === "macro" ? "function" : object;
    const found = headObject(scope, kind, parts);
    if (found === undefined) throw missing(kind, shown);
    return { kind, schema: found.schema, name: found.name, column: null };
  }
  const meaning = writableName(scope, name);
  if (meaning.kind === "unknown") throw undefinedTable(meaning.relation);
  if (meaning.kind === "temporary") return undefined;
  const { version } = meaning;
  if (object === "view") {
    if (version.kind !== "view")
      throw new SqlError(SQLSTATE.wrongObjectType, `"${version.name}" is not a view`);
    return { kind: "view", schema: version.schema, name: version.name, column: null };
  }
  if (version.kind !== "view") return undefined;
  const rows = await transaction.connection.rows(
    `DESCRIBE FROM ${await viewQuery(context.services, scope, version)}`,
  );
  const own = rows
    .map((row) => textCell(row, "column_name"))
    .find((one) => normaliseName(one) === normaliseName(column));
  if (own === undefined)
    throw new SqlError(
      SQLSTATE.undefinedColumn,
      `column "${column}" of relation "${version.name}" does not exist`,
    );
  return { kind: "view", schema: version.schema, name: version.name, column: own };
}

const ofSchema = (name: string): Commented => ({ kind: "schema", schema: "", name, column: null });

/** Errors: 42501 for a schema that is not the user's, 3F000 for one that is not there. */
async function commentedSchemaName(
  { scope }: PlanContext,
  transaction: Transaction,
  parts: readonly string[],
): Promise<Commented> {
  const name = normaliseName(parts.at(-1) ?? "");
  if (name === "public" || name === PUBLIC) return ofSchema(PUBLIC);
  if (SYSTEM_SCHEMAS.has(name) || isInternalSchema(name))
    throw new SqlError(SQLSTATE.insufficientPrivilege, `must be owner of schema ${name}`);
  const onMain = await transaction.connection.rows(
    "SELECT schema_name FROM duckdb_schemas() WHERE database_name = ? AND lower(schema_name) = ?",
    [DATA_CATALOG, name],
  );
  const [row] = scope.head === MAIN ? onMain : [];
  const own =
    row === undefined
      ? transaction.state.findObject(scope.head, { kind: "schema", schema: "", name })?.name
      : textCell(row, "schema_name");
  if (own === undefined) throw new SqlError(SQLSTATE.invalidSchemaName, `schema "${name}" does not exist`);
  return ofSchema(own);
}

const SYSTEM_SCHEMAS: ReadonlySet<string> = new Set(["pg_catalog", "information_schema", "pg_toast"]);

function missing(kind: "function" | "type" | "sequence", name: string): SqlError {
  if (kind === "function")
    return new SqlError(SQLSTATE.undefinedFunction, `could not find a function named "${name}"`);
  if (kind === "type") return new SqlError(SQLSTATE.undefinedObject, `type "${name}" does not exist`);
  return undefinedTable({ schema: "main", name });
}

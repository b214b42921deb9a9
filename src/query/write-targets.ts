/** Where a statement writes: which names may be written, created or dropped on a head, and the text that says so. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { ChangedRows } from "../branch/changed-rows.js";
import { MAIN, type RelationName } from "../branch/model.js";
import { isInternalSchema } from "../branch/system-schema.js";
import type { Transaction } from "../branch/transaction.js";
import { undefinedTable } from "../branch/undefined-table.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import type { PlanContext } from "./plan-context.js";
import type { NameScope } from "./relation-names.js";
import { mainRelationText } from "./head-relations.js";
import { targetText, writableName } from "./writable-names.js";

/**
 * Text of a table that is written: on a branch its own image, forked now if it has none yet. `rows` are those that
 * the statement changes, where it has all of them.
 */
export async function writeTarget(
  context: PlanContext,
  transaction: Transaction,
  name: NameReference,
  rows: ChangedRows = "unknown",
): Promise<string> {
  const meaning = writableName(context.scope, name);
  if (meaning.kind === "temporary") return `temp.main.${quoteIdentifier(meaning.name)}`;
  if (context.scope.head === MAIN) {
    transaction.markWritten(meaning.relation, MAIN, rows);
    return mainRelationText(context.scope, meaning.relation);
  }
  if (meaning.kind === "unknown") throw undefinedTable(meaning.relation);
  return targetText(name, await transaction.writableTable(meaning.relation, context.scope.head, rows));
}

/** The name a CREATE statement makes. */
export function createdName(statement: RelationalStatement): NameReference {
  const name = statement.names.find((candidate) => candidate.role === "create");
  if (name === undefined) throw notSupported("the name this statement creates could not be determined");
  return name;
}

/** An index lives in its table's schema and takes no qualifier; everything else is made on main. */
export function createdObjectName(scope: NameScope, name: NameReference): string {
  return name.object === "index" ? quoteIdentifier(name.parts.at(-1) ?? "") : mainObjectName(scope, name);
}

/** Where a new table or view goes on this session's head. */
export function creatableName(scope: NameScope, name: NameReference): RelationName {
  const meaning = writableName(scope, name);
  if (meaning.kind === "temporary") {
    // A name alone is taken by a temporary table, but not on the head.
    if (name.parts.length === 1) return { schema: scope.searchPath[0] ?? "main", name: meaning.name };
    throw notSupported("only temporary tables can be created in schema pg_temp", "use CREATE TEMP TABLE");
  }
  const relation =
    name.parts.length === 1
      ? { schema: scope.searchPath[0] ?? "main", name: name.parts[0] ?? "" }
      : meaning.relation;
  if (scope.head !== MAIN && relation.schema !== "main" && !schemaExists(scope, relation.schema)) {
    throw new SqlError(SQLSTATE.invalidSchemaName, `schema "${relation.schema}" does not exist`);
  }
  return relation;
}

function schemaExists({ state, head }: NameScope, schema: string): boolean {
  return state.findObject(head, { kind: "schema", schema: "", name: schema }) !== undefined;
}

/** A name created or dropped on main that is not a table or view: schemas, sequences, types, macros, indexes. */
export function mainObjectName(scope: NameScope, name: NameReference): string {
  if (scope.head !== MAIN)
    throw notSupported("this statement is not supported on a branch yet", "run it on main");
  const [first = "", second] = name.parts;
  if (name.object === "schema" && (isInternalSchema(first) || normaliseName(first) === "public")) {
    throw new SqlError(SQLSTATE.duplicateSchema, `schema "${first}" is reserved`);
  }
  if (second === undefined) return quoteIdentifier(first);
  if (isInternalSchema(first))
    throw new SqlError(SQLSTATE.insufficientPrivilege, `permission denied for schema "${first}"`);
  const schema = normaliseName(first) === "public" ? "main" : first;
  return `${quoteIdentifier(schema)}.${name.parts.slice(1).map(quoteIdentifier).join(".")}`;
}

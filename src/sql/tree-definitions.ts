/** From the top node of PostgreSQL's tree to a reading: CREATE, ALTER, DROP and COMMENT. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { flagField, listField, nodeField, stringList, textField, unwrapAs, type AstNode } from "./ast.js";
import { resTargets, resultColumnNames } from "./column-names.js";
import { readDomain } from "./domain-definitions.js";
import { readAlterEnum } from "./enum-alterations.js";
import { readForeignKeys } from "./foreign-keys.js";
import { rewriteSequenceOptions } from "./sequence-type.js";
import { readFunction } from "./function-definitions.js";
import { holdTypes } from "./held-types.js";
import { readIndexNote } from "./index-notes.js";
import { madeAsTable, readRefresh, refuseModifying } from "./materialized-views.js";
import { readComment, readDrop, readNameBehind } from "./named-objects.js";
import { quoteIdentifier } from "./names.js";
import type { ParsedTree } from "./pg-parser.js";
import { querySources } from "./read-sources.js";
import { plainReading, type Reading } from "./reading.js";
import type { ObjectKind, References } from "./references.js";
import { Scope } from "./scope.js";
import { isWord } from "./token-reader.js";
import { readAlterTable } from "./tree-alterations.js";
import { refuseTableForms } from "./tree-refusals.js";
import {
  dropTableAsOptions,
  dropConstraintAttributes,
  dropTableOptions,
  labelConstraints,
  onCommitOf,
  simplifyIndex,
  storedToVirtual,
} from "./table-forms.js";
import { readLikes } from "./table-like.js";
import type { TreeWalker } from "./tree-walker.js";
import { typeNulls } from "./untyped-nulls.js";
import { readCompositeType } from "./type-definitions.js";
import { Utf8Offsets } from "./utf8-offsets.js";

/** Undefined for a statement that is no definition, or one that is not supported. */
export function readDefinition(
  tree: ParsedTree,
  walker: TreeWalker,
  references: References,
): Reading | undefined {
  const { node } = tree;
  switch (tree.type) {
    case "CreateStmt":
      return readCreateTable(node, walker, references);
    case "CreateTableAsStmt":
      return readCreateTableAs(node, walker, references);
    case "RefreshMatViewStmt":
      return readRefresh(node, walker, references);
    case "ViewStmt":
      return readCreateView(node, walker, references);
    case "IndexStmt":
      return readCreateIndex(node, walker, references);
    case "CreateSeqStmt":
      return readCreateSequence(node, walker, references);
    case "CreateEnumStmt":
      readNameBehind(references, "type", "create");
      return plainReading("createType", "CREATE TYPE", true);
    case "CreateFunctionStmt":
      return readFunction(node, references);
    case "CreateDomainStmt":
      return readDomain(node, walker, references);
    case "CompositeTypeStmt":
      return readCompositeType(node, walker, references);
    case "CreateSchemaStmt":
      return readCreateSchema(node, references);
    case "AlterTableStmt":
    case "RenameStmt":
    case "AlterSeqStmt":
    case "AlterObjectSchemaStmt":
    case "AlterOwnerStmt":
      return readAlterTable(tree, walker, references);
    case "AlterEnumStmt":
      return readAlterEnum(node, references);
    case "DropStmt":
      return readDrop(references);
    case "CommentStmt":
      return readComment(references);
    default:
      return undefined;
  }
}

function readCreateTable(node: AstNode, walker: TreeWalker, references: References): Reading {
  refuseTableForms(node);
  const target = addTarget(node, "relation", "table", walker, references);
  dropTableOptions(references);
  const offsets = new Utf8Offsets(references.text);
  storedToVirtual(node["tableElts"], references, offsets);
  const foreignKeys = readForeignKeys(references);
  dropConstraintAttributes(node, references, offsets);
  labelConstraints(node, walker.relationName(target)?.parts.at(-1) ?? "", references, offsets);
  holdTypes(node, references, offsets);
  walker.visit(node["tableElts"], new Scope());
  const ifNotExists = flagField(node, "if_not_exists");
  const { sequenceColumns } = walker;
  return plainReading("createTable", "CREATE TABLE", true, {
    ifNotExists,
    temporary: readTemporary(target, references),
    onCommit: onCommitOf(node),
    sequenceColumns,
    foreignKeys,
    likes: readLikes(node, references, offsets),
  });
}

function readCreateTableAs(node: AstNode, walker: TreeWalker, references: References): Reading {
  const isView = textField(node, "objtype") === "OBJECT_MATVIEW";
  const into = nodeField(node, "into") ?? {};
  const query = unwrapAs(node["query"], "SelectStmt");
  if (query === undefined) throw notSupported("CREATE TABLE AS EXECUTE is not supported");
  if (isView) refuseModifying(query);
  const target = addTarget(into, "rel", "table", walker, references);
  walker.select(query, new Scope());
  typeNulls(query, references);
  const range = queryRange(references);
  const as = references.tokens.findIndex((token) => token.start === range?.start) - 1;
  dropTableAsOptions(references, as);
  if (isView) madeAsTable(references);
  if (isView && textField(target, "relpersistence") === "u")
    throw notSupported("materialized views cannot be unlogged");
  const written = columnNames(references, stringList(into, "colNames"));
  const columns =
    written.length > 0 || range === undefined ? written : addColumnNames(query, references, range.start);
  const withData = !flagField(into, "skipData");
  const tag = withData ? "SELECT" : isView ? "CREATE MATERIALIZED VIEW" : "CREATE TABLE AS";
  return plainReading("createTableAs", tag, true, {
    ...(isView && { materialized: { kind: "create", withData } }),
    ifNotExists: flagField(node, "if_not_exists"),
    temporary: readTemporary(target, references),
    onCommit: onCommitOf(into),
    query:
      range === undefined
        ? undefined
        : {
            ...range,
            columns,
            sources: querySources(query),
          },
  });
}

function readCreateView(node: AstNode, walker: TreeWalker, references: References): Reading {
  const isRecursive = references.tokens.slice(0, 6).some((token) => isWord(token, "recursive"));
  if (isRecursive)
    throw notSupported("CREATE RECURSIVE VIEW is not supported", "Use WITH RECURSIVE in the view's query.");
  if (textField(node, "withCheckOption") !== "NO_CHECK_OPTION")
    throw notSupported("WITH CHECK OPTION is not supported");
  const target = addTarget(node, "view", "view", walker, references);
  walker.visit(node["query"], new Scope());
  const range = queryRange(references);
  const written = columnNames(references, stringList(node, "aliases"));
  refuseTwice(written);
  const query = unwrapAs(node["query"], "SelectStmt");
  if (query !== undefined) typeNulls(query, references);
  return plainReading("createView", "CREATE VIEW", true, {
    orReplace: flagField(node, "replace"),
    temporary: readTemporary(target, references),
    query:
      range === undefined
        ? undefined
        : {
            ...range,
            columns: written.length > 0 ? written : addColumnNames(query, references, range.start),
            ...(query === undefined ? {} : { sources: querySources(query) }),
          },
  });
}

function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined)
    throw new SqlError(SQLSTATE.duplicateColumn, `column "${twice}" specified more than once`);
}

/** DuckDB calls what is no column by its text, `count_star()`; nobody could ask a view for it by PostgreSQL's name. */
function addColumnNames(
  query: AstNode | undefined,
  { tokens, edits }: References,
  start: number,
): readonly string[] {
  const names = query === undefined ? undefined : resultColumnNames("SelectStmt", query);
  if (query === undefined || names === undefined || names.star) return [];
  refuseTwice(names.head);
  if (hasPlainNames(query)) return [];
  const as = tokens.findLast((token) => token.start < start && isWord(token, "as"));
  if (as === undefined) return [];
  edits.push({ start: as.start, end: as.start, text: `(${names.head.map(quoteIdentifier).join(", ")}) ` });
  return names.head;
}

/** Whether each output is a column or has a name of its own. */
function hasPlainNames(query: AstNode): boolean {
  const targets = resTargets(listField(query, "targetList"));
  return targets.length > 0 && targets.every(hasPlainName);
}

function hasPlainName(target: AstNode): boolean {
  return textField(target, "name") !== "" || unwrapAs(target["val"], "ColumnRef") !== undefined;
}

function readCreateIndex(node: AstNode, walker: TreeWalker, references: References): Reading {
  const note = { kind: "index", note: readIndexNote(node, references) } as const;
  const unnamedIndex = simplifyIndex(node, references);
  if (unnamedIndex === undefined) readNameBehind(references, "index", "create");
  addTarget(node, "relation", "table", walker, references, "alter");
  walker.visit(node["indexParams"], new Scope());
  const ifNotExists = flagField(node, "if_not_exists");
  return plainReading("createIndex", "CREATE INDEX", true, { ifNotExists, unnamedIndex, note });
}

function readCreateSequence(node: AstNode, walker: TreeWalker, references: References): Reading {
  const options = listField(node, "options").map((item) =>
    textField(unwrapAs(item, "DefElem") ?? item, "defname"),
  );
  if (options.includes("owned_by")) throw notSupported("sequences with OWNED BY are not supported");
  const target = addTarget(node, "sequence", "sequence", walker, references);
  rewriteSequenceOptions(references);
  return plainReading("createSequence", "CREATE SEQUENCE", true, {
    ifNotExists: flagField(node, "if_not_exists"),
    temporary: isTemporary(target),
  });
}

function readCreateSchema(node: AstNode, references: References): Reading {
  if ("authrole" in node) throw notSupported("CREATE SCHEMA AUTHORIZATION is not supported");
  if (listField(node, "schemaElts").length > 0)
    throw notSupported("CREATE SCHEMA with elements is not supported");
  readNameBehind(references, "schema", "create");
  return plainReading("createSchema", "CREATE SCHEMA", true, {
    ifNotExists: flagField(node, "if_not_exists"),
  });
}

/** Adds the relation in a bare field; the node for further questions. */
function addTarget(
  node: AstNode,
  field: string,
  object: ObjectKind,
  walker: TreeWalker,
  references: References,
  role: "create" | "alter" = "create",
): AstNode {
  const target = nodeField(node, field) ?? {};
  const name = walker.relationName(target);
  if (name === undefined) references.doubt();
  else references.addName(role, name, object);
  return target;
}

function isTemporary(target: AstNode): boolean {
  return textField(target, "relpersistence") === "t";
}

/** Temporary by the word TEMP, or by its schema: DuckDB needs the word. Errors: 42P16 where the two disagree */
function readTemporary(target: AstNode, { tokens, edits }: References): boolean {
  const schema = textField(target, "schemaname");
  const persistence = textField(target, "relpersistence");
  if (isTemporary(target)) {
    if (schema !== "" && schema !== "pg_temp")
      throw invalidTemporary("cannot create temporary relation in non-temporary schema");
    return true;
  }
  if (schema !== "pg_temp") return false;
  if (persistence === "u")
    throw invalidTemporary("only temporary relations may be created in temporary schemas");
  const kind = tokens.find((token) => isWord(token, "table") || isWord(token, "view"));
  if (kind !== undefined) edits.push({ start: kind.start, end: kind.start, text: "TEMP " });
  return true;
}

function invalidTemporary(message: string): SqlError {
  return new SqlError(SQLSTATE.invalidTableDefinition, message);
}

/** From the token behind the first AS outside brackets to the end, without WITH [NO] DATA. */
export function queryRange(references: References): { start: number; end: number } | undefined {
  const { tokens } = references;
  let depth = 0;
  const as = tokens.findIndex((token) => {
    if (token.kind === "symbol")
      depth += "([{".includes(token.value) ? 1 : ")]}".includes(token.value) ? -1 : 0;
    return depth === 0 && isWord(token, "as");
  });
  const first = tokens[as + 1];
  if (as < 0 || first === undefined) return undefined;
  const last = tokens.length - 1;
  const isData = isWord(tokens[last], "data");
  const clause =
    isData && isWord(tokens[last - 1], "with") ? 2 : isData && isWord(tokens[last - 2], "with") ? 3 : 0;
  return { start: first.start, end: tokens[last - clause]?.end ?? first.end };
}

/** The tree cuts long names; the tokens between the target and AS have them whole. */
function columnNames(references: References, cut: readonly string[]): string[] {
  return cut.map((name) => {
    const isLong = Buffer.byteLength(name) >= 63;
    const whole = isLong ? references.tokens.find((token) => token.value.startsWith(name)) : undefined;
    return whole?.value ?? name;
  });
}

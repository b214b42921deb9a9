/** ALTER … of what PostgreSQL's parser knows: one action, on one named object. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { Alteration, ConstraintType, SequenceOptions, TextSpan } from "./analysis.js";
import {
  flagField,
  listField,
  locationOf,
  nodeField,
  stringList,
  textField,
  unwrapAs,
  type AstNode,
} from "./ast.js";
import { readNameBehind } from "./named-objects.js";
import type { ParsedTree } from "./pg-parser.js";
import { plainReading, type Reading } from "./reading.js";
import type { ObjectKind, References } from "./references.js";
import { Scope } from "./scope.js";
import { identitySpan, sequenceOptions } from "./sequence-columns.js";
import { isName, isWord, nameAt } from "./token-reader.js";
import { refuseConstraints } from "./tree-refusals.js";
import { storedToVirtual } from "./table-forms.js";
import type { TreeWalker } from "./tree-walker.js";
import { Utf8Offsets } from "./utf8-offsets.js";

interface AlteredKind {
  readonly object: ObjectKind;
  /** The word behind ALTER; also PostgreSQL's tag. */
  readonly word: string;
}

const KINDS: ReadonlyMap<string, AlteredKind> = new Map([
  ["OBJECT_TABLE", { object: "table", word: "table" }],
  ["OBJECT_VIEW", { object: "view", word: "view" }],
  ["OBJECT_MATVIEW", { object: "table", word: "materialized view" }],
  ["OBJECT_INDEX", { object: "index", word: "index" }],
  ["OBJECT_SEQUENCE", { object: "sequence", word: "sequence" }],
  ["OBJECT_SCHEMA", { object: "schema", word: "schema" }],
  ["OBJECT_TYPE", { object: "type", word: "type" }],
  ["OBJECT_DOMAIN", { object: "type", word: "domain" }],
  ["OBJECT_FUNCTION", { object: "macro", word: "function" }],
]);

/** Reads ALTER TABLE with one action, ALTER … RENAME, … SET SCHEMA, … OWNER TO and ALTER SEQUENCE. */
export function readAlterTable(tree: ParsedTree, walker: TreeWalker, references: References): Reading {
  const { node } = tree;
  const kind = alteredKind(tree);
  if (kind === undefined) throw notSupported("this form of ALTER is not supported");
  const alteration = new AlterationReader(tree, references).read();
  if (alteration.kind === "addIdentity") walker.sequenceColumns.push(alteration.column);
  for (const item of listField(node, "cmds")) {
    const action = unwrapAs(item, "AlterTableCmd") ?? item;
    refuseConstraints(action);
    storedToVirtual(action, references, new Utf8Offsets(references.text));
    walker.visit(action, new Scope());
  }
  const target = nodeField(node, tree.type === "AlterSeqStmt" ? "sequence" : "relation");
  const name = target === undefined ? undefined : walker.relationName(target);
  if (alteration.kind === "ownSequence") addOwningTable(references);
  else if (target === undefined) readNameBehind(references, kind.word, "alter");
  else if (name === undefined) references.doubt();
  else references.addName("alter", name, kind.object);
  const { sequenceColumns } = walker;
  return plainReading("alterTable", `ALTER ${kind.word.toUpperCase()}`, true, {
    ifExists: flagField(node, "missing_ok"),
    cascade: [node, ...listField(node, "cmds").map((item) => unwrapAs(item, "AlterTableCmd") ?? item)].some(
      (each) => textField(each, "behavior") === "DROP_CASCADE",
    ),
    sequenceColumns,
    alteration,
    ...(kind.word === "materialized view" && { materialized: { kind: "named" } }),
  });
}

/** `t` of OWNED BY t.c, which ends the statement. */
function addOwningTable(references: References): void {
  const { tokens } = references;
  const by = tokens.findLastIndex((token, at) => isWord(token, "by") && isWord(tokens[at - 1], "owned"));
  const name = nameAt(tokens, by + 1);
  const last = name === undefined ? undefined : tokens[name.next - 3];
  if (name === undefined || last === undefined) return references.doubt();
  references.addName("alter", { parts: name.parts.slice(0, -1), start: name.start, end: last.end }, "table");
}

function alteredKind({ type, node }: ParsedTree): AlteredKind | undefined {
  if (type === "AlterSeqStmt") return KINDS.get("OBJECT_SEQUENCE");
  if (type === "AlterTableStmt") return KINDS.get(textField(node, "objtype"));
  if (type === "AlterObjectSchemaStmt" || type === "AlterOwnerStmt")
    return KINDS.get(textField(node, "objectType"));
  const renamed = textField(node, "renameType");
  if (renamed === "OBJECT_TABCONSTRAINT") return KINDS.get("OBJECT_TABLE");
  const isPart = ["OBJECT_COLUMN", "OBJECT_ATTRIBUTE"].includes(renamed);
  return KINDS.get(isPart ? textField(node, "relationType") : renamed);
}

const STORAGE_ACTIONS = new Set([
  "AT_SetRelOptions",
  "AT_ResetRelOptions",
  "AT_SetStatistics",
  "AT_SetStorage",
  "AT_ClusterOn",
  "AT_DropCluster",
  "AT_SetLogged",
  "AT_SetUnLogged",
  "AT_SetTableSpace",
  "AT_ReplicaIdentity",
]);

const CONSTRAINT_TYPES: ReadonlyMap<string, ConstraintType> = new Map([
  ["CONSTR_PRIMARY", "primary"],
  ["CONSTR_UNIQUE", "unique"],
  ["CONSTR_CHECK", "check"],
  ["CONSTR_FOREIGN", "foreign"],
]);

class AlterationReader {
  private readonly tree: ParsedTree;
  private readonly references: References;
  private readonly offsets: Utf8Offsets;

  constructor(tree: ParsedTree, references: References) {
    this.tree = tree;
    this.references = references;
    this.offsets = new Utf8Offsets(references.text);
  }

  read(): Alteration {
    const { type, node } = this.tree;
    switch (type) {
      case "RenameStmt":
        return this.rename(node);
      case "AlterObjectSchemaStmt":
        return { kind: "setSchema", schema: this.lastName() };
      case "AlterOwnerStmt":
        return { kind: "owner", role: roleName(nodeField(node, "newowner")) };
      case "AlterSeqStmt":
        return this.sequence(node);
      default: {
        const [command] = listField(node, "cmds");
        return this.action(unwrapAs(command, "AlterTableCmd") ?? command ?? {});
      }
    }
  }

  private sequence(node: AstNode): Alteration {
    const options = listField(node, "options").map((item) => unwrapAs(item, "DefElem") ?? item);
    const owned = options.find((option) => textField(option, "defname") === "owned_by");
    if (owned !== undefined) {
      const owner = stringList(unwrapAs(owned["arg"], "List") ?? {}, "items");
      if (
        options.length > 1 ||
        owner.length < 2 ||
        this.references.tokens.some((token) => isWord(token, "exists"))
      )
        throw notSupported("this form of ALTER SEQUENCE ... OWNED BY is not supported");
      const { schemaname, relname } = nodeField(node, "sequence") ?? {};
      const sequence = [schemaname, relname].filter((part) => typeof part === "string");
      return { kind: "ownSequence", column: owner.at(-1) ?? "", sequence };
    }
    return { kind: "sequence", options: alteredOptions(node, options) };
  }

  private rename(node: AstNode): Alteration {
    const to = this.lastName();
    const renamed = textField(node, "renameType");
    if (renamed === "OBJECT_COLUMN") {
      const written = this.references.tokens.filter(isName);
      return { kind: "renameColumn", column: written.at(-3)?.value ?? "", to };
    }
    if (renamed === "OBJECT_TABCONSTRAINT")
      return { kind: "renameConstraint", name: textField(node, "subname"), to };
    return { kind: "rename", to };
  }

  /** The name a statement ends in. */
  private lastName(): string {
    return this.references.tokens.findLast(isName)?.value ?? "";
  }

  private action(action: AstNode): Alteration {
    const subtype = textField(action, "subtype");
    const column = textField(action, "name");
    const ifExists = flagField(action, "missing_ok");
    switch (subtype) {
      case "AT_AddColumn": {
        const definition = unwrapAs(action["def"], "ColumnDef") ?? {};
        return { kind: "addColumn", column: textField(definition, "colname"), ifNotExists: ifExists };
      }
      case "AT_DropColumn":
        return { kind: "dropColumn", column, ifExists };
      case "AT_AlterColumnType":
        return { kind: "setType", column, ...this.typeSpans(action) };
      case "AT_ColumnDefault":
        return { kind: "setDefault", column, expression: this.behind("default") };
      case "AT_SetNotNull":
        return { kind: "setNotNull", column };
      case "AT_DropNotNull":
        return { kind: "dropNotNull", column };
      case "AT_AddConstraint":
        return this.constraint(unwrapAs(action["def"], "Constraint") ?? {});
      case "AT_DropConstraint":
        return { kind: "dropConstraint", name: column, ifExists };
      case "AT_ChangeOwner":
        return { kind: "owner", role: roleName(nodeField(action, "newowner")) };
      case "AT_AddIdentity":
        return this.identity(column, unwrapAs(action["def"], "Constraint") ?? {});
      case "AT_DropIdentity":
        return { kind: "dropIdentity", column, ifExists };
      case "AT_ValidateConstraint":
        return { kind: "validateConstraint", name: column };
      case "AT_SetOptions":
      case "AT_ResetOptions":
        return columnOptions(column, action);
      default:
        if (STORAGE_ACTIONS.has(subtype)) return { kind: "storage" };
        throw notSupported("this form of ALTER TABLE is not supported");
    }
  }

  /** TYPE type [USING expression] */
  private typeSpans(action: AstNode): { type: TextSpan; using: TextSpan | undefined } {
    const definition = unwrapAs(action["def"], "ColumnDef") ?? {};
    const { tokens, text } = this.references;
    const from = this.offsets.toUtf16(locationOf(nodeField(definition, "typeName") ?? {}));
    const using = "raw_default" in definition ? this.behind("using") : undefined;
    const at = tokens.findIndex((token) => token.start === using?.start);
    const last = using === undefined ? tokens.at(-1) : tokens[at - 2];
    return { type: { start: from, end: last?.end ?? text.length }, using };
  }

  /** From behind the first such word to the end; undefined when the word is not there or says DROP. */
  private behind(word: string): TextSpan | undefined {
    const { tokens, text } = this.references;
    const index = tokens.findIndex((token, at) => at > 3 && isWord(token, word));
    const first = tokens[index + 1];
    if (index < 0 || first === undefined || isWord(tokens[index - 1], "drop")) return undefined;
    return { start: first.start, end: tokens.at(-1)?.end ?? text.length };
  }

  private constraint(node: AstNode): Alteration {
    const type = CONSTRAINT_TYPES.get(textField(node, "contype"));
    if (type === undefined || textField(node, "indexname") !== "")
      throw notSupported("this form of ALTER TABLE is not supported");
    const { tokens, text } = this.references;
    const at = this.references.tokenIndexAt(this.offsets.toUtf16(locationOf(node))) ?? 0;
    const first = tokens[at + (isWord(tokens[at], "constraint") ? 2 : 0)];
    const notValid = isWord(tokens.at(-1), "valid") && isWord(tokens.at(-2), "not");
    const last = tokens.at(notValid ? -3 : -1);
    const name = isWord(tokens[at], "constraint") ? tokens[at + 1]?.value : undefined;
    return {
      kind: "addConstraint",
      type,
      name,
      columns: [...columnNames(node, "keys"), ...columnNames(node, "fk_attrs")],
      text: { start: first?.start ?? 0, end: last?.end ?? text.length },
    };
  }

  private identity(column: string, node: AstNode): Alteration {
    const span = identitySpan(node, this.references, this.offsets);
    if (span === undefined) throw notSupported("this form of ALTER TABLE is not supported");
    const kind = textField(node, "generated_when") === "a" ? "always" : "byDefault";
    const options = sequenceOptions(node);
    return { kind: "addIdentity", column: { column, kind, type: "bigint", options, ...span } };
  }
}

/** The others are for PostgreSQL's planner, and mean nothing here. */
const COLUMN_OPTIONS: ReadonlySet<string> = new Set(["merge_policy", "n_distinct", "n_distinct_inherited"]);

/** Of a column's options only the merge policy says something that a reader of the table can see. */
function columnOptions(column: string, action: AstNode): Alteration {
  const options = listField(unwrapAs(action["def"], "List") ?? {}, "items").map(
    (item) => unwrapAs(item, "DefElem") ?? item,
  );
  const unknown = options.map((each) => textField(each, "defname")).find((name) => !COLUMN_OPTIONS.has(name));
  if (unknown !== undefined)
    throw new SqlError(SQLSTATE.invalidParameterValue, `unrecognized parameter "${unknown}"`);
  const option = options.findLast((each) => textField(each, "defname") === "merge_policy");
  if (option === undefined) return { kind: "storage" };
  if (textField(action, "subtype") === "AT_ResetOptions")
    return { kind: "setPolicy", column, policy: undefined };
  const text = textField(unwrapAs(option["arg"], "String") ?? {}, "sval");
  const word = stringList(unwrapAs(option["arg"], "TypeName") ?? {}, "names").at(-1);
  return { kind: "setPolicy", column, policy: text === "" ? (word ?? "") : text };
}

function columnNames(node: AstNode, field: string): string[] {
  return listField(node, field).map((item) => textField(unwrapAs(item, "String") ?? {}, "sval"));
}

function roleName(node: AstNode | undefined): string {
  return textField(node ?? {}, "rolename");
}

/** What it does not say stays as it is. Errors: 0A000 for AS, NO MINVALUE and NO MAXVALUE */
function alteredOptions(node: AstNode, options: readonly AstNode[]): SequenceOptions {
  const named = (name: string): AstNode | undefined =>
    options.find((option) => textField(option, "defname") === name);
  const hasNoValue = (name: string): boolean => named(name) !== undefined && known[name] === undefined;
  const { start, restart, increment, minimum, maximum, cycle } = sequenceOptions(node);
  const known: Readonly<Record<string, unknown>> = { minvalue: minimum, maxvalue: maximum };
  if (named("as") !== undefined || hasNoValue("minvalue") || hasNoValue("maxvalue"))
    throw notSupported("ALTER SEQUENCE with AS, NO MINVALUE or NO MAXVALUE is not supported");
  return {
    start,
    restart: named("restart") === undefined ? undefined : (restart ?? "start"),
    increment,
    minimum,
    maximum,
    cycle: named("cycle") === undefined ? undefined : cycle,
  };
}

/**
 * Walks PostgreSQL's syntax tree and tells `References` which relations, columns, functions and types it mentions.
 * Positions and spellings always come from the tokens: the tree's names are cut to 63 bytes.
 *
 * Scoping is DuckDB's (each rule tried on 1.5.6): a CTE sees the earlier ones of its list; itself only with RECURSIVE,
 * and then only right of its UNION.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { SequenceColumn } from "./analysis.js";
import {
  flagField,
  isNode,
  listField,
  locationOf,
  nodeField,
  stringList,
  textField,
  unwrap,
  unwrapAs,
  type AstNode,
} from "./ast.js";
import type { References, TokenName } from "./references.js";
import { Scope } from "./scope.js";
import { isSerialType, sequenceColumn } from "./sequence-columns.js";
import { Utf8Offsets } from "./utf8-offsets.js";

export class TreeWalker {
  readonly sequenceColumns: SequenceColumn[] = [];
  private readonly references: References;
  private readonly offsets: Utf8Offsets;

  constructor(references: References) {
    this.references = references;
    this.offsets = new Utf8Offsets(references.text);
  }

  /** Walks a wrapped node, a bare one, or a list of either. */
  visit(value: unknown, scope: Scope): void {
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item, scope);
      return;
    }
    const wrapped = unwrap(value);
    if (wrapped !== undefined) this.visitNode(wrapped.type, wrapped.node, scope);
    else if (isNode(value)) this.visitBare(value, scope);
  }

  private visitNode(type: string, node: AstNode, scope: Scope): void {
    switch (type) {
      case "SelectStmt":
        return this.select(node, scope);
      case "RangeVar":
        return this.relation("read", node, scope);
      case "ColumnRef":
        return this.column(node, scope);
      case "FuncCall":
        this.call(node);
        return this.children(node, scope);
      case "TypeName":
        return this.type(node, scope);
      case "ColumnDef": {
        const column = sequenceColumn(node, this.references, this.offsets);
        if (column !== undefined) this.sequenceColumns.push(column);
        return this.children(node, scope);
      }
      case "SetToDefault":
        return undefined;
      case "CurrentOfExpr":
        throw notSupported("WHERE CURRENT OF is not supported");
      case "InsertStmt":
      case "UpdateStmt":
      case "DeleteStmt":
      case "MergeStmt":
        throw notSupported("WITH clause containing a data-modifying statement must be at the top level");
      default:
        return this.children(node, scope);
    }
  }

  /** Some fields hold a node without its type; two of them matter, and are known by what they carry. */
  private visitBare(node: AstNode, scope: Scope): void {
    if ("relname" in node) this.relation("read", node, scope);
    else if (Array.isArray(node["names"]) && "typemod" in node) this.type(node, scope);
    else this.children(node, scope);
  }

  private children(node: AstNode, scope: Scope, except: readonly string[] = []): void {
    for (const [field, value] of Object.entries(node)) if (!except.includes(field)) this.visit(value, scope);
  }

  select(node: AstNode, outer: Scope): void {
    if (nodeField(node, "intoClause") !== undefined) {
      throw notSupported("SELECT INTO is not supported", "Use CREATE TABLE ... AS.");
    }
    if (textField(node, "limitOption") === "LIMIT_OPTION_WITH_TIES")
      throw notSupported("FETCH ... WITH TIES is not supported", "Use rank() in a sub-query.");
    const scope = new Scope(outer);
    this.withClause(node, scope);
    for (const side of ["larg", "rarg"]) {
      const branch = nodeField(node, side);
      if (branch !== undefined) this.select(branch, scope);
    }
    this.register(listField(node, "fromClause"), scope);
    // FOR UPDATE OF t names relations of FROM again; the clause is dropped.
    this.children(node, scope, ["withClause", "larg", "rarg", "lockingClause"]);
  }

  /** INSERT, UPDATE, DELETE or MERGE as the statement itself. */
  modify(node: AstNode, outer: Scope): void {
    const scope = new Scope(outer);
    this.withClause(node, scope);
    if (listField(node, "targetList").some(assignsElement))
      throw notSupported(
        "assigning to an element of a column is not supported",
        "Assign the column, by jsonb_set() or ||.",
      );
    const target = nodeField(node, "relation");
    if (target === undefined) this.references.doubt();
    else {
      // The target is always a table: a CTE of its name does not hide it.
      this.relation("write", target, scope);
      this.registerTable(target, scope);
    }
    if (nodeField(node, "onConflictClause") !== undefined) scope.addAlias("excluded");
    this.register([...listField(node, "fromClause"), ...listField(node, "usingClause")], scope);
    const source = node["sourceRelation"];
    if (isNode(source)) this.register([source], scope);
    this.children(node, scope, ["withClause", "relation"]);
  }

  private withClause(node: AstNode, scope: Scope): void {
    const clause = nodeField(node, "withClause");
    if (clause === undefined) return;
    const isRecursive = flagField(clause, "recursive");
    for (const item of listField(clause, "ctes")) {
      const cte = unwrapAs(item, "CommonTableExpr") ?? item;
      const name = this.nameOf(cte)?.parts[0];
      const query = unwrapAs(cte["ctequery"], "SelectStmt");
      if (query === undefined)
        throw notSupported("WITH clause containing a data-modifying statement must be at the top level");
      if ("search_clause" in cte || "cycle_clause" in cte)
        throw notSupported("SEARCH and CYCLE are not supported");
      if (isRecursive && textField(query, "op") === "SETOP_UNION")
        this.recursiveQuery(query, name ?? "", scope);
      else this.select(query, scope);
      if (name === undefined) this.references.doubt();
      else scope.addCte(name);
    }
  }

  private recursiveQuery(query: AstNode, name: string, outer: Scope): void {
    const start = new Scope(outer);
    this.withClause(query, start);
    const again = new Scope(start);
    again.addCte(name);
    const [left, right] = [nodeField(query, "larg"), nodeField(query, "rarg")];
    if (left === undefined || right === undefined) return this.references.doubt();
    this.select(left, start);
    this.select(right, again);
    return this.children(query, again, ["withClause", "larg", "rarg"]);
  }

  /** Makes the relations of a FROM list visible before anything that may refer to them is walked. */
  private register(items: readonly AstNode[], scope: Scope): void {
    for (const item of items) {
      const wrapped = unwrap(item);
      const node = wrapped?.node ?? item;
      const alias = nodeField(node, "alias");
      if (wrapped?.type === "RangeVar") this.registerTable(node, scope);
      else if (alias !== undefined) scope.addAlias(textField(alias, "aliasname"));
      if (flagField(node, "is_rowsfrom")) throw notSupported("ROWS FROM is not supported");
      if (wrapped?.type === "JoinExpr") {
        this.register([node["larg"], node["rarg"]].filter(isNode), scope);
      } else if (wrapped?.type === "RangeTableSample")
        this.register([node["relation"]].filter(isNode), scope);
    }
  }

  private registerTable(node: AstNode, scope: Scope): void {
    const alias = nodeField(node, "alias");
    if (alias !== undefined) return scope.addAlias(textField(alias, "aliasname"));
    const parts = this.nameOf(node)?.parts ?? [];
    return parts.length === 1 && scope.hasCte(parts[0] ?? "")
      ? scope.addAlias(parts[0] ?? "")
      : scope.addTable(parts);
  }

  /** A RangeVar. `create` and `alter` take no alias. */
  relation(role: "read" | "write", node: AstNode, scope: Scope): void {
    const name = this.relationName(node);
    if (name === undefined) return this.references.doubt();
    const isCte = role === "read" && name.parts.length === 1 && scope.hasCte(name.parts[0] ?? "");
    if (isCte) return undefined;
    const alias = nodeField(node, "alias");
    return this.references.addRelation(
      role,
      name,
      alias === undefined ? undefined : textField(alias, "aliasname"),
    );
  }

  /** The tokens of a RangeVar; undefined when they do not say the same as the tree. */
  relationName(node: AstNode): TokenName | undefined {
    const parts = ["catalogname", "schemaname", "relname"].filter((field) => textField(node, field) !== "");
    const name = this.nameOf(node);
    return name?.parts.length === parts.length ? name : undefined;
  }

  private nameOf(node: AstNode): TokenName | undefined {
    const location = locationOf(node);
    return location < 0 ? undefined : this.references.nameAtOffset(this.offsets.toUtf16(location));
  }

  private column(node: AstNode, scope: Scope): void {
    const fields = listField(node, "fields");
    if (fields.length < 2) return;
    const name = this.nameOf(node);
    const hasStar = unwrap(fields.at(-1))?.type === "A_Star";
    const written = hasStar ? fields.length - 1 : fields.length;
    if (name?.parts.length !== written) return this.references.doubt();
    const length = scope.qualifierLength(name.parts.slice(0, fields.length - 1));
    if (length > 0) this.references.addQualifier(name, length);
  }

  private call(node: AstNode): void {
    // DuckDB drops the word, and takes the array for one argument.
    if (flagField(node, "func_variadic")) throw notSupported("VARIADIC arguments are not supported");
    const written = stringList(node, "funcname");
    const name = this.nameOf(node);
    const isBuiltinSyntax = written[0] === "pg_catalog" && name?.parts[0] !== "pg_catalog";
    if (isBuiltinSyntax) return;
    if (name?.parts.length !== written.length) return this.references.doubt();
    this.references.addFunction(name);
  }

  private type(node: AstNode, scope: Scope): void {
    this.children(node, scope, ["names"]);
    if (flagField(node, "pct_type") || flagField(node, "setof")) return this.references.doubt();
    const written = stringList(node, "names");
    const name = this.nameOf(node);
    if (isSerialType(written.at(-1) ?? "")) {
      // A serial column's type is part of its sequence's form.
      if (this.sequenceColumns.some(({ start }) => start === name?.start)) return undefined;
      throw new SqlError(SQLSTATE.undefinedObject, `type "${written.at(-1)}" does not exist`);
    }
    const isKeyword = written[0] === "pg_catalog" && name?.parts.length === 1;
    if (name === undefined || (!isKeyword && name.parts.length !== written.length)) {
      return written[0] === "pg_catalog" ? undefined : this.references.doubt();
    }
    return this.references.addType(isKeyword ? { ...name, parts: ["pg_catalog", written[1] ?? ""] } : name);
  }
}

/** SET d['a'] = …, SET a[1] = … */
function assignsElement(item: AstNode): boolean {
  const target = unwrapAs(item, "ResTarget") ?? item;
  return listField(target, "indirection").some((step) => unwrapAs(step, "A_Indices") !== undefined);
}

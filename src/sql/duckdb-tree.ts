/**
 * Walks the tree of DuckDB's own parser (json_serialize_sql) for queries that PostgreSQL's does not read: FROM-first,
 * EXCLUDE, QUALIFY, list literals, lambdas. Same scoping as the other walker; positions are UTF-8 byte offsets.
 */
import { isNode, listField, nodeField, textField, type AstNode } from "./ast.js";
import { isBuiltinType, isSequenceFunction } from "./builtin-names.js";
import { normaliseName } from "./names.js";
import type { References, TokenName } from "./references.js";
import { Scope } from "./scope.js";
import { closingBracket, isName, isSymbol, isWord } from "./token-reader.js";
import { Utf8Offsets } from "./utf8-offsets.js";

export class DuckdbTreeWalker {
  private readonly references: References;
  private readonly offsets: Utf8Offsets;

  constructor(references: References) {
    this.references = references;
    this.offsets = new Utf8Offsets(references.text);
  }

  visit(value: unknown, scope: Scope): void {
    if (Array.isArray(value)) for (const item of value) this.visit(item, scope);
    else if (isNode(value)) this.visitNode(value, scope);
  }

  private visitNode(node: AstNode, scope: Scope): void {
    if (nodeField(node, "cte_map") !== undefined) return this.query(node, scope);
    switch (textField(node, "type")) {
      case "BASE_TABLE":
        return this.table(node, scope);
      case "SHOW_REF":
        if (!isNode(node["query"])) this.references.doubt();
        return this.children(node, scope);
      case "COLUMN_REF":
        return this.column(node, scope);
      case "STAR":
        this.star(node, scope);
        return this.children(node, scope);
      case "FUNCTION":
      case "WINDOW_AGGREGATE":
        this.call(node);
        return this.children(node, scope);
      case "OPERATOR_CAST":
        this.cast(node);
        return this.children(node, scope);
      default:
        // Window functions have one type each.
        if (textField(node, "class") === "WINDOW") this.call(node);
        return this.children(node, scope);
    }
  }

  private children(node: AstNode, scope: Scope, except: readonly string[] = []): void {
    for (const [field, value] of Object.entries(node)) if (!except.includes(field)) this.visit(value, scope);
  }

  private query(node: AstNode, outer: Scope): void {
    const scope = new Scope(outer);
    const ctes = nodeField(node, "cte_map") ?? {};
    for (const entry of listField(ctes, "map")) {
      const query = nodeField(nodeField(entry, "value") ?? {}, "query");
      const body = query === undefined ? undefined : nodeField(query, "node");
      if (body === undefined) this.references.doubt();
      else this.visit(body, scope);
      this.visit(nodeField(entry, "value")?.["key_targets"], scope);
      scope.addCte(textField(entry, "key"));
    }
    if (textField(node, "type") === "RECURSIVE_CTE_NODE") return this.recursive(node, scope);
    this.register(node["from_table"], scope);
    return this.children(node, scope, ["cte_map"]);
  }

  private recursive(node: AstNode, outer: Scope): void {
    this.visit(node["left"], outer);
    const again = new Scope(outer);
    again.addCte(textField(node, "cte_name"));
    this.visit(node["right"], again);
    this.children(node, again, ["cte_map", "left", "right"]);
  }

  private register(value: unknown, scope: Scope): void {
    if (!isNode(value)) return;
    const alias = textField(value, "alias");
    const type = textField(value, "type");
    if (alias !== "") scope.addAlias(alias);
    else if (type === "BASE_TABLE") {
      const parts = this.nameOf(value)?.parts ?? [];
      const isCte = parts.length === 1 && scope.hasCte(parts[0] ?? "");
      if (isCte) scope.addAlias(parts[0] ?? "");
      else scope.addTable(parts);
    }
    for (const side of ["left", "right", "source"]) this.register(value[side], scope);
  }

  private table(node: AstNode, scope: Scope): void {
    const parts = ["catalog_name", "schema_name", "table_name"].filter(
      (field) => textField(node, field) !== "",
    );
    const name = this.nameOf(node);
    if (name?.parts.length !== parts.length || isNode(node["at_clause"])) return this.references.doubt();
    if (normaliseName(name.parts.at(-1) ?? "") !== normaliseName(textField(node, "table_name")))
      return this.references.doubt();
    if (name.parts.length === 1 && scope.hasCte(name.parts[0] ?? "")) return undefined;
    const alias = textField(node, "alias");
    return this.references.addRelation("read", name, alias === "" ? undefined : alias);
  }

  private column(node: AstNode, scope: Scope): void {
    const written = Array.isArray(node["column_names"]) ? node["column_names"].length : 0;
    if (written < 2) return;
    const name = this.nameOf(node);
    if (name?.parts.length !== written) return this.references.doubt();
    this.qualifier(name, name.parts.slice(0, -1), scope);
  }

  /** `orders.*`; DuckDB's parser takes no schema in front of a star. */
  private star(node: AstNode, scope: Scope): void {
    if (textField(node, "relation_name") === "") return;
    const name = this.nameOf(node);
    if (name === undefined) return this.references.doubt();
    this.qualifier(name, name.parts, scope);
  }

  private qualifier(name: TokenName, parts: readonly string[], scope: Scope): void {
    const length = scope.qualifierLength(parts);
    if (length > 0) this.references.addQualifier(name, length);
  }

  /** Operators and literals are functions here too; only what is followed by `(` is a call. */
  private call(node: AstNode): void {
    const written = textField(node, "function_name");
    const offset = this.offsetOf(node);
    this.references.judgeFunction(written, offset ?? 0);
    const name = offset === undefined ? undefined : this.references.nameAtOffset(offset);
    const isCall = name !== undefined && isSymbol(this.references.tokens[name.next], "(");
    const isSame = normaliseName(name?.parts.at(-1) ?? "") === normaliseName(written);
    if (isCall && isSame) this.references.addFunction(name);
    else if (isSequenceFunction(written)) this.references.doubt();
  }

  /** The tree has the type's name but not its place: it stands behind `::`, or behind AS inside CAST. */
  private cast(node: AstNode): void {
    const names = typeNames(node["cast_type"]);
    const place = this.castTypePlace(node);
    const name = place === undefined ? undefined : this.references.nameAtIndex(place);
    if (names.every(({ type, isQualified }) => isBuiltinType(type) && !isQualified)) {
      if (name !== undefined) this.references.types.push(name);
    } else if (names.length > 1 || name === undefined) this.references.doubt();
    else this.references.addType(name);
  }

  private castTypePlace(node: AstNode): number | undefined {
    const { tokens } = this.references;
    const offset = this.offsetOf(node);
    const index = offset === undefined ? undefined : this.references.tokenIndexAt(offset);
    if (index === undefined) return undefined;
    if (isSymbol(tokens[index], "::")) return index + 1;
    const close = isSymbol(tokens[index + 1], "(") ? closingBracket(tokens, index + 1) : undefined;
    for (let back = (close ?? index) - 1; back > index; back -= 1)
      if (isWord(tokens[back], "as")) return back + 1;
    return undefined;
  }

  private nameOf(node: AstNode): TokenName | undefined {
    const offset = this.offsetOf(node);
    const name = offset === undefined ? undefined : this.references.nameAtOffset(offset);
    return name !== undefined && isName(this.references.tokens[name.index]) ? name : undefined;
  }

  /** Undefined for DuckDB's "no location", 2^64 - 1. */
  private offsetOf(node: AstNode): number | undefined {
    const location = node["query_location"];
    const isKnown = typeof location === "number" && location <= Buffer.byteLength(this.references.text);
    return isKnown ? this.offsets.toUtf16(location) : undefined;
  }
}

interface CastTypeName {
  readonly type: string;
  readonly isQualified: boolean;
}

/** Every type name inside a cast's type, also those of list and struct members. */
function typeNames(value: unknown): CastTypeName[] {
  if (Array.isArray(value)) return value.flatMap(typeNames);
  if (!isNode(value)) return [];
  const isUnbound = textField(value, "type") === "UNBOUND_TYPE_INFO";
  const own = { type: textField(value, "name"), isQualified: textField(value, "schema") !== "" };
  return [...(isUnbound ? [own] : []), ...Object.values(value).flatMap(typeNames)];
}

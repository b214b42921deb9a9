/**
 * Columns beside numbers and other columns in arithmetic and comparisons: whoever knows their types tells DuckDB which of
 * them PostgreSQL would make wider. Reads PostgreSQL's syntax tree.
 */
import {
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
import { normaliseName } from "./names.js";
import { relationsFrom } from "./read-sources.js";
import type { References } from "./references.js";
import type { SourceRelation } from "./result-sources.js";
import { Utf8Offsets } from "./utf8-offsets.js";

/** A column as it is written, and what stands on the operator's other side. */
export interface NarrowOperand {
  readonly relation: string | undefined;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly compares: boolean;
  readonly other: "integer" | "number" | { readonly relation: string | undefined; readonly name: string };
}

/** The operands of one query. */
export interface NarrowQuery {
  readonly relations: readonly SourceRelation[];
  readonly operands: readonly NarrowOperand[];
}

const ARITHMETIC = new Set(["+", "-", "*", "/", "%"]);
const COMPARISONS = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);

/** All queries of a statement that have such operands. */
export function narrowOperands(tree: AstNode, references: References): readonly NarrowQuery[] {
  return new OperandReader(references).queriesIn(tree);
}

interface OpenQuery {
  readonly node: AstNode;
  readonly operands: NarrowOperand[];
}

class OperandReader {
  readonly #references: References;
  #offsets: Utf8Offsets | undefined;
  readonly #queries: OpenQuery[] = [];
  readonly #ctes: string[] = [];

  constructor(references: References) {
    this.#references = references;
  }

  queriesIn(tree: AstNode): readonly NarrowQuery[] {
    this.#visit(tree, this.#open(tree));
    return this.#queries
      .filter(({ operands }) => operands.length > 0)
      .map(({ node, operands }) => ({ relations: relationsOf(node, this.#ctes), operands }));
  }

  #open(node: AstNode): OpenQuery {
    const query = { node, operands: [] };
    this.#queries.push(query);
    return query;
  }

  #visit(value: unknown, query: OpenQuery): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#visit(item, query);
      return;
    }
    if (!isNode(value)) return;
    const wrapped = unwrap(value);
    const node = wrapped?.node ?? value;
    if (typeof node["ctename"] === "string") this.#ctes.push(normaliseName(node["ctename"]));
    const isQuery =
      node !== query.node && ("targetList" in node || "fromClause" in node || "whereClause" in node);
    const own = isQuery ? this.#open(node) : query;
    if (wrapped?.type === "A_Expr" && textField(node, "kind") === "AEXPR_OP") this.#readOperator(node, own);
    for (const child of Object.values(node)) this.#visit(child, own);
  }

  #readOperator(node: AstNode, { operands }: OpenQuery): void {
    const names = stringList(node, "name");
    const [name = ""] = names;
    if (names.length !== 1 || !(ARITHMETIC.has(name) || COMPARISONS.has(name))) return;
    const compares = COMPARISONS.has(name);
    for (const [side, beside] of [
      [node["lexpr"], node["rexpr"]],
      [node["rexpr"], node["lexpr"]],
    ]) {
      const column = this.#columnAt(side);
      const other = otherSide(beside);
      if (column !== undefined && other !== undefined) operands.push({ ...column, compares, other });
    }
  }

  #columnAt(value: unknown): Omit<NarrowOperand, "compares" | "other"> | undefined {
    const node = unwrapAs(value, "ColumnRef");
    const column = columnOf(node);
    if (node === undefined || column === undefined) return undefined;
    this.#offsets ??= new Utf8Offsets(this.#references.text);
    const index = this.#references.tokenIndexAt(this.#offsets.toUtf16(locationOf(node)));
    const place = index === undefined ? undefined : this.#references.nameAtIndex(index);
    return place?.parts.length === listField(node, "fields").length
      ? { ...column, start: place.start, end: place.end }
      : undefined;
  }
}

/** A column of one name, or of a relation's, which may be said with its schema. */
function columnOf(node: AstNode | undefined): Pick<NarrowOperand, "relation" | "name"> | undefined {
  if (node === undefined) return undefined;
  const names = stringList(node, "fields");
  const name = names.at(-1);
  const isPlain = names.length === listField(node, "fields").length && names.length <= 3;
  return name === undefined || !isPlain ? undefined : { relation: names.at(-2), name };
}

function otherSide(value: unknown): NarrowOperand["other"] | undefined {
  const constant = unwrapAs(value, "A_Const");
  if (constant === undefined) return columnOf(unwrapAs(value, "ColumnRef"));
  if ("ival" in constant) return "integer";
  return "fval" in constant ? "number" : undefined;
}

function relationsOf(node: AstNode, ctes: readonly string[]): readonly SourceRelation[] {
  const target = nodeField(node, "relation");
  const items = [...listField(node, "fromClause"), ...listField(node, "usingClause")];
  return relationsFrom([...(target === undefined ? [] : [{ RangeVar: target }]), ...items], ctes);
}

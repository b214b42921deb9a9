/** Reads windows: those of calls, and those named behind a query. */
import { listField, textField, type AstNode } from "../../sql/ast.js";
import { readSortKeys } from "./sort-keys.js";
import type { Scope } from "./scope.js";
import { Unprintable, type Expression, type Window } from "./tree.js";
import { castTo } from "./types.js";

/** Of a call: a name alone is a window's that is defined behind the query. */
export function readWindow(scope: Scope, node: AstNode): Window {
  const name = textField(node, "name");
  const base = textField(node, "refname");
  const order = readSortKeys(scope, listField(node, "orderClause"));
  return {
    name: name === "" ? undefined : name,
    base: base === "" ? undefined : base,
    partition: scope.readAll(listField(node, "partitionClause")),
    order,
    frame: frameOf(scope, node, order[0]?.value),
  };
}

/** Bits of a frame's options. */
const FRAME = { nondefault: 1, range: 2, rows: 4, between: 16 };

interface Edge {
  readonly start: number;
  readonly end: number;
  readonly words: string;
  /** An expression stands in front. */
  readonly counted?: true;
}

const EDGES: readonly Edge[] = [
  { start: 0x20, end: 0x40, words: "UNBOUNDED PRECEDING" },
  { start: 0x80, end: 0x100, words: "UNBOUNDED FOLLOWING" },
  { start: 0x200, end: 0x400, words: "CURRENT ROW" },
  { start: 0x800, end: 0x1000, words: "PRECEDING", counted: true },
  { start: 0x2000, end: 0x4000, words: "FOLLOWING", counted: true },
];

const EXCLUSIONS: readonly (readonly [bit: number, words: string])[] = [
  [0x8000, " EXCLUDE CURRENT ROW"],
  [0x10000, " EXCLUDE GROUP"],
  [0x20000, " EXCLUDE TIES"],
];

function frameOf(scope: Scope, node: AstNode, key: Expression | undefined): Window["frame"] {
  const given = node["frameOptions"];
  const options = typeof given === "number" ? given : 0;
  if ((options & FRAME.nondefault) === 0) return [];
  const unit = (options & FRAME.rows) !== 0 ? "ROWS" : (options & FRAME.range) !== 0 ? "RANGE" : "GROUPS";
  const start = EDGES.find((edge) => (options & edge.start) !== 0);
  const end = EDGES.find((edge) => (options & edge.end) !== 0);
  if (start === undefined || end === undefined) throw new Unprintable("a window's frame");
  const words = (edge: Edge, field: string): readonly (string | Expression)[] =>
    edge.counted ? [offset(scope, node[field], unit, key), ` ${edge.words}`] : [edge.words];
  const excluded = EXCLUSIONS.find(([bit]) => (options & bit) !== 0)?.[1] ?? "";
  const first = words(start, "startOffset");
  if ((options & FRAME.between) === 0) return [`${unit} `, ...first, excluded];
  return [`${unit} BETWEEN `, ...first, " AND ", ...words(end, "endOffset"), excluded];
}

/** Rows and groups are counted by a bigint; a range goes by what its key is. */
function offset(scope: Scope, node: unknown, unit: string, key: Expression | undefined): Expression {
  const value = scope.read(node);
  if (scope.verbatim) return value;
  const type = key?.type ?? "";
  if (unit === "RANGE" && /^(?:date|time)/.test(type)) return castTo(value, "interval");
  return value;
}

/** Calls of functions: PostgreSQL's own, those with a grammar of their own, and those that stand for something of PostgreSQL's. */
import { flagField, listField, nodeField, stringList, textField, type AstNode } from "../../sql/ast.js";
import { Unprintable, type Expression, type TypeName, type Worded } from "./tree.js";
import { typedCall } from "./functions.js";
import { readSortKeys } from "./sort-keys.js";
import { readWindow } from "./read-window.js";
import { castStoodFor } from "./stored-casts.js";
import type { Scope } from "./scope.js";
import { castTo, literalOf, sides } from "./types.js";
import { printedName } from "./quoting.js";

/** This server's functions that are a cast, by what is behind `duckbranch_`. */
const CASTS: Readonly<Record<string, TypeName>> = {
  text: "text",
  bool: "boolean",
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  numeric: "numeric",
  rounded_numeric: "numeric",
  date: "date",
  jsonb: "jsonb",
};

/** Those that make of a moment what PostgreSQL's operators do, and what they take. */
const MOMENTS: Readonly<Record<string, TypeName>> = {
  days: "date",
  clock: "time without time zone",
  local: "timestamp with time zone",
};
const DIVISION = { kind: "AEXPR_OP", name: [{ String: { sval: "/" } }] };

/** DuckDB's names of aggregates over ordered rows. */
const ORDERED: Readonly<Record<string, string>> = {
  quantile_cont: "percentile_cont",
  quantile_disc: "percentile_disc",
};

export function readCall(scope: Scope, node: AstNode): Expression {
  const names = stringList(node, "funcname");
  const name = (names.at(-1) ?? "").toLowerCase();
  const isBuiltIn = names.length === 1 || ["main", "pg_catalog"].includes(names[0] ?? "");
  if (!isBuiltIn) return { ...readPlain(scope, node, names.map(printedName).join(".")) };
  const cast = scope.verbatim ? undefined : castStoodFor(node);
  if (cast !== undefined) return scope.read({ TypeCast: cast });
  const known = readStandIn(scope, node, name);
  if (known !== undefined) return known;
  if (name.startsWith("duckbranch_")) throw new Unprintable(name);
  return readPlain(scope, node, scope.functionName(name));
}

/** What this server puts in PostgreSQL's place, and what the standard writes with words. */
function readStandIn(scope: Scope, node: AstNode, name: string): Expression | undefined {
  const args = listField(node, "args");
  const own = name.startsWith("duckbranch_") ? name.slice("duckbranch_".length) : "";
  if (own === "joined" || own === "output" || own === "sum_input" || own === "flat")
    return scope.read(args[0]);
  if (own === "sum" || own === "averaged" || own === "window_average" || own === "continuous")
    return scope.read(args[0]);
  // DuckDB's own type of it is another.
  if (own === "integer") return { ...scope.read(args[0]), type: "integer" };
  if (own === "divided" || own === "divided_interval")
    return scope.read({ A_Expr: { ...DIVISION, lexpr: args[0], rexpr: args[1] } });
  const moment = MOMENTS[own];
  if (moment !== undefined) {
    const value = scope.read(args[0]);
    return value.kind === "constant" ? castOf(value, moment) : value;
  }
  if (own === "real_sum") return { ...scope.read(args[0]), type: "real" };
  if (own === "avg") return readPlain(scope, node, "avg");
  if (own === "distinct_avg") return readPlain(scope, { ...node, agg_distinct: true }, "avg");
  if (own === "filtered_avg")
    return readPlain(scope, { ...node, args: args.slice(0, 1), agg_filter: args[1] }, "avg");
  const rows = /^row_equal_(\d+)$/.exec(own);
  if (rows !== null) return rowsEqual(scope.readAll(args), Number(rows[1]));
  const cast = CASTS[own.replace("single_", "")];
  if (cast !== undefined) return castOf(scope.read(args[0]), cast);
  const ordered = ORDERED[name];
  if (ordered !== undefined && !scope.verbatim)
    return readPlain(scope, { ...node, agg_within_group: true }, ordered);
  if (name === "count_star") return { ...readPlain(scope, node, "count"), star: true };
  if (name === "getvariable") return userOf(scope.read(args[0]));
  if (name === "nullif") {
    const [one, other] = scope.readAll(args);
    if (one === undefined || other === undefined) return undefined;
    const both = scope.verbatim ? [one, other] : sides(one, other);
    return { ...readPlain(scope, { ...node, args: [] }, "nullif"), args: both, type: one.type };
  }
  return readWorded(scope, node, name, args);
}

/** `(a, b) = (c, d)` is kept as `a = c AND b = d`. */
function rowsEqual(values: readonly Expression[], count: number): Expression {
  const args = values.slice(0, count).flatMap((left, at): Expression[] => {
    const right = values[at + count];
    return right === undefined
      ? []
      : [{ kind: "operation", operator: "=", args: sides(left, right), type: "boolean" }];
  });
  return { kind: "logic", operator: "AND", together: true, args, type: "boolean" };
}

function castOf(value: Expression, type: TypeName): Expression {
  if (value.kind === "constant" && value.form === "text") return literalOf(value, type);
  return value.type === type ? value : { kind: "cast", value, type, modifier: "", hidden: false };
}

function userOf(value: Expression): Expression {
  if (value.kind === "constant" && value.value === "duckbranch_user")
    return { kind: "word", text: "CURRENT_USER", type: "name" };
  throw new Unprintable("a variable");
}

const worded = (
  name: string,
  texts: readonly string[],
  args: readonly Expression[],
  type: TypeName,
): Worded => ({
  kind: "worded",
  name,
  texts,
  args,
  type,
});

function readWorded(
  scope: Scope,
  node: AstNode,
  name: string,
  nodes: readonly AstNode[],
): Expression | undefined {
  const written = textField(node, "funcformat") === "COERCE_SQL_SYNTAX";
  const args = (): Expression[] => scope.readAll(nodes);
  const asText = (value: Expression): Expression => (scope.verbatim ? value : castTo(value, "text"));
  const isExtract = name === "extract" || name === "duckbranch_extracted";
  if (isExtract || (name === "date_part" && stringList(node, "funcname")[0] === "main")) {
    const [field, from] = args();
    if (field?.kind !== "constant" || from === undefined) return undefined;
    return worded("extract", [`EXTRACT(${field.value ?? ""} FROM `, ")"], [from], "numeric");
  }
  if (name === "timezone" && (written || nodes.length === 2)) return atZone(scope, args());
  if (name === "position" && nodes.length === 2) {
    const [one, other] = args();
    if (one === undefined || other === undefined) return undefined;
    // PostgreSQL's tree has them the other way round.
    const [part, whole] = written ? [other, one] : [one, other];
    return worded("position", ["POSITION((", ") IN (", "))"], [asText(part), asText(whole)], "integer");
  }
  const trims: Readonly<Record<string, string>> = {
    trim: "BOTH",
    btrim: "BOTH",
    ltrim: "LEADING",
    rtrim: "TRAILING",
  };
  const side = trims[name];
  if (side !== undefined && (written || name === "trim")) {
    const [whole, part] = args().map(asText);
    if (whole === undefined) return undefined;
    if (part === undefined) return worded("trim", [`TRIM(${side} FROM `, ")"], [whole], "text");
    return worded("trim", [`TRIM(${side} `, " FROM ", ")"], [part, whole], "text");
  }
  if (name === "substring" && written) {
    const [whole, from, length] = args();
    if (whole === undefined || from === undefined) return undefined;
    const texts =
      length === undefined ? ["SUBSTRING(", " FROM ", ")"] : ["SUBSTRING(", " FROM ", " FOR ", ")"];
    return worded(
      "substring",
      texts,
      [asText(whole), from, ...(length === undefined ? [] : [length])],
      "text",
    );
  }
  if (name === "regexp_full_match") return matchOf(scope, args());
  return undefined;
}

function atZone(scope: Scope, [zone, value]: readonly Expression[]): Expression | undefined {
  if (zone === undefined || value === undefined) return undefined;
  const type =
    value.type === "timestamp with time zone" ? "timestamp without time zone" : "timestamp with time zone";
  return worded(
    "timezone",
    ["(", " AT TIME ZONE ", ")"],
    [value, scope.verbatim ? zone : castTo(zone, "text")],
    type,
  );
}

/** `t ~ 'x'` is kept as a match of the whole text. */
function matchOf(scope: Scope, [value, pattern]: readonly Expression[]): Expression {
  const found = pattern === undefined ? undefined : foundPattern(pattern);
  if (value === undefined || found === undefined) throw new Unprintable("a pattern");
  const left = scope.verbatim || value.type === "text" ? value : castTo(value, "text");
  const args = [left, castTo(found.pattern, "text")];
  return { kind: "operation", operator: found.foldsCase ? "~*" : "~", args, type: "boolean" };
}

/** Of the pattern for a part of the text, a literal or put together when it is used (sql/dialect/operators.ts). */
function foundPattern(
  pattern: Expression,
): { readonly pattern: Expression; readonly foldsCase: boolean } | undefined {
  if (pattern.kind === "constant") {
    const found = /^\(\?s:\.\*\)\(\?s(i?):(.*)\)\(\?s:\.\*\)$/s.exec(pattern.value ?? "");
    if (found === null) return undefined;
    const text: Expression = { kind: "constant", value: found[2] ?? "", form: "text", type: "unknown" };
    return { pattern: text, foldsCase: found[1] !== "" };
  }
  const [before] = pattern.kind === "operation" ? pattern.args : [];
  const [head, inner] = before?.kind === "operation" ? before.args : [];
  const found = head?.kind === "constant" ? /^\(\?s:\.\*\)\(\?s(i?):$/.exec(head.value ?? "") : null;
  return found === null || inner === undefined ? undefined : { pattern: inner, foldsCase: found[1] !== "" };
}

function readPlain(scope: Scope, node: AstNode, name: string): Extract<Expression, { kind: "call" }> {
  const over = nodeField(node, "over");
  const filter = node["agg_filter"];
  const args = scope.readAll(listField(node, "args"));
  const base = {
    kind: "call",
    name: QUOTED.has(name) ? `"${name}"` : name,
    args,
    type: "unknown",
    star: flagField(node, "agg_star") || (name === "count" && args.length === 0),
    distinct: flagField(node, "agg_distinct"),
    order: readSortKeys(scope, listField(node, "agg_order")),
    filter: filter === undefined ? undefined : scope.read(filter),
    within: flagField(node, "agg_within_group"),
    window: over === undefined ? undefined : readWindow(scope, over),
  } as const;
  if (flagField(node, "func_variadic")) throw new Unprintable(name);
  if (scope.verbatim) return base;
  return { ...typedCall({ ...base, name }), name: base.name };
}

/** Functions whose names are words of the grammar. */
const QUOTED: ReadonlySet<string> = new Set([
  "substring",
  "left",
  "right",
  "overlay",
  "position",
  "char",
  "trim",
]);

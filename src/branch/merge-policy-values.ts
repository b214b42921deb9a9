/**
 * What a policy makes of a cell that both sides changed: SQL over the cell in base, ours (the target) and theirs (the branch).
 * The base is NULL where both sides added the row.
 *
 *   sum_delta  ours + theirs - base; a NULL base counts as 0, a NULL on one side is a conflict. Out of range: 22003
 *   max, min   of both sides; NULL only if both are
 *   set_union  each element once: those of the base that a side still has, then the other ones of ours, then of theirs
 *   json_keys  object by object, key by key: each key from the side that changed it. A conflict if both changed one, or if one
 *              of the values is no object
 *   fail, lww  a conflict
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { raisedText } from "../engine/failure.js";
import type { MergePolicy } from "../sql/merge-policies.js";
import { quoteLiteral } from "../sql/names.js";

/** A policy, or who wins in this merge. */
export type CellRule = MergePolicy | "branch_wins" | "main_wins";

/** A column's policy, and its type as DuckDB prints it. */
export interface CellPolicy {
  readonly policy: CellRule;
  readonly type: string;
}

/** A cell in its three states, as SQL. */
export interface Cell {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

export interface PolicyValue {
  /** SQL that says whether the policy has a value. */
  readonly isKnown: string;
  readonly value: string;
}

/** Undefined for a policy that leaves every conflict one. */
export function policyValue({ policy, type }: CellPolicy, cell: Cell): PolicyValue | undefined {
  switch (policy) {
    case "sum_delta":
      return sumOfDeltas(type, cell);
    case "max":
      return { isKnown: "TRUE", value: chosen(">", cell) };
    case "min":
      return { isKnown: "TRUE", value: chosen("<", cell) };
    case "set_union":
      return { isKnown: "TRUE", value: union(cell) };
    case "json_keys":
      return mergedKeys(cell);
    case "branch_wins":
      return { isKnown: "TRUE", value: cell.theirs };
    case "main_wins":
      return { isKnown: "TRUE", value: cell.ours };
    case "lww":
    case "fail":
      return undefined;
    default:
      return policy satisfies never;
  }
}

/** Added in a type that holds more; the cast back fails where the column's type does not hold the sum. */
function sumOfDeltas(type: string, { base, ours, theirs }: Cell): PolicyValue {
  const isKnown = `${ours} IS NOT NULL AND ${theirs} IS NOT NULL`;
  const wide = wideType(type);
  const [b, o, t] = [`coalesce(${base}, 0)`, ours, theirs].map((value) => `CAST(${value} AS ${wide})`);
  const sum = `((${o} + ${t}) - ${b})`;
  const value = `CAST(${sum} AS ${type})`;
  if (wide !== "DOUBLE") return { isKnown, value };
  const overflow = raisedText(new SqlError(SQLSTATE.numericValueOutOfRange, "value out of range: overflow"));
  const isOverflow = `isinf(${sum}) AND NOT (isinf(${o}) OR isinf(${t}) OR isinf(${b}))`;
  return {
    isKnown,
    value: `CASE WHEN ${isOverflow} THEN CAST(${quoteLiteral(overflow)} AS TINYINT) ELSE ${value} END`,
  };
}

function wideType(type: string): string {
  if (type === "FLOAT" || type === "DOUBLE") return "DOUBLE";
  if (type === "UHUGEINT") return type;
  const scale = /^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1];
  return scale === undefined ? "HUGEINT" : `DECIMAL(38,${scale})`;
}

function chosen(operator: "<" | ">", { ours, theirs }: Cell): string {
  return `CASE WHEN ${ours} IS NULL OR ${theirs} ${operator} ${ours} THEN coalesce(${theirs}, ${ours}) ELSE ${ours} END`;
}

/** NULL is an element like any other; a NULL list has none. */
function union({ base, ours, theirs }: Cell): string {
  const empty = `list_resize(coalesce(${ours}, ${theirs}), 0)`;
  const [b, o, t] = [base, ours, theirs].map((list) => `coalesce(${list}, ${empty})`);
  const kept = `list_filter(${b}, lambda x: list_position(list_concat(${o}, ${t}), x) IS NOT NULL)`;
  const all = `list_concat(list_concat(${kept}, ${o}), ${t})`;
  return `list_filter(${all}, lambda x, i: list_position(${all}, x) = i)`;
}

/** The text of a key's value, by JSON pointer: a path would need other escapes. NULL where the key is absent. */
function at(document: string | undefined): string {
  return `CAST(json_extract(${document}, '/' || replace(replace(k, '~', '~0'), '/', '~1')) AS VARCHAR)`;
}

function same(left: string, right: string): string {
  return `${left} IS NOT DISTINCT FROM ${right}`;
}

/** Texts are compared as jsonb has them. */
function mergedKeys({ base, ours, theirs }: Cell): PolicyValue {
  const empty = "CAST('{}' AS JSON)";
  const [b, o, t] = [`coalesce(${base}, ${empty})`, ours, theirs].map(
    (value) => `duckbranch_jsonb(${value})`,
  );
  const isObject = [b, o, t].map((value) => `coalesce(json_type(${value}) = 'OBJECT', FALSE)`).join(" AND ");
  const keys = `list_distinct(list_concat(json_keys(${o}), json_keys(${t})))`;
  const isConflict = `NOT (${same(at(o), at(t))}) AND NOT (${same(at(o), at(b))}) AND NOT (${same(at(t), at(b))})`;
  const merged = `CASE WHEN ${same(at(o), at(b))} THEN ${at(t)} ELSE ${at(o)} END`;
  const members = `list_transform(list_filter(${keys}, lambda k: ${merged} IS NOT NULL), lambda k: CAST(system.main.to_json(k) AS VARCHAR) || ':' || ${merged})`;
  return {
    isKnown: `CASE WHEN ${isObject} THEN len(list_filter(${keys}, lambda k: ${isConflict})) = 0 ELSE FALSE END`,
    value: `duckbranch_jsonb(CAST('{' || array_to_string(${members}, ',') || '}' AS JSON))`,
  };
}

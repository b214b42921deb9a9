/** Items of a jsonpath: texts of canonical JSON, what kind they are, and how they compare. Pure. */
import { notSupported, SQLSTATE, SqlError } from "../../core/errors.js";
import { partsOf } from "./document-parts.js";
import { compareNumbers } from "./json-numbers.js";
import type { Comparison } from "./json-path-grammar.js";

export type Item = string;
/** Undefined is unknown. */
export type Truth = boolean | undefined;

export type ItemKind = "object" | "array" | "string" | "number" | "boolean" | "null";

export function kindOf(item: Item): ItemKind {
  switch (item.charAt(0)) {
    case "{":
      return "object";
    case "[":
      return "array";
    case '"':
      return "string";
    case "t":
    case "f":
      return "boolean";
    case "n":
      return "null";
    default:
      return "number";
  }
}

/** Of an array; anything else is one of itself. */
export const itemsOf = (array: Item): readonly Item[] => {
  const parts = partsOf(array);
  return parts.kind === "array" ? parts.items : [array];
};

/** What a string of JSON says. */
export const stringOf = (item: Item): string => String(JSON.parse(item));

/** Has nothing in it. */
export function isLeaf(item: Item): boolean {
  return kindOf(item) !== "object" && kindOf(item) !== "array";
}

/** Of one kind, and neither objects nor arrays; null is like null alone. */
export function compared(operator: Comparison, left: Item, right: Item): Truth {
  const [kind, other] = [kindOf(left), kindOf(right)];
  if (kind !== other) return kind === "null" || other === "null" ? operator === "!=" : undefined;
  if (kind === "object" || kind === "array") return undefined;
  const order = kind === "number" ? compareNumbers(left, right) : orderOf(stringOf(left), stringOf(right));
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return operator satisfies never;
  }
}

/** By their bytes; false is before true. */
function orderOf(one: string, other: string): number {
  return one === other ? 0 : Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** Errors: 0A000 where it was not computed */
export function known(number: string | undefined): Item {
  if (number === undefined) throw notSupported("a number of so many digits in a jsonpath is not supported");
  return number;
}

/** Of a number, or of a text of one. Errors: 22036 */
export function doubleOf(item: Item): Item {
  const kind = kindOf(item);
  const isOne =
    kind === "number" ||
    (kind === "string" && /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\s*$/i.test(stringOf(item)));
  const value = isOne ? Number(kind === "string" ? stringOf(item) : item) : Number.NaN;
  if (kind !== "number" && kind !== "string")
    throw new SqlError(
      SQLSTATE.nonNumericSqlJsonItem,
      "jsonpath item method .double() can only be applied to a string or numeric value",
    );
  if (!Number.isFinite(value))
    throw new SqlError(
      SQLSTATE.nonNumericSqlJsonItem,
      `${kind} argument of jsonpath item method .double() is not a valid representation of a double precision number`,
    );
  return String(value);
}

/** Operators and what they take: casts that PostgreSQL puts in around two values. */
import { stringList, type AstNode } from "../../sql/ast.js";
import type { Expression } from "./tree.js";
import { castTo, isNumber, resultOf, sides } from "./types.js";

/** Names under which DuckDB knows some of PostgreSQL's operators (sql/dialect/operator-names.ts). */
const STORED_OPERATORS: ReadonlyMap<string, string> = new Map([
  ["~|~", "#"],
  ["|@|", "?"],
  ["|@||", "?|"],
  ["|@&", "?&"],
  ["-@|", "-"],
  ["-@", "#-"],
]);

/** As PostgreSQL knows it. */
export function operatorName(node: AstNode): string {
  const name = stringList(node, "name").at(-1) ?? "";
  return STORED_OPERATORS.get(name) ?? name;
}

/** Both sides with their casts. */
export function operands(
  operator: string,
  left: Expression,
  right: Expression,
): readonly [Expression, Expression] {
  if (operator === "||") return joined(left, right);
  if (left.type === "jsonb" && right.type === "unknown" && /^(?:[?-]|[?][|&])$/.test(operator))
    return [left, castTo(right, operator.length === 1 ? "text" : "text[]")];
  if (operator === "^" && left.type !== "numeric")
    return [castTo(left, "double precision"), castTo(right, "double precision")];
  if (/^(->>?|#>>?)$/.test(operator))
    return [
      left,
      right.type === "unknown" ? castTo(right, operator.startsWith("#") ? "text[]" : "text") : right,
    ];
  if (/^!?~/.test(operator)) return [asText(left), asText(right)];
  const temporal = /^(date|interval|time)/;
  if (/^[+-]$/.test(operator) && temporal.test(left.type) && right.type === "unknown")
    return [left, castTo(right, "interval")];
  if (/^[*/]$/.test(operator) && left.type === "interval") return [left, castTo(right, "double precision")];
  // There is none of two sizes.
  if (/^[%&|#]$/.test(operator) && isNumber(left.type) && isNumber(right.type)) {
    const type = resultOf(operator, left.type, right.type);
    return [castTo(left, type), castTo(right, type)];
  }
  return sides(left, right);
}

const asText = (value: Expression): Expression =>
  value.type === "unknown" || value.type === "character varying" ? castTo(value, "text") : value;

function joined(left: Expression, right: Expression): readonly [Expression, Expression] {
  const known = [left, right].find(({ type }) => type.endsWith("[]") || type === "jsonb" || type === "bytea");
  if (known !== undefined) {
    const side = (value: Expression): Expression =>
      value.type === "unknown" ? castTo(value, known.type) : value;
    return [side(left), side(right)];
  }
  return [asText(left), asText(right)];
}

/** What PostgreSQL's operators and aggregates give, by the names of the types they take. */

const NUMBERS: readonly string[] = ["int2", "int4", "int8", "numeric", "float4", "float8"];
const STAMPS: ReadonlySet<string> = new Set(["timestamp", "timestamptz"]);

/**
 * Of a binary operator; undefined where it is not known. A side that is `unknown`, a string or a parameter, is taken for
 * what stands on the other.
 */
export function operationType(
  operator: string,
  left: string | undefined,
  right: string | undefined,
): string | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (left === "jsonb") return operator === "-" ? left : undefined;
  if (NUMBERS.includes(left) || NUMBERS.includes(right)) return numberOf(operator, left, right);
  return momentOf(operator, left, right);
}

function numberOf(operator: string, left: string, right: string): string | undefined {
  const isSum = operator === "+" || operator === "-";
  if (left === "interval" && (operator === "*" || operator === "/")) return left;
  if (right === "interval") return operator === "*" ? right : undefined;
  if (left === "date" || right === "date") return isSum ? "date" : undefined;
  if (left === "unknown" || right === "unknown") return left === "unknown" ? right : left;
  const wider = NUMBERS[Math.max(NUMBERS.indexOf(left), NUMBERS.indexOf(right))];
  if (!NUMBERS.includes(left) || !NUMBERS.includes(right)) return undefined;
  return wider === "float4" && left !== right ? "float8" : wider;
}

function momentOf(operator: string, left: string, right: string): string | undefined {
  if (operator === "-") {
    const same = left === "unknown" ? right : right === "unknown" ? left : left === right ? left : undefined;
    if (same === "date") return "int4";
    if (same === "time" || same === "interval") return "interval";
    if ([left, right].every((side) => STAMPS.has(side) || side === "date" || side === "unknown"))
      return "interval";
  }
  if (operator !== "+" && operator !== "-") return undefined;
  const [moment, other] = right === "interval" ? [left, right] : [right, left];
  if (other !== "interval" || (operator === "-" && right !== "interval")) return undefined;
  if (moment === "date") return "timestamp";
  return moment === "time" || moment === "interval" || STAMPS.has(moment) ? moment : undefined;
}

/** `count`, `sum` and `avg`. */
export function aggregateType(name: string, argument: string | undefined): string | undefined {
  if (name === "count") return "int8";
  if (argument === undefined || (name !== "sum" && name !== "avg")) return undefined;
  if (argument === "interval" || argument === "float8") return argument;
  if (argument === "float4") return name === "sum" ? "float4" : "float8";
  if (!NUMBERS.includes(argument)) return undefined;
  return name === "sum" && (argument === "int2" || argument === "int4") ? "int8" : "numeric";
}

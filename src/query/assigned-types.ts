/** Constants of a type that PostgreSQL does not assign to their column's, where DuckDB casts without a word. */
import type { TableDefinition } from "../branch/table-definition.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { characterPosition, type Token } from "../sql/lexer.js";
import { normaliseName } from "../sql/names.js";
import { storedValues } from "../sql/stored-values.js";

const NUMBERS: readonly (readonly [pattern: RegExp, shown: string])[] = [
  [/^SMALLINT$/, "smallint"],
  [/^INTEGER$/, "integer"],
  [/^BIGINT$/, "bigint"],
  [/^DECIMAL\(/, "numeric"],
  [/^DOUBLE$/, "double precision"],
  [/^FLOAT$/, "real"],
];

/** `columns`: those INSERT fills, in order. Errors: 42804 a number for a boolean, a truth value for a number */
export function refuseOtherTypes(
  statement: RelationalStatement,
  definition: TableDefinition,
  columns: readonly string[],
): void {
  const hasBooleans = definition.columns.some(({ type }) => type === "BOOLEAN");
  if (!hasBooleans && !/\b(?:true|false)\b/i.test(statement.text)) return;
  for (const { column, only, start } of storedValues(statement).values) {
    const given = only && constantType(only);
    if (given === undefined) continue;
    const name = typeof column === "number" ? columns[column] : column;
    const found = definition.columns.find((one) => normaliseName(one.name) === normaliseName(name ?? ""));
    const type = found && columnType(found.type);
    if (type === undefined || (type === "boolean") === (given === "boolean")) continue;
    throw new SqlError(
      SQLSTATE.datatypeMismatch,
      `column "${found?.name}" is of type ${type} but expression is of type ${given}`,
      {
        hint: "You will need to rewrite or cast the expression.",
        position: characterPosition(statement.text, start),
        routine: "transformAssignedExpr",
      },
    );
  }
}

function columnType(type: string): string | undefined {
  return type === "BOOLEAN" ? "boolean" : NUMBERS.find(([pattern]) => pattern.test(type))?.[1];
}

/** Undefined for texts and parameters, which have no type of their own, and for names. */
function constantType({ kind, value }: Token): string | undefined {
  if (kind === "word") return value === "true" || value === "false" ? "boolean" : undefined;
  if (kind !== "number") return undefined;
  if (!/^\d+$/.test(value)) return "numeric";
  const number = BigInt(value);
  return number < 2n ** 31n ? "integer" : number < 2n ** 63n ? "bigint" : "numeric";
}

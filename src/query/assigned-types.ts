/** Constants of a type that PostgreSQL does not assign to their column's, where DuckDB casts without a word. */
import type { TableDefinition } from "../branch/table-definition.js";
import { SQLSTATE, SqlError, notSupported } from "../core/errors.js";
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

/** `columns`: those INSERT fills, in order. Errors: 42804 a number for a boolean, a truth value for a number; 0A000 */
export function refuseOtherTypes(
  statement: RelationalStatement,
  definition: TableDefinition,
  columns: readonly string[],
): void {
  refuseDeeperArrays(statement, definition, columns);
  const hasBooleans = definition.columns.some(({ type }) => type === "BOOLEAN");
  if (!hasBooleans && !/\b(?:true|false)\b/i.test(statement.text)) return;
  for (const { column, only, start } of storedValues(statement).values) {
    const given = only && constantType(only);
    if (given === undefined) continue;
    const found = columnOf(definition, columns, column);
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

const NESTED = /\barray\s*\[\s*(?:array\s*)?\[/i;
const NESTED_VALUE = new RegExp(`^(?:cast\\s*\\(\\s*)?${NESTED.source}`, "i");
const ONE_DEEP = /[^\]]\[\d*\]$/;

/** Of lists in a list of texts DuckDB would make texts. */
function refuseDeeperArrays(
  statement: RelationalStatement,
  definition: TableDefinition,
  columns: readonly string[],
): void {
  if (!NESTED.test(statement.text)) return;
  for (const { column, start, end } of storedValues(statement).values) {
    if (!NESTED_VALUE.test(statement.text.slice(start, end))) continue;
    if (!ONE_DEEP.test(columnOf(definition, columns, column)?.type ?? "")) continue;
    const refused = notSupported(
      "an array of more dimensions than its column was made with is not supported",
    );
    throw refused.with({ position: characterPosition(statement.text, start) });
  }
}

function columnOf(
  definition: TableDefinition,
  columns: readonly string[],
  column: string | number,
): TableDefinition["columns"][number] | undefined {
  const name = normaliseName((typeof column === "number" ? columns[column] : column) ?? "");
  return definition.columns.find((one) => normaliseName(one.name) === name);
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

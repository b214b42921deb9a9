/** Functions of this program that SQL can call: texts in, a text out. */
import { DuckDBScalarFunction, VARCHAR } from "@duckdb/node-api";
import { SqlError } from "../core/errors.js";
import { raisedText } from "./failure.js";

/** Called once per row, on the event loop. May throw SqlError, which becomes the statement's error. */
export type TextFunction = (values: readonly (string | null)[]) => string | null;

/** A volatile function DuckDB calls anew for every row, with constant arguments too: what it gives depends on the session. */
export function textFunction(
  name: string,
  parameters: number,
  call: TextFunction,
  kind: "volatile" | "pure",
): DuckDBScalarFunction {
  return DuckDBScalarFunction.create({
    name,
    returnType: VARCHAR,
    parameterTypes: Array.from({ length: parameters }, () => VARCHAR),
    volatile: kind === "volatile",
    specialHandling: true,
    mainFunction: (info, input, output) => {
      try {
        const columns = Array.from({ length: parameters }, (_, column) => input.getColumnVector(column));
        for (let row = 0; row < input.rowCount; row++) {
          const values = columns.map((column) => {
            const value = column.getItem(row);
            return typeof value === "string" ? value : null;
          });
          output.setItem(row, call(values));
        }
        output.flush();
      } catch (error) {
        // Thrown into the binding it would end the process.
        info.setError(error instanceof SqlError ? raisedText(error) : `internal error: ${String(error)}`);
      }
    },
  });
}

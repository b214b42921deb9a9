/** Failures that are the operator's to mend end a command with one line on stderr, without a stack. */
import { SqlError } from "../core/errors.js";
import { OperatorError } from "../core/operator-error.js";
import { printableLines } from "./rendering.js";

/** Wraps a command's action. Anything unexpected is thrown on. */
export function tellOperator<Arguments extends readonly unknown[]>(
  action: (...given: Arguments) => Promise<void>,
): (...given: Arguments) => Promise<void> {
  return async (...given) => {
    try {
      await action(...given);
    } catch (error) {
      if (!isExpected(error)) throw error;
      const hint = error instanceof SqlError && error.hint !== undefined ? ` (${error.hint})` : "";
      process.stderr.write(`duckbranch: ${printableLines(error.message + hint)}\n`);
      process.exitCode = 1;
    }
  };
}

/** What the operator can mend. */
export function isExpected(error: unknown): error is Error {
  return error instanceof OperatorError || error instanceof SqlError || isSystemError(error);
}

/** Listening and file errors of Node carry a code. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "code" in error;
}

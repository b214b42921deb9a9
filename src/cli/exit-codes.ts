/** How a command of the command line ends: what it prints when it fails, and its exit code. */
import { DatabaseError } from "pg";
import { tellOperator } from "./operator.js";

/** A merge that has conflicts; 1 is any other failure, 2 a command that makes no sense. */
export const CONFLICTS = 3;
export const USAGE = 2;

const CONFLICT_CODE = "40002";

/** Wraps a command's action. What the server says is printed with its code, detail and hint. */
export function tellUser<Arguments extends readonly unknown[]>(
  action: (...given: Arguments) => Promise<void>,
): (...given: Arguments) => Promise<void> {
  return tellOperator(async (...given: Arguments) => {
    try {
      await action(...given);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      const { code, message, detail, hint } = error;
      const lines = [`${code ?? ""} ${message}`, detail, hint === undefined ? undefined : `hint: ${hint}`];
      process.stderr.write(`duckbranch: ${lines.filter((line) => line !== undefined).join("\n  ")}\n`);
      process.exitCode = code === CONFLICT_CODE ? CONFLICTS : 1;
    }
  });
}

/** How a command of the command line ends: what it prints when it fails, and its exit code. */
import { DatabaseError } from "pg";
import { SqlError } from "../core/errors.js";
import { isExpected, tellOperator } from "./operator.js";
import { printableLines } from "./rendering.js";

/** A merge that has conflicts; 1 is any other failure, 2 a command that makes no sense. */
export const CONFLICTS = 3;
export const USAGE = 2;

/** What a shell says of a program that SIGPIPE ended, which Node ignores. */
const BROKEN_PIPE = 141;

const CONFLICT_CODE = "40002";

/**
 * Wraps a command's action. What the server says is printed with its code, detail and hint; with `--json` any failure as an object,
 * on stderr as well.
 */
export function tellUser<Arguments extends readonly unknown[]>(
  action: (...given: Arguments) => Promise<void>,
): (...given: Arguments) => Promise<void> {
  return tellOperator(async (...given: Arguments) => {
    const asJson = given.some((each) => Object(each).json === true);
    try {
      await action(...given);
    } catch (error) {
      const isServers = error instanceof DatabaseError;
      if (asJson && isExpected(error)) process.stderr.write(failureJson(error));
      else if (isServers) process.stderr.write(failureText(error));
      else throw error;
      process.exitCode = isServers && error.code === CONFLICT_CODE ? CONFLICTS : 1;
    }
  });
}

function failureText({ code, message, detail, hint }: DatabaseError): string {
  const lines = [`${code ?? ""} ${message}`, detail, hint === undefined ? undefined : `hint: ${hint}`];
  return `duckbranch: ${printableLines(lines.filter((line) => line !== undefined).join("\n"))}\n`;
}

/** `… | head -1`: who reads no more wants no more, and no complaint either; the server sees the connection close. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit(BROKEN_PIPE);
    });
}

/** A server is not there to be read: it goes on when nobody listens to what it says. */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
}

/** Neither the server's answer nor an error like one: there is no SQLSTATE. */
export function failureJson(error: Error): string {
  const {
    code: sqlstate = null,
    detail,
    hint,
  } = error instanceof DatabaseError || error instanceof SqlError ? error : {};
  return `${JSON.stringify({ error: { sqlstate, message: error.message, detail, hint } })}\n`;
}

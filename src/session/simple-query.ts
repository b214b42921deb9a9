/** The Query message: one text, any number of statements, each with its own answer. */
import type { ParsedStatement } from "../query/types.js";
import { writeCommandComplete, writeEmptyQueryResponse } from "../wire/backend-messages.js";
import type { ClientContext } from "./client-context.js";
import type { Portals } from "./portals.js";
import type { PreparedStatements } from "./prepared-statements.js";
import { runCopy, sendDescribedRows } from "./send-result.js";
import type { StatementRunner } from "./statement-runner.js";

/**
 * Runs the statements of one Query message in order. An error is thrown and stops the rest.
 *
 * Atomic  several statements share one implicit transaction, committed before the last one is reported complete
 */
export async function simpleQuery(
  context: ClientContext,
  statements: PreparedStatements,
  portals: Portals,
  runner: StatementRunner,
  text: string,
): Promise<void> {
  statements.close("");
  await portals.close("");
  const parsed = (await context.session.parse(text)).filter((statement) => !statement.empty);
  if (parsed.length === 0) writeEmptyQueryResponse(context.output.writer);
  if (parsed.length > 1) context.implicit.begin(true);
  for (const [index, statement] of parsed.entries()) {
    await runStatement(context, runner, statement, index === parsed.length - 1);
    await context.slice.restIfOver();
  }
}

async function runStatement(
  context: ClientContext,
  runner: StatementRunner,
  statement: ParsedStatement,
  isLast: boolean,
): Promise<void> {
  const tag = await executeAndSend(context, runner, statement);
  context.interrupt.throwIfRequested();
  if (isLast) await context.implicit.end();
  context.writeNotices();
  if (tag === undefined) writeEmptyQueryResponse(context.output.writer);
  else writeCommandComplete(context.output.writer, tag);
  if (context.output.isLarge) await context.output.flush();
}

/** The command tag; undefined for a statement that turned out to be empty. */
async function executeAndSend(
  context: ClientContext,
  runner: StatementRunner,
  statement: ParsedStatement,
): Promise<string | undefined> {
  const result = await runner.run(statement, [], []);
  switch (result.kind) {
    case "rows":
    case "fetched":
      return sendDescribedRows(context, result);
    case "command":
      return result.tag;
    case "copyIn":
    case "copyOut":
      return runCopy(context, result);
    case "empty":
      return undefined;
    default:
      return result satisfies never;
  }
}

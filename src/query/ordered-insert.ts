/** INSERT … ON CONFLICT … RETURNING into a table that has all of its rows: staged for the sake of the order of what it returns. */
import type { Transaction } from "../branch/transaction.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { writeSpans } from "../sql/write-spans.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";
import { resolvedSlices, type WriteTargets } from "./resolve.js";
import { losesOrder } from "./returned-order.js";
import { planStagedInsert } from "./staged-insert.js";
import { storedColumnsOf, targetTable } from "./target-table.js";

interface InPlace {
  readonly targets: WriteTargets;
  readonly check: PlannedStatement["check"];
}

/** Undefined where what is returned has its order already, or none. `targets` is what the statement writes. */
export async function planOrderedInsert(
  context: PlanContext,
  transaction: Transaction,
  statement: RelationalStatement,
  { targets, check }: InPlace,
): Promise<PlannedStatement | undefined> {
  if (statement.verb !== "insert" || !losesOrder(statement)) return undefined;
  const spans = writeSpans(statement);
  const target = statement.names.find(({ role }) => role === "write");
  if (spans === undefined || target === undefined) return undefined;
  const { connection } = transaction;
  const { runBound, services, scope } = context;
  const table = await targetTable(context, transaction, target);
  const columns = await storedColumnsOf(connection, table);
  const slice = await resolvedSlices(services, scope, statement, targets);
  const run = async (sql: string): Promise<number> =>
    runBound === undefined || statement.parameterCount === 0
      ? await connection.change(sql)
      : await runBound.change(sql);
  const staged = {
    context,
    transaction,
    statement,
    spans,
    table: { sql: table.sql, columns, keys: [] },
    run,
  };
  return await planStagedInsert(staged, slice, check === undefined ? {} : { check });
}

/**
 * INSERT whose rows are computed once, into a stage, before any of them is inserted: because they are read from the table they
 * go to, because the rows that ON CONFLICT will find have to be known before, which have a key in common with one of them, or
 * because what ON CONFLICT returns has to be put into their order.
 */
import type { UniqueKey } from "../branch/overlay-shape.js";
import type { Transaction } from "../branch/transaction.js";
import type { RelationalStatement, TextSpan } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import type { WriteSpans } from "../sql/write-spans.js";
import { makeStage, type StageTarget } from "./insert-stage.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";
import { returnedOrder } from "./returned-order.js";

interface StagedInsert {
  readonly context: PlanContext;
  readonly transaction: Transaction;
  readonly statement: RelationalStatement;
  readonly table: StageTarget & { readonly keys: readonly UniqueKey[] };
  readonly spans: WriteSpans;
  readonly run: (sql: string) => Promise<number>;
}

interface StageUses {
  /** Called for each key; `sameKey` gives the condition for rows of that alias. */
  readonly find?: (sameKey: (alias: string) => string) => Promise<void>;
  readonly check?: NonNullable<PlannedStatement["check"]>;
}

/** `slice` gives parts of the statement as DuckDB takes them. */
export async function planStagedInsert(
  { context, transaction, statement, table, spans, run }: StagedInsert,
  slice: (span: TextSpan) => string,
  { find, check }: StageUses,
): Promise<PlannedStatement> {
  const stage = await makeStage(transaction.connection, table, run, {
    with: slice(spans.with),
    rows: slice({ start: spans.behindTarget, end: spans.rowsEnd }),
  });
  for (const { columns } of table.keys) {
    await find?.((alias) => {
      const same = columns.map(quoteIdentifier).map((column) => `s.${column} = ${alias}.${column}`);
      return `EXISTS (SELECT 1 FROM ${stage.sql} AS s WHERE ${same.join(" AND ")})`;
    });
  }
  const columns = stage.columns.map(quoteIdentifier).join(", ");
  const head = slice({ start: 0, end: spans.behindTarget });
  const tail = slice({ start: spans.rowsEnd, end: statement.text.length });
  const order = returnedOrder(statement, stage);
  return {
    sql: `${head} (${columns}) SELECT ${columns} FROM ${stage.sql} ${tail}${order?.suffix ?? ""}`,
    order,
    usesSomeParameters: context.runBound !== undefined,
    afterwards: undefined,
    check: async (changed) => {
      await stage.drop();
      await check?.(changed);
    },
  };
}

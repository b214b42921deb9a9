/**
 * INSERT … ON CONFLICT where the rows that it will find have to be known before. The new rows are computed once, into a stage;
 * those they may be in conflict with have a key in common with one of them; then the stage is inserted.
 */
import type { OverlayTable } from "../branch/overlay.js";
import type { Transaction } from "../branch/transaction.js";
import type { RelationalStatement, TextSpan } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import type { WriteSpans } from "../sql/write-spans.js";
import { makeStage } from "./insert-stage.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";

interface Upsert {
  readonly context: PlanContext;
  readonly transaction: Transaction;
  readonly statement: RelationalStatement;
  readonly table: OverlayTable;
  readonly spans: WriteSpans;
  readonly conflictAt: number;
  readonly run: (sql: string) => Promise<number>;
}

interface FoundRows {
  /** Called for each key; `sameKey` gives the condition for rows of that alias. */
  readonly find: (sameKey: (alias: string) => string) => Promise<void>;
  readonly check?: NonNullable<PlannedStatement["check"]>;
}

/** `slice` gives parts of the statement as DuckDB takes them. */
export async function planStagedUpsert(
  { context, transaction, statement, table, spans, conflictAt, run }: Upsert,
  slice: (span: TextSpan) => string,
  { find, check }: FoundRows,
): Promise<PlannedStatement> {
  const stage = await makeStage(transaction.connection, table, run, {
    with: slice(spans.with),
    rows: slice({ start: spans.behindTarget, end: conflictAt }),
  });
  for (const { columns } of table.shape.keys) {
    await find((alias) => {
      const same = columns.map(quoteIdentifier).map((column) => `s.${column} = ${alias}.${column}`);
      return `EXISTS (SELECT 1 FROM ${stage.sql} AS s WHERE ${same.join(" AND ")})`;
    });
  }
  const columns = stage.columns.map(quoteIdentifier).join(", ");
  const head = slice({ start: 0, end: spans.behindTarget });
  const tail = slice({ start: conflictAt, end: statement.text.length });
  return {
    sql: `${head} (${columns}) SELECT ${columns} FROM ${stage.sql} ${tail}`,
    usesSomeParameters: context.runBound !== undefined,
    afterwards: undefined,
    check: async (changed) => {
      await stage.drop();
      await check?.(changed);
    },
  };
}

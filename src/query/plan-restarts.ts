/** RESTART IDENTITY: the sequences of a table's columns begin again. */
import { notSupported } from "../core/errors.js";
import type { Transaction } from "../branch/transaction.js";
import { textCell } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import { ownedSequences, sequenceSql, type OwnedSequence } from "./owned-sequences.js";
import { step, type PlannedStatement } from "./plan-context.js";
import type { TargetTable } from "./target-table.js";

/** DuckDB sets no sequence back: each is made anew, while the column's default lets go of it. */
export async function planRestarts(
  transaction: Transaction,
  table: TargetTable,
): Promise<PlannedStatement[]> {
  const planned: PlannedStatement[] = [];
  for (const owned of await ownedSequences(transaction.connection, table)) {
    if (owned.sequence.schema !== table.schema) {
      throw notSupported(
        "RESTART IDENTITY of a table inherited from another head is not supported: both draw from one sequence",
      );
    }
    planned.push(...(await restart(transaction, table, owned)));
  }
  if (planned.length > 0) transaction.markDefinitionsChanged();
  return planned;
}

async function restart(
  transaction: Transaction,
  table: TargetTable,
  { sequence, column }: OwnedSequence,
): Promise<PlannedStatement[]> {
  const [row] = await transaction.connection.rows(
    `SELECT (SELECT column_default FROM duckdb_columns() WHERE database_name = $1 AND lower(schema_name) = lower($2)
         AND lower(table_name) = lower($4) AND column_name = $5) AS expression,
       format('INCREMENT BY {} MINVALUE {} MAXVALUE {} START {} {}', increment_by, min_value, max_value, start_value,
         if(cycle, 'CYCLE', 'NO CYCLE')) AS options
     FROM duckdb_sequences() WHERE database_name = $1 AND lower(schema_name) = lower($2) AND sequence_name = $3`,
    [sequence.catalog, sequence.schema, sequence.name, table.name, column],
  );
  if (row === undefined) return [];
  const alter = `ALTER TABLE ${table.sql} ALTER COLUMN ${quoteIdentifier(column)}`;
  const temporary = sequence.catalog === "temp" ? "TEMP " : "";
  return [
    step(`${alter} DROP DEFAULT`),
    step(`DROP SEQUENCE ${sequenceSql(sequence)}`),
    step(`CREATE ${temporary}SEQUENCE ${sequenceSql(sequence)} ${textCell(row, "options")}`),
    step(`${alter} SET DEFAULT ${textCell(row, "expression")}`),
  ];
}

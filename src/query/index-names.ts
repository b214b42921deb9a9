/** Indexes by name on a branch, where DuckDB keeps each in the schema of its table's image. */
import type { RelationName } from "../branch/model.js";
import type { Transaction } from "../branch/transaction.js";
import { textCell } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { NameScope } from "./relation-names.js";

/** The table of the branch that has the index; undefined when none has. */
export async function branchIndex(
  transaction: Transaction,
  scope: NameScope,
  index: string,
): Promise<RelationName | undefined> {
  const rows = await transaction.connection.rows(
    "SELECT schema_name, table_name FROM duckdb_indexes() WHERE database_name = ? AND lower(index_name) = lower(?)",
    [DATA_CATALOG, index],
  );
  const places = rows.map((row) => `${textCell(row, "schema_name")}.${textCell(row, "table_name")}`);
  return scope.state
    .visible(scope.head)
    .find(({ physical }) => physical !== null && places.includes(`${physical.schema}.${physical.name}`));
}

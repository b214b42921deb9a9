/**
 * What a sequence gave last, in SQL over duckdb_sequences(). DuckDB's own last_value is the next value after the file was
 * opened anew, and its start_value too; the sequence's text always says what comes next.
 */

/** NULL when it has given none. `alias` is duckdb_sequences()'s. */
export function lastValue(alias: string): string {
  const before = `regexp_extract(${alias}.sql, 'START (-?[0-9]+)', 1)::HUGEINT - ${alias}.increment_by`;
  // Behind the end of a cycle, or of the sequence, DuckDB's is right.
  return `CASE WHEN ${alias}.last_value IS NULL THEN NULL
    WHEN ${before} BETWEEN ${alias}.min_value AND ${alias}.max_value THEN (${before})::BIGINT ELSE ${alias}.last_value END`;
}

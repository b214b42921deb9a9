/**
 * ON CONFLICT DO UPDATE whose rows touch one row twice: 21000 in PostgreSQL, while DuckDB keeps the last of them. Rows of
 * VALUES are counted when the statement has run; a query is made to refuse them itself, or it would have to be run twice.
 */
import type { TableDefinition } from "../branch/table-definition.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { InsertForm, RelationalStatement, TextEdit } from "../sql/analysis.js";
import { normaliseName, quoteLiteral } from "../sql/names.js";

const MESSAGE = "ON CONFLICT DO UPDATE command cannot affect row a second time";

/**
 *   SELECT id, n FROM u
 *     ⇒  SELECT * FROM (SELECT id, n FROM u) AS proposed(c0, c1) QUALIFY CASE WHEN c0 IS NOT NULL AND
 *        count(*) OVER (PARTITION BY CAST(c0 AS INTEGER)) > 1 THEN error('…') ELSE true END
 *
 * `columns` are those the rows give, `keys` those whose values decide about a conflict. Where a key is left to its default
 * nothing is known of it, and nothing is refused.
 */
export function refusingTwice(
  { conflict, source }: InsertForm,
  columns: readonly string[],
  keys: readonly string[],
  definition: TableDefinition,
): readonly TextEdit[] {
  if (conflict !== "update" || source === undefined || keys.length === 0) return [];
  const places = keys.map((key) => columns.findIndex((name) => isSame(name, key)));
  if (places.includes(-1)) return [];
  const values = places.map((place) => {
    const type = definition.columns.find(({ name }) => isSame(name, columns[place] ?? ""))?.type;
    return type === undefined ? `c${place}` : `CAST(c${place} AS ${type})`;
  });
  const given = places.map((place) => `c${place} IS NOT NULL`).join(" AND ");
  const isTwice = `${given} AND count(*) OVER (PARTITION BY ${values.join(", ")}) > 1`;
  const names = columns.map((_, index) => `c${index}`).join(", ");
  const refusal = `QUALIFY CASE WHEN ${isTwice} THEN error(${quoteLiteral(MESSAGE)}) ELSE true END`;
  return [
    { start: source.start, end: source.start, text: "SELECT * FROM (" },
    { start: source.end, end: source.end, text: `\n) AS proposed(${names}) ${refusal}` },
  ];
}

function isSame(left: string, right: string): boolean {
  return normaliseName(left) === normaliseName(right);
}

/** 21000 when fewer rows were changed than VALUES has. */
export function refuseSecondChange({ insert }: RelationalStatement, changed: number): void {
  if (insert === undefined || !insert.updatesAll || insert.rows === 0 || changed >= insert.rows) return;
  throw new SqlError(SQLSTATE.cardinalityViolation, MESSAGE, {
    hint: "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
  });
}

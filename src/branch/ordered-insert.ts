/**
 * Rows of a table that refers to itself: DuckDB looks for what a row refers to before it has any of the statement's rows, so they
 * go in by levels, each once those that it refers to are there.
 */
import { notSupported } from "../core/errors.js";
import { numberCell, type Connection } from "../engine/connection.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import type { PhysicalTable } from "./model.js";
import { referencesIn, type Reference } from "./referrers.js";
import { physicalName } from "./system-schema.js";

const PENDING = "temp.main.merge_pending";
const READY = "temp.main.merge_ready";

/** Inserts what `rows`, a SELECT of these columns, gives. Returns how many. Errors: 0A000 for rows that refer to each other in a circle */
export async function insertInOrder(
  connection: Connection,
  table: PhysicalTable,
  columns: readonly string[],
  rows: string,
): Promise<number> {
  const list = columns.map(quoteIdentifier).join(", ");
  const into = `INSERT INTO ${physicalName(table)} (${list})`;
  const own = await ownKeys(connection, table);
  if (own.length === 0) return await connection.change(`${into} ${rows}`);
  await connection.run(
    `CREATE TEMP TABLE merge_pending AS SELECT row_number() OVER () AS "#n", * FROM (${rows}) AS r`,
  );
  let inserted = 0;
  for (;;) {
    await connection.run(
      `CREATE TEMP TABLE merge_ready AS SELECT c."#n" FROM ${PENDING} AS c WHERE ${own.map(isFree).join(" AND ")}`,
    );
    const among = `"#n" IN (FROM ${READY})`;
    const level = await connection.change(`${into} SELECT ${list} FROM ${PENDING} WHERE ${among}`);
    await connection.run(`DELETE FROM ${PENDING} WHERE ${among}; DROP TABLE ${READY}`);
    inserted += level;
    if (level > 0) continue;
    const [left] = await connection.rows(`SELECT count(*) AS rows FROM ${PENDING}`);
    await connection.run(`DROP TABLE ${PENDING}`);
    if (left === undefined || numberCell(left, "rows") === 0) return inserted;
    throw notSupported(
      `cannot merge table "${table.name}": rows refer to themselves or to each other in a circle`,
      "let one of them refer to none, merge, and set it on the target",
    );
  }
}

async function ownKeys(connection: Connection, table: PhysicalTable): Promise<readonly Reference[]> {
  const name = normaliseName(table.name);
  const references = await referencesIn(connection, table.schema);
  return references.filter(({ from, to }) => from === name && to === name);
}

/** Refers to no row that is not there yet. */
function isFree({ columns, target }: Reference): string {
  const same = columns.map(
    (column, i) => `p.${quoteIdentifier(target[i] ?? "")} = c.${quoteIdentifier(column)}`,
  );
  return `NOT EXISTS (SELECT 1 FROM ${PENDING} AS p WHERE ${same.join(" AND ")})`;
}

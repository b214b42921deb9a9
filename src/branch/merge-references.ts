/**
 * Foreign keys of main as a set, once all rows of a transaction are written. DuckDB finds a row that the same transaction has
 * deleted when it looks whether one is there to refer to: rows left without theirs are looked for here.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { textCell, type Connection } from "../engine/connection.js";
import { defaultConstraintName } from "../sql/constraint-labels.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { relationKey, type RelationName } from "./model.js";
import { referencesIn, type Reference } from "./referrers.js";
import { FIRST_LOCAL_ROW_ID } from "./rows.js";
import { physicalName } from "./system-schema.js";

const MAX_SHOWN = 20;

/** Foreign keys that lead to one of these tables, or from one. */
export async function referencesAbout(
  connection: Connection,
  tables: readonly RelationName[],
): Promise<readonly SchemaReference[]> {
  const found: SchemaReference[] = [];
  for (const schema of new Set(tables.map((table) => table.schema))) {
    const names = new Set(
      tables.filter((table) => table.schema === schema).map(({ name }) => normaliseName(name)),
    );
    for (const reference of await referencesIn(connection, schema))
      if (names.has(reference.from) || names.has(reference.to)) found.push({ ...reference, schema });
  }
  return found;
}

/** Errors: 23503 with all that refer to a row of these tables that is not there */
export async function refuseOrphans(
  connection: Connection,
  referred: readonly RelationName[],
): Promise<void> {
  const keys = new Set(referred.map(relationKey));
  const references = (await referencesAbout(connection, referred)).filter(({ schema, to }) =>
    keys.has(relationKey({ schema, name: to })),
  );
  await refuseOrphansOf(connection, references, "all");
}

/** A foreign key between tables of one schema; there are no others. */
export interface SchemaReference extends Reference {
  readonly schema: string;
}

/** The same for these foreign keys, in all rows or in those that the transaction has added. Errors: 23503 */
export async function refuseOrphansOf(
  connection: Connection,
  references: readonly SchemaReference[],
  which: "all" | "added",
): Promise<void> {
  const lines: string[] = [];
  let constraint = "";
  for (const reference of references) {
    const found = await orphans(connection, reference, which);
    if (found.length > 0) constraint ||= orphanMessage(reference);
    lines.push(...found);
  }
  if (lines.length > 0)
    throw new SqlError(SQLSTATE.foreignKeyViolation, constraint, { detail: lines.join("\n") });
}

export function orphanMessage({ from, columns }: Reference): string {
  return `insert or update on table "${from}" violates foreign key constraint "${defaultConstraintName(from, "foreign", columns)}"`;
}

async function orphans(
  connection: Connection,
  { schema, from, to, columns, target }: SchemaReference,
  which: "all" | "added",
): Promise<readonly string[]> {
  const own = columns.map((column) => `c.${quoteIdentifier(column)}`);
  const join = own
    .map((column, index) => `${column} = p.${quoteIdentifier(target[index] ?? "")}`)
    .join(" AND ");
  const added = which === "added" ? `c.rowid >= ${FIRST_LOCAL_ROW_ID} AND ` : "";
  const rows = await connection.rows(
    `SELECT DISTINCT concat_ws(', ', ${own.map((column) => `CAST(${column} AS VARCHAR)`).join(", ")}) AS key
     FROM ${physicalName({ schema, name: from })} AS c ANTI JOIN ${physicalName({ schema, name: to })} AS p ON ${join}
     WHERE ${added}${own.map((column) => `${column} IS NOT NULL`).join(" AND ")} LIMIT ${MAX_SHOWN}`,
  );
  return rows.map(
    (row) =>
      `Key (${columns.join(", ")})=(${textCell(row, "key")}) of table "${from}" is not present in table "${to}".`,
  );
}

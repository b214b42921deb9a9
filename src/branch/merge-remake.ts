/**
 * Tables that a merge makes anew with their merged rows: those whose definition it changes. DuckDB has no ALTER for most of it,
 * and would check a row before the merge has mended it.
 *
 * Atomic  the caller's transaction
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { numberCell, type Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import { commentStatements } from "./comments.js";
import { refuseViolations, violationsOf, type Violation } from "./merge-violations.js";
import type { PhysicalTable } from "./model.js";
import { physicalName } from "./system-schema.js";
import { storedColumns } from "./table-definition.js";
import type { DescribedTable } from "./table-properties.js";
import { createIndexOn } from "./table-rebuild.js";

/** A table to be made anew. */
export interface Remake {
  readonly place: PhysicalTable;
  /** Its name to clients. */
  readonly name: string;
  readonly becomes: DescribedTable;
  /** The elements of its definition, with what the definition does not say. */
  readonly elements: readonly string[];
  /** SELECT of its stored columns, in order, from the table as it was. */
  readonly rows: (from: string) => string;
  /** How many rows more than before. */
  readonly growth: number;
}

/** `meanwhile` runs when none of them is there. */
export async function remakeTables(
  connection: Connection,
  remakes: readonly Remake[],
  meanwhile: () => Promise<void>,
): Promise<void> {
  for (const { place } of remakes) {
    await connection.run(`CREATE TABLE ${asideOf(place)} AS FROM ${physicalName(place)}`);
    await connection.run(`DROP TABLE ${physicalName(place)}`);
  }
  await meanwhile();
  const violations: Violation[] = [];
  for (const { place, name, becomes, rows } of remakes)
    violations.push(
      ...(await violationsOf(connection, `(${rows(asideOf(place))})`, becomes.definition, name)),
    );
  refuseViolations(violations);
  for (const remake of remakes.toReversed()) await putUp(connection, remake);
}

function asideOf({ schema, name }: PhysicalTable): string {
  return physicalName({ schema, name: `${name}#new` });
}

async function putUp(
  connection: Connection,
  { place, becomes, elements, rows, growth }: Remake,
): Promise<void> {
  const [table, aside] = [physicalName(place), asideOf(place)];
  await connection.run(`CREATE TABLE ${table} (${elements.join(", ")})`);
  const columns = storedColumns(becomes.definition).map(({ name }) => name);
  const list = columns.map(quoteIdentifier).join(", ");
  const added = await connection.change(`INSERT INTO ${table} (${list}) ${rows(aside)}`);
  const [before] = await connection.rows(`SELECT count(*) AS rows FROM ${aside}`);
  if (before === undefined || added !== numberCell(before, "rows") + growth)
    throw new SqlError(
      SQLSTATE.internalError,
      `merge aborted: table "${place.name}" would have ${added} rows`,
    );
  await connection.run(`DROP TABLE ${aside}`);
  for (const index of becomes.definition.indexes) await connection.run(createIndexOn(index, place));
  for (const sql of commentStatements(becomes.comments, place)) await connection.run(sql);
}

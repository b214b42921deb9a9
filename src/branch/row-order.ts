/**
 * Which row of the base each of an overlay's own rows was, for tables without a key. Rows are put one behind the other, and DuckDB
 * never changes their order: BATCH of a row in `before` says at which place its successor is in the overlay's own table, and is
 * negative where the branch has deleted it. What takes rows away and puts them, changed, behind the others ends that for good.
 */
import { numberCell, type Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import type { Layer, Version } from "./model.js";
import { BATCH, requireBefore, requirePhysical, ROW_ID } from "./rows.js";
import { physicalName } from "./system-schema.js";

const [BATCH_SQL, ROW_ID_SQL] = [quoteIdentifier(BATCH), quoteIdentifier(ROW_ID)];

export type OverlayLayer = Extract<Layer, { readonly kind: "overlay" }>;

export function isInOrder({ layer }: Version): boolean {
  return layer?.kind === "overlay" && layer.inOrder === true;
}

/** An overlay's layer when that is not known any more. */
export function withoutOrder(layer: OverlayLayer): OverlayLayer {
  const { inOrder: _, ...rest } = layer;
  return rest;
}

/** Rows get other places in the overlay's own table from here on. */
export function loseOrder(
  writer: { readonly putVersion: (version: Version) => void },
  overlay: Version,
): void {
  if (overlay.layer?.kind === "overlay" && overlay.layer.inOrder === true)
    writer.putVersion({ ...overlay, layer: withoutOrder(overlay.layer) });
}

/** How many rows the branch's own table has: the place of the next one. */
export async function countOwnRows(connection: Connection, overlay: Version): Promise<number> {
  const own = physicalName(requirePhysical(overlay));
  return Number((await connection.firstRow(`SELECT count(*) FROM ${own}`))[0]);
}

/** The overlay's own rows, with their places as ROW_ID. */
export function placedRows(overlay: Version): string {
  const own = physicalName(requirePhysical(overlay));
  return `(SELECT *, row_number() OVER (ORDER BY rowid) - 1 AS ${ROW_ID_SQL} FROM ${own})`;
}

/** Rows at the places that the relation `leaving` has, as `place`, are about to be deleted. Atomic: the caller's transaction */
export async function forgetPlaces(connection: Connection, overlay: Version, leaving: string): Promise<void> {
  const before = physicalName(requireBefore(overlay));
  await connection.run(
    `UPDATE ${before} AS b SET ${BATCH_SQL} = n.next FROM (
       SELECT x.${ROW_ID_SQL} AS id, CASE WHEN l.place = x.${BATCH_SQL} THEN -1 ELSE x.${BATCH_SQL} - l.nth END AS next
       FROM ${before} AS x ASOF JOIN (SELECT place, row_number() OVER (ORDER BY place) AS nth FROM ${leaving}) AS l
       ON x.${BATCH_SQL} >= l.place) AS n
     WHERE b.${ROW_ID_SQL} = n.id`,
  );
}

/** Looks at what is written down before anybody relies on it: every place is one, and told once. */
export async function standsInOrder(connection: Connection, overlay: Version): Promise<boolean> {
  if (!isInOrder(overlay)) return false;
  const places = `(SELECT ${BATCH_SQL} AS place FROM ${physicalName(requireBefore(overlay))} WHERE ${BATCH_SQL} >= 0)`;
  const [row] = await connection.rows(
    `SELECT count(*) = count(DISTINCT place) AS once, coalesce(max(place), -1) AS last FROM ${places}`,
  );
  return row?.["once"] === true && numberCell(row, "last") < (await countOwnRows(connection, overlay));
}

/**
 * The rows that such an overlay has in place of its base's, and those it has added, with ROW_ID: the base's row id, or a negative
 * number that no other row has. A row that was deleted and added again as it was is itself.
 *
 * Shape: a relation with `columns` and ROW_ID
 */
export function identifiedRows(overlay: Version, columns: readonly string[]): string {
  const before = physicalName(requireBefore(overlay));
  const list = columns.map(quoteIdentifier).join(", ");
  const same = columns.map((c) => `g.${quoteIdentifier(c)} IS NOT DISTINCT FROM a.${quoteIdentifier(c)}`);
  const numbered = (rows: string, order: string): string =>
    `(SELECT *, row_number() OVER (PARTITION BY ${list} ORDER BY ${order}) AS nth FROM (${rows}))`;
  return `(WITH gone AS (SELECT ${list}, ${ROW_ID_SQL} FROM ${before} WHERE ${BATCH_SQL} < 0),
      placed AS (SELECT o.* EXCLUDE (${ROW_ID_SQL}), o.${ROW_ID_SQL} AS place, x.${ROW_ID_SQL} AS origin FROM ${placedRows(overlay)} AS o
        LEFT JOIN (SELECT * FROM ${before} WHERE ${BATCH_SQL} >= 0) AS x ON o.${ROW_ID_SQL} = x.${BATCH_SQL}),
      again AS (SELECT a.place, g.${ROW_ID_SQL} AS origin
        FROM ${numbered(`SELECT a.* FROM placed AS a SEMI JOIN gone AS g ON a.origin IS NULL AND ${same.join(" AND ")}`, "place")} AS a
        JOIN ${numbered("SELECT * FROM gone", ROW_ID_SQL)} AS g ON g.nth = a.nth AND ${same.join(" AND ")})
    SELECT ${columns.map((c) => `p.${quoteIdentifier(c)}`).join(", ")}, coalesce(p.origin, again.origin, -1 - p.place) AS ${ROW_ID_SQL}
    FROM placed AS p LEFT JOIN again USING (place))`;
}

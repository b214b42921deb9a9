/**
 * Which row of the base each of an overlay's own rows was, for tables without a key. As long as no row leaves the overlay's own
 * table its rows stay where they were put, one behind the other: BATCH of a row in `before` says at which place its successor is
 * there, and is negative where the branch has deleted it. Whatever takes a row away, even to add it anew, ends that for good.
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

/** An overlay's layer when a row has left its own table. */
export function withoutOrder(layer: OverlayLayer): OverlayLayer {
  const { inOrder: _, ...rest } = layer;
  return rest;
}

/** Rows leave the overlay's own table from here on. */
export function loseOrder(
  writer: { readonly putVersion: (version: Version) => void },
  overlay: Version,
): void {
  if (overlay.layer?.kind === "overlay" && overlay.layer.inOrder === true)
    writer.putVersion({ ...overlay, layer: withoutOrder(overlay.layer) });
}

/** How many rows the branch's own table has: the place of the next one. */
export async function countOwnRows(connection: Connection, overlay: Version): Promise<number> {
  const [row] = await connection.rows(`SELECT count(*) AS n FROM ${physicalName(requirePhysical(overlay))}`);
  return row === undefined ? 0 : numberCell(row, "n");
}

/** Looks at the rows themselves before anybody relies on it: none is missing, and none has more than one place. */
export async function standsInOrder(connection: Connection, overlay: Version): Promise<boolean> {
  if (!isInOrder(overlay)) return false;
  const own = physicalName(requirePhysical(overlay));
  const places = `(SELECT ${BATCH_SQL} AS place FROM ${physicalName(requireBefore(overlay))} WHERE ${BATCH_SQL} >= 0)`;
  const [row] = await connection.rows(
    `SELECT coalesce((SELECT max(rowid) FROM ${own}) = count(*) - 1, true)
       AND (SELECT count(*) = count(DISTINCT place) AND coalesce(max(place), -1) FROM ${places}) < count(*) AS stands FROM ${own}`,
  );
  return row?.["stands"] === true;
}

/**
 * The rows that such an overlay has in place of its base's, and those it has added, with ROW_ID: the base's row id, or a negative
 * number that no other row has. A row that was deleted and added again as it was is itself.
 *
 * Shape: a relation with `columns` and ROW_ID
 */
export function identifiedRows(overlay: Version, columns: readonly string[]): string {
  const own = physicalName(requirePhysical(overlay));
  const before = physicalName(requireBefore(overlay));
  const list = columns.map(quoteIdentifier).join(", ");
  const same = columns.map((c) => `g.${quoteIdentifier(c)} IS NOT DISTINCT FROM a.${quoteIdentifier(c)}`);
  const numbered = (rows: string, order: string): string =>
    `(SELECT *, row_number() OVER (PARTITION BY ${list} ORDER BY ${order}) AS nth FROM (${rows}))`;
  return `(WITH gone AS (SELECT ${list}, ${ROW_ID_SQL} FROM ${before} WHERE ${BATCH_SQL} < 0),
      placed AS (SELECT o.*, o.rowid AS place, x.${ROW_ID_SQL} AS origin FROM ${own} AS o
        LEFT JOIN (SELECT * FROM ${before} WHERE ${BATCH_SQL} >= 0) AS x ON o.rowid = x.${BATCH_SQL}),
      again AS (SELECT a.place, g.${ROW_ID_SQL} AS origin
        FROM ${numbered(`SELECT a.* FROM placed AS a SEMI JOIN gone AS g ON a.origin IS NULL AND ${same.join(" AND ")}`, "place")} AS a
        JOIN ${numbered("SELECT * FROM gone", ROW_ID_SQL)} AS g ON g.nth = a.nth AND ${same.join(" AND ")})
    SELECT ${columns.map((c) => `p.${quoteIdentifier(c)}`).join(", ")}, coalesce(p.origin, again.origin, -1 - p.place) AS ${ROW_ID_SQL}
    FROM placed AS p LEFT JOIN again USING (place))`;
}

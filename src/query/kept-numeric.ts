/** Values of a column that becomes a numeric without a scale: what it would round is refused, as where rows are stored. */
import type { TableDefinition } from "../branch/table-definition.js";
import { UNBOUNDED_NUMERIC } from "../core/unbounded-numeric.js";
import type { Alteration } from "../sql/analysis.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";

const { width, scale } = UNBOUNDED_NUMERIC;
const UNBOUNDED = new RegExp(`^\\s*DECIMAL\\(${width}, ?${scale}\\)\\s*$`, "i");
const UNBOUNDED_AT_END = new RegExp(`\\bTYPE\\s+DECIMAL\\(${width}, ?${scale}\\)\\s*$`, "i");
/** Whole numbers, and decimals that have no more digits behind the point. */
const KEPT_WHOLE = /^(?:U?(?:TINY|SMALL|BIG)?INT(?:EGER)?|DECIMAL\(\d+,\d\))$/;
const KEPT = "duckbranch_kept";

/** What ALTER … TYPE makes of each row's value; `type` is DuckDB's. */
export function keptUsing(
  { columns }: TableDefinition,
  column: string,
  type: string,
  using: string | undefined,
): string | undefined {
  const from = columns.find(({ name }) => normaliseName(name) === normaliseName(column))?.type ?? "";
  const isKept = !UNBOUNDED.test(type) || (using === undefined && KEPT_WHOLE.test(from));
  return isKept ? using : `${KEPT}(${using ?? quoteIdentifier(column)})`;
}

/** DuckDB's own ALTER … TYPE computes what it is given of rows that were deleted as well, and may fail there. */
export function mayRefuse(using: string | undefined): boolean {
  return using?.startsWith(`${KEPT}(`) === true;
}

/** The ALTER of a temporary table, which is DuckDB's own. */
export function keptTemporary(sql: string, alteration: Alteration): string {
  const isKept =
    alteration.kind !== "setType" || alteration.using !== undefined || !UNBOUNDED_AT_END.test(sql);
  return isKept ? sql : `${sql} USING ${KEPT}(${quoteIdentifier(alteration.column)})`;
}

/** Rows that a statement returns which changes them: read to the end, and put in order, before any is sent. */
import { notSupported } from "../core/errors.js";
import type { ResultStream } from "../engine/result-stream.js";
import type { DataChunk, EngineColumn } from "../engine/types.js";
import type { RelationalStatement } from "../sql/analysis.js";
import type { PlannedStatement } from "./plan-context.js";
import type { SessionCore } from "./session-core.js";

/** Reads a write's rows to the end; beyond `maxKept` of them they are only counted. */
export async function readWritten(
  stream: ResultStream,
  maxKept: number,
): Promise<{ readonly chunks: readonly DataChunk[]; readonly changed: number }> {
  let chunks: DataChunk[] = [];
  let changed = 0;
  for (let chunk = await stream.next(); chunk !== undefined; chunk = await stream.next()) {
    changed += chunk.rowCount;
    if (changed <= maxKept) chunks.push(chunk);
    else chunks = [];
  }
  return { chunks, changed };
}

/** The columns its client asked for; `added` is how many stand behind all others. */
export function shownColumns(
  { columns }: ResultStream,
  { order }: Pick<PlannedStatement, "order">,
  added = 0,
): readonly EngineColumn[] {
  return columns.slice(0, columns.length - added - (order?.width ?? 0));
}

/** The rows its client is told, in their order. */
export async function shownRows(
  { connection }: SessionCore,
  { columns }: ResultStream,
  chunks: readonly DataChunk[],
  { order }: Pick<PlannedStatement, "order">,
  shown: number,
): Promise<readonly DataChunk[]> {
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  return order === undefined || rows < 2 ? chunks : await order.sort(connection, { columns, chunks }, shown);
}

/** As many as one thread changes: a row group. */
const MAX_CHANGED_AND_RETURNED = 122_880;

/**
 * DuckDB 1.5.6 loses chunks of what UPDATE returns where several threads run it: of 350,000 changed rows 347,600 came back,
 * and they are what the tag counts.
 *
 * Errors  0A000 for more than are certain to come back
 */
export function refuseLostRows({ verb, returning, insert }: RelationalStatement, changed: number): void {
  const updates = verb === "update" || verb === "merge" || insert?.conflict === "update";
  if (!returning || !updates || changed <= MAX_CHANGED_AND_RETURNED) return;
  throw notSupported(
    `RETURNING of more than ${MAX_CHANGED_AND_RETURNED} changed rows is not supported`,
    "change fewer at once, or leave out RETURNING",
  );
}

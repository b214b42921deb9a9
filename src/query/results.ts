/** Builders of `StatementResult`s: streams of chunks, rows made here, command tags. */
import type { ResultStream } from "../engine/result-stream.js";
import type { DataChunk } from "../engine/types.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { VARCHAR, withAlias } from "../engine/vector-values.js";
import type { ColumnNames } from "../sql/column-names.js";
import type { ResultColumn, RowBatch, StatementResult } from "./types.js";

/** A statement that is done and has no rows. */
export function command(tag: string): StatementResult {
  return { kind: "command", tag };
}

/** Rows of text made by this server. */
export function textResult(
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  tag: string,
): StatementResult {
  return {
    kind: "rows",
    columns: columns.map((name) => ({ name, type: null })),
    batches: (async function* () {
      if (rows.length > 0) yield { kind: "text", rows };
    })(),
    tag: () => tag,
  };
}

/** The tag of a statement that sent or changed `rows` rows. */
export function commandTag(statement: RelationalStatement, rows: number): string {
  switch (statement.verb) {
    case "select":
      return `SELECT ${rows}`;
    case "insert":
      return `INSERT 0 ${rows}`;
    case "update":
      return `UPDATE ${rows}`;
    case "delete":
      return `DELETE ${rows}`;
    case "merge":
      return `MERGE ${rows}`;
    case "createTableAs":
      return statement.tag === "SELECT" ? `SELECT ${rows}` : statement.tag;
    case "truncate":
      return "TRUNCATE TABLE";
    case "explain":
      return "EXPLAIN";
    case "createTable":
    case "createView":
    case "createIndex":
    case "createSequence":
    case "createType":
    case "createSchema":
    case "createMacro":
    case "alterTable":
    case "drop":
    case "comment":
    case "refresh":
      return statement.tag;
    default:
      return statement.verb satisfies never;
  }
}

/** What ends a result: called once, with whether all rows were read. */
export type ResultEnd = (complete: boolean) => Promise<void>;

/** Streams chunks; `end` runs when the last row is out, when the reader stops early, or after a failure. */
export async function* streamBatches(stream: ResultStream, end: ResultEnd): AsyncIterableIterator<RowBatch> {
  let complete = false;
  try {
    for (let chunk = await stream.next(); chunk !== undefined; chunk = await stream.next())
      yield { kind: "chunk", chunk };
    complete = true;
  } finally {
    await end(complete);
  }
}

/** Rows that are all here already: those of a statement that changes data, which must be done before any is sent. */
export async function* chunkBatches(chunks: readonly DataChunk[]): AsyncIterableIterator<RowBatch> {
  for (const chunk of chunks) yield { kind: "chunk", chunk };
}

/** Rows that are all here, and need nobody to wait for them. */
export function heldRows(
  chunks: readonly DataChunk[],
): Pick<Extract<StatementResult, { readonly kind: "rows" }>, "held" | "batches"> {
  return { held: chunks.map((chunk) => ({ kind: "chunk", chunk })), batches: chunkBatches(chunks) };
}

/** Reads a stream to its end. */
export async function readAll(stream: ResultStream): Promise<DataChunk[]> {
  const chunks: DataChunk[] = [];
  for (let chunk = await stream.next(); chunk !== undefined; chunk = await stream.next()) chunks.push(chunk);
  return chunks;
}

/** The one column of EXPLAIN: lines of text, or a document. */
export function planColumn(asJson: boolean): ResultColumn {
  return { name: "QUERY PLAN", type: asJson ? withAlias(VARCHAR, "JSON") : null };
}

/** DuckDB's EXPLAIN in the form PostgreSQL gives its own. */
export function explainResult(chunks: readonly DataChunk[], asJson: boolean): StatementResult {
  const plans = chunks.flatMap((chunk) => chunk.getRows().map((row) => String(row.at(-1) ?? "")));
  const lines = asJson ? plans : plans.flatMap((plan) => plan.split("\n"));
  const rows = lines.map((line) => [line]);
  return {
    kind: "rows",
    columns: [planColumn(asJson)],
    batches: (async function* () {
      yield { kind: "text", rows } as const;
    })(),
    tag: () => "EXPLAIN",
  };
}

/** Gives columns PostgreSQL's names, where they are known and the number of columns agrees. */
export function namedColumns(
  columns: readonly ResultColumn[],
  names: ColumnNames | undefined,
): readonly ResultColumn[] {
  if (names === undefined) return columns;
  const { head, star, tail } = names;
  const known = head.length + tail.length;
  // A SELECT without columns: DuckDB was given one.
  if (known === 0 && !star) return [];
  if (star ? columns.length < known : columns.length !== known) return columns;
  const firstOfTail = columns.length - tail.length;
  return columns.map((column, index) => {
    const name =
      index < head.length ? head[index] : index >= firstOfTail ? tail[index - firstOfTail] : undefined;
    return name === undefined ? column : { ...column, name };
  });
}

/** The forms in which rows are sent: a JSON document, JSON lines, CSV. */
import { CopyEncoder } from "../pgtypes/copy-encoder.js";
import { JsonRowEncoder, type JsonRowShape } from "../pgtypes/json-rows.js";
import { typeName } from "../pgtypes/type-names.js";
import type { ResultColumn, RowBatch } from "../query/types.js";
import { HttpError } from "./http-error.js";

const ARROW = "application/vnd.apache.arrow.stream";
const ROW_FORMATS = ["application/json", "application/x-ndjson", "text/csv", ARROW] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** Writes one answer: its beginning, its rows, and what says that it is whole. */
export interface RowWriter {
  readonly contentType: string;
  readonly head: () => Uint8Array;
  readonly rows: (batch: RowBatch) => Uint8Array;
  readonly tail: (executionTimeMs: number) => Uint8Array;
}

const UTF8 = new TextEncoder();
const NOTHING = new Uint8Array(0);
const CSV = { format: "csv", delimiter: ",", null: "", header: "line", quote: '"', escape: '"' } as const;

/** The form a client likes best of those there are. Errors: HttpError 406. */
export function chooseFormat(accept: string | undefined): RowFormat {
  if (accept === undefined || accept.trim() === "") return "application/json";
  const wishes = accept
    .split(",")
    .map(readWish)
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  for (const { type } of wishes) {
    const format = ROW_FORMATS.find((one) => type === one || matchesAny(type, one));
    if (format !== undefined) return format;
  }
  throw new HttpError(406, `none of the formats in "${accept}" can be given`, { formats: ROW_FORMATS });
}

function readWish(part: string): { readonly type: string; readonly weight: number } {
  const [type = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  const alias = type === "application/jsonl" || type === "application/ndjson" ? "application/x-ndjson" : type;
  return { type: alias, weight: weight === undefined ? 1 : Number(weight) || 0 };
}

function matchesAny(type: string, format: RowFormat): boolean {
  return type === "*/*" || (type.endsWith("/*") && format.startsWith(type.slice(0, -1)));
}

export async function rowWriter(
  format: RowFormat,
  columns: readonly ResultColumn[],
  shape: JsonRowShape,
  timeZone: string,
): Promise<RowWriter> {
  switch (format) {
    case "application/json":
      return jsonDocument(columns, shape, timeZone);
    case "application/x-ndjson":
      return jsonLines(columns, shape, timeZone);
    case "text/csv":
      return csv(columns, timeZone);
    case ARROW:
      return await arrowStream(columns, timeZone);
    default:
      return format satisfies never;
  }
}

function jsonDocument(columns: readonly ResultColumn[], shape: JsonRowShape, timeZone: string): RowWriter {
  const encoder = new JsonRowEncoder(columns, shape, timeZone, ",\n");
  const described = columns.map(({ name, type }) => ({ name, type: typeName(type) }));
  return {
    contentType: "application/json; charset=utf-8",
    head: () => UTF8.encode(`{"columns":${JSON.stringify(described)},"rows":[\n`),
    rows: (batch) => encodeJson(encoder, batch),
    tail: (executionTimeMs) => UTF8.encode(`\n],"execution_time_ms":${executionTimeMs}}\n`),
  };
}

function jsonLines(columns: readonly ResultColumn[], shape: JsonRowShape, timeZone: string): RowWriter {
  const encoder = new JsonRowEncoder(columns, shape, timeZone, "\n");
  let isEmpty = true;
  return {
    contentType: "application/x-ndjson; charset=utf-8",
    head: () => NOTHING,
    rows: (batch) => {
      const bytes = encodeJson(encoder, batch);
      if (bytes.length > 0) isEmpty = false;
      return bytes;
    },
    tail: () => (isEmpty ? NOTHING : UTF8.encode("\n")),
  };
}

function encodeJson(encoder: JsonRowEncoder, batch: RowBatch): Uint8Array {
  return batch.kind === "chunk" ? encoder.encodeChunk(batch.chunk) : encoder.encodeText(batch.rows);
}

function csv(columns: readonly ResultColumn[], timeZone: string): RowWriter {
  const types = columns.map(({ type }) => type);
  const encoder = new CopyEncoder(types, CSV, { timeZone, framed: false });
  return {
    contentType: "text/csv; charset=utf-8; header=present",
    head: () => encoder.encodeHeader(columns.map(({ name }) => name)),
    rows: (batch) =>
      batch.kind === "chunk" ? encoder.encodeChunk(batch.chunk) : encoder.encodeText(batch.rows),
    tail: () => NOTHING,
  };
}

/** Its library is loaded for the first who asks: others do not pay for it. */
async function arrowStream(columns: readonly ResultColumn[], timeZone: string): Promise<RowWriter> {
  const { ArrowRowEncoder } = await import("../pgtypes/arrow-rows.js");
  const encoder = new ArrowRowEncoder(columns, timeZone);
  return {
    contentType: ARROW,
    head: () => encoder.head(),
    rows: (batch) =>
      batch.kind === "chunk" ? encoder.encodeChunk(batch.chunk) : encoder.encodeText(batch.rows),
    tail: () => encoder.tail(),
  };
}

/** Whether a row is an object, which has one value per name. */
export function namesRows(format: RowFormat, shape: JsonRowShape): boolean {
  return shape === "object" && (format === "application/json" || format === "application/x-ndjson");
}

/** COPY … TO STDOUT: rows as CopyData, one message per row, as clients that read row by row expect. */
import { CopyEncoder } from "../pgtypes/copy-encoder.js";
import type { CopyFormat, RowBatch, StatementResult } from "../query/types.js";
import type { ClientContext } from "./client-context.js";

type CopyOutResult = Extract<StatementResult, { readonly kind: "copyOut" }>;

const COPY_DATA = 0x64;
const HEADER_BYTES = 5;
const LF = 0x0a;

/** Sends the rows of one COPY and gives their number; the header line, if any, does not count. */
export async function copyOutRows(context: ClientContext, result: CopyOutResult): Promise<number> {
  const types = result.columns.map((column) => column.type);
  const encoder = new CopyEncoder(types, result.format, { timeZone: context.timeZone });
  let rows = 0;
  if (result.format.header) {
    const header = encoder.encodeHeader(result.columns.map((column) => column.name));
    await context.output.rows(frameCopyRows(header, result.format));
  }
  for await (const batch of result.batches) {
    context.interrupt.throwIfRequested();
    rows += batch.kind === "chunk" ? batch.chunk.rowCount : batch.rows.length;
    await context.output.rows(frameCopyRows(encode(encoder, batch), result.format));
  }
  return rows;
}

function encode(encoder: CopyEncoder, batch: RowBatch): Uint8Array {
  return batch.kind === "chunk" ? encoder.encodeChunk(batch.chunk) : encoder.encodeText(batch.rows);
}

/** Frames encoded rows, each ended by a line feed, as one CopyData message each. */
export function frameCopyRows(rows: Uint8Array, format: CopyFormat): Buffer {
  const ends = format.format === "csv" ? csvRowEnds(rows, format) : textRowEnds(rows);
  const framed = Buffer.allocUnsafe(rows.length + HEADER_BYTES * ends.length);
  let from = 0;
  let at = 0;
  for (const end of ends) {
    at = framed.writeUInt8(COPY_DATA, at);
    at = framed.writeInt32BE(end - from + 4, at);
    framed.set(rows.subarray(from, end), at);
    at += end - from;
    from = end;
  }
  return framed;
}

/** In text format a line feed inside a value is written as `\n`: every one found ends a row. */
function textRowEnds(rows: Uint8Array): number[] {
  const ends: number[] = [];
  for (let at = rows.indexOf(LF); at >= 0; at = rows.indexOf(LF, at + 1)) ends.push(at + 1);
  return ends;
}

/** In csv a line feed between quotes belongs to the value. */
function csvRowEnds(rows: Uint8Array, format: CopyFormat): number[] {
  const ends: number[] = [];
  const quote = format.quote.charCodeAt(0);
  const escape = format.escape.charCodeAt(0);
  let quoted = false;
  for (let at = 0; at < rows.length; at++) {
    const byte = rows[at];
    const next = rows[at + 1];
    if (quoted && byte === escape && (next === quote || next === escape)) at++;
    else if (byte === quote) quoted = !quoted;
    else if (byte === LF && !quoted) ends.push(at + 1);
  }
  return ends;
}

/** COPY … TO STDOUT: rows as CopyData, one message per row, as clients that read row by row expect. */
import type { Charset } from "../core/charset.js";
import { SIGNATURE } from "../pgtypes/copy-binary.js";
import { CopyEncoder } from "../pgtypes/copy-encoder.js";
import { RowEncoder } from "../pgtypes/row-encoder.js";
import type { RowBatch, StatementResult } from "../query/types.js";
import { messagesInCharset } from "./charset-rows.js";
import type { ClientContext } from "./client-context.js";

type CopyOutResult = Extract<StatementResult, { readonly kind: "copyOut" }>;

const COPY_DATA = 0x64;
const HEADER_BYTES = 5;
/** Signature · flags · length of extension, both 0. */
const BINARY_HEADER = Buffer.concat([SIGNATURE, Buffer.alloc(8)]);
/** In place of a row's number of fields: -1. */
const BINARY_TRAILER = Buffer.from([0xff, 0xff]);

/** Sends the rows of one COPY and gives their number; header and trailer do not count. */
export async function copyOutRows(
  context: ClientContext,
  result: CopyOutResult,
  charset: Charset | undefined,
): Promise<number> {
  const encoder = result.format.format === "binary" ? binaryRows(context, result) : textRows(context, result);
  let rows = 0;
  const header = encoder.header();
  if (header.length > 0)
    await context.output.rows(charset === undefined ? header : messagesInCharset(charset, header));
  for await (const batch of result.batches) {
    context.interrupt.throwIfRequested();
    rows += batch.kind === "chunk" ? batch.chunk.rowCount : batch.rows.length;
    const messages = encoder.rows(batch);
    await context.output.rows(charset === undefined ? messages : messagesInCharset(charset, messages));
  }
  const trailer = encoder.trailer();
  if (trailer.length > 0) await context.output.rows(trailer);
  return rows;
}

/** Everything as CopyData messages; empty where a format has none. */
interface CopyRows {
  readonly header: () => Uint8Array;
  readonly rows: (batch: RowBatch) => Uint8Array;
  readonly trailer: () => Uint8Array;
}

function textRows(context: ClientContext, result: CopyOutResult): CopyRows {
  const { format, columns, forceQuote } = result;
  if (format.format === "binary") throw new Error("binary rows are no text");
  const types = columns.map((column) => column.type);
  const encoder = new CopyEncoder(types, format, { ...context.encoding, forceQuote });
  return {
    header: () =>
      format.header === "none"
        ? new Uint8Array(0)
        : encoder.encodeHeader(columns.map((column) => column.name)),
    rows: (batch) =>
      batch.kind === "chunk" ? encoder.encodeChunk(batch.chunk) : encoder.encodeText(batch.rows),
    trailer: () => new Uint8Array(0),
  };
}

/** A row is laid out as in DataRow. The file's header goes into the first message, as PostgreSQL sends it. */
function binaryRows(context: ClientContext, { columns }: CopyOutResult): CopyRows {
  const types = columns.map((column) => column.type);
  const formats = columns.map(() => "binary" as const);
  const encoder = new RowEncoder(types, formats, context.encoding, COPY_DATA);
  let isFirst = true;
  const withHeader = (messages: Uint8Array): Uint8Array => {
    if (!isFirst || messages.length === 0) return messages;
    isFirst = false;
    return headedMessage(messages);
  };
  return {
    header: () => new Uint8Array(0),
    rows: (batch) =>
      withHeader(batch.kind === "chunk" ? encoder.encodeChunk(batch.chunk) : encoder.encodeText(batch.rows)),
    trailer: () => withHeader(copyData(BINARY_TRAILER)),
  };
}

function copyData(body: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  message.writeUInt8(COPY_DATA, 0);
  message.writeInt32BE(body.length + 4, 1);
  message.set(body, HEADER_BYTES);
  return message;
}

/** The messages with the file's header inside the first one. */
function headedMessage(messages: Uint8Array): Buffer {
  const view = new DataView(messages.buffer, messages.byteOffset, messages.byteLength);
  const end = 1 + view.getInt32(1);
  const first = copyData(Buffer.concat([BINARY_HEADER, messages.subarray(HEADER_BYTES, end)]));
  return Buffer.concat([first, messages.subarray(end)]);
}

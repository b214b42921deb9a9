/** Sends what a statement gave back. The one place where rows go out, for simple and extended queries alike. */
import {
  writeCopyDone,
  writeCopyInResponse,
  writeCopyOutResponse,
  writeRowDescription,
} from "../wire/backend-messages.js";
import { charsetOf } from "../core/charset.js";
import { notSupported } from "../core/errors.js";
import { inCharset } from "./charset-rows.js";
import type { ClientContext } from "./client-context.js";
import { copyIn } from "./copy-in.js";
import { copyOutRows } from "./copy-out.js";
import { describeColumns, expandFormats } from "./row-description.js";
import type { Outcome, RowsOutcome } from "./outcome.js";
import type { RowReader } from "./row-reader.js";
import { RowSource } from "./row-source.js";

type CopyResult = Extract<Outcome, { readonly kind: "copyIn" | "copyOut" }>;

/** Sends all rows of a simple query's result, their description first, and gives the tag. */
export async function sendDescribedRows(context: ClientContext, result: RowsOutcome): Promise<string> {
  const formats = expandFormats(isBinary(result) ? [1] : [], result.columns.length);
  const source = openRows(context, result, formats);
  try {
    writeRowDescription(context.output.writer, describeColumns(result.columns, formats));
    const { rows } = await sendRows(context, source, 0);
    return result.tag(rows);
  } finally {
    await source.close();
  }
}

function isBinary(result: RowsOutcome): boolean {
  return result.kind === "rows" && result.binary === true;
}

/** Opens a result for reading; the caller closes it. */
export function openRows(
  context: ClientContext,
  result: RowsOutcome,
  formats: readonly (0 | 1)[],
): RowReader {
  if (result.kind === "fetched") return result.open(formats);
  const encoder = context.encoderOf(result.columns, formats);
  return new RowSource(result, formats, context.encoding, encoder);
}

/**
 * Sends rows up to a limit (0: all). `suspended` when the limit was reached: PostgreSQL does not look whether there
 * are more, and says so.
 */
export async function sendRows(
  context: ClientContext,
  source: RowReader,
  maxRows: number,
): Promise<{ readonly rows: number; readonly suspended: boolean }> {
  const limit = maxRows === 0 ? Number.POSITIVE_INFINITY : maxRows;
  let rows = 0;
  while (rows < limit) {
    context.interrupt.throwIfRequested();
    const part = await source.read(limit - rows, maxRows === 0);
    if (part === undefined) return { rows, suspended: false };
    rows += part.rows;
    await context.output.rows(inCharset(context.charset, part.bytes, source));
  }
  return { rows, suspended: true };
}

/** Runs the data phase of a COPY and gives its tag. */
export async function runCopy(context: ClientContext, result: CopyResult): Promise<string> {
  const format = result.format.format === "binary" ? 1 : 0;
  const { encoding } = result.format;
  const charset = encoding === undefined ? context.charset : charsetOf(encoding);
  if (charset !== undefined && format === 1) {
    if (result.kind === "copyIn") await result.sink.abort("client encoding");
    throw notSupported(`COPY in binary in encoding "${charset.name}" is not supported`, "use UTF8");
  }
  if (result.kind === "copyIn") {
    writeCopyInResponse(context.output.writer, format, result.columnCount);
    return copyIn(context, result.sink, charset);
  }
  writeCopyOutResponse(context.output.writer, format, result.columnCount);
  const rows = await copyOutRows(context, result, charset);
  writeCopyDone(context.output.writer);
  return `COPY ${rows}`;
}

/**
 * Sends a query's rows as they come: never more than a batch in memory, no faster than the client reads.
 *
 * Errors  before the first byte they are an ordinary answer; behind it the answer is cut off, so that no client takes a part
 *         for the whole: the connection ends without the last chunk, JSON stays open, JSON lines end with an error line
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyReply } from "fastify";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { JsonRowShape } from "../pgtypes/json-rows.js";
import { namesRows, rowWriter, type RowFormat, type RowWriter } from "./row-formats.js";
import { type OpenQuery, requireDistinctNames } from "./statements.js";
import type { RequestWork } from "./request-work.js";

/** A client that reads so much lets nobody wait: see work-watch.ts. */
const PIECE_BYTES = 64 * 1024;

export interface RowRequest {
  readonly format: RowFormat;
  readonly shape: JsonRowShape;
  readonly startedAt: number;
  /** What a client is told in JSON lines. */
  readonly describeError: (error: unknown) => unknown;
}

export async function sendRows(
  work: RequestWork,
  query: OpenQuery,
  reply: FastifyReply,
  { format, shape, startedAt, describeError }: RowRequest,
): Promise<void> {
  if (namesRows(format, shape)) requireDistinctNames(query.columns);
  const writer = await rowWriter(format, query.columns, shape, work.timeZone);
  // What fails with the first rows is still an answer with a status of its own.
  const head = writer.head().slice();
  const first = await query.next();
  const firstRows = first && writer.rows(first).slice();
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { ...headersOf(reply), "content-type": writer.contentType });
  try {
    await send(work, raw, head);
    if (firstRows !== undefined) await send(work, raw, firstRows);
    if (first !== undefined) await sendRest(work, query, raw, writer);
    await send(work, raw, writer.tail(milliseconds(performance.now() - startedAt)));
    raw.end();
  } catch (error) {
    cutOff(raw, format, describeError(error));
    logFailure(reply.log, error);
  }
}

async function sendRest(
  work: RequestWork,
  query: OpenQuery,
  raw: ServerResponse,
  writer: RowWriter,
): Promise<void> {
  for (let batch = await query.next(); batch !== undefined; batch = await query.next())
    await send(work, raw, writer.rows(batch));
}

/** Resolves when the bytes are the caller's again. Errors: 57014 when the client left, or reads nothing for too long. */
async function send(
  { watch, stallTimeoutMs }: RequestWork,
  raw: ServerResponse,
  bytes: Uint8Array,
): Promise<void> {
  watch.throwIfStopped();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const piece = Buffer.from(bytes.subarray(at, at + PIECE_BYTES));
    if (!raw.write(piece))
      await watch.untilRead(async (signal) => await once(raw, "drain", { signal }), stallTimeoutMs);
  }
}

function headersOf(reply: FastifyReply): Record<string, string | number | string[]> {
  const set = Object.entries(reply.getHeaders());
  return Object.fromEntries(set.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function cutOff(raw: ServerResponse, format: RowFormat, error: unknown): void {
  const { socket } = raw;
  if (socket === null || raw.destroyed) return;
  if (format === "application/x-ndjson") raw.write(`\n${JSON.stringify(error)}\n`);
  // Without chunks the end of the connection would be the end of the answer.
  if (raw.req.httpVersion === "1.0") socket.resetAndDestroy();
  else socket.destroySoon();
}

function logFailure(log: FastifyBaseLogger, error: unknown): void {
  if (error instanceof SqlError && error.code !== SQLSTATE.internalError)
    log.info({ code: error.code }, "an answer was cut off");
  else log.error({ err: error }, "an answer was cut off");
}

/** Three digits behind the point. */
export function milliseconds(time: number): number {
  return Math.round(time * 1000) / 1000;
}

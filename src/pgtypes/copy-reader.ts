/** What reads the data of COPY FROM, whatever its format. */
import type { CopyBatch } from "./copy-batch.js";

export interface CopyReader {
  /** Takes a piece of the data, cut anywhere; its memory may be reused afterwards. */
  push(piece: Uint8Array): void;
  /** No more data will come. */
  finish(): void;
  /** Puts complete rows into the batch. `full`: there may be more rows; `more`: there are none without more data. */
  read(batch: CopyBatch): "full" | "more";
  /** Where the reading is, as PostgreSQL names it: `COPY t, line 3`. */
  readonly place: string;
}

/** PostgreSQL shows as much of the data in an error's context. */
const SHOWN_BYTES = 100;

export function atLine(table: string, line: number): string {
  return `COPY ${table}, line ${line}`;
}

/** The beginning of a text, cut between characters. */
export function clipped(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHOWN_BYTES) return Buffer.from(bytes.subarray(start, end)).toString();
  let cut = start + SHOWN_BYTES;
  while (cut > start && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut--;
  return `${Buffer.from(bytes.subarray(start, cut)).toString()}...`;
}

/** Text from a client: valid UTF-8 without NUL, or the error PostgreSQL gives. */
import { isUtf8 } from "node:buffer";
import { SQLSTATE, SqlError } from "../core/errors.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a client's text. Errors: SqlError 22021 naming the first bad sequence. */
export function decodeUtf8(bytes: Uint8Array): string {
  const plain = shortAscii(bytes);
  if (plain !== undefined) return plain;
  if (bytes.includes(0)) throw badSequence(bytes, bytes.indexOf(0));
  try {
    return decoder.decode(bytes);
  } catch {
    throw badSequence(bytes, firstInvalid(bytes));
  }
}

/** Most values are short and plain: a decoder costs more than all of them. */
const MAX_SHORT_BYTES = 24;

function shortAscii(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_SHORT_BYTES) return undefined;
  let text = "";
  for (const byte of bytes) {
    if (byte === 0 || byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Errors: SqlError 22021 for what is no text. */
export function requireUtf8(bytes: Uint8Array): void {
  if (!isUtf8(bytes) || bytes.includes(0)) decodeUtf8(bytes);
}

/** 22021 naming the sequence at `at`. */
export function badSequence(bytes: Uint8Array, at: number): SqlError {
  const sequence = bytes.subarray(at, at + sequenceLength(bytes[at] ?? 0));
  const hex = Array.from(sequence, (byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(" ");
  return new SqlError(SQLSTATE.characterNotInRepertoire, `invalid byte sequence for encoding "UTF8": ${hex}`);
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0 && lead < 0xf8) return 4;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xc0 && lead < 0xe0 ? 2 : 1;
}

function firstInvalid(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const end = at + sequenceLength(bytes[at] ?? 0);
    try {
      decoder.decode(bytes.subarray(at, end));
    } catch {
      return at;
    }
    at = end;
  }
  return 0;
}

export interface ValidBytes {
  /** Bytes at the beginning that are whole characters of valid text. */
  readonly length: number;
  /** What follows is no text; otherwise it is the beginning of a character. */
  readonly isBroken: boolean;
}

/** How much of a piece of text, cut anywhere at its end, is valid UTF-8 without NUL. */
export function validLength(bytes: Uint8Array): ValidBytes {
  const end = completeLength(bytes);
  const complete = bytes.subarray(0, end);
  if (isUtf8(complete) && !complete.includes(0)) return { length: end, isBroken: false };
  const nul = complete.indexOf(0);
  const invalid = isUtf8(complete) ? nul : firstInvalid(complete);
  return { length: nul >= 0 ? Math.min(nul, invalid) : invalid, isBroken: true };
}

/** Length without a sequence at the end that needs more bytes than there are. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? bytes.length - back : bytes.length;
    if (byte < 0x80) break;
  }
  return bytes.length;
}

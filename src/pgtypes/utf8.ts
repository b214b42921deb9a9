/** Text from a client: valid UTF-8 without NUL, or the error PostgreSQL gives. */
import { SQLSTATE, SqlError } from "../core/errors.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a client's text. Errors: SqlError 22021 naming the first bad sequence. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw badSequence(bytes, bytes.indexOf(0));
  try {
    return decoder.decode(bytes);
  } catch {
    throw badSequence(bytes, firstInvalid(bytes));
  }
}

function badSequence(bytes: Uint8Array, at: number): SqlError {
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

/** Decodes a text that comes in pieces cut anywhere; an unfinished sequence waits for the next piece. */
export class Utf8Stream {
  #held: Uint8Array = new Uint8Array(0);

  decode(data: Uint8Array): string {
    const bytes = this.#held.length === 0 ? data : Buffer.concat([this.#held, data]);
    const end = completeLength(bytes);
    this.#held = bytes.slice(end);
    return decodeUtf8(bytes.subarray(0, end));
  }

  /** Errors: SqlError 22021 when the text ended inside a sequence. */
  finish(): void {
    if (this.#held.length > 0) throw badSequence(this.#held, 0);
  }
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

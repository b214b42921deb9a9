/** Integers in network byte order. Writers give back the position after what they wrote. */

export function writeInt16(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
  return at + 2;
}

/** Any integer of which the low 32 bits matter. */
export function writeInt32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
  return at + 4;
}

/** A 64-bit integer from its two words. */
export function writeWords(bytes: Uint8Array, at: number, high: number, low: number): number {
  return writeInt32(bytes, writeInt32(bytes, at, high), low);
}

/** An integer within ±2^53 as 64 bits. */
export function writeSafeInt64(bytes: Uint8Array, at: number, value: number): number {
  const high = Math.floor(value / 4294967296);
  return writeWords(bytes, at, high, value - high * 4294967296);
}

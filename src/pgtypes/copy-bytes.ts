/**
 * Copies of many short pieces from one buffer into another.
 *
 * Source  measured per piece of 28 bytes: byte by byte 70 ns, `set` of a `subarray` 90 ns, four bytes at a time 20 ns
 */

/** Above this one call of a copy is faster than a loop. */
const LARGE_COPY = 96;

/** Copies `length` bytes from `start` of the source to `at` of `out`. */
export type PieceCopier = (out: Uint8Array, at: number, start: number, length: number) => void;

/** A copier out of one buffer. It is fastest while `out` stays the same. */
export function copierFrom(source: Uint8Array): PieceCopier {
  const from = viewOf(source);
  let target = source;
  let to = from;
  return (out, at, start, length) => {
    if (length > LARGE_COPY) return out.set(source.subarray(start, start + length), at);
    if (out !== target) {
      target = out;
      to = viewOf(out);
    }
    const words = length & ~3;
    for (let i = 0; i < words; i += 4) to.setInt32(at + i, from.getInt32(start + i));
    for (let i = words; i < length; i++) out[at + i] = source[start + i] ?? 0;
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

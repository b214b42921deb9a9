/**
 * DuckDB's BIGNUM, an integer of any size.
 *
 * Shape   3 header bytes (top bit set when positive, the rest the length; all inverted when negative) · magnitude, high
 *         byte first, inverted when negative
 */
export function bignumOf(bytes: Uint8Array): bigint {
  const positive = ((bytes[0] ?? 0) & 0x80) !== 0;
  const mask = positive ? 0 : 0xff;
  let hex = "0x0";
  for (let i = 3; i < bytes.length; i++) hex += ((bytes[i] ?? 0) ^ mask).toString(16).padStart(2, "0");
  const size = BigInt(hex);
  return positive ? size : -size;
}

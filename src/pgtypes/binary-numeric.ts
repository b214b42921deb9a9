/**
 * PostgreSQL's binary numeric.
 *
 * Shape   digits i16 · weight i16 · sign i16 (0x4000 negative) · display scale i16 · base-10000 digits i16 each; the
 *         first digit counts 10000^weight; zeros at both ends are left out
 */
import { writeInt16 } from "./big-endian.js";

const NEGATIVE = 0x4000;
const POWERS = [1, 10, 100, 1000] as const;
const MINUS = 0x2d;

/** Bytes of a numeric of `digits` decimal digits, at most. */
export function numericBytes(digits: number): number {
  return 8 + 2 * (Math.ceil(digits / 4) + 2);
}

/** Writes the integer whose ASCII digits (with sign) lie at `from` … `to` of `text`, as units of 10^-scale. */
export function writeNumeric(
  bytes: Uint8Array,
  at: number,
  text: Uint8Array,
  range: { readonly from: number; readonly to: number; readonly scale: number },
): number {
  const { scale, to } = range;
  const negative = text[range.from] === MINUS;
  const from = negative ? range.from + 1 : range.from;
  const groups = toGroups(text, from, to, scale);
  let first = 0;
  let last = groups.length;
  while (first < last && groups[first] === 0) first++;
  while (last > first && groups[last - 1] === 0) last--;
  const highest = Math.floor((to - from - 1 - scale) / 4);
  let next = writeInt16(bytes, at, last - first);
  next = writeInt16(bytes, next, last === first ? 0 : highest - first);
  next = writeInt16(bytes, next, negative && last > first ? NEGATIVE : 0);
  next = writeInt16(bytes, next, scale);
  for (let i = first; i < last; i++) next = writeInt16(bytes, next, groups[i] ?? 0);
  return next;
}

/** Groups of four decimal digits, aligned at the decimal point, highest first. */
function toGroups(text: Uint8Array, from: number, to: number, scale: number): number[] {
  const highest = Math.floor((to - from - 1 - scale) / 4);
  const lowest = Math.floor(-scale / 4);
  const groups: number[] = Array.from({ length: highest - lowest + 1 }, () => 0);
  for (let i = from; i < to; i++) {
    const exponent = to - 1 - i - scale;
    const group = Math.floor(exponent / 4);
    const digit = (text[i] ?? 0x30) - 0x30;
    groups[highest - group] = (groups[highest - group] ?? 0) + digit * (POWERS[exponent - group * 4] ?? 1);
  }
  return groups;
}

/**
 * Binary numeric of COPY data, as text with its display scale.
 *
 * Shape   as in binary-numeric.ts; sign 0xc000 is NaN, 0xd000 and 0xf000 are the infinities
 * Source  numeric_recv in PostgreSQL 15's numeric.c
 */
import { badFormat, missingData } from "./copy-binary-errors.js";

const HEADER_BYTES = 8;
const MAX_SCALE = 0x3fff;
const SPECIAL: ReadonlyMap<number, string> = new Map([
  [0xc000, "NaN"],
  [0xd000, "Infinity"],
  [0xf000, "-Infinity"],
]);

export function numericText(bytes: Uint8Array): string {
  if (bytes.length < HEADER_BYTES) throw missingData();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(0);
  const weight = view.getInt16(2);
  const sign = view.getUint16(4);
  const scale = view.getUint16(6);
  const special = SPECIAL.get(sign);
  if (sign !== 0 && sign !== 0x4000 && special === undefined)
    throw badFormat('invalid sign in external "numeric" value');
  if (scale > MAX_SCALE) throw badFormat('invalid scale in external "numeric" value');
  const size = HEADER_BYTES + 2 * count;
  if (bytes.length < size) throw missingData();
  const digits = readDigits(view, count);
  if (bytes.length > size) throw badFormat();
  return special ?? `${sign === 0 ? "" : "-"}${placePoint(digits, weight, scale)}`;
}

/** Four decimal digits each. */
function readDigits(view: DataView, count: number): string {
  let digits = "";
  for (let i = 0; i < count; i++) {
    const digit = view.getUint16(HEADER_BYTES + 2 * i);
    if (digit > 9999) throw badFormat('invalid digit in external "numeric" value');
    digits += String(digit).padStart(4, "0");
  }
  return digits;
}

/** `weight` counts groups of four before the point, less one. More digits than the display scale are cut off. */
function placePoint(digits: string, weight: number, scale: number): string {
  const whole = 4 * (weight + 1);
  const before = whole > 0 ? digits.slice(0, whole).padEnd(whole, "0") : "0";
  const after = whole > 0 ? digits.slice(whole) : "0".repeat(-whole) + digits;
  return scale === 0 ? before : `${before}.${after.slice(0, scale).padEnd(scale, "0")}`;
}

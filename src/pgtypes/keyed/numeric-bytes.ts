/** PostgreSQL's binary numeric of one number; the layout is described in binary-numeric.ts. */
import { notSupported } from "../../core/errors.js";
import { badBinary } from "../input-errors.js";
import type { ExactNumber } from "../typed-value.js";

const BASE = 10_000n;
const NEGATIVE = 0x4000;

export function numericBytes({ unscaled, scale }: ExactNumber): Uint8Array {
  const fraction = Math.ceil(scale / 4);
  let rest = (unscaled < 0n ? -unscaled : unscaled) * 10n ** BigInt(fraction * 4 - scale);
  const groups: number[] = [];
  for (; rest > 0n; rest /= BASE) groups.unshift(Number(rest % BASE));
  const weight = groups.length === 0 ? 0 : groups.length - fraction - 1;
  while (groups.at(-1) === 0) groups.pop();
  const bytes = Buffer.alloc(8 + 2 * groups.length);
  bytes.writeInt16BE(groups.length, 0);
  bytes.writeInt16BE(weight, 2);
  bytes.writeUInt16BE(unscaled < 0n ? NEGATIVE : 0, 4);
  bytes.writeInt16BE(scale, 6);
  for (const [index, group] of groups.entries()) bytes.writeInt16BE(group, 8 + 2 * index);
  return bytes;
}

/** The layout is that of `writeNumeric`; the display scale is kept, as PostgreSQL keeps it. */
export function numericFrom(bytes: Uint8Array): ExactNumber {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || bytes.length !== 8 + 2 * view.getUint16(0)) throw badBinary("numeric");
  const count = view.getUint16(0);
  const sign = view.getUint16(4);
  const scale = view.getUint16(6);
  if (sign === 0xc000 || sign === 0xd000 || sign === 0xf000) {
    throw notSupported("numeric values NaN and Infinity are not supported", "use double precision");
  }
  if ((sign !== 0 && sign !== 0x4000) || scale > 0x3fff) throw badBinary("numeric");
  let digits = 0n;
  for (let i = 0; i < count; i++) {
    const digit = view.getUint16(8 + 2 * i);
    if (digit > 9999) throw badBinary("numeric");
    digits = digits * 10_000n + BigInt(digit);
  }
  // The last digit counts 10000^(weight - count + 1); bring that to the display scale.
  const shift = scale + 4 * (view.getInt16(2) - count + 1);
  const unscaled = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return { unscaled: sign === 0 ? unscaled : -unscaled, scale };
}

/** PostgreSQL's binary numeric of one number; the layout is described in binary-numeric.ts. */
import { notSupported } from "../../core/errors.js";
import { badBinary } from "../input-errors.js";
import type { ExactNumber } from "../typed-value.js";
import { readWhole, type ValueReader } from "../value-reader.js";

const BASE = 10_000n;
const NEGATIVE = 0x4000;
/** NaN, Infinity and -Infinity. */
const NOT_FINITE: ReadonlySet<number> = new Set([0xc000, 0xd000, 0xf000]);
const MAX_SCALE = 0x3fff;

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
  return readWhole(bytes, (reader) => {
    const count = reader.uint16();
    const [weight, sign] = [reader.int16(), reader.uint16()];
    if (NOT_FINITE.has(sign))
      throw notSupported("numeric values NaN and Infinity are not supported", "use double precision");
    if (sign !== 0 && sign !== NEGATIVE) throw badBinary('invalid sign in external "numeric" value');
    const scale = reader.uint16();
    if (scale > MAX_SCALE) throw badBinary('invalid scale in external "numeric" value');
    let digits = 0n;
    for (let left = count; left > 0; left--) digits = digits * BASE + readDigit(reader);
    // The last digit counts 10000^(weight - count + 1); bring that to the display scale.
    const shift = scale + 4 * (weight - count + 1);
    const unscaled = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
    return { unscaled: sign === 0 ? unscaled : -unscaled, scale };
  });
}

function readDigit(reader: ValueReader): bigint {
  const digit = BigInt(reader.uint16());
  if (digit >= BASE) throw badBinary('invalid digit in external "numeric" value');
  return digit;
}

/**
 * The shortest decimal that reads back as a floating point number, computed exactly.
 *
 * Limits  PostgreSQL asks for a decimal strictly nearer to the number than to its neighbours; JavaScript also takes one
 *         exactly in the middle when the number is even (1e23 against 9.999999999999999e+22). Costs microseconds: for
 *         the numbers where that matters
 * Source  float8out's Ryu with `acceptBounds` off; ties between two decimals go to the even one
 */

/** A number m·2^q and the middles towards its neighbours, as numerators over one denominator. */
interface ExactInterval {
  readonly value: bigint;
  readonly low: bigint;
  readonly high: bigint;
  readonly denominator: bigint;
}

const MAX_DIGITS = 17;
const view = new DataView(new ArrayBuffer(8));

/** Gives `d.ddde±x` for a finite number that is not 0: the shortest for a float8, or for a float4. */
export function shortestDecimal(number: number, kind: "float8" | "float4"): string {
  const size = Math.abs(number);
  const bounds = kind === "float8" ? doubleInterval(size) : floatInterval(size);
  const [, exponentText] = size.toExponential(20).split("e");
  const exponent = Number(exponentText);
  for (let digits = 1; digits <= MAX_DIGITS; digits++) {
    const found = nearestInside(bounds, exponent - digits + 1);
    if (found === undefined) continue;
    const text = String(found);
    const shifted = exponent + text.length - digits;
    return `${number < 0 ? "-" : ""}${text.slice(0, 1)}.${text.slice(1)}e${shifted}`;
  }
  return number.toExponential(MAX_DIGITS - 1);
}

function doubleInterval(size: number): ExactInterval {
  view.setFloat64(0, size);
  const bits = view.getBigUint64(0);
  return exactInterval(bits & 0xfffffffffffffn, Number(bits >> 52n), { fractionBits: 52, bias: 1075 });
}

function floatInterval(size: number): ExactInterval {
  view.setFloat32(0, size);
  const bits = view.getUint32(0);
  return exactInterval(BigInt(bits & 0x7fffff), bits >>> 23, { fractionBits: 23, bias: 150 });
}

interface FloatFormat {
  readonly fractionBits: number;
  readonly bias: number;
}

function exactInterval(fraction: bigint, biased: number, { fractionBits, bias }: FloatFormat): ExactInterval {
  const mantissa = biased === 0 ? fraction : fraction | (1n << BigInt(fractionBits));
  const power = Math.max(1, biased) - bias - 2;
  // Just above a power of two the lower neighbour is half as far away.
  const below = fraction === 0n && biased > 1 ? 1n : 2n;
  const scale = power > 0 ? 1n << BigInt(power) : 1n;
  return {
    value: 4n * mantissa * scale,
    low: (4n * mantissa - below) * scale,
    high: (4n * mantissa + 2n) * scale,
    denominator: power < 0 ? 1n << BigInt(-power) : 1n,
  };
}

/** The multiple of 10^power nearest to the value, if it lies strictly inside the interval. */
function nearestInside({ value, low, high, denominator }: ExactInterval, power: number): bigint | undefined {
  const grow = power < 0 ? 10n ** BigInt(-power) : 1n;
  const unit = denominator * (power > 0 ? 10n ** BigInt(power) : 1n);
  const floor = (value * grow) / unit;
  const inside = [floor, floor + 1n].filter((n) => n * unit > low * grow && n * unit < high * grow);
  if (inside.length < 2) return inside[0];
  const twice = 2n * value * grow - (2n * floor + 1n) * unit;
  if (twice === 0n) return floor % 2n === 0n ? floor : floor + 1n;
  return twice < 0n ? floor : floor + 1n;
}

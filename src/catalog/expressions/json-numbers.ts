/** Numbers as JSON writes them, compared and added digit by digit: a double has too few. Pure. */

interface Decimal {
  /** The number times ten to the power of `scale`. */
  readonly digits: bigint;
  readonly scale: number;
}

/** Of larger ones only the value as a double is taken. */
const MAX_EXPONENT = 1_000;

function decimalOf(text: string): Decimal | undefined {
  const [, sign = "", whole = "0", fraction = "", power = "0"] =
    /^([-+]?)(\d+)(?:\.(\d+))?(?:e([-+]?\d+))?$/i.exec(text.trim()) ?? [];
  const exponent = Number(power);
  if (Math.abs(exponent) > MAX_EXPONENT) return undefined;
  const digits = BigInt(`${whole}${fraction}`) * (sign === "-" ? -1n : 1n);
  const scale = fraction.length - exponent;
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

function aligned(one: Decimal, other: Decimal): readonly [bigint, bigint, number] {
  const scale = Math.max(one.scale, other.scale);
  const at = ({ digits, scale: own }: Decimal): bigint => digits * 10n ** BigInt(scale - own);
  return [at(one), at(other), scale];
}

/** Below, at or above zero, as the first is to the second. */
export function compareNumbers(one: string, other: string): number {
  const [left, right] = [decimalOf(one), decimalOf(other)];
  if (left === undefined || right === undefined) return Number(one) - Number(other);
  const [a, b] = aligned(left, right);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Undefined for exponents beyond what is computed here. */
export function computedNumber(operator: "+" | "-" | "*", one: string, other: string): string | undefined {
  const [left, right] = [decimalOf(one), decimalOf(other)];
  if (left === undefined || right === undefined) return undefined;
  if (operator === "*") return decimalText(left.digits * right.digits, left.scale + right.scale);
  const [a, b, scale] = aligned(left, right);
  return decimalText(operator === "+" ? a + b : a - b, scale);
}

/** To the next whole number up or down; undefined as above. */
export function wholeNumber(text: string, direction: "up" | "down"): string | undefined {
  const value = decimalOf(text);
  if (value === undefined) return undefined;
  const unit = 10n ** BigInt(value.scale);
  const cut = value.digits / unit;
  const rest = value.digits % unit;
  if (direction === "up" && rest > 0n) return String(cut + 1n);
  return String(direction === "down" && rest < 0n ? cut - 1n : cut);
}

function decimalText(digits: bigint, scale: number): string {
  if (scale === 0) return String(digits);
  const [sign, all] = digits < 0n ? ["-", String(-digits)] : ["", String(digits)];
  const padded = all.padStart(scale + 1, "0");
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

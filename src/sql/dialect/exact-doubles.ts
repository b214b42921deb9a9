/**
 * Which double DuckDB makes of a decimal, and which text of the same number it makes the right one of. Clients write doubles
 * into statements with the digits that tell them apart (psycopg2 does); a number of more than 15 digits that stands beside a
 * column of double precision must not be its neighbour.
 */

/** Digits in front of the point and behind it. */
export interface PlainNumber {
  readonly whole: string;
  readonly fraction: string;
}

/** DuckDB's widest decimal, its zero in front of the point included. */
export const MOST_DECIMAL_DIGITS = 38;
/** A number of so many digits, or fewer, is always cast to the nearest double. */
export const SAFE_DIGITS = 15;

/**
 * The same number, with zeros behind it if it takes them to be cast to the double nearest to it.
 *
 * Only for what is a double's own text: other numbers keep the digits they are written with
 */
export function castableToDouble({ whole, fraction }: PlainNumber): PlainNumber {
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits.length <= SAFE_DIGITS || !isDoubleText(digits, `${whole}.${fraction}`))
    return { whole, fraction };
  const nearest = Number(`${whole}.${fraction}`);
  for (let zeros = 0; whole.length + fraction.length + zeros < MOST_DECIMAL_DIGITS; zeros += 1) {
    const padded = fraction + "0".repeat(zeros);
    const value = BigInt(whole + padded);
    const doubles = [doubleOfDecimal(value, padded.length), -doubleOfDecimal(-value, padded.length)];
    if (doubles.every((double) => double === nearest)) return { whole, fraction: padded };
  }
  return { whole, fraction };
}

/** Whether these digits are the shortest that name their double. */
function isDoubleText(digits: string, text: string): boolean {
  const shortest = String(Number(text)).replace(/e.*/, "").replace(".", "").replace(/^0+/, "");
  return shortest.replace(/0+$/, "") === digits.replace(/0+$/, "");
}

const MOST_EXACT = 2n ** 53n;

/** DuckDB's own steps: what is no exact double is cast in two parts. */
function doubleOfDecimal(value: bigint, scale: number): number {
  const size = value < 0n ? -value : value;
  if (size <= MOST_EXACT || scale === 0) return doubleOfInteger(value) / 10 ** scale;
  const unit = 10n ** BigInt(scale);
  return doubleOfInteger(value / unit) + doubleOfInteger(value % unit) / Number(`1e${scale}`);
}

const WORD_BITS = 64n;
const WORD = 2n ** WORD_BITS;

/** A HUGEINT is cast in two halves as well, one of a small negative number by what is left over. */
function doubleOfInteger(value: bigint): number {
  const upper = value >> WORD_BITS;
  const lower = BigInt.asUintN(64, value);
  if (upper === -1n) return -Number(WORD - 1n - lower) - 1;
  return Number(lower) + Number(upper) * Number(WORD);
}

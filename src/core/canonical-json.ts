/**
 * The text of a jsonb value, which PostgreSQL does not keep as written: keys of an object once each, the last one's value,
 * shorter ones first; one blank behind commas and colons; numbers as numeric writes them, characters unescaped.
 */
import { SQLSTATE, SqlError } from "./errors.js";
import { requireJson } from "./json-text.js";

/** Errors: 22P02 for a text that is no JSON, 22P05 for a zero character, 54001 for one too deep */
export function canonicalJson(text: string): string {
  requireJson(text);
  try {
    return new Writer(text).value();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SqlError(SQLSTATE.statementTooComplex, "stack depth limit exceeded");
  }
}

/** Walks a text that is known to be JSON. */
class Writer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): string {
    switch (this.#next()) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return JSON.stringify(this.#string());
      default:
        return this.#word();
    }
  }

  /** The next character that is no blank; stays at it. */
  #next(): string {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at += 1;
    return this.#text.charAt(this.#at);
  }

  /** Steps over a bracket or a comma; true for a closing one. */
  #ends(close: string): boolean {
    const isEnd = this.#next() === close;
    this.#at += isEnd || this.#next() === "," ? 1 : 0;
    return isEnd;
  }

  #object(): string {
    const members = new Map<string, string>();
    this.#at += 1;
    while (!this.#ends("}")) {
      this.#next();
      const key = this.#string();
      this.#next();
      this.#at += 1;
      members.set(key, this.value());
    }
    const sorted = [...members].toSorted(([one], [other]) => inOrder(one, other));
    return `{${sorted.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(", ")}}`;
  }

  #array(): string {
    const items: string[] = [];
    this.#at += 1;
    while (!this.#ends("]")) items.push(this.value());
    return `[${items.join(", ")}]`;
  }

  #string(): string {
    const start = this.#at;
    do {
      this.#at += this.#text.charAt(this.#at) === "\\" ? 2 : 1;
    } while (this.#text.charAt(this.#at) !== '"');
    this.#at += 1;
    const value: unknown = JSON.parse(this.#text.slice(start, this.#at));
    if (typeof value !== "string") throw new Error("a JSON text was taken for a string");
    if (value.includes("\0"))
      throw new SqlError(SQLSTATE.untranslatableCharacter, "unsupported Unicode escape sequence", {
        detail: "\\u0000 cannot be converted to text.",
      });
    return value;
  }

  #word(): string {
    const [word = ""] = /^[^\s,\]}]*/.exec(this.#text.slice(this.#at, this.#at + MOST_WORD)) ?? [];
    const whole =
      word.length < MOST_WORD ? word : (/^[^\s,\]}]*/.exec(this.#text.slice(this.#at))?.[0] ?? "");
    this.#at += whole.length;
    return /^[-\d]/.test(whole) ? plainNumber(whole) : whole;
  }
}

/** Longer than nearly all numbers: what is behind them need not be copied. */
const MOST_WORD = 64;
/** Zeros an exponent may stand for: PostgreSQL's numeric has 131,072 digits before the point. */
const MOST_EXPONENT = 131_072;

/** By length and then by bytes, as PostgreSQL stores keys. */
function inOrder(one: string, other: string): number {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length - right.length || Buffer.compare(left, right);
}

/** `1.50e1` ⇒ 15.0, `-0` ⇒ 0 */
function plainNumber(text: string): string {
  const [, sign = "", whole = "", fraction = "", power = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const exponent = Number(power);
  if (Math.abs(exponent) > MOST_EXPONENT)
    throw new SqlError(SQLSTATE.numericValueOutOfRange, "value overflows numeric format");
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 1);
  const [before, behind] = [padded.slice(0, at).replace(/^0+(?=\d)/, ""), padded.slice(at)];
  const isZero = !/[1-9]/.test(digits);
  return `${isZero ? "" : sign}${before}${behind === "" ? "" : `.${behind}`}`;
}

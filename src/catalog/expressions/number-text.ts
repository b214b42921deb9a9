/** to_char() of numbers, by PostgreSQL's rules for the C locale. */
import { notSupported } from "../../core/errors.js";
import type { TextFunction } from "../../engine/text-function.js";

/** The function of this program: a number's text, its format, and DuckDB's type of it. */
export const NUMBER_TEXT = "duckbranch_number_text";

type Kind = "digit" | "zero" | "point" | "comma" | "sign" | "minus" | "plus" | "either" | "angle" | "literal";

interface Part {
  readonly kind: Kind;
  /** Of a literal. */
  readonly text: string;
}

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ["SG", "either"],
  ["PL", "plus"],
  ["MI", "minus"],
  ["PR", "angle"],
  ["S", "sign"],
  ["D", "point"],
  [".", "point"],
  ["G", "comma"],
  [",", "comma"],
  ["9", "digit"],
  ["0", "zero"],
]);

const PARTS = /"([^"]*)"|FM|SG|PL|MI|PR|./gis;

/** Errors: 0A000 for RN, TH, V, EEEE, L, and letters that PostgreSQL would copy */
function readFormat(format: string): { readonly parts: readonly Part[]; readonly isFitted: boolean } {
  if (/[a-z\\]/i.test(format.replaceAll(/"[^"]*"|FM|SG|PL|MI|PR|[SDG]/gi, "")))
    throw notSupported(`the format "${format}" of a number is not supported`);
  const written = [...format.matchAll(PARTS)];
  const isFitted = written.some(([text]) => text.toUpperCase() === "FM");
  const parts = written.flatMap(([text, quoted]): Part[] => {
    if (text.toUpperCase() === "FM") return [];
    const kind = quoted === undefined ? (KINDS.get(text.toUpperCase()) ?? "literal") : "literal";
    return [{ kind, text: quoted ?? text }];
  });
  return { parts, isFitted };
}

function isDigit({ kind }: Part): boolean {
  return kind === "digit" || kind === "zero";
}

export const numberText: TextFunction = ([value, format, type]) => {
  if (value === null || value === undefined || format === null || format === undefined) return null;
  if (!/^-?[\d.]+(?:e[-+]?\d+)?$/i.test(value)) throw notSupported(`to_char() of ${value} is not supported`);
  const { parts, isFitted } = readFormat(format);
  const point = parts.findIndex(({ kind }) => kind === "point");
  const whole = (point === -1 ? parts : parts.slice(0, point)).filter(isDigit);
  const decimals = point === -1 ? [] : parts.slice(point).filter(isDigit);
  const isFloat = type === "DOUBLE" || type === "FLOAT";
  const digits = digitsOf(value, whole, decimals, isFloat, isFitted);
  return laidOut(parts, digits, { isNegative: value.startsWith("-"), isFitted });
};

/** What stands in the place of each digit of the format; a blank for none. */
function digitsOf(
  value: string,
  whole: readonly Part[],
  decimals: readonly Part[],
  isFloat: boolean,
  isFitted: boolean,
): readonly string[] {
  const places = decimals.length;
  const rounded = isFloat
    ? roundedText(exactText(Math.abs(Number(value))), places, "even")
    : roundedText(value.replace("-", ""), places, "up");
  const [integer = "", fraction = ""] = rounded.split(".");
  const significant = integer.replace(/^0+/, "");
  if (significant.length > whole.length) return [...whole, ...decimals].map(() => "#");
  const filled = significant.padStart(whole.length, " ").split("");
  const zero = whole.findIndex(({ kind }) => kind === "zero");
  const shown = filled.map((digit, at) => (digit === " " && zero !== -1 && at >= zero ? "0" : digit));
  const isNothing = significant === "" && zero === -1;
  const isZero =
    isNothing &&
    (places === 0 || (isFitted && /^0*$/.test(fraction) && keptPlaces(decimals, fraction) === 0));
  if (isZero && shown.length > 0) shown[shown.length - 1] = "0";
  const kept = isFitted ? keptPlaces(decimals, fraction) : places;
  return [
    ...shown,
    ...fraction
      .split("")
      .slice(0, places)
      .map((digit, at) => (at < kept ? digit : "")),
  ];
}

/** FM leaves out zeros at the end that the format does not ask for. */
function keptPlaces(decimals: readonly Part[], fraction: string): number {
  const asked = decimals.findLastIndex(({ kind }) => kind === "zero") + 1;
  return Math.max(asked, fraction.replace(/0+$/, "").length);
}

/** The number that is kept, which is seldom the one that was written. */
function exactText(value: number): string {
  return value < 1e21 ? value.toFixed(20) : String(BigInt(value));
}

/** Half is rounded up, away from zero; of floats to the even neighbour. */
function roundedText(value: string, places: number, half: "up" | "even"): string {
  const [integer = "", fraction = ""] = value.split(".");
  const kept = BigInt(integer + fraction.padEnd(places, "0").slice(0, places));
  const rest = fraction.slice(places);
  const isHalf = /^50*$/.test(rest);
  const isUp = isHalf ? half === "up" || kept % 2n === 1n : /^[5-9]/.test(rest);
  const text = String(isUp ? kept + 1n : kept).padStart(places + 1, "0");
  return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
}

function laidOut(
  parts: readonly Part[],
  digits: readonly string[],
  { isNegative, isFitted }: { readonly isNegative: boolean; readonly isFitted: boolean },
): string {
  const blank = isFitted ? "" : " ";
  const pieces: string[] = [];
  let next = 0;
  /** Where the number begins. */
  let first: number | undefined;
  for (const part of parts) {
    const { kind, text } = part;
    const isPlace = isDigit(part);
    const piece = isPlace ? (digits[next++] ?? "") : (pieceOf(kind, text, isNegative, blank, first) ?? blank);
    if (first === undefined && ((isPlace && piece !== " ") || kind === "point")) first = pieces.length;
    pieces.push(isPlace && piece === " " ? blank : piece);
  }
  const sign = floatingSign(parts, isNegative, blank);
  pieces.splice(first ?? pieces.length, 0, sign);
  return pieces.join("");
}

/** Undefined for a blank. */
function pieceOf(
  kind: Kind,
  text: string,
  isNegative: boolean,
  blank: string,
  first: number | undefined,
): string | undefined {
  switch (kind) {
    case "literal":
      return text;
    case "point":
      return ".";
    case "comma":
      return first === undefined ? undefined : ",";
    case "minus":
      return isNegative ? "-" : undefined;
    case "plus":
      return isNegative ? undefined : "+";
    case "either":
      return isNegative ? "-" : "+";
    case "angle":
      return isNegative ? ">" : blank;
    case "sign":
      // In front it goes along with the number.
      return first === undefined ? "" : isNegative ? "-" : "+";
    default:
      return "";
  }
}

/** What stands in front of the first digit. */
function floatingSign(parts: readonly Part[], isNegative: boolean, blank: string): string {
  const has = (kind: Kind): boolean => parts.some((part) => part.kind === kind);
  if (has("sign")) {
    const isBehind = parts.findLastIndex(isDigit) < parts.findIndex(({ kind }) => kind === "sign");
    return isBehind ? "" : isNegative ? "-" : "+";
  }
  if (has("minus") || has("either")) return "";
  if (has("angle")) return isNegative ? "<" : blank;
  return isNegative ? "-" : blank;
}

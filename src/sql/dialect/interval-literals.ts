/** PostgreSQL's forms of an interval's text as the one form DuckDB reads: numbers with units. */
import { SQLSTATE, SqlError } from "../../core/errors.js";
import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { isWord } from "../token-reader.js";
import type { CastType } from "./cast-places.js";

const UNIT =
  /^(?:microseconds?|usecs?|us|milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|hr|h|days?|d|weeks?|w|months?|mons?|mon|years?|yrs?|yr|y|decades?|decs?|century|centuries|cent|c|millennium|millennia|mils?|quarters?|quarter)$/i;
const ISO =
  /^([+-])?P(?:([+-]?[\d.]+)Y)?(?:([+-]?[\d.]+)M)?(?:([+-]?[\d.]+)W)?(?:([+-]?[\d.]+)D)?(?:T(?:([+-]?[\d.]+)H)?(?:([+-]?[\d.]+)M)?(?:([+-]?[\d.]+)S)?)?$/i;
const ISO_UNITS = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"];
/** `1-2`, `3 04:05:06` and `1-2 3 04:05:06`, each with a sign of its own. */
const STANDARD =
  /^(?:([+-]?)(\d+)-(\d+)(?= |$))?(?: *([+-]?\d+)(?= ))?(?: *([+-]?\d+:\d\d?(?::\d\d?(?:\.\d+)?)?))?$/;
const CLOCK = /^[+-]?\d+:\d\d?(?::\d\d?(?:\.\d+)?)?$/;

/** Edits for `interval 'text' [field [TO field]]` and `'text'::interval`. Throws 22007 for a text that is none. */
export function intervalLiteral(tokens: readonly Token[], index: number, type: CastType): TextEdit[] {
  const token = tokens[index];
  if (token === undefined || type.hasModifier) return [];
  const to = isWord(tokens[index + 2], "to") ? tokens[index + 3] : undefined;
  const field = tokens[index + 1];
  const isField = type.form === "prefix" && field?.kind === "word" && UNIT.test(field.value);
  // A plain number with a field is DuckDB's own form.
  if (isField && to === undefined) return [];
  const text = intervalText(token.value);
  const edits: TextEdit[] =
    text === token.value ? [] : [{ start: token.start, end: token.end, text: quoteLiteral(text) }];
  if (!isField || field === undefined || to === undefined) return edits;
  if (text === token.value) return [];
  return [...edits, { start: field.start, end: to.end, text: "" }];
}

/** An interval's text as DuckDB reads it. Throws 22007 for a text that is none. */
export function intervalText(text: string): string {
  const trimmed = microseconds(text.trim());
  return (
    isoForm(trimmed) ?? standardForm(trimmed) ?? checked(trimmed === text.trim() ? text : trimmed, trimmed)
  );
}

/** Seconds with more digits than microseconds have, rounded: DuckDB cuts them off. */
const CLOCK_SECONDS = /(?<=^|\s)([+-]?)(\d+):(\d\d?):(\d\d?\.\d{7,})/g;
const SECONDS = /(?<![\d:.])(\d*\.\d{7,})(?=\s*(?:$|s\b|secs?\b|seconds?\b))/gi;

function microseconds(text: string): string {
  return text
    .replaceAll(
      CLOCK_SECONDS,
      (_, sign: string, hours: string, minutes: string, seconds: string) =>
        `${sign}${hours} hours ${sign}${minutes} minutes ${sign}${Number(seconds).toFixed(6)} seconds`,
    )
    .replaceAll(SECONDS, (seconds) => Number(seconds).toFixed(6));
}

function isoForm(text: string): string | undefined {
  const match = ISO.exec(text);
  if (match === null || text.length < 2) return undefined;
  const [, sign = "", ...amounts] = match;
  const parts = amounts.flatMap((amount, at) =>
    amount === undefined || amount === ""
      ? []
      : [`${sign === "-" ? negated(amount) : amount} ${ISO_UNITS[at] ?? ""}`],
  );
  return parts.length === 0 ? undefined : parts.join(" ");
}

function negated(amount: string): string {
  return amount.startsWith("-") ? amount.slice(1) : `-${amount.replace("+", "")}`;
}

/**
 * The SQL standard's form. Errors: 22015 for more months than a year has; undefined for what is none, and where a sign may be
 * of all fields or of the first alone, as IntervalStyle says.
 */
function standardForm(text: string): string | undefined {
  const [match, sign = "", years, months, days, clock] = STANDARD.exec(text) ?? [];
  if (match === undefined || (years === undefined && days === undefined)) return undefined;
  if (Number(months) > 11)
    throw new SqlError(SQLSTATE.intervalFieldOverflow, `interval field value out of range: "${text}"`);
  const isAmbiguous = sign === "-" && [days, clock].some((part) => part !== undefined && /^\d/.test(part));
  if (isAmbiguous) return undefined;
  return [
    ...(years === undefined ? [] : [`${sign}${years} years ${sign}${months} months`]),
    ...(days === undefined ? [] : [`${days} days`]),
    ...(clock === undefined ? [] : [clock]),
  ]
    .join(" ")
    .replaceAll(/(?<=^| )\+(?=\d)/g, "");
}

/** Words must be units: DuckDB's own error does not say what was wrong. */
function checked(text: string, trimmed: string): string {
  const plain = trimmed.replace(/^@\s*/, "").replace(/\s+ago$/i, "");
  const words = plain.split(/\s+|(?<=\d)(?=[a-z])/i).filter((word) => word !== "");
  const isKnown = words.every(
    (word) => UNIT.test(word) || CLOCK.test(word) || /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(word),
  );
  if (words.length === 0 || !isKnown) {
    throw new SqlError(SQLSTATE.invalidDatetimeFormat, `invalid input syntax for type interval: "${text}"`);
  }
  // DuckDB reads no plus sign.
  return text.replaceAll(/(?<=^|\s)\+(?=[\d.])/g, "");
}

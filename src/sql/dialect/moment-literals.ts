/** Texts of dates and times that PostgreSQL reads and DuckDB does not, in DuckDB's form. */
import { nearestEven } from "../../core/nearest-even.js";

/** A literal's new text, or an expression in its place. */
export type MomentText = { readonly kind: "literal" | "expression"; readonly text: string };

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");

/** Words that are a moment of their own, by type. */
const WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  date: {
    now: "current_date",
    today: "current_date",
    tomorrow: "current_date + 1",
    yesterday: "current_date - 1",
  },
  timestamp: {
    now: "now()::TIMESTAMP",
    today: "current_date::TIMESTAMP",
    tomorrow: "(current_date + 1)::TIMESTAMP",
    yesterday: "(current_date - 1)::TIMESTAMP",
  },
  timestamptz: {
    now: "now()",
    today: "current_date::TIMESTAMPTZ",
    tomorrow: "(current_date + 1)::TIMESTAMPTZ",
    yesterday: "(current_date - 1)::TIMESTAMPTZ",
  },
  time: { now: "now()::TIME", allballs: "TIME '00:00:00'" },
};

const MOMENTS = new Set([...Object.keys(WORDS), "timetz"]);

/** What stands for the text; undefined leaves it to DuckDB, as do other types: `'20200101'::oid` is no date. */
export function momentLiteral(type: string, text: string): MomentText | undefined {
  if (!MOMENTS.has(type)) return undefined;
  const words = WORDS[type];
  const trimmed = text.trim();
  const word = words?.[trimmed.toLowerCase()];
  if (word !== undefined) return { kind: "expression", text: word };
  const isClock = type.startsWith("time") && !type.startsWith("timestamp");
  const plain = roundedText(zonedText(isClock ? clockText(trimmed) : dayText(trimmed)));
  return plain === trimmed ? undefined : { kind: "literal", text: plain };
}

/** `04:05 PM` ⇒ 16:05:00, `12:00+02` ⇒ 12:00:00+02 */
function clockText(text: string): string {
  const [twelve, hours = "", rest = "", half = ""] =
    /^(\d\d?)(:\d\d(?::\d\d(?:\.\d+)?)?)\s*([ap]m)$/i.exec(text) ?? [];
  if (twelve !== undefined && Number(hours) >= 1 && Number(hours) <= 12) {
    const hour = (Number(hours) % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
    return `${String(hour).padStart(2, "0")}${rest}`;
  }
  return text.replace(/^(\d\d?:\d\d)(?=\s*[+-])/, "$1:00");
}

/** Month names, no dashes, `BC`, hours and minutes before an offset. */
function dayText(text: string): string {
  const dashed = text.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
  const named = monthNamed(dashed).replace(
    /^(\d{1,6}-\d\d?-\d\d?[ T]\d\d?:\d\d)(?=\s*(?:[+-]|[A-Za-z]))/,
    "$1:00",
  );
  const [isBefore, day = "", rest = ""] = /^(\d{1,6}-\d\d?-\d\d?)(.*?)\s+BC$/i.exec(named) ?? [];
  return isBefore === undefined ? named : `${day} (BC)${rest}`;
}

/** `… +3`, `… +0330`, `… Z` ⇒ …+03, …+03:30, …+00 */
function zonedText(text: string): string {
  const parts =
    /^(?<clock>.*:\d\d(?:\.\d+)?)\s*(?:(?<zulu>z)|(?<sign>[+-])(?<hours>\d\d?)(?::?(?<minutes>\d\d))?)$/i;
  const { clock, zulu, sign, hours, minutes } = parts.exec(text)?.groups ?? {};
  if (clock === undefined) return text;
  if (zulu !== undefined) return `${clock}+00`;
  return `${clock}${sign}${(hours ?? "").padStart(2, "0")}${minutes === undefined ? "" : `:${minutes}`}`;
}

const MICROSECONDS = 1_000_000;

const LONGEST_FRACTION = ".000000".length;

/** `12:59:59.9999996`, `12:59:60` ⇒ 13:00:00: PostgreSQL rounds to microseconds, DuckDB cuts, and knows no second 60. */
function roundedText(text: string): string {
  return text.replace(
    /(\d\d?):(\d\d):(\d\d)(\.\d+)?(?!\d)/,
    (clock, hours: string, minutes: string, seconds: string, fraction = "") => {
      if (Number(seconds) > 60 || (seconds !== "60" && fraction.length <= LONGEST_FRACTION)) return clock;
      const rounded = nearestEven(Number(`0${fraction}`) * MICROSECONDS);
      const carried = rounded === MICROSECONDS ? 1 : 0;
      const total = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds) + carried;
      const parts = [total / 3600, (total / 60) % 60, total % 60];
      const digits = parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
      return `${digits}.${String(rounded - carried * MICROSECONDS).padStart(6, "0")}`;
    },
  );
}

function monthNamed(text: string): string {
  const forms: readonly (readonly [RegExp, readonly [number, number, number]])[] = [
    [/^([A-Za-z]{3,9})\.? +(\d\d?),? +(\d{4})(?!\d)/, [3, 1, 2]],
    [/^(\d{4})-([A-Za-z]{3,9})-(\d\d?)(?!\d)/, [1, 2, 3]],
    [/^(\d\d?)[- ]([A-Za-z]{3,9})[- ](\d{4})(?!\d)/, [3, 2, 1]],
  ];
  for (const [form, [year, month, day]] of forms) {
    const match = form.exec(text);
    const number = MONTHS.indexOf((match?.[month] ?? "").slice(0, 3).toLowerCase()) + 1;
    if (match === null || number === 0) continue;
    const date = `${match[year] ?? ""}-${String(number).padStart(2, "0")}-${(match[day] ?? "").padStart(2, "0")}`;
    return date + text.slice(match[0].length);
  }
  return text;
}

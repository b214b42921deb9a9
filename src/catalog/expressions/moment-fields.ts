/** The fields of a date, time, timestamp or interval that DuckDB wrote as text. */
import { notSupported } from "../../core/errors.js";

/** Fields as PostgreSQL's to_char() takes them: of an interval each has its own sign. */
export interface Moment {
  readonly isInterval: boolean;
  /** 0 is 1 BC. */
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  /** Minutes east of Greenwich; undefined where there is no zone. */
  readonly offset: number | undefined;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly dayOfYear: number;
  readonly isoYear: number;
  readonly isoWeek: number;
  readonly julianDay: number;
}

const DATED =
  /^(-?\d+)-(\d\d)-(\d\d)(?: \(BC\))?(?: (\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?(?:([+-])(\d\d)(?::(\d\d))?(?::\d\d)?)?( \(BC\))?$/;
const SPAN =
  /^(?:(-?\d+) years? ?)?(?:(-?\d+) months? ?)?(?:(-?\d+) days? ?)?(?:(-)?(\d+):(\d\d):(\d\d)(?:\.(\d+))?)?$/;
const DAY_MS = 86_400_000;
/** Of 1970-01-01. */
const JULIAN_DAY = 2_440_588;

/** Undefined for what is not finite. */
export function readMoment(text: string, isInterval: boolean): Moment | undefined {
  if (/infinity/.test(text)) return undefined;
  const fields = (isInterval ? SPAN : DATED).exec(text);
  if (fields === null) throw notSupported(`to_char() of ${text} is not supported`);
  return isInterval ? spanOf(fields) : datedOf(fields, text.includes("(BC)"));
}

const numberIn = (text: string | undefined): number => Number(text ?? 0);
const microsIn = (text: string | undefined): number => Number((text ?? "").padEnd(6, "0").slice(0, 6));

function spanOf([, years, months, days, minus, hours, minutes, seconds, fraction]: readonly (
  | string
  | undefined
)[]): Moment {
  const sign = minus === undefined ? 1 : -1;
  // No minus in front of nothing.
  const signed = (value: number): number => (value === 0 ? 0 : sign * value);
  const whole = { weekday: 0, dayOfYear: 0, isoYear: 0, isoWeek: 0, julianDay: 0, offset: undefined };
  return {
    ...whole,
    isInterval: true,
    year: numberIn(years),
    month: numberIn(months),
    day: numberIn(days),
    hour: signed(numberIn(hours)),
    minute: signed(numberIn(minutes)),
    second: signed(numberIn(seconds)),
    micros: signed(microsIn(fraction)),
  };
}

function datedOf(
  [, years, months, days, hours, minutes, seconds, fraction, side, east, eastMinutes]: readonly (
    | string
    | undefined
  )[],
  isBeforeChrist: boolean,
): Moment {
  const [year, month, day] = [
    isBeforeChrist ? 1 - numberIn(years) : numberIn(years),
    numberIn(months),
    numberIn(days),
  ];
  const dayNumber = daysOf(year, month, day);
  const weekday = (((dayNumber + 4) % 7) + 7) % 7;
  const offset = numberIn(east) * 60 + numberIn(eastMinutes);
  return {
    isInterval: false,
    year,
    month,
    day,
    hour: numberIn(hours),
    minute: numberIn(minutes),
    second: numberIn(seconds),
    micros: microsIn(fraction),
    offset: side === undefined ? undefined : side === "-" && offset !== 0 ? -offset : offset,
    weekday,
    dayOfYear: dayNumber - daysOf(year, 1, 1) + 1,
    ...isoWeekOf(dayNumber, weekday),
    julianDay: dayNumber + JULIAN_DAY,
  };
}

/** Since 1970-01-01. */
function daysOf(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / DAY_MS;
}

/** A week belongs to the year of its Thursday. */
function isoWeekOf(
  dayNumber: number,
  weekday: number,
): { readonly isoYear: number; readonly isoWeek: number } {
  const thursday = dayNumber + 4 - (weekday === 0 ? 7 : weekday);
  const isoYear = new Date(thursday * DAY_MS).getUTCFullYear();
  return { isoYear, isoWeek: Math.floor((thursday - daysOf(isoYear, 1, 1)) / 7) + 1 };
}

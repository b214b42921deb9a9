/** to_char() of dates, times, timestamps and intervals, by PostgreSQL's rules for the C locale. */
import { notSupported, SQLSTATE, SqlError } from "../../core/errors.js";
import type { TextFunction } from "../../engine/text-function.js";
import { postgresFormat } from "../../sql/dialect/date-formats.js";
import { readMoment, type Moment } from "./moment-fields.js";

/** The function of this program: a moment's text, the format, and DuckDB's type of it. */
export const MOMENT_TEXT = "duckbranch_moment_text";

/** An interval with a format that became strftime's before anybody knew of what. */
const TRANSLATED = "translated";

export const momentText: TextFunction = ([value, given, type]) => {
  if (typeof value !== "string" || typeof given !== "string" || given === "") return null;
  const format = type === TRANSLATED ? postgresFormat(given) : given;
  if (format === undefined) throw notSupported("this format of an interval is not supported");
  const moment = readMoment(value, type === TRANSLATED || type === "INTERVAL" || type === "TIME");
  return moment === undefined
    ? null
    : partsOf(format).reduce((made, part) => made + written(part, moment), "");
};

interface Part {
  /** The element as PostgreSQL's table has it, in upper case; empty for a literal. */
  readonly element: string;
  readonly text: string;
  readonly isFilled: boolean;
  /** TH or th behind it. */
  readonly ordinal: string;
}

/** Longer ones before what they begin with. */
const ELEMENTS =
  "A.D. A.M. AD AM B.C. BC CC DAY DDD DD DY D FF1 FF2 FF3 FF4 FF5 FF6 FX HH24 HH12 HH IDDD ID IW IYYY IYY IY I J MI MM MONTH MON MS OF P.M. PM Q RM SSSSS SSSS SS TZH TZM TZ US WW W Y,YYY YYYY YYY YY Y".split(
    " ",
  );
const PARTS = new RegExp(
  [
    String.raw`"((?:[^"\\]|\\.)*)"?`,
    String.raw`\\(.)`,
    `((?:FM|TM)*)(${ELEMENTS.map((name) => name.replaceAll(".", String.raw`\.`)).join("|")})((?:TH)?)`,
    "(.)",
  ].join("|"),
  "gis",
);

function partsOf(format: string): readonly Part[] {
  return [...format.matchAll(PARTS)].map(([, quoted, escaped, prefix, element, ordinal, other]) => ({
    element: element?.toUpperCase() ?? "",
    text: element ?? quoted?.replaceAll(/\\(.)/g, "$1") ?? escaped ?? other ?? "",
    isFilled: (prefix ?? "") !== "",
    ordinal: ordinal ?? "",
  }));
}

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const ROMAN = "I II III IV V VI VII VIII IX X XI XII".split(" ");
/** Elements of what an interval is no part of. */
const OF_DAYS = /^(?:DAY|DY|D|ID|RM|MONTH|MON|J|IDDD|IW|IYYY|IYY|IY|I|WW|W|Q|A\.?D\.?|B\.?C\.?|TZ.?|OF)$/;

function written(part: Part, moment: Moment): string {
  const { element, text } = part;
  if (element === "") return text;
  if (moment.isInterval && OF_DAYS.test(element)) {
    if (element === "Q" || element === "RM") return intervalMonth(part, moment);
    throw new SqlError(SQLSTATE.invalidDatetimeFormat, "invalid format specification for an interval value", {
      hint: "Intervals are not tied to specific calendar dates.",
    });
  }
  const name = namedText(part, moment);
  if (name !== undefined) return name;
  const number = numberText(part, moment);
  return number + (part.ordinal === "" ? "" : ordinalOf(number, part.ordinal));
}

/** An interval's months count as months of a year do; none has no name. */
function intervalMonth(part: Part, moment: Moment): string {
  if (moment.month === 0) return "";
  throw notSupported(`to_char() of an interval with ${part.text} is not supported`);
}

/** As the element's letters are. */
function cased(name: string, pattern: string): string {
  if (pattern === pattern.toUpperCase()) return name.toUpperCase();
  return pattern === pattern.toLowerCase() ? name.toLowerCase() : name;
}

function namedText({ element, text, isFilled }: Part, moment: Moment): string | undefined {
  const padded = (name: string, width: number): string => cased(isFilled ? name : name.padEnd(width), text);
  const half = moment.hour % 24 >= 12 ? "PM" : "AM";
  const era = moment.year <= 0 ? "BC" : "AD";
  const dotted = (word: string): string => cased(word.replaceAll(/./g, "$&."), text);
  switch (element) {
    case "MONTH":
      return padded(MONTHS[moment.month - 1] ?? "", 9);
    case "MON":
      return cased((MONTHS[moment.month - 1] ?? "").slice(0, 3), text);
    case "DAY":
      return padded(DAYS[moment.weekday] ?? "", 9);
    case "DY":
      return cased((DAYS[moment.weekday] ?? "").slice(0, 3), text);
    case "RM":
      return padded(ROMAN[moment.month - 1] ?? "", 4);
    case "AM":
    case "PM":
      return cased(half, text);
    case "A.M.":
    case "P.M.":
      return dotted(half);
    case "AD":
    case "BC":
      return cased(era, text);
    case "A.D.":
    case "B.C.":
      return dotted(era);
    case "FX":
      return "";
    case "OF":
    case "TZH":
    case "TZM":
    case "TZ":
      return zoneText(element, text, isFilled, moment);
    default:
      return undefined;
  }
}

/** What has no zone is at none: its offset is said to be nothing, its name is not there. */
function zoneText(element: string, text: string, isFilled: boolean, { offset }: Moment): string {
  const minutes = Math.abs(offset ?? 0);
  const [hours, rest] = [String(Math.floor(minutes / 60)), String(minutes % 60).padStart(2, "0")];
  const sign = (offset ?? 0) < 0 ? "-" : "+";
  switch (element) {
    case "OF":
      return `${sign}${isFilled ? hours : hours.padStart(2, "0")}${rest === "00" ? "" : `:${rest}`}`;
    case "TZH":
      return sign + hours.padStart(2, "0");
    case "TZM":
      return rest;
    default:
      if (offset === undefined) return "";
      if (offset !== 0) throw notSupported("the name of a time zone beside other elements is not supported");
      return cased("UTC", text);
  }
}

function numberText({ element, isFilled }: Part, moment: Moment): string {
  const { value, width } = numberOf(element, moment);
  if (FRACTIONS.test(element) || element === "Y,YYY") return value;
  return isFilled || width === 0 ? value : paddedNumber(value, width);
}

const FRACTIONS = /^(?:MS|US|FF\d)$/;

/** A sign stands in front of as many digits. */
function paddedNumber(value: string, width: number): string {
  return value.startsWith("-") ? `-${value.slice(1).padStart(width, "0")}` : value.padStart(width, "0");
}

interface Numbered {
  readonly value: string;
  readonly width: number;
}

const of = (value: number, width: number): Numbered => ({ value: String(value), width });

function numberOf(element: string, moment: Moment): Numbered {
  const { hour, micros, isInterval } = moment;
  const year = isInterval || moment.year > 0 ? moment.year : 1 - moment.year;
  const isoYear = moment.isoYear > 0 ? moment.isoYear : 1 - moment.isoYear;
  const digits = String(Math.abs(micros)).padStart(6, "0");
  switch (element) {
    case "HH24":
      return of(hour, 2);
    case "HH":
    case "HH12":
      return of(hour % 12 === 0 ? 12 : hour % 12, 2);
    case "MI":
      return of(moment.minute, 2);
    case "SS":
      return of(moment.second, 2);
    case "SSSS":
    case "SSSSS":
      return of(hour * 3600 + moment.minute * 60 + moment.second, 0);
    case "MS":
      return { value: digits.slice(0, 3), width: 3 };
    case "US":
      return { value: digits, width: 6 };
    case "Y,YYY":
      return {
        value: `${Math.trunc(year / 1000)},${String(Math.abs(year % 1000)).padStart(3, "0")}`,
        width: 0,
      };
    case "YYYY":
      return of(year, 4);
    case "YYY":
      return of(year % 1000, 3);
    case "YY":
      return of(year % 100, 2);
    case "Y":
      return of(year % 10, 1);
    case "IYYY":
      return of(isoYear, 4);
    case "IYY":
      return of(isoYear % 1000, 3);
    case "IY":
      return of(isoYear % 100, 2);
    case "I":
      return of(isoYear % 10, 1);
    case "CC":
      return of(centuryOf(moment), 2);
    case "MM":
      return of(moment.month, 2);
    default:
      return element.startsWith("FF")
        ? { value: digits.slice(0, Number(element.charAt(2))), width: 0 }
        : dayOf(element, moment);
  }
}

function centuryOf({ year, isInterval }: Moment): number {
  if (isInterval) return Math.trunc(year / 100);
  return year > 0 ? Math.floor((year - 1) / 100) + 1 : Math.trunc(year / 100) - 1;
}

function dayOf(element: string, moment: Moment): Numbered {
  const { day, weekday, dayOfYear } = moment;
  switch (element) {
    case "DD":
      return of(day, 2);
    case "DDD":
      return of(moment.isInterval ? moment.year * 360 + moment.month * 30 + day : dayOfYear, 3);
    case "D":
      return of(weekday + 1, 0);
    case "ID":
      return of(weekday === 0 ? 7 : weekday, 0);
    case "IDDD":
      return of((moment.isoWeek - 1) * 7 + (weekday === 0 ? 7 : weekday), 3);
    case "WW":
      return of(Math.floor((dayOfYear - 1) / 7) + 1, 2);
    case "IW":
      return of(moment.isoWeek, 2);
    case "W":
      return of(Math.floor((day - 1) / 7) + 1, 0);
    case "Q":
      return of(Math.floor((moment.month - 1) / 3) + 1, 0);
    case "J":
      return of(moment.julianDay, 0);
    default:
      throw notSupported(`the element "${element}" is not supported`);
  }
}

/** 1st, 2nd, 3rd, 11th. */
function ordinalOf(number: string, letters: string): string {
  const last = /1\d$/.test(number) ? "0" : number.slice(-1);
  const ending = { "1": "st", "2": "nd", "3": "rd" }[last] ?? "th";
  return letters === letters.toUpperCase() ? ending.toUpperCase() : ending;
}

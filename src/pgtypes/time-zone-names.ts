/**
 * What PostgreSQL takes as a time zone, and the same zone as DuckDB and ICU know it: IANA names in any case, hours east
 * of Greenwich, and POSIX names, whose hours count westwards (`<-07>+07` is seven hours west).
 */

/** A zone as it is shown, and its name in the IANA database. */
export interface NamedZone {
  readonly shown: string;
  readonly zone: string;
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;
const INTERVAL = /^interval\s*'\s*([+-]?\d{1,2})(?::(\d{2}))?(?::00)?\s*(?:hours?)?\s*'/i;
const POSIX = /^(?:<[A-Za-z0-9+:-]+>|[A-Za-z]{3,})?([+-]?)(\d{1,2})(?::?00)?(?::00)?$/;
const MAX_HOURS_EAST = 14;
const MAX_HOURS_WEST = 12;

/** Not among what ICU lists, but known to it. */
const FIXED_ZONES = Array.from(
  { length: MAX_HOURS_EAST + MAX_HOURS_WEST + 1 },
  (_, i) => `Etc/GMT${i < MAX_HOURS_EAST ? "" : "+"}${i - MAX_HOURS_EAST}`,
);
const CANONICAL: ReadonlyMap<string, string> = new Map(
  [...Intl.supportedValuesOf("timeZone"), ...FIXED_ZONES, "UTC", "GMT"].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** Undefined for what is no zone; "parts of an hour" for an offset that the IANA database has no name for. */
export function readZone(text: string): NamedZone | "parts of an hour" | undefined {
  const hours = hoursEast(text);
  if (hours !== undefined) {
    const zone = fixedZone(hours);
    return zone === undefined ? "parts of an hour" : { shown: offsetName(hours), zone };
  }
  if (isIanaName(text)) {
    const shown = CANONICAL.get(text.toLowerCase()) ?? text;
    return { shown, zone: shown };
  }
  const posix = POSIX.exec(text);
  if (posix === null) return /\d:\d\d$/.test(text) ? "parts of an hour" : undefined;
  const zone = fixedZone((posix[1] === "-" ? 1 : -1) * Number(posix[2]));
  return zone === undefined ? undefined : { shown: text.toUpperCase(), zone };
}

/** The IANA name of a zone by the name it is shown with. */
export function ianaName(shown: string): string {
  const read = readZone(shown);
  return typeof read === "object" ? read.zone : shown;
}

function hoursEast(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text);
  const interval = INTERVAL.exec(text);
  if (interval === null) return undefined;
  const [, hours = "0", minutes = "0"] = interval;
  return Number(hours) + (hours.startsWith("-") ? -1 : 1) * (Number(minutes) / 60);
}

function offsetName(hours: number): string {
  if (hours === 0) return "UTC";
  const digits = String(Math.abs(hours)).padStart(2, "0");
  return hours < 0 ? `<-${digits}>+${digits}` : `<+${digits}>-${digits}`;
}

function fixedZone(hours: number): string | undefined {
  if (!Number.isInteger(hours) || hours > MAX_HOURS_EAST || hours < -MAX_HOURS_WEST) return undefined;
  return hours === 0 ? "UTC" : `Etc/GMT${hours < 0 ? "+" : "-"}${Math.abs(hours)}`;
}

function isIanaName(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: text }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * A time zone's offsets from UTC, as the IANA database inside Node's ICU has them.
 *
 * Limits  asking ICU costs microseconds, so offsets are kept as spans between changes, found once per zone and year by
 *         probing every day and bisecting; a change taken back within a day would be missed (the database has none)
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { ianaName } from "./time-zone-names.js";

const YEAR_SECONDS = 31_556_952;
const DAY_SECONDS = 86_400;
/** Gregorian calendar and zone rules repeat after 400 years. */
const CYCLE_SECONDS = 146_097 * DAY_SECONDS;
/** 1811: local mean time everywhere, so one offset holds for all earlier instants. */
const EARLIEST = -5_000_000_000;
/** 9999: later instants are moved back by whole cycles, into the range of JavaScript's Date. */
const LATEST = 253_402_300_800;
/** Years kept per zone, and zones kept: both bounded, since clients choose them. */
const MAX_YEARS = 2_000;
const MAX_ZONES = 256;

interface Span {
  readonly from: number;
  readonly until: number;
  readonly offset: number;
}

/** Offsets of one zone. `offsetAt` is cheap for instants near the one asked before. */
export class ZoneOffsets {
  readonly #probe: (seconds: number) => number;
  readonly #years = new Map<number, readonly Span[]>();
  #last: Span;

  constructor(probe: (seconds: number) => number) {
    this.#probe = probe;
    this.#last = { from: Number.NEGATIVE_INFINITY, until: EARLIEST, offset: probe(EARLIEST) };
  }

  /** Seconds east of UTC at an instant given in seconds since 1970-01-01 UTC. */
  offsetAt(seconds: number): number {
    const last = this.#last;
    if (seconds >= last.from && seconds < last.until) return last.offset;
    if (seconds >= LATEST) {
      return this.offsetAt(seconds - Math.ceil((seconds - LATEST + 1) / CYCLE_SECONDS) * CYCLE_SECONDS);
    }
    this.#last = this.#seek(Math.max(seconds, EARLIEST));
    return this.#last.offset;
  }

  /** The offset to read a local time with. Skipped by the clocks: as before the change; twice: as after. */
  offsetOfLocal(localSeconds: number): number {
    const before = this.offsetAt(localSeconds - DAY_SECONDS);
    const after = this.offsetAt(localSeconds + DAY_SECONDS);
    return this.offsetAt(localSeconds - after) === after ? after : before;
  }

  #seek(seconds: number): Span {
    const year = Math.floor(seconds / YEAR_SECONDS);
    let spans = this.#years.get(year);
    if (spans === undefined) {
      if (this.#years.size >= MAX_YEARS) this.#years.clear();
      spans = this.#findSpans(year * YEAR_SECONDS, (year + 1) * YEAR_SECONDS);
      this.#years.set(year, spans);
    }
    for (const span of spans) if (seconds < span.until) return span;
    throw new Error("the spans of a year do not cover it");
  }

  #findSpans(start: number, end: number): Span[] {
    const spans: Span[] = [];
    let from = start;
    let offset = this.#probe(start);
    for (let at = start; at < end; at += DAY_SECONDS) {
      const next = Math.min(end, at + DAY_SECONDS);
      const nextOffset = this.#probe(next);
      if (nextOffset === offset) continue;
      const change = this.#findChange(at, next, offset);
      if (change > from) spans.push({ from, until: change, offset });
      from = change;
      offset = nextOffset;
    }
    spans.push({ from, until: end, offset });
    return spans;
  }

  /** The first second in (low, high] whose offset is no longer `offset`. */
  #findChange(low: number, high: number, offset: number): number {
    let same = low;
    let changed = high;
    while (changed - same > 1) {
      const middle = Math.floor((same + changed) / 2);
      if (this.#probe(middle) === offset) same = middle;
      else changed = middle;
    }
    return changed;
  }
}

const zones = new Map<string, ZoneOffsets>();

/** The offsets of a zone by its name: an IANA name in any case, or PostgreSQL's `<+02>-02` for a fixed offset. */
export function findZone(name: string): ZoneOffsets | undefined {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const probe = fixedOffset(name) ?? icuOffset(name) ?? icuOffset(ianaName(name));
  if (probe === undefined) return undefined;
  if (zones.size >= MAX_ZONES) zones.clear();
  const zone = new ZoneOffsets(probe);
  zones.set(name, zone);
  return zone;
}

/** The offsets of the session's time zone. Errors: SqlError 22023 for an unknown one. */
export function zoneOffsets(timeZone: string): ZoneOffsets {
  const zone = findZone(timeZone);
  if (zone !== undefined) return zone;
  throw new SqlError(SQLSTATE.invalidParameterValue, `invalid value for parameter "TimeZone": "${timeZone}"`);
}

/** POSIX notation: the sign behind the brackets counts west of UTC. */
function fixedOffset(name: string): ((seconds: number) => number) | undefined {
  const match = /^<[+-][\d:]+>([+-])(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?$/.exec(name);
  if (match === null) return undefined;
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = match;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const offset = sign === "-" ? size : -size;
  return () => offset;
}

function icuOffset(name: string): ((seconds: number) => number) | undefined {
  if (/^(UTC|GMT|Etc\/UTC|Etc\/GMT|Z|Zulu|Universal)$/i.test(name)) return () => 0;
  const format = openFormat(name);
  if (format === undefined) return undefined;
  return (seconds) => {
    const parts = format.formatToParts(seconds * 1000);
    const field = (type: Intl.DateTimeFormatPartTypes): number =>
      Number(parts.find((part) => part.type === type)?.value);
    const date = Date.UTC(field("year"), field("month") - 1, field("day"));
    return date / 1000 + field("hour") * 3600 + field("minute") * 60 + field("second") - seconds;
  };
}

function openFormat(timeZone: string): Intl.DateTimeFormat | undefined {
  const fields = {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  } as const;
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      ...fields,
      second: "numeric",
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

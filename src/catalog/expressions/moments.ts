/** Functions of dates and times. */
import { SQLSTATE } from "../../core/errors.js";
import { any, fail, failText, of, OWN, type Definitions, type Overload } from "./definition.js";
import { MOMENT_TEXT } from "./moment-text.js";
import { NUMBER_TEXT } from "./number-text.js";
import { PICK } from "./numbers.js";

/** Fields that are infinite of infinity: see sql/dialect/extract-fields.ts. */
const GROWING = "year years decade century millennium julian isoyear epoch"
  .split(" ")
  .map((field) => `'${field}'`)
  .join(", ");

/** Seconds and their parts come with their fraction, everything as double precision. */
const DATE_PART = `CASE WHEN lower(_1) IN ('second', 'seconds', 'sec', 'secs', 's')
    THEN ${OWN}."/"(${OWN}.date_part('microseconds', _2), 1000000)
  WHEN lower(_1) IN ('millisecond', 'milliseconds', 'ms', 'msec', 'msecs')
    THEN ${OWN}."/"(${OWN}.date_part('microseconds', _2), 1000)
  ELSE coalesce(${OWN}.date_part(_1, _2)::DOUBLE, CASE WHEN lower(_1) IN (${GROWING}) THEN CASE CAST(_2 AS VARCHAR)
    WHEN 'infinity' THEN 'Infinity'::DOUBLE WHEN '-infinity' THEN '-Infinity'::DOUBLE END END) END`;

const NOT_INFINITE = fail(SQLSTATE.featureNotSupported, "a numeric cannot be infinite here");
/** What EXTRACT asks for of a field that goes on growing; date_part() is asked where it is infinite. */
const EXTRACTED = `coalesce(${OWN}.date_part(_1, _2),
  CASE WHEN CAST(_2 AS VARCHAR) IN ('infinity', '-infinity') THEN ${NOT_INFINITE} END)`;

/**
 * The wall clock: DuckDB's now() stands still in a transaction, the number in a version 7 UUID does not. That one counts
 * milliseconds, and would lie before a transaction that began in the same.
 */
const CLOCK = `${OWN}.greatest(uuid_extract_timestamp(uuidv7()), now())`;

/** To so many digits of a second; PostgreSQL rounds. */
const rounded = (moment: string): string =>
  `make_timestamptz((round(${OWN}."/"(epoch_us(${moment}), 1000000), (_1)::INTEGER) * 1000000)::BIGINT)`;

const WORDS = `years := 0, months := 0, weeks := 0, days := 0, hours := 0, mins := 0, secs := 0.0`;
const MAKE_INTERVAL: Overload = {
  parameters: WORDS.split(", "),
  body: `to_years(years) + to_months(months) + to_days((weeks * 7 + days)::INTEGER) + to_hours(hours) + to_minutes(mins)
    + to_microseconds((secs * 1000000)::BIGINT)`,
};

/** Centuries and millennia begin with their year 1, those of an interval count years. */
const HAS_ERA = `lower(_1) IN ('century', 'centuries', 'cent', 'c', 'millennium', 'millennia', 'mil', 'mils') AND typeof(_2) <> 'INTERVAL'`;
const DATE_TRUNC = `CASE WHEN ${HAS_ERA} THEN ${OWN}.date_trunc(_1, _2 - to_years(1)) + to_years(1) ELSE ${OWN}.date_trunc(_1, _2) END`;
/** PostgreSQL has none of dates, and prefers timestamp with time zone. */
const IS_DATE = "typeof(_2) = 'DATE'";
const TRUNCATED = `${PICK}({'own': ${DATE_TRUNC}, 'date': CASE WHEN ${IS_DATE} THEN CAST(${DATE_TRUNC} AS TIMESTAMPTZ) END},
  CASE WHEN ${IS_DATE} THEN 'date' ELSE 'own' END)`;

/** `UTC-5`, `<+05>-5` and `-05:00` count hours westwards; ICU takes the second for none, and those of the first for eastwards. */
const POSIX_ZONE = "'^(?:(?:<[A-Za-z0-9+:-]+>|[A-Za-z]{3,})([+-]?)|([+-]))(\\d{1,2})((?::\\d{2}){0,2})$'";
const zonePart = (group: number): string => `regexp_extract(_1, ${POSIX_ZONE}, ${group})`;
const PARTS_OF_HOURS = failText(
  SQLSTATE.featureNotSupported,
  "time zones with an offset in parts of an hour are not supported",
);
const ZONE = `CASE WHEN NOT regexp_matches(_1, ${POSIX_ZONE}) THEN _1 WHEN regexp_matches(${zonePart(4)}, '[1-9]') THEN ${PARTS_OF_HOURS}
  WHEN ${zonePart(3)} IN ('0', '00') THEN 'Etc/GMT'
  ELSE 'Etc/GMT' || CASE '-' WHEN ${zonePart(1)} THEN '-' WHEN ${zonePart(2)} THEN '-' ELSE '+' END || ltrim(${zonePart(3)}, '0') END`;

/** There is no year 0: DuckDB's is 1 BC. */
const NO_YEAR = fail(SQLSTATE.datetimeFieldOverflow, "date field value out of range: 0");
const MAKE_DATE = `${OWN}.make_date(CASE WHEN _1 < 0 THEN _1 + 1 WHEN _1 = 0 THEN ${NO_YEAR} ELSE _1 END, _2, _3)`;

/** The months, days and microseconds of an interval, changed one after the other and put together again. */
const DAY = 86_400_000_000;
const PARTS = `{'m': (year(_i) * 12 + month(_i))::BIGINT, 'd': day(_i)::BIGINT,
  'u': hour(_i)::BIGINT * 3600000000 + minute(_i) * 60000000 + microsecond(_i)}`;
const WHOLE_DAYS = `{'m': _p.m, 'd': _p.d + ${OWN}."//"(_p.u, ${DAY}), 'u': ${OWN}."%"(_p.u, ${DAY})}`;
const WHOLE_MONTHS = `{'m': _p.m + ${OWN}."//"(_p.d, 30), 'd': ${OWN}."%"(_p.d, 30), 'u': _p.u}`;
/** Of one sign. */
const sided = (large: string, small: string, unit: number, rest: string): string => {
  const step = `CASE WHEN _p.${large} > 0 AND (${rest.replaceAll("?", "<")}) THEN 1 WHEN _p.${large} < 0 AND (${rest.replaceAll("?", ">")}) THEN -1 ELSE 0 END`;
  const field = (name: string): string => {
    if (name === large) return `_p.${name} - ${step}`;
    return name === small ? `_p.${name} + ${unit} * ${step}` : `_p.${name}`;
  };
  return `{'m': ${field("m")}, 'd': ${field("d")}, 'u': ${field("u")}}`;
};
const ALIKE_DAYS = sided("d", "u", DAY, "_p.u ? 0");
const ALIKE_MONTHS = sided("m", "d", 30, "_p.d ? 0");
const ALL_ALIKE_MONTHS = sided("m", "d", 30, "_p.d ? 0 OR (_p.d = 0 AND _p.u ? 0)");
function justified(...steps: readonly string[]): readonly Overload[] {
  const parts = `list_transform([(_1)::INTERVAL], lambda _i: ${PARTS})`;
  const changed = steps.reduce((list, step) => `list_transform(${list}, lambda _p: ${step})`, parts);
  const made = "to_months(_p.m::INTEGER) + to_days(_p.d::INTEGER) + to_microseconds(_p.u)";
  return [any(1, `CASE WHEN _1 IS NOT NULL THEN list_transform(${changed}, lambda _p: ${made})[1] END`)];
}

/** With a format as it was written: which of the two it is for the value's type says. */
const IS_MOMENT = "regexp_matches(typeof(_1), '^(TIME|DATE|INTERVAL)')";
const FORMATTED = `CASE WHEN ${IS_MOMENT} THEN ${MOMENT_TEXT}(CAST(_1 AS VARCHAR), _2, typeof(_1))
  ELSE ${NUMBER_TEXT}(CAST(_1 AS VARCHAR), _2, typeof(_1)) END`;

/** A text without a type, as a parameter is, becomes one. Beyond the microseconds of a BIGINT there is only DuckDB's. */
const SPAN: Overload = {
  parameters: ["_1"],
  body: `list_transform([(_1)::INTERVAL], lambda _i: coalesce(TRY(to_microseconds((
    ((year(_i) * 12 + month(_i))::HUGEINT * 30 + day(_i)) * 86400000000
    + hour(_i)::HUGEINT * 3600000000 + minute(_i) * 60000000 + microsecond(_i))::BIGINT)), _i))[1]`,
};

/** The other end of a span, which may be said by its length. Of both DuckDB binds the expression, and computes one. */
const otherEnd = (one: string, other: string): string => {
  const isLength = `typeof(${other}) = 'INTERVAL'`;
  return `${PICK}({'own': CASE WHEN NOT (${isLength}) THEN ${other} END,
    'length': CASE WHEN ${isLength} THEN ${one} + CAST(CAST(${other} AS VARCHAR) AS INTERVAL) END}, CASE WHEN ${isLength} THEN 'length' ELSE 'own' END)`;
};
const lastOf = (one: string, other: string): string =>
  `CASE WHEN ${one} IS NOT NULL AND ${other} IS NOT NULL THEN greatest(${one}, ${other}) END`;
/** The later one begins before the earlier one ends; an end that is not known is asked for only where it decides. */
const begins = (later: string, laterEnd: string, earlierEnd: string): string =>
  `CASE WHEN ${earlierEnd} IS NULL THEN NULL WHEN ${later} < ${earlierEnd} THEN true WHEN ${laterEnd} IS NULL THEN NULL ELSE false END`;
/** Of the first and last moments of both. */
const OVERLAPPING = `CASE WHEN _1 > _3 THEN ${begins("_1", "_2", "_4")} WHEN _1 < _3 THEN ${begins("_3", "_4", "_2")}
  WHEN _1 = _3 AND _2 IS NOT NULL AND _4 IS NOT NULL THEN true END`;
const spanOf = (one: string, other: string): string => `least(${one}, ${other}), ${lastOf(one, other)}`;
const OVERLAPS = `duckbranch_overlapping(${spanOf("_1", otherEnd("_1", "_2"))}, ${spanOf("_3", otherEnd("_3", "_4"))})`;

export const MOMENTS: Definitions = {
  duckbranch_span: [SPAN],
  // A difference of dates is one of these: src/query/narrow-operands.ts
  duckbranch_days: [any(1, "(CAST(_1 AS DATE) - DATE '1970-01-01')::INTEGER")],
  duckbranch_local: [any(1, "CAST(_1 AS TIMESTAMP)")],
  duckbranch_clock: [any(1, "to_microseconds(epoch_us(CAST(_1 AS TIME)))")],
  date_part: [any(2, DATE_PART)],
  duckbranch_extracted: [any(2, EXTRACTED)],
  date_trunc: [any(2, TRUNCATED), any(3, `timezone(_3, ${OWN}.date_trunc(_1, timezone(_3, _2)))`)],
  // x AT TIME ZONE _1
  duckbranch_zone: [any(1, ZONE)],
  timezone: [
    any(1, `${OWN}.timezone(_1)`),
    of(`${OWN}.timezone(${ZONE}, _2)`, "VARCHAR", ""),
    of(`${OWN}.timezone(_1, _2)`, "INTERVAL", ""),
  ],
  date_bin: [any(3, "time_bucket(_1::INTERVAL, _2, _3)")],
  make_date: [any(3, MAKE_DATE)],
  justify_hours: justified(WHOLE_DAYS, ALIKE_DAYS),
  justify_days: justified(WHOLE_MONTHS, ALIKE_MONTHS),
  justify_interval: justified(WHOLE_DAYS, WHOLE_MONTHS, ALL_ALIKE_MONTHS, ALIKE_DAYS),
  make_interval: [MAKE_INTERVAL],
  isfinite: [any(1, `${OWN}.isfinite(_1)`), of("CASE WHEN _1 IS NOT NULL THEN true END", "INTERVAL")],
  duckbranch_overlapping: [any(4, OVERLAPPING)],
  overlaps: [any(4, OVERLAPS)],
  clock_timestamp: [any(0, CLOCK)],
  // A query of its own: once per statement.
  statement_timestamp: [any(0, `(SELECT ${CLOCK})`)],
  timeofday: [any(0, `strftime(${CLOCK}, '%a %b %d %H:%M:%S.%f %Y UTC')`)],
  current_timestamp: [any(1, rounded("now()"))],
  localtimestamp: [any(1, `${rounded("now()")}::TIMESTAMP`)],
  // With the formats the dialect has translated.
  to_char: [
    any(2, "strftime(_1, _2)"),
    of(`${MOMENT_TEXT}(CAST(_1 AS VARCHAR), _2, 'translated')`, "INTERVAL", ""),
    any(3, FORMATTED),
  ],
  to_date: [any(2, "strptime(_1, _2)::DATE")],
  to_timestamp: [any(1, `${OWN}.to_timestamp(_1)`), any(2, "strptime(_1, _2)::TIMESTAMPTZ")],
  to_number: [any(2, fail(SQLSTATE.featureNotSupported, "to_number() is not supported"))],
};

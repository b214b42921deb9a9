/** Functions of dates and times. */
import { SQLSTATE } from "../../core/errors.js";
import { any, fail, OWN, type Definitions, type Overload } from "./definition.js";

/** Seconds and their parts come with their fraction, everything as double precision. */
const DATE_PART = `CASE WHEN lower(_1) IN ('second', 'seconds', 'sec', 'secs', 's')
    THEN ${OWN}."/"(${OWN}.date_part('microseconds', _2), 1000000)
  WHEN lower(_1) IN ('millisecond', 'milliseconds', 'ms', 'msec', 'msecs')
    THEN ${OWN}."/"(${OWN}.date_part('microseconds', _2), 1000)
  ELSE ${OWN}.date_part(_1, _2)::DOUBLE END`;

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

/** A text without a type, as a parameter is, becomes one. Beyond the microseconds of a BIGINT there is only DuckDB's. */
const SPAN: Overload = {
  parameters: ["_1"],
  body: `list_transform([(_1)::INTERVAL], lambda _i: coalesce(TRY(to_microseconds((
    ((year(_i) * 12 + month(_i))::HUGEINT * 30 + day(_i)) * 86400000000
    + hour(_i)::HUGEINT * 3600000000 + minute(_i) * 60000000 + microsecond(_i))::BIGINT)), _i))[1]`,
};

export const MOMENTS: Definitions = {
  duckbranch_span: [SPAN],
  date_part: [any(2, DATE_PART)],
  date_trunc: [
    any(2, `${OWN}.date_trunc(_1, _2)`),
    any(3, `timezone(_3, ${OWN}.date_trunc(_1, timezone(_3, _2)))`),
  ],
  date_bin: [any(3, "time_bucket(_1::INTERVAL, _2, _3)")],
  make_interval: [MAKE_INTERVAL],
  clock_timestamp: [any(0, CLOCK)],
  // A query of its own: once per statement.
  statement_timestamp: [any(0, `(SELECT ${CLOCK})`)],
  timeofday: [any(0, `strftime(${CLOCK}, '%a %b %d %H:%M:%S.%f %Y UTC')`)],
  current_timestamp: [any(1, rounded("now()"))],
  localtimestamp: [any(1, `${rounded("now()")}::TIMESTAMP`)],
  // With the formats the dialect has translated.
  to_char: [any(2, "strftime(_1, _2)")],
  to_date: [any(2, "strptime(_1, _2)::DATE")],
  to_timestamp: [any(1, `${OWN}.to_timestamp(_1)`), any(2, "strptime(_1, _2)::TIMESTAMPTZ")],
  to_number: [any(2, fail(SQLSTATE.featureNotSupported, "to_number() is not supported"))],
};

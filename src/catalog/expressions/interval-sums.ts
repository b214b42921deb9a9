/**
 * What sum() of intervals adds up, of which DuckDB has none: months, days and microseconds as the digits of one number, which are
 * added up each by itself. Its type says what it is: nobody's numeric has 37 places.
 */
import { OWN } from "./definition.js";

/** As typeof() says it, for IN. */
export const PACKED = "'DECIMAL(38,37)'";

const UNIT = `0.${"0".repeat(36)}1`;
/** More than an interval's microseconds and days can be, in either direction. */
const MICROSECONDS = "100000000000000000000::HUGEINT";
const DAYS = "10000000000::HUGEINT";

export function packedInterval(value: string): string {
  const number = `(((year(_i)::HUGEINT * 12 + month(_i)) * ${DAYS} + day(_i)) * ${MICROSECONDS}
    + hour(_i)::HUGEINT * 3600000000 + minute(_i) * 60000000 + microsecond(_i))`;
  return `list_transform([(${value})::INTERVAL], lambda _i: CAST(CAST(${number} AS DECIMAL(38, 0)) * ${UNIT} AS DECIMAL(38, 37)))[1]`;
}

/** The last digits are those of a number around 0. */
function rest(base: string): string {
  const own = `${OWN}."%"(_n, ${base})`;
  return `CASE WHEN ${own} >= ${OWN}."//"(${base}, 2) THEN ${own} - ${base} WHEN ${own} < -${OWN}."//"(${base}, 2) THEN ${own} + ${base} ELSE ${own} END`;
}

export function unpackedInterval(value: string): string {
  const whole = `replace(CAST(${value} AS VARCHAR), '.', '')::HUGEINT`;
  const first = `list_transform([${whole}], lambda _n: {'n': _n, 'u': ${rest(MICROSECONDS)}})`;
  const days = `list_transform(${first}, lambda _f: {'u': _f.u, 'n': ${OWN}."//"(_f.n - _f.u, ${MICROSECONDS})})`;
  const last = `list_transform(${days}, lambda _f: {'u': _f.u, 'n': _f.n, 'd': list_transform([_f.n], lambda _n: ${rest(DAYS)})[1]})`;
  return `list_transform(${last}, lambda _f: CASE WHEN _f.n IS NOT NULL THEN to_months(${OWN}."//"(_f.n - _f.d, ${DAYS})::INTEGER)
    + to_days(_f.d::INTEGER) + to_microseconds(_f.u::BIGINT) END)[1]`;
}

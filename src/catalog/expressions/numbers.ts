/**
 * Arithmetic of numeric, and aggregates whose types PostgreSQL chooses otherwise. DuckDB divides decimals in double
 * precision; here the quotient is a DECIMAL(38, 20) with PostgreSQL's digits, see core/unbounded-numeric.ts.
 */
import { SQLSTATE } from "../../core/errors.js";
import { QUOTIENT } from "../../core/unbounded-numeric.js";
import { any, fail, OWN, type Definitions } from "./definition.js";
import { PACKED, packedInterval, unpackedInterval } from "./interval-sums.js";

/**
 * One of several values of different types, by a name that is known when DuckDB binds: `{'int': …, 'dec': …}`. Macros that
 * use it are made while it gives nothing but its first argument, or DuckDB would ask for the name too soon.
 */
export const PICK = "duckbranch_pick";
export const PICK_PLACEHOLDER: Definitions = { [PICK]: [any(2, "_1")] };
export const PICK_DEFINITION: Definitions = { [PICK]: [any(2, `${OWN}.struct_extract(_1, _2)`)] };

const WIDE = "'BIGINT', 'HUGEINT', 'UBIGINT', 'UHUGEINT'";

/** NULL divided by zero is NULL: only a division that would have a value fails. */
const DIVISION_BY_ZERO = fail(SQLSTATE.divisionByZero, "division by zero");
export const REFUSE_ZERO = `CASE WHEN _2 = 0 AND _1 IS NOT NULL THEN ${DIVISION_BY_ZERO} END`;

const DECIMAL = `DECIMAL(${QUOTIENT.width}, ${QUOTIENT.scale})`;
const RATIO = `${OWN}.divide(_1, _2)`;

/** The first digits in double precision; what is left of the dividend gives the others, exactly enough. */
const NEAR = `CAST(${RATIO} AS DECIMAL(38, 8))`;
/** As many digits behind the point as PostgreSQL gives: 16 significant ones at least, in groups of four. */
const PLACES = `coalesce(20 - 4 * greatest(0, least(3, floor(${OWN}."/"(log10(nullif(abs(${RATIO}), 0)), 4)) + 1)), 20)::INTEGER`;
const QUOTIENT_OF_DECIMALS = `CAST(${NEAR} + CAST(${OWN}.round(${OWN}.divide(_1 - ${NEAR} * _2, _2), ${PLACES}) AS ${DECIMAL}) AS ${DECIMAL})`;

/** Two numbers of which one is a decimal and none of double precision. */
const IS_DECIMAL = `regexp_full_match(typeof(_1) || '|' || typeof(_2), 'DECIMAL[^|]*\\|(DECIMAL.*|U?[A-Z]*INT(EGER)?|"NULL")|(U?[A-Z]*INT(EGER)?|"NULL")\\|DECIMAL.*')`;
const DIVIDE = `${PICK}({'own': coalesce(${RATIO}, ${REFUSE_ZERO}), 'numeric': CASE WHEN ${IS_DECIMAL} THEN duckbranch_quotient(_1, _2) END},
  CASE WHEN ${IS_DECIMAL} THEN 'numeric' ELSE 'own' END)`;

/**
 * sum() of bigint is numeric, of smaller integers bigint: DuckDB's is a HUGEINT for all of them. Overloads by type would not
 * do: an aggregate has no type yet when DuckDB chooses among them.
 */
const isOne = (types: string): string => `typeof(_1) IN (${types})`;
const SUM_INPUT = `${PICK}({'own': _1, 'numeric': CASE WHEN ${isOne(WIDE)} THEN CAST(_1 AS DECIMAL(38, 0)) END,
  'interval': CASE WHEN ${isOne("'INTERVAL'")} THEN ${packedInterval("_1")} END},
  CASE WHEN ${isOne(WIDE)} THEN 'numeric' WHEN ${isOne("'INTERVAL'")} THEN 'interval' ELSE 'own' END)`;
const SUM = `${PICK}({'own': _1, 'bigint': CASE WHEN ${isOne("'HUGEINT'")} THEN CAST(_1 AS BIGINT) END,
  'interval': CASE WHEN ${isOne(PACKED)} THEN ${unpackedInterval("_1")} END},
  CASE WHEN ${isOne("'HUGEINT'")} THEN 'bigint' WHEN ${isOne(PACKED)} THEN 'interval' ELSE 'own' END)`;

/** What avg() adds up: integers as decimals, and nothing of intervals and moments, whose average is DuckDB's own. */
const SMALL = "'TINYINT', 'SMALLINT', 'INTEGER', 'UTINYINT', 'USMALLINT', 'UINTEGER'";
const AVERAGED = `${PICK}({'own': _1, 'none': CASE WHEN false THEN CAST(NULL AS DOUBLE) END,
  'small': CASE WHEN ${isOne(SMALL)} THEN CAST(_1 AS DECIMAL(18, 0)) END,
  'wide': CASE WHEN ${isOne(WIDE)} THEN CAST(_1 AS DECIMAL(38, 0)) END},
  CASE WHEN ${isOne("'INTERVAL', 'DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'")} THEN 'none'
    WHEN ${isOne(SMALL)} THEN 'small' WHEN ${isOne(WIDE)} THEN 'wide' ELSE 'own' END)`;
/** Of a sum and how many it adds up. */
const AVERAGE = `${PICK}({'own': ${OWN}."/"(_1, _2), 'quotient': CASE WHEN typeof(_1) <> 'DOUBLE' THEN duckbranch_quotient(_1, _2) END},
  CASE WHEN typeof(_1) = 'DOUBLE' THEN 'own' ELSE 'quotient' END)`;
const averageOf = (sum: string, count: string): string => `duckbranch_average(${sum}, ${count})`;
const average = (words: string, filter: string): string => {
  const own = `${OWN}.avg(${words}_1)${filter}`;
  const sum = `sum(${words}duckbranch_averaged(_1))${filter}`;
  return `${PICK}({'own': ${own}, 'quotient': ${averageOf(sum, `count(${words}_1)${filter}`)}},
    CASE WHEN typeof(${own}) = 'DOUBLE' THEN 'quotient' ELSE 'own' END)`;
};
const WINDOW_AVERAGE = `${PICK}({'own': _1, 'quotient': ${averageOf("_2", "_3")}},
  CASE WHEN typeof(_1) = 'DOUBLE' THEN 'quotient' ELSE 'own' END)`;
const FILTER = " FILTER (WHERE _2)";

/** A numeric. */
export const IS_EXACT = "starts_with(typeof(_1), 'DECIMAL')";
const ROUND = `${PICK}({'own': ${OWN}.round(_1), 'even': CASE WHEN NOT ${IS_EXACT} THEN round_even(CAST(_1 AS DOUBLE), 0) END},
  CASE WHEN ${IS_EXACT} THEN 'own' ELSE 'even' END)`;

/** What percentile_cont() lies between: numbers are of double precision, as in PostgreSQL. */
const IS_NUMBER = "regexp_matches(typeof(_1), '^(DECIMAL|U?[A-Z]*INT(EGER)?$)')";
const CONTINUOUS = `${PICK}({'own': _1, 'double': CASE WHEN ${IS_NUMBER} THEN CAST(_1 AS DOUBLE) END},
  CASE WHEN ${IS_NUMBER} THEN 'double' ELSE 'own' END)`;

const NO_COUNT = fail(SQLSTATE.invalidArgumentForWidthBucket, "count must be greater than zero");
const NO_BOUNDS = fail(SQLSTATE.invalidArgumentForWidthBucket, "lower bound cannot equal upper bound");
/** The bucket of a value between the bounds, which may be the wrong way round; 0 and one more than there are for others. */
const BUCKET = `CASE WHEN _4 <= 0 THEN ${NO_COUNT} WHEN _2 = _3 THEN ${NO_BOUNDS}
  WHEN if(_2 < _3, _1 < _2, _1 > _2) THEN 0 WHEN if(_2 < _3, _1 >= _3, _1 <= _3) THEN _4 + 1
  ELSE CAST(floor(${OWN}.divide((_1 - _2) * _4, _3 - _2)) AS INTEGER) + 1 END::INTEGER`;

/** How many of up to eight arguments are NULL, or not. */
const MOST_COUNTED = 8;
function counted(name: string, test: string): Definitions {
  const sum = (count: number): string =>
    Array.from({ length: count }, (_, i) => `(_${i + 1} IS ${test})::INTEGER`).join(" + ");
  return {
    [name]: Array.from({ length: MOST_COUNTED }, (_, i) => any(i + 1, `(${sum(i + 1)})::INTEGER`)),
  };
}

/** DuckDB's of integers is a bigint. */
const NARROW = "typeof(_1) IN ('INTEGER', 'SMALLINT') AND typeof(_2) IN ('INTEGER', 'SMALLINT')";
const common = (name: string): string =>
  `${PICK}({'own': ${OWN}.${name}(_1, _2), 'integer': CASE WHEN ${NARROW} THEN CAST(${OWN}.${name}(_1, _2) AS INTEGER) END},
    CASE WHEN ${NARROW} THEN 'integer' ELSE 'own' END)`;

/** Also used by the dialect: src/sql/dialect/sums.ts. */
export const NUMBERS: Definitions = {
  duckbranch_quotient: [any(2, QUOTIENT_OF_DECIMALS)],
  "/": [any(2, DIVIDE)],
  // DuckDB's own, checked.
  "//": [any(2, `coalesce(${RATIO}, ${REFUSE_ZERO})`)],
  // Where a side holds a division itself: each is written once.
  duckbranch_divided: [any(2, `list_transform([{'a': _1, 'b': _2}], lambda _d: _d.a / _d.b)[1]`)],
  ...counted("num_nulls", "NULL"),
  ...counted("num_nonnulls", "NOT NULL"),
  gcd: [any(2, common("gcd"))],
  lcm: [any(2, common("lcm"))],
  // Of double precision, and of integers, half goes to the even neighbour.
  round: [any(1, ROUND), any(2, `${OWN}.round(_1, _2)`)],
  duckbranch_continuous: [any(1, CONTINUOUS)],
  width_bucket: [any(2, "list_count(list_filter(_2, lambda _b: _b <= _1))::INTEGER"), any(4, BUCKET)],
  duckbranch_sum_input: [any(1, SUM_INPUT)],
  duckbranch_sum: [any(1, SUM)],
  // What DuckDB counts as a bigint: src/sql/dialect/wrapped-calls.ts
  duckbranch_integer: [any(1, "CAST(_1 AS INTEGER)")],
  // Of reals, where their type is known: src/query/narrow-operands.ts
  duckbranch_real_sum: [any(1, "CAST(_1 AS FLOAT)")],
  duckbranch_averaged: [any(1, AVERAGED)],
  duckbranch_average: [any(2, AVERAGE)],
  // Of a window: DuckDB's average, the sum and how many.
  duckbranch_window_average: [any(3, WINDOW_AVERAGE)],
  duckbranch_avg: [any(1, average("", ""))],
  duckbranch_distinct_avg: [any(1, average("DISTINCT ", ""))],
  duckbranch_filtered_avg: [any(2, average("", FILTER))],
  duckbranch_distinct_filtered_avg: [any(2, average("DISTINCT ", FILTER))],
};

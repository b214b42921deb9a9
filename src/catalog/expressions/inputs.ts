/** Casts of texts as PostgreSQL reads them, and of moments to so many digits of a second. */
import { SQLSTATE, SqlError } from "../../core/errors.js";
import { raisedText } from "../../engine/failure.js";
import { quoteLiteral } from "../../sql/names.js";
import { any, fail, OWN, type Definitions } from "./definition.js";
import { IS_EXACT, PICK } from "./numbers.js";

const IS_TEXT = "typeof(_1) = 'VARCHAR'";

/** Made when the statement runs, with the value in it. */
function raised(code: ConstructorParameters<typeof SqlError>[0], before: string, after = ""): string {
  return `${quoteLiteral(raisedText(new SqlError(code, before)))} || CAST(_1 AS VARCHAR) || ${quoteLiteral(after)}`;
}

function integer(type: string, name: string): string {
  const wrong = raised(SQLSTATE.invalidTextRepresentation, `invalid input syntax for type ${name}: "`, '"');
  return `CAST(CASE WHEN ${IS_TEXT} AND NOT regexp_full_match(CAST(_1 AS VARCHAR), '\\s*[+-]?\\d+\\s*') THEN ${wrong} END AS ${type})`;
}

/** DuckDB's cast, but for a text that it reads and PostgreSQL does not: the second value is only made for one. */
const checkedInteger = (type: string, name: string): Definitions[string] => [
  any(1, `coalesce(${integer(type, name)}, CAST(_1 AS ${type}))`),
];

const isWord = (words: string): string => `lower(trim(CAST(_1 AS VARCHAR))) IN (${words})`;
const BOOLEAN = `CASE WHEN ${IS_TEXT} AND ${isWord("'t','tr','tru','true','y','ye','yes','on','1'")} THEN true
  WHEN ${IS_TEXT} AND ${isWord("'f','fa','fal','fals','false','n','no','of','off','0'")} THEN false ELSE CAST(_1 AS BOOLEAN) END`;

/** An infinity that the value does not name. */
function float(type: string, name: string): string {
  const tooLarge = raised(SQLSTATE.numericValueOutOfRange, '"', `" is out of range for type ${name}`);
  const isTooLarge = `isinf(CAST(_1 AS ${type})) AND NOT regexp_matches(lower(CAST(_1 AS VARCHAR)), 'inf')`;
  return `coalesce(CAST(CASE WHEN ${isTooLarge} THEN ${tooLarge} END AS ${type}), CAST(_1 AS ${type}))`;
}

/** What is rounded to: a whole number, of which half is one too. */
const UNIT = `CAST(pow(10, 6 - _2) AS BIGINT)`;
/** Half away from zero, as PostgreSQL rounds. */
const rounded = (microseconds: string): string =>
  `(${OWN}."//"((${microseconds}) + if((${microseconds}) < 0, -1, 1) * ${OWN}."//"(${UNIT}, 2), ${UNIT}) * ${UNIT})`;
/** Where PostgreSQL's timestamps count from: 2000-01-01. */
const EPOCH = 946_684_800_000_000;
const moment = (type: string, make: string): string =>
  `CASE WHEN isfinite(CAST(_1 AS ${type})) THEN ${make}(${rounded(`epoch_us(CAST(_1 AS ${type})) - ${EPOCH}`)} + ${EPOCH}) ELSE CAST(_1 AS ${type}) END`;
const TIME_OF_DAY = rounded("epoch_us(CAST(_1 AS TIME))");
const INTERVAL = "CAST(_1 AS INTERVAL)";
const SECONDS = `(${OWN}.date_part('hour', ${INTERVAL}) * 3600000000 + ${OWN}.date_part('minute', ${INTERVAL}) * 60000000 + ${OWN}.date_part('microseconds', ${INTERVAL}))`;

/** Bits are filled and cut at their end, those of a number at its beginning, where its sign is repeated. */
const BITS = "CAST(CAST(_1 AS BIT) AS VARCHAR)";
const IS_NUMBER = "ends_with(typeof(_1), 'INT') OR typeof(_1) = 'INTEGER'";
const BIT = `CAST(CASE WHEN ${IS_NUMBER} THEN lpad(right(${BITS}, _2), _2, left(${BITS}, 1))
  ELSE rpad(left(${BITS}, _2), _2, '0') END AS BIT)`;

/**
 * A numeric without a scale keeps nine decimals. Of double precision 15 digits count, of real six; a text with an exponent
 * is told by them too.
 */
const significant = (value: string, digits: number): string =>
  `format('{:.${digits - 1}e}', CAST(${value} AS DOUBLE))`;
const KEPT = `CAST(CASE typeof(_1) WHEN 'DOUBLE' THEN ${significant("_1", 15)} WHEN 'FLOAT' THEN ${significant("_1", 6)} END AS DECIMAL(38, 9))`;
const NUMERIC = `CASE WHEN typeof(_1) IN ('DOUBLE', 'FLOAT') THEN ${KEPT} ELSE CAST(_1 AS DECIMAL(38, 9)) END`;
const IS_READ = "typeof(_1) IN ('VARCHAR', 'JSON')";
const IS_WRITTEN = "regexp_matches(CAST(_1 AS VARCHAR), '[eE]')";
const otherDigits = (digits: number): string =>
  `${significant(NUMERIC, digits)} <> ${significant("_1", digits)}`;
const LOST = `CASE WHEN typeof(_1) = 'DOUBLE' THEN ${otherDigits(15)} WHEN typeof(_1) = 'FLOAT' THEN ${otherDigits(6)}
  WHEN ${IS_READ} THEN if(${IS_WRITTEN}, ${otherDigits(15)}, regexp_matches(CAST(_1 AS VARCHAR), '\\.\\d{9}\\d*[1-9]'))
  ELSE regexp_matches(typeof(_1), '^DECIMAL.*,[123]\\d\\)$') AND CAST(_1 AS DECIMAL(38, 9)) <> _1 END`;
const NOT_KEPT = fail(
  SQLSTATE.featureNotSupported,
  "numeric without a scale keeps 9 decimals: the value would be rounded",
);

const ofNumeric = (made: string): string =>
  `${PICK}({'own': _1, 'made': CASE WHEN NOT ${IS_EXACT} THEN ${made} END}, CASE WHEN ${IS_EXACT} THEN 'own' ELSE 'made' END)`;

export const INPUTS: Definitions = {
  duckbranch_kept: [any(1, `coalesce(CASE WHEN ${LOST} THEN ${NOT_KEPT} END, ${NUMERIC})`)],
  // x::numeric: a numeric stays the one it is.
  duckbranch_numeric: [any(1, ofNumeric("duckbranch_kept(_1)"))],
  // What is rounded at once: round(x::numeric, 2).
  duckbranch_rounded_numeric: [any(1, ofNumeric(NUMERIC))],
  duckbranch_bit: [any(2, BIT)],
  duckbranch_varbit: [any(2, `CAST(left(${BITS}, _2) AS BIT)`)],
  duckbranch_int2: checkedInteger("SMALLINT", "smallint"),
  duckbranch_int4: checkedInteger("INTEGER", "integer"),
  duckbranch_int8: checkedInteger("BIGINT", "bigint"),
  duckbranch_bool: [any(1, BOOLEAN)],
  duckbranch_float4: [any(1, float("FLOAT", "real"))],
  duckbranch_float8: [any(1, float("DOUBLE", "double precision"))],
  duckbranch_timestamp: [any(2, moment("TIMESTAMP", "make_timestamp"))],
  duckbranch_timestamptz: [any(2, moment("TIMESTAMP WITH TIME ZONE", "make_timestamptz"))],
  duckbranch_time: [
    any(
      2,
      `CASE WHEN ${TIME_OF_DAY} = 86400000000 THEN TIME '24:00:00' ELSE CAST(TIMESTAMP '1970-01-01' + to_microseconds(${TIME_OF_DAY}) AS TIME) END`,
    ),
  ],
  duckbranch_interval: [
    any(2, `${INTERVAL} - to_microseconds(${SECONDS}) + to_microseconds(${rounded(SECONDS)})`),
  ],
};

/** Of a sub-query, which is written once: sql/dialect/checked-casts.ts. */
export const SINGLE_CASTS: Definitions = Object.fromEntries(
  "text int2 int4 int8 bool float4 float8 numeric jsonb rounded_numeric"
    .split(" ")
    .map((type) => [
      `duckbranch_single_${type}`,
      [any(1, `list_transform([_1], lambda _v: duckbranch_${type}(_v))[1]`)],
    ]),
);

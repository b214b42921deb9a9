/** Functions of texts and bytes. */
import { SQLSTATE } from "../../core/errors.js";
import { any, fail, failText, of, OWN, type Definitions, type Overload } from "./definition.js";

const NEGATIVE_LENGTH = failText(SQLSTATE.substringError, "negative substring length not allowed");

/** Positions before the text count: what stands there is empty. */
const SUBSTRING_TO = `CASE WHEN _3 < 0 THEN ${NEGATIVE_LENGTH}
  ELSE ${OWN}.substring(_1, greatest(_2, 1), greatest(_2 + _3 - greatest(_2, 1), 0)) END`;
const SUBSTRING_FROM = `${OWN}.substring(_1, greatest(_2, 1))`;

/** A first typed overload is what an untyped literal or parameter takes: the pattern, as in PostgreSQL. */
const SUBSTRING: readonly Overload[] = [
  any(3, SUBSTRING_TO),
  any(2, SUBSTRING_FROM),
  of("regexp_substr(_1, _2)", "VARCHAR", "VARCHAR"),
];

const inFour = (body: string): readonly Overload[] => [any(2, `${body}::INTEGER`)];

/** How many bytes a value has by DuckDB's text of it, where each that is escaped, a backslash too, takes four: \\x00. */
const SHOWN = "CAST(_1 AS VARCHAR)";
const BYTES = `CAST(3 * strlen(replace(${SHOWN}, '\\', '')) - 2 * strlen(${SHOWN}) AS INTEGER)`;
const NO_LENGTH = fail(SQLSTATE.undefinedFunction, "a length is one of a text, of bytes, bits or a list");
/** No overloads by type: DuckDB does not know an aggregate's when it chooses, and would cast bytes to a text. */
const LENGTH = `CAST(CASE WHEN typeof(_1) = 'BLOB' THEN ${BYTES}
  WHEN ends_with(typeof(_1), ']') THEN CAST(json_array_length(system.main.to_json(_1)) AS INTEGER)
  WHEN typeof(_1) IN ('VARCHAR', 'JSON', 'BIT', '"NULL"') OR starts_with(typeof(_1), 'ENUM')
    THEN CAST(${OWN}.length(${SHOWN}) AS INTEGER) ELSE ${NO_LENGTH} END AS INTEGER)`;
const OCTETS = `CAST(CASE typeof(_1) WHEN 'BLOB' THEN ${BYTES}
  WHEN 'BIT' THEN (${OWN}.length(${SHOWN}) + 7) // 8 ELSE strlen(${SHOWN}) END AS INTEGER)`;
const NO_TEMPLATE = failText(
  SQLSTATE.featureNotSupported,
  "format() takes specifiers of PostgreSQL in a literal only",
);
const NO_NAME = failText(
  SQLSTATE.nullValueNotAllowed,
  "null values cannot be formatted as an SQL identifier",
);

/** The letter ß has no capital in PostgreSQL's tables: a character of nobody's stands for it. Indexes take no lambda. */
const NOBODYS = "chr(1114109)";
const UPPER = `CASE WHEN contains(CAST(_1 AS VARCHAR), 'ß')
  THEN replace(${OWN}.upper(replace(CAST(_1 AS VARCHAR), 'ß', ${OWN}.${NOBODYS})), ${OWN}.${NOBODYS}, 'ß')
  ELSE ${OWN}.upper(_1) END`;
const lengthOfText: readonly Overload[] = [any(1, LENGTH)];

const WORDS = `regexp_extract_all(_1, '[\\pL\\pN]+|[^\\pL\\pN]+')`;

const SPLIT_PART = `CASE WHEN _3 = 0 THEN ${failText(SQLSTATE.invalidParameterValue, "field position must not be zero")}
  WHEN _2 = '' THEN CASE WHEN _3 IN (1, -1) THEN _1 ELSE '' END ELSE ${OWN}.split_part(_1, _2, _3) END`;

const SPLIT = `CASE WHEN _1 = '' THEN []::VARCHAR[] WHEN _1 IS NULL THEN NULL WHEN _2 IS NULL THEN string_split(_1, '')
  WHEN _2 = '' THEN [_1] ELSE string_split(_1, _2) END`;

/** Base64 in lines of 76 characters. */
const NO_NULL = failText(SQLSTATE.programLimitExceeded, "null character not permitted");
const BASE64 = `rtrim(${OWN}.regexp_replace(to_base64(_1), '(.{76})', '\\1' || ${OWN}.chr(10), 'g'), ${OWN}.chr(10))`;
const NO_ENCODING = failText(SQLSTATE.invalidParameterValue, "unrecognized encoding");

/** Errors: 2202E for a byte that is not there. */
const SET_BYTE = `CASE WHEN _2 < 0 OR _2 >= octet_length(CAST(_1 AS BLOB)) THEN CAST(${failText(SQLSTATE.arraySubscriptError, "index out of valid range")} AS BLOB)
  ELSE unhex(left(hex(_1), 2 * _2) || right(lpad(${OWN}.to_hex(_3), 2, '0'), 2) || substr(hex(_1), 2 * _2 + 3)) END`;

export const TEXTS: Definitions = {
  length: lengthOfText,
  char_length: lengthOfText,
  character_length: lengthOfText,
  upper: [any(1, UPPER)],
  duckbranch_template: [
    any(1, `CASE WHEN contains(CAST(_1 AS VARCHAR), '%') THEN ${NO_TEMPLATE} ELSE CAST(_1 AS VARCHAR) END`),
  ],
  // Not coalesce(): DuckDB computes what stands there twice before, whatever the first argument is.
  duckbranch_named: [any(1, `CASE WHEN _1 IS NULL THEN ${NO_NAME} ELSE _1 END`)],
  octet_length: [any(1, OCTETS)],
  bit_length: [any(1, `${OWN}.bit_length(_1)::INTEGER`)],
  // position(a IN b), its IN made a comma.
  position: inFour(`${OWN}.strpos(_2, _1)`),
  strpos: inFour(`${OWN}.strpos(_1, _2)`),
  substring: SUBSTRING,
  substr: SUBSTRING.slice(0, 2),
  overlay: [
    any(3, "left(_1, (_3 - 1)::INTEGER) || _2 || substr(_1, (_3 + length(_2))::INTEGER)"),
    any(4, "left(_1, (_3 - 1)::INTEGER) || _2 || substr(_1, (_3 + _4)::INTEGER)"),
  ],
  initcap: [
    any(1, `array_to_string(list_transform(${WORDS}, lambda _w: upper(_w[1]) || lower(_w[2:])), '')`),
  ],
  chr: [any(1, `coalesce(CASE WHEN _1 = 0 THEN ${NO_NULL} END, ${OWN}.chr((_1)::INTEGER))`)],
  btrim: [any(1, "trim(_1)"), any(2, "trim(_1, _2)")],
  lpad: [
    any(2, `${OWN}.lpad(_1, greatest(_2, 0)::INTEGER, ' ')`),
    any(3, `CASE WHEN _3 = '' THEN left(_1, _2) ELSE ${OWN}.lpad(_1, greatest(_2, 0)::INTEGER, _3) END`),
  ],
  rpad: [
    any(2, `${OWN}.rpad(_1, greatest(_2, 0)::INTEGER, ' ')`),
    any(3, `CASE WHEN _3 = '' THEN left(_1, _2) ELSE ${OWN}.rpad(_1, greatest(_2, 0)::INTEGER, _3) END`),
  ],
  split_part: [any(3, SPLIT_PART)],
  string_to_array: [any(2, SPLIT), any(3, `list_transform(${SPLIT}, lambda _e: nullif(_e, _3))`)],
  to_hex: [
    of(
      `lower(right(lpad(${OWN}.to_hex(_1), 8, '0'), if(_1 < 0, 8, greatest(length(${OWN}.to_hex(_1)), 1))))`,
      "INTEGER",
    ),
    any(1, `lower(${OWN}.to_hex(_1))`),
  ],
  quote_literal: [
    any(
      1,
      `CAST(if(contains(_1::VARCHAR, '\\'), 'E', '') || '''' || replace(replace(_1::VARCHAR, '''', ''''''), '\\', '\\\\') || '''' AS VARCHAR)`,
    ),
  ],
  quote_nullable: [any(1, "coalesce(quote_literal(_1), 'NULL')")],
  encode: [
    any(1, `${OWN}.encode(_1)`),
    any(
      2,
      `CASE lower(_2) WHEN 'hex' THEN lower(hex(_1)) WHEN 'base64' THEN ${BASE64} ELSE ${NO_ENCODING} END`,
    ),
  ],
  decode: [
    any(1, `${OWN}.decode(_1)`),
    any(
      2,
      `CASE lower(_2) WHEN 'hex' THEN unhex(_1) WHEN 'base64' THEN from_base64(_1) ELSE ${NO_ENCODING}::BLOB END`,
    ),
  ],
  convert_from: [any(2, `${OWN}.decode(_1)`)],
  convert_to: [any(2, `${OWN}.encode(_1)`)],
  get_byte: [any(2, "('0x' || substr(hex(_1), (2 * _2 + 1)::INTEGER, 2))::INTEGER")],
  set_byte: [any(3, SET_BYTE)],
  sha256: [any(1, `unhex(${OWN}.sha256(_1))`)],
  string_to_table: [any(2, SPLIT)],
  unistr: [any(1, failText(SQLSTATE.featureNotSupported, "unistr() is not supported"))],
  normalize: [any(1, "nfc_normalize(_1)")],
};

/** Values as the texts PostgreSQL makes of them: what a cast to text gives, and what joins them to other texts. */
import type { TextFunction } from "../../engine/text-function.js";
import { any, OWN, type Definitions } from "./definition.js";
import { PICK } from "./numbers.js";
import { retoldJson } from "./retold-json.js";
import { retoldText } from "./retold-text.js";

/** The function of this program that changes DuckDB's texts; known before the macros that call it. */
export const RETOLD = "duckbranch_retold";

export const retell: TextFunction = ([text, type]) =>
  text === null || text === undefined ? null : retoldText(text, type ?? "");

/** The same for JSON. */
export const RETOLD_JSON = "duckbranch_retold_json";

export const retellJson: TextFunction = ([json, type]) =>
  json === null || json === undefined ? null : retoldJson(json, type ?? "");

/** Types whose JSON differs, wherever they stand in another; fields without names have their type alone. */
const DIFFERS_IN_JSON = `'TIMESTAMP|BLOB|INTERVAL|DOUBLE|FLOAT|"pg_catalog\\.|STRUCT\\((STRUCT|[A-Z]+)[(,)[]|DECIMAL\\(38,(9|20)\\)'`;
const MOMENT = "replace(CAST(_v AS VARCHAR), ' ', 'T')";
/** DuckDB reads short decimals as doubles, and writes no zero in front of a point. */
const DIGITS = `regexp_replace(CAST(_v AS VARCHAR), '^(-?)\\.', '\\10.')`;
/** Doubles of everyday size have the same digits everywhere. */
const DOUBLE_DIGITS = "regexp_full_match(CAST(_v AS VARCHAR), '-?\\d{1,15}(\\.\\d+)?')";
/** Calls into this program take ten times as long: what columns have most is told here. */
const JSON_VALUE = `CASE WHEN starts_with(typeof(_v), 'TIMESTAMP') AND typeof(_v)[-1] <> ']' AND NOT contains(${MOMENT}, '(')
    THEN ${OWN}.to_json(regexp_replace(${MOMENT}, '(T.*[+-]\\d\\d)$', '\\1:00'))
  WHEN typeof(_v) = 'DATE' THEN ${OWN}.to_json(replace(CAST(_v AS VARCHAR), ' (BC)', ' BC'))
  WHEN regexp_matches(typeof(_v), '^STRUCT\\("pg_catalog\\.[^()]*\\)$') THEN json_extract(${OWN}.to_json(_v), '$.text')
  WHEN typeof(_v) = 'DECIMAL(38,9)' THEN CAST(regexp_replace(${DIGITS}, '\\.?0+$', '') AS JSON)
  WHEN regexp_matches(typeof(_v), '^DECIMAL\\((\\d|1\\d|2\\d|3[0-7]),\\d+\\)$') THEN CAST(${DIGITS} AS JSON)
  WHEN typeof(_v) = 'DOUBLE' AND ${DOUBLE_DIGITS} THEN CAST(regexp_replace(CAST(_v AS VARCHAR), '\\.0$', '') AS JSON)
  WHEN regexp_matches(typeof(_v), ${DIFFERS_IN_JSON})
    THEN CAST(${RETOLD_JSON}(CAST(${OWN}.to_json(_v) AS VARCHAR), typeof(_v)) AS JSON)
  ELSE ${OWN}.to_json(_v) END`;
/** Written once: of a sub-query there would be several, and those in them again. */
const JSON = `list_transform([_1], lambda _v: ${JSON_VALUE})[1]`;

/** Types whose text differs; all others are cast as ever. */
const DIFFERS = `regexp_matches(typeof(_1), '\\]$|^(DOUBLE|FLOAT|INTERVAL|BLOB|DECIMAL\\(38,(9|20)\\)|STRUCT\\("pg_catalog\\..*)$')`;
const HAS_YEARS = "typeof(_1) IN ('DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE')";
const isList = (depth: number): string => `regexp_matches(typeof(_1), '[^\\]](\\[\\d*\\]){${depth}}$')`;
const listText = (depth: number): string =>
  `WHEN ${isList(depth)} THEN CAST(${OWN}.to_json(TRY_CAST(_1 AS VARCHAR${"[]".repeat(depth)})) AS VARCHAR)`;
/** DuckDB writes no zero in front of the point where a type has digits behind it alone. */
const FRACTION = `regexp_replace(CAST(_1 AS VARCHAR), '^(-?)\\.', '\\10.')`;
const TEXT = `CASE WHEN ${DIFFERS}
  THEN ${RETOLD}(CASE ${[1, 2, 3].map(listText).join(" ")} ELSE CAST(_1 AS VARCHAR) END, typeof(_1))
  WHEN starts_with(typeof(_1), 'DECIMAL') THEN ${FRACTION}
  WHEN ${HAS_YEARS} THEN replace(CAST(_1 AS VARCHAR), '(BC)', 'BC') ELSE CAST(_1 AS VARCHAR) END`;

const JOINED = `regexp_matches(typeof(_1), '^(DOUBLE|FLOAT|INTERVAL|DECIMAL\\(38,(9|20)\\)|STRUCT\\("pg_catalog\\.[^()]*\\))$')`;

/** A cast to text writes the mask of an address that has none, its output does not. */
const IS_ADDRESS = `starts_with(typeof(_1), 'STRUCT("pg_catalog.inet"')`;

/** A text, or json, as jsonb keeps it. */
const DOCUMENT = `CAST(${RETOLD}(CAST(_1 AS VARCHAR), 'jsonb') AS JSON)`;

export const OUTPUTS: Definitions = {
  duckbranch_jsonb: [
    any(1, `CASE WHEN typeof(_1) IN ('VARCHAR', 'JSON') THEN ${DOCUMENT} ELSE CAST(_1 AS JSON) END`),
  ],
  to_json: [any(1, JSON)],
  // x::text
  duckbranch_text: [any(1, TEXT)],
  // What concat() and format() join: 't' where a cast says 'true'.
  duckbranch_output: [
    any(
      1,
      `CASE WHEN typeof(_1) = 'BOOLEAN' THEN left(CAST(_1 AS VARCHAR), 1)
        WHEN ${IS_ADDRESS} THEN ${RETOLD}(CAST(_1 AS VARCHAR), 'address') ELSE duckbranch_text(_1) END`,
    ),
  ],
  // A side of ||: lists and bytes stay what they are.
  duckbranch_joined: [
    any(
      1,
      `${PICK}({'own': _1, 'text': CASE WHEN ${JOINED} THEN ${RETOLD}(CAST(_1 AS VARCHAR), typeof(_1)) END},
        CASE WHEN ${JOINED} THEN 'text' ELSE 'own' END)`,
    ),
  ],
};

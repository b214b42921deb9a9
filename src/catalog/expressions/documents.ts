/** Functions and operators of json and jsonb, which are one type here. */
import { SQLSTATE } from "../../core/errors.js";
import { JOINED_SIDES } from "./arrays.js";
import { PICK } from "./numbers.js";
import { any, fail, failText, OWN, type Definitions, type Overload } from "./definition.js";

const J = "_1::JSON";
const TYPE = `CASE json_type(${J}) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string'
  WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' ELSE CASE WHEN _1 IS NOT NULL THEN 'number' END END`;

const ELEMENTS = `CASE WHEN json_type(${J}) = 'ARRAY' THEN CAST(json_extract(${J}, '$[*]') AS JSON[])
  WHEN _1 IS NOT NULL THEN [to_json(${fail(SQLSTATE.invalidParameterValue, "cannot extract elements from a non-array")})] END`;
const RECORDS = `CASE WHEN json_type(${J}) = 'ARRAY' THEN list_transform(CAST(json_extract(${J}, '$[*]') AS JSON[]), lambda _e: CASE WHEN json_type(_e) IN ('OBJECT', 'NULL') THEN _e
    ELSE to_json(${fail(SQLSTATE.invalidParameterValue, "argument must be an array of objects")}) END)
  WHEN _1 IS NOT NULL THEN [to_json(${fail(SQLSTATE.invalidParameterValue, "argument must be an array of objects")})] END`;
/** A text of one value: strings without their quotes, JSON's null as none. */
const asText = (value: string): string => `(${value} ->> '$')`;

const KEYS = `CASE WHEN json_type(${J}) = 'OBJECT' THEN CAST(json_keys(${J}) AS VARCHAR[])
  WHEN _1 IS NOT NULL THEN [${failText(SQLSTATE.invalidParameterValue, "cannot call json_object_keys on a non-object")}] END`;
/** A key as a JSON pointer: nothing in it has a meaning. */
const pointer = (key: string): string => `'/' || replace(replace(${key}, '~', '~0'), '/', '~1')`;

/** Of what is NULL, as parameters are until they are known, DuckDB tells no type: unnest() takes no such list. */
const listed = (list: string, type: string): string => `CAST(${list} AS ${type}[])`;
const members = (extracted: string, type: string): string =>
  listed(
    `list_transform(${KEYS}, lambda _k: {key: _k, value: ${extracted}(${J}, ${pointer("_k")})})`,
    `STRUCT(key VARCHAR, value ${type})`,
  );

const LENGTH = `CASE WHEN json_type(${J}) = 'ARRAY' THEN ${OWN}.json_array_length(${J})::INTEGER
  WHEN _1 IS NOT NULL THEN ${fail(SQLSTATE.invalidParameterValue, "cannot get array length of a non-array")} END`;

/** `{a,b,1}` as text, or a list of texts ⇒ the list. */
const STEPS = `CASE WHEN typeof(_2) = 'VARCHAR' THEN list_transform(string_split(trim(_2::VARCHAR, '{}'), ','), lambda _s: trim(_s, ' "'))
  ELSE from_json(to_json(_2), '["VARCHAR"]') END`;
const PATH = `array_to_string(list_transform(${STEPS}, lambda _s: ${pointer("_s")}), '')`;

const one = (body: string): readonly Overload[] => [any(1, body)];
const steps = (count: number): string =>
  Array.from({ length: count }, (_, i) => pointer(`_${i + 2}::VARCHAR`)).join(" || ");
const paths = (result: (path: string) => string): readonly Overload[] =>
  [1, 2, 3, 4, 5].map((count) => any(count + 1, result(steps(count))));
const extract = paths((path) => `json_extract(${J}, ${path})`);
const extractText = paths((path) => `json_extract_string(${J}, ${path})`);

/** A side of @> as JSON: a text is read, a list of DuckDB is turned into an array. */
const side = (name: string): string =>
  `if(typeof(${name}) IN ('VARCHAR', 'JSON'), ${name}::VARCHAR::JSON, to_json(${name}))`;
const contains = (outer: string, inner: string): string =>
  `CASE WHEN typeof(_1) = 'JSON' OR typeof(_2) = 'JSON' THEN json_contains(${side(outer)}, ${side(inner)})
   ELSE list_has_all(to_json(${outer})::JSON[], to_json(${inner})::JSON[]) END`;

const HAS_KEY = `CASE json_type(${J}) WHEN 'OBJECT' THEN list_contains(json_keys(${J}), _2)
  WHEN 'ARRAY' THEN list_contains(list_transform(json_extract(${J}, '$[*]'), lambda _e: if(json_type(_e) = 'VARCHAR', _e ->> '$', NULL)), _2)
  WHEN 'VARCHAR' THEN ${asText(J)} = _2 ELSE CASE WHEN _1 IS NOT NULL THEN false END END`;
/** What ? looks among: an object's keys, an array's strings, or the string itself. */
const NAMES = `CASE json_type(${J}) WHEN 'OBJECT' THEN json_keys(${J}) WHEN 'VARCHAR' THEN [${asText(J)}]
  WHEN 'ARRAY' THEN list_transform(list_filter(json_extract(${J}, '$[*]'), lambda _e: json_type(_e) = 'VARCHAR'), lambda _e: _e ->> '$')
  ELSE [] END`;
const HAS = (quantifier: string, ofNone: string): string =>
  `CASE WHEN _1 IS NOT NULL AND _2 IS NOT NULL THEN coalesce(${quantifier}(list_transform(list_filter(${STEPS}, lambda _k: _k IS NOT NULL), lambda _k: list_contains(${NAMES}, _k))), ${ofNone}) END`;

const both = (name: string, overloads: readonly Overload[]): Definitions => ({
  [`json_${name}`]: overloads,
  [`jsonb_${name}`]: overloads,
});

/** The function of this program that makes a document of others; known before the macros that call it. */
export const CHANGED_DOCUMENT = "duckbranch_document";
const changed = (operation: string, ...given: readonly string[]): string => {
  const [first, second = "NULL", third = "NULL"] = given.map((value) => `CAST(${value} AS VARCHAR)`);
  return `CAST(${CHANGED_DOCUMENT}(${operation}, ${first}, ${second}, ${third}) AS JSON)`;
};

/** What the dialect makes of `||` and `-`; DuckDB decides the condition when it binds. */
const isDocument = (name: string): string => `typeof(${name}) = 'JSON'`;
const ofDocuments = (condition: string, document: string, own: string): string =>
  `${PICK}({'own': CASE WHEN NOT (${condition}) THEN ${own} END, 'document': CASE WHEN ${condition} THEN ${document} END},
    CASE WHEN ${condition} THEN 'document' ELSE 'own' END)`;
const concatenation = (condition: string, joined = "_1 || _2"): readonly Overload[] => [
  any(2, ofDocuments(condition, changed("'join'", "_1", "_2"), joined)),
];
/** Lists as JSON, texts of arrays as they are. */
const PATH_TEXT = `CASE WHEN suffix(typeof(_2), ']') THEN CAST(to_json(_2) AS VARCHAR) ELSE CAST(_2 AS VARCHAR) END`;
const atPath = (operation: string): string =>
  `CAST(${CHANGED_DOCUMENT}(${operation}, CAST(_1 AS VARCHAR), ${PATH_TEXT}, CAST(_3 AS VARCHAR)) AS JSON)`;
const CREATES = "CASE WHEN _4 THEN 'set' WHEN NOT _4 THEN 'replace' END";
const BEHIND = "CASE WHEN _4 THEN 'insert after' WHEN NOT _4 THEN 'insert' END";
const NO_KEYS = failText(SQLSTATE.undefinedFunction, "operator does not exist: - of keys, but for jsonb");
const STRIPPED = one(changed("'strip'", "_1"));

export const DOCUMENTS: Definitions = {
  duckbranch_chained: concatenation(
    `${isDocument("_1")} AND typeof(_2) IN ('JSON', 'VARCHAR')`,
    JOINED_SIDES,
  ),
  ...both("typeof", one(TYPE)),
  ...both("array_length", [any(1, LENGTH), any(2, `${OWN}.json_array_length(_1, _2)`)]),
  ...both("extract_path_text", extractText),
  json_extract_path: extract,
  jsonb_extract_path: extract,
  // Called inside unnest() by the dialect.
  duckbranch_records: one(listed(RECORDS, "JSON")),
  duckbranch_sized: [
    any(
      2,
      `CASE WHEN length(_1) > _2 THEN ${failText(SQLSTATE.stringDataRightTruncation, "value too long for its type")} ELSE _1 END`,
    ),
  ],
  ...both("array_elements", one(listed(ELEMENTS, "JSON"))),
  ...both(
    "array_elements_text",
    one(listed(`list_transform(${ELEMENTS}, lambda _e: ${asText("_e")})`, "VARCHAR")),
  ),
  ...both("object_keys", one(listed(KEYS, "VARCHAR"))),
  ...both("each", one(members("json_extract", "JSON"))),
  ...both("each_text", one(members("json_extract_string", "VARCHAR"))),
  to_jsonb: one("to_json(_1)"),
  array_to_json: one("to_json(_1)"),
  row_to_json: one("to_json(_1)"),
  "@>": [any(2, contains("_1", "_2"))],
  "<@": [any(2, contains("_2", "_1"))],
  // PostgreSQL's ?, ?|, ?&, #>, #>> under names that DuckDB's lexer takes.
  "|@|": [any(2, HAS_KEY)],
  "|@||": [any(2, HAS("list_bool_or", "false"))],
  "|@&": [any(2, HAS("list_bool_and", "true"))],
  "->@": [any(2, `json_extract(${J}, ${PATH})`)],
  "->>@": [any(2, `json_extract_string(${J}, ${PATH})`)],
  "||@": concatenation(isDocument("_1")),
  "||<@": concatenation(isDocument("_2")),
  "||@@": concatenation(`${isDocument("_1")} AND ${isDocument("_2")}`, JOINED_SIDES),
  // Further on in a chain: each side is written once.
  "||@@|": [any(2, `list_transform([{'a': _1, 'b': _2}], lambda _d: duckbranch_chained(_d.a, _d.b))[1]`)],
  // #-, and - of a key or of several.
  "-@": [any(2, `CAST(${CHANGED_DOCUMENT}('delete path', CAST(_1 AS VARCHAR), ${PATH_TEXT}, NULL) AS JSON)`)],
  "-@|": [
    any(
      2,
      `CASE WHEN ${isDocument("_1")} THEN ${changed("'delete'", "_1", "to_json(_2)")} ELSE CAST(${NO_KEYS} AS JSON) END`,
    ),
  ],
  jsonb_set: [any(3, atPath("'set'")), any(4, atPath(CREATES))],
  jsonb_insert: [any(3, atPath("'insert'")), any(4, atPath(BEHIND))],
  jsonb_strip_nulls: STRIPPED,
};

/** Functions of arrays. DuckDB's lists begin at 1 as PostgreSQL's arrays do, and may hold lists. */
import { any, OWN, type Definitions } from "./definition.js";
import { PICK } from "./numbers.js";
import { RETOLD } from "./outputs.js";

/** Depth of a list, from its type: `INTEGER[][]` is 2 deep. */
const DEPTH = "(length(typeof(_1)) - length(replace(typeof(_1), '[', '')))";
/** Elements of the n-th dimension; NULL where there is none. JSON because a list of numbers has no inner lists to ask. */
const LENGTH = `CASE WHEN _2 = 1 THEN nullif(len(_1), 0)::INTEGER WHEN _2 < 1 OR _2 > ${DEPTH} THEN NULL
  ELSE nullif(${OWN}.json_array_length(system.main.to_json(_1), '$' || repeat('[0]', (_2 - 1)::INTEGER)), 0)::INTEGER END`;

/**
 * Elements of all dimensions as texts, in PostgreSQL's form where that differs from DuckDB's. The argument is written once, and what
 * is made of it: of a sub-query there would be dozens, each planned.
 */
const ELEMENT = "regexp_replace(typeof(_v), '(\\[\\d*\\])+$', '')";
const FLAT = `CASE ${DEPTH.replaceAll("_1", "_v")} WHEN 2 THEN flatten(TRY_CAST(_v AS VARCHAR[][]))
  WHEN 3 THEN flatten(flatten(TRY_CAST(_v AS VARCHAR[][][]))) ELSE TRY_CAST(_v AS VARCHAR[]) END`;
const TOLD = `CASE WHEN ${ELEMENT} = 'BOOLEAN' THEN list_transform(_f, lambda _e: left(_e, 1))
  WHEN ${ELEMENT} IN ('DOUBLE', 'FLOAT', 'INTERVAL', 'BLOB', 'DECIMAL(38,9)', 'DECIMAL(38,20)')
  THEN list_transform(_f, lambda _e: ${RETOLD}(_e, ${ELEMENT}))
  WHEN starts_with(${ELEMENT}, 'STRUCT("pg_catalog.') THEN list_transform(_f, lambda _e: ${RETOLD}(_e, 'address')) ELSE _f END`;
const ELEMENTS = `list_transform([_1], lambda _v: list_transform([${FLAT}], lambda _f: ${TOLD})[1])[1]`;

/**
 * `||` of two sides of which one may be an array: NULL is then an array without elements, and what is no array an element.
 * What is not meant by the types is bound all the same, and so has to be something that can be.
 */
const HAS_LIST = "(suffix(typeof(_1), ']') OR suffix(typeof(_2), ']'))";
const LIST_SIDE = `${PICK}({'list': _1, 'element': [_1], 'none': CAST(NULL AS INTEGER[])},
  CASE WHEN NOT _2 THEN 'none' WHEN suffix(typeof(_1), ']') OR typeof(_1) = '"NULL"' THEN 'list' ELSE 'element' END)`;
const TEXT_SIDE = `${PICK}({'own': _1, 'none': CAST(NULL AS VARCHAR)}, CASE WHEN _2 THEN 'none' ELSE 'own' END)`;
const sides = (macro: string, join: (left: string, right: string) => string): string =>
  join(`${macro}(_1, ${HAS_LIST})`, `${macro}(_2, ${HAS_LIST})`);
export const JOINED_SIDES = `${PICK}({
  'own': ${sides("duckbranch_text_side", (left, right) => `${left} || ${right}`)},
  'list': CASE WHEN _1 IS NOT NULL OR _2 IS NOT NULL THEN ${sides("duckbranch_list_side", (left, right) => `list_concat(${left}, ${right})`)} END},
  CASE WHEN ${HAS_LIST} THEN 'list' ELSE 'own' END)`;

const SLICE = `CASE WHEN _2 IS NULL OR _3 IS NULL THEN NULL WHEN suffix(typeof(_1), ']')
  THEN _1[if(_2 < 1, 1, _2):if(_3 < 0, 0, _3)] ELSE _1[_2:_3] END`;

export const ARRAYS: Definitions = {
  duckbranch_flat: [any(1, `${OWN}.flatten(_1)`)],
  duckbranch_list_side: [any(2, LIST_SIDE)],
  duckbranch_text_side: [any(2, TEXT_SIDE)],
  array_length: [any(1, `${OWN}.array_length(_1)`), any(2, LENGTH)],
  array_upper: [any(2, LENGTH)],
  array_lower: [any(2, `CASE WHEN ${LENGTH} IS NOT NULL THEN 1 END`)],
  array_ndims: [any(1, `CASE WHEN len(_1) > 0 THEN ${DEPTH}::INTEGER END`)],
  array_dims: [
    any(
      1,
      `CASE WHEN len(_1) > 0 THEN array_to_string(list_transform(range(1, ${DEPTH} + 1), lambda _d: '[1:' || array_length(_1, _d) || ']'), '') END`,
    ),
  ],
  cardinality: [
    any(
      1,
      `(len(_1) * CASE WHEN len(_1) > 0 AND ${DEPTH} > 1 THEN ${OWN}.json_array_length(system.main.to_json(_1), '$[0]') ELSE 1 END)::INTEGER`,
    ),
  ],
  array_remove: [any(2, "list_filter(_1, lambda _e: _e IS DISTINCT FROM _2)")],
  array_replace: [any(3, "list_transform(_1, lambda _e: if(_e IS NOT DISTINCT FROM _2, _3, _e))")],
  array_position: [
    any(2, `${OWN}.list_position(_1, _2)`),
    any(3, "list_filter(range(_3, len(_1) + 1), lambda _i: _1[_i] IS NOT DISTINCT FROM _2)[1]::INTEGER"),
  ],
  array_positions: [
    any(2, "list_filter(range(1, len(_1) + 1), lambda _i: _1[_i] IS NOT DISTINCT FROM _2)::INTEGER[]"),
  ],
  array_fill: [any(2, "list_transform(range(_2[1]), lambda _i: _1)")],
  // What the dialect makes of a[-1]: see sql/dialect/negative-subscripts.ts.
  negative_subscript: [any(2, "CASE WHEN NOT suffix(typeof(_1), ']') THEN _1[_2] END")],
  duckbranch_slice: [any(3, SLICE)],
  trim_array: [any(2, "_1[:len(_1) - _2]")],
  duckbranch_elements: [any(1, ELEMENTS)],
  array_to_string: [
    any(
      2,
      `CASE WHEN _1 IS NOT NULL THEN coalesce(${OWN}.array_to_string(duckbranch_elements(_1), _2), '') END`,
    ),
    any(
      3,
      `CASE WHEN _1 IS NOT NULL THEN coalesce(${OWN}.array_to_string(list_transform(duckbranch_elements(_1), lambda _e: coalesce(_e, _3)), _2), '') END`,
    ),
  ],
  generate_subscripts: [
    // A list from the given number on, for FROM: see sql/dialect/vector-bounds.ts.
    any(4, "range(_4, _4 + coalesce(array_length(_1, _2), 0))::INTEGER[]"),
    any(2, "unnest(range(1, coalesce(array_length(_1, _2), 0) + 1)::INTEGER[])"),
    any(
      3,
      "unnest(if(_3, list_reverse(range(1, coalesce(array_length(_1, _2), 0) + 1)), range(1, coalesce(array_length(_1, _2), 0) + 1))::INTEGER[])",
    ),
  ],
};

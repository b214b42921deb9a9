/** What pg_catalog says of access methods and of types' modifiers, and what information_schema's own functions make of those. */
import { TYPE_NAMES } from "./snapshot.js";

/** Parameter count ⇒ body, as in functions.ts. */
type Bodies = Readonly<Record<number, string>>;

const list = (names: string): string => `'${names.replaceAll(" ", "', '")}'`;

/** One of the names is true, all others that there are false. */
function property(argument: string, known: string, isTrue: string): string {
  return `CASE WHEN lower(${argument}) IN (${list(isTrue)}) THEN true WHEN lower(${argument}) IN (${list(known)}) THEN false END`;
}

const isText = "_1 IN (1042, 1043)";

export const PROPERTIES: Readonly<Record<string, Bodies>> = {
  // Every index here is one of btree's kind, with its keys in ascending order.
  pg_indexam_has_property: {
    2: property("_2", "can_exclude", "can_order can_unique can_multi_col can_exclude can_include"),
  },
  pg_index_has_property: {
    2: property("_2", "clusterable", "clusterable index_scan bitmap_scan backward_scan"),
  },
  pg_index_column_has_property: {
    3: property(
      "_3",
      "desc nulls_first distance_orderable",
      "asc nulls_last orderable returnable search_array search_nulls",
    ),
  },
  oidvectortypes: {
    1: `array_to_string(list_transform(_1, lambda _type: map_extract_value(${TYPE_NAMES}, _type::BIGINT)), ', ')`,
  },
  bpchar: { 1: "_1::VARCHAR" },
  _pg_char_max_length: { 2: `CASE WHEN ${isText} AND _2 >= 4 THEN (_2 - 4)::INTEGER END` },
  _pg_char_octet_length: {
    2: `CASE WHEN ${isText} AND _2 >= 4 THEN (4 * (_2 - 4))::INTEGER WHEN _1 IN (25, 1042, 1043) THEN 1073741824 END`,
  },
  _pg_numeric_precision: {
    2: `CASE _1 WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 700 THEN 24 WHEN 701 THEN 53
      WHEN 1700 THEN if(_2 >= 4, ((_2 - 4) >> 16) & 65535, NULL) END::INTEGER`,
  },
  _pg_numeric_precision_radix: {
    2: "CASE WHEN _1 IN (20, 21, 23, 700, 701) THEN 2 WHEN _1 = 1700 THEN 10 END::INTEGER",
  },
  _pg_numeric_scale: {
    2: "CASE WHEN _1 IN (20, 21, 23) THEN 0 WHEN _1 = 1700 AND _2 >= 4 THEN (_2 - 4) & 2047 END::INTEGER",
  },
  _pg_datetime_precision: {
    2: `CASE WHEN _1 = 1082 THEN 0 WHEN _1 IN (1083, 1114, 1184, 1266) THEN if(_2 < 0, 6, _2)
      WHEN _1 = 1186 THEN if(_2 < 0 OR _2 & 65535 = 65535, 6, _2 & 65535) END::INTEGER`,
  },
  pg_current_xact_id: { 0: "system.main.txid_current()::BIGINT" },
};

/** What indexes are made with: methods, and the operator classes and collations of their keys, by the keys' types. */
import { PG } from "./names.js";

/** Classes of operators by which btree orders a type: OID, name, family, type. */
export const OPERATOR_CLASSES = `(1978, 'int4_ops', 1976, 23), (1979, 'int2_ops', 1976, 21), (1981, 'oid_ops', 1989, 26), (3122, 'date_ops', 434, 1082),
  (3123, 'float8_ops', 1970, 701), (3124, 'int8_ops', 1976, 20), (3125, 'numeric_ops', 1988, 1700), (3126, 'text_ops', 1994, 25),
  (3127, 'timestamptz_ops', 434, 1184), (3128, 'timestamp_ops', 434, 1114), (10000, 'array_ops', 397, 2277), (10003, 'bool_ops', 424, 16),
  (10004, 'bpchar_ops', 426, 1042), (10006, 'bytea_ops', 428, 17), (10012, 'float4_ops', 1970, 700), (10022, 'interval_ops', 1982, 1186),
  (10034, 'record_ops', 2994, 2249), (10038, 'time_ops', 1996, 1083), (10041, 'timetz_ops', 2000, 1266), (10043, 'varbit_ops', 2002, 1562),
  (10065, 'uuid_ops', 2968, 2950), (10069, 'enum_ops', 3522, 3500), (10088, 'jsonb_ops', 4033, 3802)`;
/** Of a key's type; an expression is taken for text. */
export const OPERATOR_CLASS = `coalesce(map_extract_value(MAP {${[...OPERATOR_CLASSES.matchAll(/\((\d+), '\w+', \d+, (\d+)\)/g)].map(([, oid, type]) => `${type}: ${oid}`).join(", ")}}, c.type_oid::INTEGER),
  CASE t.typcategory WHEN 'E' THEN 10069 WHEN 'A' THEN 10000 WHEN 'C' THEN 10034 ELSE 3126 END)`;

/** Of a type `t`: texts and arrays of them, and names. */
export const COLLATION =
  "CASE WHEN t.oid IN (19, 1003) THEN 950 WHEN t.typcategory = 'S' OR t.oid IN (1009, 1014, 1015) THEN 100 ELSE 0 END";

/** Methods that CREATE INDEX may name, and that of tables; DuckDB has one for all. */
export const ACCESS_METHODS = `CREATE TABLE ${PG}._access_method AS FROM (VALUES (2, 'heap', 'heap_tableam_handler', 't'), (403, 'btree', 'bthandler', 'i'),
  (405, 'hash', 'hashhandler', 'i'), (783, 'gist', 'gisthandler', 'i'), (2742, 'gin', 'ginhandler', 'i'), (3580, 'brin', 'brinhandler', 'i'),
  (4000, 'spgist', 'spghandler', 'i')) AS a(oid, nam, handler, type)`;

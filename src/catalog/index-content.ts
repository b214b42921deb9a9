/** pg_index, and the operator classes its rows name. */
import { PG } from "./names.js";
import type { Content } from "./shapes.js";

/** Classes of operators by which btree orders a type: OID, name, family, type. */
const OPERATOR_CLASSES = `(1978, 'int4_ops', 1976, 23), (1979, 'int2_ops', 1976, 21), (1981, 'oid_ops', 1989, 26), (3122, 'date_ops', 434, 1082),
  (3123, 'float8_ops', 1970, 701), (3124, 'int8_ops', 1976, 20), (3125, 'numeric_ops', 1988, 1700), (3126, 'text_ops', 1994, 25),
  (3127, 'timestamptz_ops', 434, 1184), (3128, 'timestamp_ops', 434, 1114), (10000, 'array_ops', 397, 2277), (10003, 'bool_ops', 424, 16),
  (10004, 'bpchar_ops', 426, 1042), (10006, 'bytea_ops', 428, 17), (10012, 'float4_ops', 1970, 700), (10022, 'interval_ops', 1982, 1186),
  (10034, 'record_ops', 2994, 2249), (10038, 'time_ops', 1996, 1083), (10041, 'timetz_ops', 2000, 1266), (10043, 'varbit_ops', 2002, 1562),
  (10065, 'uuid_ops', 2968, 2950), (10069, 'enum_ops', 3522, 3500), (10088, 'jsonb_ops', 4033, 3802)`;
/** Of a key's type; an expression is taken for text. */
const OPERATOR_CLASS = `coalesce(map_extract_value(MAP {${[...OPERATOR_CLASSES.matchAll(/\((\d+), '\w+', \d+, (\d+)\)/g)].map(([, oid, type]) => `${type}: ${oid}`).join(", ")}}, c.type_oid::INTEGER),
  CASE t.typcategory WHEN 'E' THEN 10069 WHEN 'A' THEN 10000 WHEN 'C' THEN 10034 ELSE 3126 END)`;

/** Of a type `t`: texts and arrays of them, and names. */
export const COLLATION =
  "CASE WHEN t.oid IN (19, 1003) THEN 950 WHEN t.typcategory = 'S' OR t.oid IN (1009, 1014, 1015) THEN 100 ELSE 0 END";

/** Methods that CREATE INDEX may name, and that of tables; DuckDB has one for all. */
export const ACCESS_METHODS = `CREATE TABLE ${PG}._access_method AS FROM (VALUES (2, 'heap', 'heap_tableam_handler', 't'), (403, 'btree', 'bthandler', 'i'),
  (405, 'hash', 'hashhandler', 'i'), (783, 'gist', 'gisthandler', 'i'), (2742, 'gin', 'ginhandler', 'i'), (3580, 'brin', 'brinhandler', 'i'),
  (4000, 'spgist', 'spghandler', 'i')) AS a(oid, nam, handler, type)`;

export const INDEX: Content = {
  columns: {
    indexrelid: "x.oid",
    indrelid: "r.oid",
    indnatts: "len(i.keys)",
    indnkeyatts: "i.key_count",
    indisunique: "i.is_unique",
    indisprimary: "i.is_primary",
    indimmediate: "true",
    indisvalid: "true",
    indisready: "true",
    indislive: "true",
    indkey: "k.numbers",
    indcollation: "k.collations[:i.key_count]",
    indclass: "k.classes[:i.key_count]",
    indoption: "i.options",
    indexprs: "p.expressions",
    indpred: "p.predicate",
  },
  from: `${PG}._index AS i JOIN ${PG}._class AS x ON x.sch = i.sch AND x.nam = i.nam AND x.kind = 'i' AND x.rel = i.rel
    JOIN ${PG}._class AS r ON r.sch = i.sch AND r.nam = i.rel AND r.kind IN ('r', 'm')
    JOIN (SELECT i.sch, i.rel, i.nam, list(coalesce(c.position, 0) ORDER BY i.position) AS numbers,
        list(${OPERATOR_CLASS} ORDER BY i.position) AS classes, list(${COLLATION} ORDER BY i.position) AS collations FROM ${PG}._index_key AS i
      LEFT JOIN ${PG}._typed_column AS c ON c.sch = i.sch AND c.rel = i.rel AND c.nam = i.key
      LEFT JOIN ${PG}._type AS t ON t.oid = c.type_oid GROUP BY ALL) AS k
      ON k.sch = i.sch AND k.rel = i.rel AND k.nam = i.nam
    LEFT JOIN ${PG}._printed_index AS p ON p.sch = i.sch AND p.rel = i.rel AND p.nam = i.nam`,
};

export const OPERATOR_CLASS_CONTENT: Content = {
  columns: {
    oid: "s.oid",
    opcmethod: "403",
    opcname: "s.nam",
    opcnamespace: "11",
    opcowner: "10",
    opcfamily: "s.family",
    opcintype: "s.type",
    opcdefault: "true",
  },
  from: `(VALUES ${OPERATOR_CLASSES}) AS s(oid, nam, family, type)`,
};

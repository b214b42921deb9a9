/** pg_index, and the operator classes its rows name. */
import { PG } from "./names.js";
import { OPERATOR_CLASSES } from "./index-methods.js";
import { KEY_TEXT, PRINTED } from "./printing/functions-of-sql.js";
import type { Content } from "./shapes.js";

/** Keys that are expressions. */
const EXPRESSIONS = `CASE WHEN i.read IS NOT NULL THEN nullif(array_to_string(list_transform(list_filter(i.keys, lambda _k: starts_with(_k, '(')),
  lambda _k: regexp_replace(${KEY_TEXT}(_k, i.read, 'plain'), '^\\((.*)\\)$', '\\1', 's')), ', '), '') END`;

export const INDEX: Content = {
  columns: {
    indexrelid: "i.oid",
    indrelid: "i.relid",
    indnatts: "len(i.keys)",
    indnkeyatts: "i.key_count",
    indisunique: "i.is_unique",
    indisprimary: "i.is_primary",
    indimmediate: "true",
    indisvalid: "true",
    indisready: "true",
    indislive: "true",
    indkey: "i.numbers",
    indcollation: "i.collations",
    indclass: "i.operator_classes",
    indoption: "i.options",
    indexprs: EXPRESSIONS,
    indpred: `${PRINTED}(i.predicate, '', i.read, 'plain')`,
  },
  from: `${PG}._index_row AS i`,
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

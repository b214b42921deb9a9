/** What pg_catalog's relations hold, over the helper views of objects.ts. Relations not named here are empty. */
import { REFERENCED_KEYS } from "./referenced-keys.js";
import { AGGREGATE, BUILTIN_COMMENTS, CAST, OPERATOR } from "./builtin/tables.js";
import { DEPEND, REWRITE } from "./dependency-content.js";
import { FUNCTION } from "./function-content.js";
import { COLLATION, INDEX, OPERATOR_CLASS_CONTENT } from "./index-content.js";
import { lastValue } from "../engine/sequence-state.js";
import { SYSTEM_SCHEMA } from "../branch/system-schema.js";
import { DATA_CATALOG } from "../engine/database.js";
import { FIRST_USER_OID, PG, variable } from "./names.js";
import { PRINTED, READS_COLUMNS } from "./printing/functions-of-sql.js";
import { ACTIVITY, CURSORS, PREPARED_STATEMENTS } from "./session-content.js";
import { TYPE_NAMES } from "./snapshot.js";
import type { Content } from "./shapes.js";
import { STATISTICS } from "./statistics-content.js";
import { MATERIALIZED_VIEWS, POPULATED, VIEWS } from "./view-content.js";

/** The only role there is: whoever is connected owns everything. */
const OWNER = "10";

const NAMESPACE: Content = {
  columns: {
    oid: "oid",
    nspname: "nam",
    nspowner: "if(nam = 'public', 6171, 10)",
    nspacl:
      "CASE WHEN nam = 'public' THEN ['pg_database_owner=UC/pg_database_owner', '=U/pg_database_owner'] END",
  },
  from: `${PG}._schema`,
};

/**
 * System relations too, so that 'pg_class'::regclass means something. What few statements ask for is a sub-query, so that
 * the others do not pay for it.
 */
const CLASS: Content = {
  columns: {
    oid: "c.oid",
    relname: "c.nam",
    relnamespace: `${PG}._schema_oid(c.sch)`,
    reltype: `coalesce(t.oid, 0)`,
    relowner: OWNER,
    relam: `CASE c.kind WHEN 'r' THEN 2 WHEN 'm' THEN 2 WHEN 'i' THEN coalesce((SELECT any_value(a.oid) FROM ${PG}._index AS i
      JOIN ${PG}._access_method AS a ON a.nam = i.method WHERE i.sch = c.sch AND i.rel = c.rel AND i.nam = c.nam), 403) ELSE 0 END`,
    relfilenode: "if(c.kind IN ('v', 'c'), 0, c.oid)",
    relpages: "0",
    reltuples: `coalesce((SELECT any_value(t.estimated_size) FROM duckdb_tables() AS t WHERE t.database_name = c.database_name
      AND t.schema_name = c.psch AND t.table_name = c.pnam AND c.kind IN ('r', 'm')), if(c.kind IN ('r', 'm'), -1, 0))`,
    relhasindex: `(c.sch, c.nam) IN (SELECT (sch, rel) FROM ${PG}._index)`,
    relpersistence: "if(c.sch = 'pg_temp', 't', 'p')",
    relkind: "c.kind",
    relnatts: `CASE c.kind WHEN 'S' THEN 3 WHEN 'i' THEN (SELECT len(any_value(i.keys)) FROM ${PG}._index AS i
      WHERE i.sch = c.sch AND i.rel = c.rel AND i.nam = c.nam) ELSE (SELECT count(*) FROM ${PG}._column AS v WHERE v.sch = c.sch AND v.rel = c.nam AND v.kind = c.kind) END`,
    relchecks: `(SELECT count(*) FROM ${PG}._constraint AS k WHERE k.sch = c.sch AND k.rel = c.nam AND k.kind = 'c')`,
    relhasrules: "c.kind IN ('v', 'm')",
    // psql asks for foreign keys only where triggers could be enforcing them.
    relhastriggers: `c.kind = 'r' AND (c.sch, c.nam) IN (SELECT unnest([(sch, rel), (referenced_schema, referenced_table)]) FROM ${PG}._constraint WHERE kind = 'f')`,
    relacl: `CASE WHEN c.kind IN ('r', 'v', 'm') AND c.oid >= ${FIRST_USER_OID} THEN (SELECT acl FROM ${PG}._table_acl) END`,
    relispopulated: `c.kind <> 'm' OR ${POPULATED}`,
    relreplident: "if(c.kind IN ('r', 'm') AND c.sch <> 'pg_catalog', 'd', 'n')",
  },
  from: `(SELECT * FROM ${PG}._class UNION ALL SELECT oid, sch, nam, kind, NULL, NULL, NULL, NULL, NULL FROM ${PG}._system_class) AS c LEFT JOIN ${PG}._row_type AS t ON t.relid = c.oid`,
};

/** `expr`, `expr1`: what an expression is called when another is called so. */
const KEY_NAME = `regexp_extract(i.described, '^(.*):', 1) || coalesce(nullif(row_number() OVER (PARTITION BY i.sch, i.rel, i.nam, i.described IS NULL, regexp_extract(i.described, '^(.*):', 1) ORDER BY i.position) - 1, 0)::VARCHAR, '')`;

const ATTRIBUTE_TABLES = `
  SELECT c.oid AS attrelid, t.nam, coalesce(t.domain_oid, t.type_oid) AS type_oid, if(t.domain_oid IS NULL, t.typmod, -1) AS typmod, t.position, t.not_null, t.default_value IS NOT NULL AS has_default, t.dimensions, t.identity, t.default_value
  FROM ${PG}._typed_column AS t JOIN ${PG}._class AS c ON c.sch = t.sch AND c.nam = t.rel AND c.kind IN ('r', 'v', 'm', 'c')
  UNION ALL
  SELECT c.oid, coalesce(${KEY_NAME}, i.key), if(i.method = 'hash', 23, coalesce(t.domain_oid, t.type_oid, e.oid, 25)), if(i.method = 'hash' OR t.domain_oid IS NOT NULL, -1, coalesce(t.typmod, -1)), i.position, false, false, 0, '', NULL
  FROM ${PG}._printed_key AS i JOIN ${PG}._class AS c ON c.sch = i.sch AND c.nam = i.nam AND c.kind = 'i'
  LEFT JOIN ${PG}._typed_column AS t ON t.sch = i.sch AND t.rel = i.rel AND t.nam = i.key
  LEFT JOIN ${PG}._type AS e ON e.printed = regexp_extract(i.described, ':(.*)$', 1)
  UNION ALL
  SELECT c.oid, s.nam, s.type_oid, -1, s.position, true, false, 0, '', NULL
  FROM ${PG}._class AS c, (VALUES ('last_value', 20, 1), ('log_cnt', 20, 2), ('is_called', 16, 3)) AS s(nam, type_oid, position) WHERE c.kind = 'S'
  UNION ALL
  SELECT s.attrelid, s.nam, t.oid, -1, s.position, s.not_null, false, 0, '', NULL FROM ${PG}._system_column AS s JOIN ${PG}._builtin_type AS t ON t.typname = s.type`;

const ATTRIBUTE: Content = {
  columns: {
    attrelid: "a.attrelid",
    attname: "a.nam",
    atttypid: "a.type_oid",
    attstattarget: "-1",
    attlen: "coalesce(t.typlen, 4)",
    attnum: "a.position",
    attndims: "a.dimensions",
    attcacheoff: "-1",
    atttypmod: "a.typmod",
    attbyval: "coalesce(t.typbyval, false)",
    attalign: "coalesce(t.typalign, 'i')",
    attstorage: "coalesce(t.typstorage, 'p')",
    attnotnull: "a.not_null",
    atthasdef: "a.has_default",
    attidentity: "a.identity",
    attgenerated: `if(${READS_COLUMNS}(a.default_value) = 't', 's', '')`,
    attislocal: "true",
    attoptions: "CASE WHEN p.policy IS NOT NULL THEN ['merge_policy=' || p.policy] END",
    attcollation: COLLATION,
  },
  from: `(${ATTRIBUTE_TABLES}) AS a LEFT JOIN ${PG}._type AS t ON t.oid = a.type_oid
    LEFT JOIN ${PG}._merge_policy AS p ON p.relid = a.attrelid AND p.nam = a.nam`,
};

const ATTRDEF: Content = {
  columns: {
    oid: `${PG}._oid('d', c.oid, t.nam)`,
    adrelid: "c.oid",
    adnum: "t.position",
    adbin: "t.printed",
  },
  from: `${PG}._printed_default AS t JOIN ${PG}._class AS c ON c.sch = t.sch AND c.nam = t.rel AND c.kind = 'r'`,
};

const CONSTRAINT: Content = {
  columns: {
    oid: "c.oid",
    conname: "c.nam",
    connamespace: `${PG}._schema_oid(c.sch)`,
    contype: "c.kind",
    convalidated: "true",
    conrelid: "c.conrelid",
    contypid: "coalesce(c.type_oid, 0)",
    conindid: "coalesce(x.oid, 0)",
    confrelid: "coalesce(c.confrelid, 0)",
    condeferrable: "coalesce(c.foreign_key->>'$.deferrable' <> 'not', false)",
    condeferred: "coalesce(c.foreign_key->>'$.deferrable' = 'deferred', false)",
    confupdtype: "if(c.kind = 'f', coalesce(c.foreign_key->>'$.onUpdate', 'a'), ' ')",
    confdeltype: "if(c.kind = 'f', coalesce(c.foreign_key->>'$.onDelete', 'a'), ' ')",
    confmatchtype:
      "if(c.kind = 'f', if(coalesce((c.foreign_key->>'$.full')::BOOLEAN, false), 'f', 's'), ' ')",
    conislocal: "true",
    connoinherit: "c.kind <> 'c'",
    conkey: "c.conkey",
    confkey: "c.confkey",
    conbin: "p.plain",
  },
  from: `(SELECT * FROM ${PG}._constraint_numbers UNION ALL BY NAME SELECT oid, sch, nam, 'c' AS kind, 0 AS conrelid, type_oid FROM ${PG}._domain_check) AS c
    LEFT JOIN ${REFERENCED_KEYS} AS u ON u.oid = c.oid
    LEFT JOIN ${PG}._class AS x ON x.kind = 'i' AND x.sch = coalesce(u.sch, c.sch) AND x.nam = coalesce(u.nam, c.nam) AND x.rel = coalesce(u.rel, c.rel)
      AND (c.kind IN ('p', 'u') OR u.oid IS NOT NULL)
    LEFT JOIN ${PG}._printed_check AS p ON p.oid = c.oid`,
};

const TYPE: Content = {
  columns: {
    oid: "t.oid",
    typname: "t.typname",
    typnamespace: "t.namespace",
    typowner: OWNER,
    typlen: "t.typlen",
    typbyval: "t.typbyval",
    typtype: "t.typtype",
    typcategory: "t.typcategory",
    typispreferred: "t.typispreferred",
    typisdefined: "true",
    typdelim: "if(t.typname IN ('box', '_box'), ';', ',')",
    typsubscript: "if(t.typcategory = 'A', 'array_subscript_handler', '-')",
    typrelid: "t.relid",
    typelem: "t.typelem",
    typarray: "t.typarray",
    typinput: "t.typinput",
    typoutput: "t.typoutput",
    typreceive: "t.typreceive",
    typsend: "t.typsend",
    typalign: "t.typalign",
    typstorage: "t.typstorage",
    typnotnull: "t.not_null",
    typbasetype: "t.base",
    typtypmod: "t.base_typmod",
    typdefault: `${PRINTED}(t.by_default, map_extract_value(${TYPE_NAMES}, t.base), '[]', 'plain')`,
    typcollation: COLLATION,
  },
  from: `${PG}._type AS t`,
};

const ENUM: Content = {
  columns: {
    oid: `${PG}._oid('l', e.oid, e.label)`,
    enumtypid: "e.oid",
    enumsortorder: "e.position",
    enumlabel: "e.label",
  },
  from: `(SELECT oid, one.label, one.position FROM (
    SELECT oid, unnest(list_transform(labels, lambda _l, _i: {'label': _l, 'position': _i})) AS one FROM ${PG}._enum)) AS e`,
};

const SEQUENCE_END = "if(s.increment_by > 0, s.max_value, -1 - s.min_value)";

/** DuckDB's sequences have no type: the column one belongs to tells, or what it ends at. */
const SEQUENCE_TYPE = `CASE WHEN o.type IN ('SMALLINT', 'INTEGER', 'BIGINT') THEN lower(o.type) WHEN ${SEQUENCE_END} = 2147483647 THEN 'integer' WHEN ${SEQUENCE_END} = 32767 THEN 'smallint' ELSE 'bigint' END`;

const SEQUENCE_ROWS = `${PG}._sequence AS s LEFT JOIN (SELECT sch, replace(owned_sequence, '''''', '''') AS nam, any_value(type) AS type, any_value(owned_cache) AS owned_cache
    FROM ${PG}._column WHERE owned_sequence IS NOT NULL GROUP BY ALL) AS o ON o.sch = s.sch AND o.nam = s.nam`;

const SEQUENCE: Content = {
  columns: {
    seqrelid: "c.oid",
    seqtypid: `CASE ${SEQUENCE_TYPE} WHEN 'integer' THEN 23 WHEN 'smallint' THEN 21 ELSE 20 END`,
    seqstart: "s.start_value",
    seqincrement: "s.increment_by",
    seqmax: "s.max_value",
    seqmin: "s.min_value",
    seqcache: "coalesce(o.owned_cache, 1)",
    seqcycle: `s."cycle"`,
  },
  from: `${SEQUENCE_ROWS} JOIN ${PG}._class AS c ON c.kind = 'S' AND c.sch = s.sch AND c.nam = s.nam`,
};

const DESCRIPTION: Content = {
  columns: { objoid: "d.oid", classoid: "d.classoid", objsubid: "d.position", description: "d.comment" },
  from: `(SELECT oid, classoid, position, comment FROM ${PG}._description UNION ALL SELECT oid, 1255, 0, comment FROM ${PG}._function_comment UNION ALL ${BUILTIN_COMMENTS}) AS d`,
};

/** main, the live branches, and the name the session connected under when it is another. */
const DATABASE: Content = {
  columns: {
    oid: "d.oid",
    datname: "d.nam",
    datdba: OWNER,
    encoding: "6",
    datlocprovider: "'c'",
    datallowconn: "true",
    datconnlimit: "-1",
    dattablespace: "1663",
    datcollate: "'C'",
    datctype: "'C'",
  },
  from: `(WITH heads AS (SELECT 5 AS oid, 'main' AS nam
    UNION ALL SELECT ${PG}._oid('b', '', branch_id), 'main/' || name FROM ${DATA_CATALOG}.${SYSTEM_SCHEMA}.branch_rows
      WHERE NOT released AND status IN ('active', 'conflicted')
        AND (protected OR expires_at IS NULL OR expires_at > now()))
    SELECT * FROM heads
    UNION ALL SELECT 4, getvariable('duckbranch_database') WHERE getvariable('duckbranch_database') NOT IN (SELECT nam FROM heads)) AS d`,
};

/** The session's user, and who the schema `public` belongs to. */
const ROLES: Content = {
  columns: {
    oid: `if(is_user, ${OWNER}, 6171)`,
    rolname: "if(is_user, getvariable('duckbranch_user'), 'pg_database_owner')",
    rolsuper: "false",
    rolinherit: "true",
    rolcreaterole: "false",
    rolreplication: "false",
    rolbypassrls: "false",
    rolcreatedb: "is_user",
    rolcanlogin: "is_user",
    rolconnlimit: "-1",
  },
  from: "(VALUES (true), (false)) AS roles(is_user)",
};

const SETTINGS: Content = {
  columns: {
    name: "s.name",
    setting: "s.setting",
    category: "'Server'",
    context: "'user'",
    vartype: "'string'",
    source: "'session'",
    boot_val: "s.setting",
    reset_val: "s.setting",
  },
  from: `(SELECT unnest(${variable("settings")}, recursive := true)) AS s`,
};

const TABLES: Content = {
  columns: {
    schemaname: "c.sch",
    tablename: "c.nam",
    tableowner: "getvariable('duckbranch_user')",
    hasindexes: `(c.sch, c.nam) IN (SELECT (sch, rel) FROM ${PG}._index)`,
  },
  from: `${PG}._class AS c WHERE c.kind = 'r'`,
};

const INDEXES: Content = {
  columns: {
    schemaname: "i.sch",
    tablename: "i.rel",
    indexname: "i.nam",
    indexdef: `${PG}._index_definition(i, p.plain, p.predicate)`,
  },
  from: `${PG}._index AS i JOIN ${PG}._printed_index AS p ON p.sch = i.sch AND p.rel = i.rel AND p.nam = i.nam`,
};

const SEQUENCES: Content = {
  columns: {
    schemaname: "s.sch",
    sequencename: "s.nam",
    sequenceowner: "getvariable('duckbranch_user')",
    data_type: SEQUENCE_TYPE,
    start_value: "s.start_value",
    min_value: "s.min_value",
    max_value: "s.max_value",
    increment_by: "s.increment_by",
    cycle: `s."cycle"`,
    cache_size: "coalesce(o.owned_cache, 1)",
    last_value: lastValue("s"),
  },
  from: SEQUENCE_ROWS,
};

/** Rows that are the same in every PostgreSQL database, as far as this server has the thing. */
function rows(columns: readonly string[], values: string): Content {
  return {
    columns: Object.fromEntries(columns.map((name) => [name, `s.${name}`])),
    from: `(VALUES ${values}) AS s(${columns.join(", ")})`,
  };
}

export const PG_CATALOG_CONTENT: ReadonlyMap<string, Content> = new Map([
  ["pg_namespace", NAMESPACE],
  ["pg_class", CLASS],
  ["pg_attribute", ATTRIBUTE],
  ["pg_attrdef", ATTRDEF],
  ["pg_index", INDEX],
  ["pg_constraint", CONSTRAINT],
  ["pg_type", TYPE],
  ["pg_enum", ENUM],
  ["pg_sequence", SEQUENCE],
  ["pg_description", DESCRIPTION],
  ["pg_database", DATABASE],
  ["pg_roles", ROLES],
  ["pg_authid", ROLES],
  [
    "pg_user",
    {
      columns: { usename: "getvariable('duckbranch_user')", usesysid: OWNER, usecreatedb: "true" },
      from: "(SELECT 1)",
    },
  ],
  ["pg_proc", FUNCTION],
  ["pg_operator", OPERATOR],
  ["pg_cast", CAST],
  ["pg_aggregate", AGGREGATE],
  ["pg_depend", DEPEND],
  ["pg_rewrite", REWRITE],
  ...STATISTICS,
  ["pg_opclass", OPERATOR_CLASS_CONTENT],
  ["pg_settings", SETTINGS],
  ["pg_prepared_statements", PREPARED_STATEMENTS],
  ["pg_cursors", CURSORS],
  ["pg_stat_activity", ACTIVITY],
  ["pg_tables", TABLES],
  ["pg_views", VIEWS],
  ["pg_matviews", MATERIALIZED_VIEWS],
  ["pg_indexes", INDEXES],
  ["pg_sequences", SEQUENCES],
  [
    "pg_am",
    {
      columns: { oid: "a.oid", amname: "a.nam", amhandler: "a.handler", amtype: "a.type" },
      from: `${PG}._access_method AS a`,
    },
  ],
  [
    "pg_range",
    rows(
      ["rngtypid", "rngsubtype", "rngmultitypid"],
      "(3904, 23, 4451), (3906, 1700, 4532), (3908, 1114, 4533), (3910, 1184, 4534), (3912, 1082, 4535), (3926, 20, 4536)",
    ),
  ],
  [
    "pg_tablespace",
    rows(["oid", "spcname", "spcowner"], "(1663, 'pg_default', 10), (1664, 'pg_global', 10)"),
  ],
  [
    "pg_language",
    rows(
      ["oid", "lanname", "lanowner", "lanispl", "lanpltrusted"],
      "(12, 'internal', 10, false, false), (13, 'c', 10, false, false), (14, 'sql', 10, false, true)",
    ),
  ],
  [
    "pg_collation",
    rows(
      [
        "oid",
        "collname",
        "collnamespace",
        "collowner",
        "collprovider",
        "collisdeterministic",
        "collencoding",
        "collcollate",
        "collctype",
      ],
      "(100, 'default', 11, 10, 'd', true, -1, NULL, NULL), (950, 'C', 11, 10, 'c', true, -1, 'C', 'C'), (951, 'POSIX', 11, 10, 'c', true, -1, 'POSIX', 'POSIX')",
    ),
  ],
]);

/** What pg_catalog's relations hold, over the helper views of objects.ts. Relations not named here are empty. */
import { AGGREGATE, BUILTIN_COMMENTS, CAST, OPERATOR } from "./builtin/tables.js";
import { DEPEND, REWRITE } from "./dependency-content.js";
import { FUNCTION } from "./function-content.js";
import { INDEX, OPERATOR_CLASS_CONTENT } from "./index-content.js";
import { lastValue } from "../engine/sequence-state.js";
import { SYSTEM_SCHEMA } from "../branch/system-schema.js";
import { DATA_CATALOG } from "../engine/database.js";
import { FIRST_USER_OID, PG, variable } from "./names.js";
import { COLLATION } from "./index-methods.js";
import { CONSTRAINT_TEXT, INDEX_TEXT, PRINTED, READS_COLUMNS } from "./printing/functions-of-sql.js";
import { ACTIVITY, CURSORS, PREPARED_STATEMENTS } from "./session-content.js";
import { TYPE_NAMES } from "./snapshot.js";
import type { Content } from "./shapes.js";
import { STATISTICS } from "./statistics-content.js";
import { MATERIALIZED_VIEWS, VIEWS } from "./view-content.js";

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

const CLASS: Content = {
  columns: {
    oid: "c.oid",
    relname: "c.nam",
    relnamespace: "c.namespace",
    reltype: "c.row_type",
    relowner: OWNER,
    relam: "c.method",
    relfilenode: "if(c.kind IN ('v', 'c'), 0, c.oid)",
    relpages: "0",
    reltuples: "c.rows",
    relhasindex: "c.has_index",
    relpersistence: "if(c.sch = 'pg_temp', 't', 'p')",
    relkind: "c.kind",
    relnatts: "c.natts",
    relchecks: "c.checks",
    relhasrules: "c.kind IN ('v', 'm')",
    // psql asks for foreign keys only where triggers could be enforcing them.
    relhastriggers: "c.has_references",
    relacl: `CASE WHEN c.kind IN ('r', 'v', 'm') AND c.oid >= ${FIRST_USER_OID} THEN ${PG}._table_acl() END`,
    relispopulated: "c.populated",
    relreplident: "if(c.kind IN ('r', 'm') AND c.sch <> 'pg_catalog', 'd', 'n')",
  },
  from: `${PG}._class_row AS c`,
};

/** The same with the number of rows as it is now: to list it takes DuckDB a while, so it is for statements that name it. */
const COUNTED_CLASS: Content = {
  columns: { ...CLASS.columns, reltuples: "coalesce(if(c.kind IN ('r', 'm'), t.rows, 0), -1)" },
  from: `${PG}._class_row AS c LEFT JOIN (SELECT database_name, schema_name, table_name, estimated_size AS rows FROM duckdb_tables()) AS t
    ON t.database_name = c.database_name AND t.schema_name = c.psch AND t.table_name = c.pnam`,
};

const ATTRIBUTE: Content = {
  columns: {
    attrelid: "a.attrelid",
    attname: "a.nam",
    atttypid: "a.type_oid",
    attstattarget: "-1",
    attlen: "a.typlen",
    attnum: "a.position",
    attndims: "a.dimensions",
    attcacheoff: "-1",
    atttypmod: "a.typmod",
    attbyval: "a.typbyval",
    attalign: "a.typalign",
    attstorage: "a.typstorage",
    attnotnull: "a.not_null",
    atthasdef: "a.has_default",
    attidentity: "a.identity",
    attgenerated: `if(${READS_COLUMNS}(a.default_value) = 't', 's', '')`,
    attislocal: "true",
    attoptions: "CASE WHEN a.policy IS NOT NULL THEN ['merge_policy=' || a.policy] END",
    attcollation: "a.collation",
  },
  from: `${PG}._attribute_row AS a`,
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
    contypid: "c.type_oid",
    conindid: "c.index_oid",
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
    conbin: `CASE WHEN c.kind = 'c' THEN ${CONSTRAINT_TEXT}(c.definition, c.read, 'plain')[8:-2] END`,
  },
  from: `${PG}._constraint_row AS c`,
};

/** Of a domain. pg_dump reads the tree, and takes the text alone for a literal. */
const TYPE_DEFAULT = `${PRINTED}(t.by_default, map_extract_value(${TYPE_NAMES}, t.base), '[]', 'plain')`;

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
    typdefaultbin: TYPE_DEFAULT,
    typdefault: TYPE_DEFAULT,
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
    indexdef: `${INDEX_TEXT}(i.definition, i.read, 'plain')`,
  },
  from: `${PG}._index_row AS i`,
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

/** Contents of COUNTED. */
export const COUNTED_CONTENT: ReadonlyMap<string, Content> = new Map([["pg_class", COUNTED_CLASS]]);

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

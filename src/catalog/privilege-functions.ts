/**
 * has_table_privilege() and its like. The catalogue says what an argument means, by number or by name; what may be done with
 * it the session says, as it says it of statements (query/held-privileges.ts).
 */
import { OWN_MACROS, PG, SESSION_CALL } from "./names.js";

/** Parameter count ⇒ body, as in functions.ts. */
type Bodies = Readonly<Record<number, string>>;

/** Stands between the parts of what is asked about. */
const BREAK = "chr(1)";
const OWN = "''";
const isNumber = (text: string): string => `regexp_full_match(${text}, '-?\\d+')`;
const asNumber = (text: string): string => `try_cast(${text} AS BIGINT)`;

function found(view: string, key: string): string {
  return `(SELECT any_value(_value) FROM ${PG}._lookup_${view} WHERE _key = ${key})`;
}

function held(holder: string, what: string, privileges: string): string {
  return `${SESSION_CALL}(getvariable('duckbranch_session'), 'held_privilege', (${holder})::VARCHAR, ${what}, (${privileges})::VARCHAR)::BOOLEAN`;
}

/** `_text`: the argument, computed once however often it is named. */
function about(kind: string, argument: string, foundAs: string, holder: string, privileges: string): string {
  const what = `'${kind}' || ${BREAK} || coalesce(${foundAs}, '') || ${BREAK} || _text`;
  return `(SELECT ${held(holder, what, privileges)} FROM (SELECT (${argument})::VARCHAR AS _text) AS _argument)`;
}

/** With the session's own user, and of another one. */
function both(kind: string, foundAs: string): Bodies {
  return {
    2: about(kind, "_1", foundAs, OWN, "_2"),
    3: about(kind, "_2", foundAs, "_1", "_3"),
  };
}

/** The number that a text is, or that its name has. */
const number = (view: string): string =>
  `if(${isNumber("_text")}, ${asNumber("_text")}, ${found(view, `${PG}._stored_name(_text)`)})`;
const RELATION = found("privileged", number("relation_oid"));

function ofColumn(relation: string, column: string, holder: string, privileges: string): string {
  const hasColumn = `EXISTS (SELECT 1 FROM ${PG}._lookup_attribute WHERE _key = _relation
    AND if(${isNumber("_column")}, _sub = ${asNumber("_column")}, _value = _column))`;
  const what = `'column' || ${BREAK} || coalesce(${found("privileged", "_relation")}, '') || ${BREAK} || _text || ${BREAK} || _column || ${BREAK} || ${hasColumn}`;
  return `(SELECT ${held(holder, what, privileges)} FROM (SELECT *, ${number("relation_oid")} AS _relation
    FROM (SELECT (${relation})::VARCHAR AS _text, (${column})::VARCHAR AS _column) AS _arguments) AS _argument)`;
}

/** What there is is DuckDB's own or PostgreSQL's, and nobody changes it. */
const among = (names: readonly string[]): string =>
  `if(_text IN (${names.map((name) => `'${name}'`).join(", ")}), 'own', NULL)`;
const BY_FUNCTION_NAME = `${PG}._stored_name(regexp_replace(_text, '\\(.*$', ''))`;

const USER_FUNCTION = found(
  "function_class",
  `if(${isNumber("_text")}, ${asNumber("_text")}, ${found("function_oid", BY_FUNCTION_NAME)})`,
);
/** The engine's, but for those that only administrators may call. */
const OWN_FUNCTION = `(SELECT any_value('system') FROM (SELECT function_name FROM duckdb_functions() UNION ALL SELECT nam FROM ${OWN_MACROS})
  WHERE function_name = regexp_replace(${BY_FUNCTION_NAME}, '^pg_catalog[.]', '')
    AND NOT regexp_matches(function_name, '^(duckdb|pragma|sqlite)_|^duckbranch'))`;

export const PRIVILEGES: Readonly<Record<string, Bodies>> = {
  has_table_privilege: both("table", RELATION),
  has_any_column_privilege: both("any_column", RELATION),
  has_sequence_privilege: both("sequence", RELATION),
  has_column_privilege: {
    3: ofColumn("_1", "_2", OWN, "_3"),
    4: ofColumn("_2", "_3", "_1", "_4"),
  },
  has_schema_privilege: both(
    "schema",
    `if(${isNumber("_text")}, ${found("schema_class", asNumber("_text"))}, ${found("schema_class_of", "_text")})`,
  ),
  has_database_privilege: both(
    "database",
    `if(${isNumber("_text")}, ${found("database", asNumber("_text"))}, NULL)`,
  ),
  has_function_privilege: both("function", `coalesce(${USER_FUNCTION}, ${OWN_FUNCTION})`),
  has_type_privilege: both("type", `if(${found("type", number("type_oid"))} IS NULL, NULL, 'own')`),
  has_language_privilege: both("language", among(["12", "13", "14", "internal", "c", "sql"])),
  has_tablespace_privilege: both("tablespace", among(["1663", "1664", "pg_default", "pg_global"])),
  has_server_privilege: both("server", "NULL::VARCHAR"),
  has_foreign_data_wrapper_privilege: both("foreign_data_wrapper", "NULL::VARCHAR"),
  has_parameter_privilege: both("parameter", OWN),
  pg_has_role: both("role", OWN),
};

function ofUser(privileges: string): string {
  return held(OWN, `'table' || ${BREAK} || 'user' || ${BREAK}`, privileges);
}
const USER = `${PG}.quote_ident(getvariable('duckbranch_user'))`;

/** Each with its letter in an ACL, and whether columns have it. */
const EVERY_PRIVILEGE = [
  ["INSERT", "a", true],
  ["SELECT", "r", true],
  ["UPDATE", "w", true],
  ["DELETE", "d", false],
  ["TRUNCATE", "D", false],
  ["REFERENCES", "x", true],
  ["TRIGGER", "t", false],
] as const;
const ROWS = EVERY_PRIVILEGE.map(
  ([privilege, letter, ofColumns]) => `('${privilege}', '${letter}', ${ofColumns})`,
).join(", ");
const HELD_LETTERS = EVERY_PRIVILEGE.map(
  ([privilege, letter]) => `if(${ofUser(`'${privilege}'`)}, '${letter}', '')`,
).join(" || ");
const ALL_LETTERS = EVERY_PRIVILEGE.map(([, letter]) => letter).join("");
/**
 * What the session's user may do with each of the head's tables. An ACL says it only of somebody who may not do everything, as
 * PostgreSQL's says nothing of owners; it is an expression, for a sub-query would be run by whoever reads pg_class.
 */
export const HELD_VIEWS: readonly string[] = [
  `CREATE VIEW ${PG}._held_privilege AS SELECT *, ${ofUser("privilege")} AS is_held, ${ofUser("privilege || ' WITH GRANT OPTION'")} AS is_grantable
     FROM (VALUES ${ROWS}) AS p(privilege, letter, of_columns)`,
  `CREATE MACRO ${PG}._table_acl() AS list_transform([${HELD_LETTERS}], lambda _letters: CASE _letters WHEN '' THEN []::VARCHAR[]
     WHEN '${ALL_LETTERS}' THEN NULL ELSE [${USER} || '=' || _letters || '/' || ${USER}] END)[1]`,
];

/** Views they look things up in; everything these read comes first. */
export const PRIVILEGE_VIEWS: readonly string[] = [
  `CREATE VIEW ${PG}._lookup_privileged AS SELECT oid AS _key, if(sch = 'pg_temp', 'temp', 'user') AS _value FROM ${PG}._class
     UNION ALL SELECT oid, 'system' FROM ${PG}._system_class`,
  `CREATE VIEW ${PG}._lookup_attribute AS SELECT c.oid AS _key, t.nam AS _value, t.position AS _sub FROM ${PG}._column AS t
     JOIN ${PG}._class AS c ON c.sch = t.sch AND c.nam = t.rel AND c.kind = t.kind
     UNION ALL SELECT attrelid, nam, position FROM ${PG}._system_column`,
  `CREATE VIEW ${PG}._lookup_schema_class_of AS SELECT nam AS _key,
     if(nam IN ('pg_catalog', 'information_schema', 'pg_toast'), 'system', 'user') AS _value FROM ${PG}._schema`,
  `CREATE VIEW ${PG}._lookup_schema_class AS SELECT s.oid AS _key, c._value FROM ${PG}._schema AS s
     JOIN ${PG}._lookup_schema_class_of AS c ON c._key = s.nam`,
  `CREATE VIEW ${PG}._lookup_database AS SELECT oid AS _key, datname AS _value FROM ${PG}.pg_database`,
  `CREATE VIEW ${PG}._lookup_function_class AS SELECT oid AS _key, if(sch = 'pg_catalog', 'system', 'user') AS _value FROM ${PG}._function`,
];

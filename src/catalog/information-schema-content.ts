/** What information_schema's relations hold. The catalogue's name is the database the session is connected to. */
import { OBJECT_CONTENT, typeLengths } from "./information-schema-objects.js";
import { PG } from "./names.js";
import { printedQuery } from "./printed-texts.js";
import { CONSTRAINT_TEXT } from "./printing/functions-of-sql.js";
import { BRANCH_SCHEMAS, BRANCH_TABLES } from "./session-content.js";
import type { Content } from "./shapes.js";

const DATABASE = "getvariable('duckbranch_database')";
const YES = "'YES'";
const NO = "'NO'";

const SCHEMATA: Content = {
  columns: { catalog_name: DATABASE, schema_name: "nam", schema_owner: "getvariable('duckbranch_user')" },
  from: `(SELECT nam FROM ${PG}._schema UNION ALL FROM ${BRANCH_SCHEMAS})`,
};

const CLASSES = `(SELECT sch, nam, kind FROM ${PG}._class WHERE kind IN ('r', 'v') UNION ALL SELECT sch, nam, kind FROM ${PG}._system_class
  UNION ALL ${BRANCH_TABLES}) AS c`;

const TABLES: Content = {
  columns: {
    table_catalog: DATABASE,
    table_schema: "c.sch",
    table_name: "c.nam",
    table_type:
      "CASE WHEN c.sch = 'pg_temp' THEN 'LOCAL TEMPORARY' WHEN c.kind = 'v' THEN 'VIEW' ELSE 'BASE TABLE' END",
    is_insertable_into: `if(c.kind = 'r', ${YES}, ${NO})`,
    is_typed: NO,
  },
  from: CLASSES,
};

const VIEWS: Content = {
  columns: {
    table_catalog: DATABASE,
    table_schema: "c.sch",
    table_name: "c.nam",
    view_definition: printedQuery("'plain'", "c."),
    check_option: "'NONE'",
    is_updatable: NO,
    is_insertable_into: NO,
    is_trigger_updatable: NO,
    is_trigger_deletable: NO,
    is_trigger_insertable_into: NO,
  },
  from: `${PG}._stored_view AS c WHERE c.kind = 'v'`,
};

const COLUMNS: Content = {
  columns: {
    table_catalog: DATABASE,
    table_schema: "a.sch",
    table_name: "a.rel",
    column_name: "a.nam",
    ordinal_position: "a.position",
    column_default: "if(d.is_generated, NULL, rtrim(d.printed))",
    is_nullable: `if(a.not_null, ${NO}, ${YES})`,
    data_type:
      "CASE WHEN t.typcategory = 'A' THEN 'ARRAY' WHEN t.typtype IN ('e', 'c') THEN 'USER-DEFINED' ELSE t.printed END",
    ...typeLengths("a.type_oid", "a.typmod"),
    domain_catalog: `if(o.oid IS NULL, NULL, ${DATABASE})`,
    domain_schema: "o.sch",
    domain_name: "o.nam",
    udt_catalog: DATABASE,
    udt_schema: `coalesce(t.sch, 'pg_catalog')`,
    udt_name: "t.typname",
    dtd_identifier: "a.position::VARCHAR",
    is_self_referencing: NO,
    is_identity: `if(a.identity = '', ${NO}, ${YES})`,
    identity_generation: "CASE a.identity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END",
    identity_start: "i.start_value",
    identity_increment: "i.increment_by",
    identity_maximum: "i.max_value",
    identity_minimum: "i.min_value",
    identity_cycle: `if(i."cycle", ${YES}, ${NO})`,
    is_generated: "if(d.is_generated, 'ALWAYS', 'NEVER')",
    generation_expression: "if(d.is_generated, rtrim(d.printed), NULL)",
    is_updatable: `if(a.kind = 'r', ${YES}, ${NO})`,
  },
  from: `(SELECT sch, rel, kind, nam, position, type_oid, typmod, not_null, identity, domain_oid FROM ${PG}._typed_column WHERE kind IN ('r', 'v')
    UNION ALL SELECT k.sch, k.nam, k.kind, s.nam, s.position, y.oid, -1, s.not_null, '', NULL FROM ${PG}._system_class AS k
      JOIN ${PG}._system_column AS s ON s.attrelid = k.oid JOIN ${PG}._builtin_type AS y ON y.typname = s.type) AS a
    LEFT JOIN ${PG}._type AS t ON t.oid = a.type_oid
    LEFT JOIN ${PG}._domain AS o ON o.oid = a.domain_oid
    LEFT JOIN (SELECT c.sch, c.rel, c.nam, s.* FROM ${PG}._column AS c JOIN ${PG}.pg_sequences AS s
      ON s.schemaname = c.sch AND s.sequencename = c.drawn_sequence WHERE c.identity <> '') AS i
      ON a.identity <> '' AND i.sch = a.sch AND i.rel = a.rel AND i.nam = a.nam
    LEFT JOIN ${PG}._printed_default AS d ON d.sch = a.sch AND d.rel = a.rel AND d.nam = a.nam AND d.kind = a.kind`,
};

const KEY_COLUMNS = {
  constraint_catalog: DATABASE,
  constraint_schema: "c.sch",
  constraint_name: "c.nam",
};

const TABLE_CONSTRAINTS: Content = {
  columns: {
    ...KEY_COLUMNS,
    table_catalog: DATABASE,
    table_schema: "c.sch",
    table_name: "c.rel",
    constraint_type:
      "CASE c.kind WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' WHEN 'f' THEN 'FOREIGN KEY' ELSE 'CHECK' END",
    is_deferrable: `if(c.foreign_key->>'$.deferrable' <> 'not', ${YES}, ${NO})`,
    initially_deferred: `if(c.foreign_key->>'$.deferrable' = 'deferred', ${YES}, ${NO})`,
    enforced: YES,
    nulls_distinct: `if(c.kind = 'u', ${YES}, NULL)`,
  },
  from: `${PG}._constraint AS c`,
};

const UNNESTED = `(SELECT *, unnest(columns) AS member, generate_subscripts(columns, 1) AS nth FROM ${PG}._constraint WHERE kind IN ('p', 'u', 'f') ORDER BY sch, rel, nam, nth) AS c`;

const KEY_COLUMN_USAGE: Content = {
  columns: {
    ...KEY_COLUMNS,
    table_catalog: DATABASE,
    table_schema: "c.sch",
    table_name: "c.rel",
    column_name: "c.member",
    ordinal_position: "c.nth",
    position_in_unique_constraint: "if(c.kind = 'f', c.nth, NULL)",
  },
  from: UNNESTED,
};

/** For a foreign key: the columns it refers to. */
const CONSTRAINT_COLUMN_USAGE: Content = {
  columns: {
    ...KEY_COLUMNS,
    table_catalog: DATABASE,
    table_schema: "if(c.kind = 'f', c.referenced_schema, c.sch)",
    table_name: "if(c.kind = 'f', c.referenced_table, c.rel)",
    column_name: "c.member",
  },
  from: `(SELECT *, unnest(if(kind = 'f', referenced_columns, columns)) AS member FROM ${PG}._constraint) AS c`,
};

function ruleOf(field: string): string {
  const action = `c.foreign_key->>'$.${field}'`;
  return `CASE ${action} WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' ELSE 'NO ACTION' END`;
}

const REFERENTIAL_CONSTRAINTS: Content = {
  columns: {
    ...KEY_COLUMNS,
    unique_constraint_catalog: DATABASE,
    unique_constraint_schema: "c.referenced_schema",
    unique_constraint_name: "u.nam",
    match_option: "if(coalesce((c.foreign_key->>'$.full')::BOOLEAN, false), 'FULL', 'NONE')",
    update_rule: ruleOf("onUpdate"),
    delete_rule: ruleOf("onDelete"),
  },
  from: `${PG}._constraint AS c LEFT JOIN ${PG}._constraint AS u
    ON u.sch = c.referenced_schema AND u.rel = c.referenced_table AND u.columns = c.referenced_columns AND u.kind IN ('p', 'u') WHERE c.kind = 'f'`,
};

const CHECK_CONSTRAINTS: Content = {
  columns: { ...KEY_COLUMNS, check_clause: `${CONSTRAINT_TEXT}(c.definition, c.read, 'plain')[7:]` },
  from: `${PG}._constraint_row AS c WHERE c.kind = 'c'`,
};

const SEQUENCES: Content = {
  columns: {
    sequence_catalog: DATABASE,
    sequence_schema: "s.schemaname",
    sequence_name: "s.sequencename",
    data_type: "s.data_type",
    numeric_precision: "CASE s.data_type WHEN 'smallint' THEN 16 WHEN 'integer' THEN 32 ELSE 64 END",
    numeric_precision_radix: "2",
    numeric_scale: "0",
    start_value: "s.start_value",
    minimum_value: "s.min_value",
    maximum_value: "s.max_value",
    increment: "s.increment_by",
    cycle_option: `if(s."cycle", ${YES}, ${NO})`,
  },
  // Those of identity columns are part of their columns.
  from: `${PG}.pg_sequences AS s WHERE NOT EXISTS (FROM ${PG}._column AS t
    WHERE t.sch = s.schemaname AND replace(t.owned_sequence, '''''', '''') = s.sequencename AND t.identity <> '')`,
};

export const INFORMATION_SCHEMA_CONTENT: ReadonlyMap<string, Content> = new Map([
  ["schemata", SCHEMATA],
  ["tables", TABLES],
  ["views", VIEWS],
  ["columns", COLUMNS],
  ["table_constraints", TABLE_CONSTRAINTS],
  ["key_column_usage", KEY_COLUMN_USAGE],
  ["constraint_column_usage", CONSTRAINT_COLUMN_USAGE],
  ["referential_constraints", REFERENTIAL_CONSTRAINTS],
  ["check_constraints", CHECK_CONSTRAINTS],
  ["sequences", SEQUENCES],
  ...OBJECT_CONTENT,
  ["information_schema_catalog_name", { columns: { catalog_name: DATABASE }, from: "(SELECT 1)" }],
]);

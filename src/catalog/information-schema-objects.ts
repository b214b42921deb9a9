/** What information_schema says of functions, types, privileges and of tables by their constraints. */
import { PG } from "./names.js";
import { PRINTED } from "./printing/functions-of-sql.js";
import type { Content } from "./shapes.js";

const DATABASE = "getvariable('duckbranch_database')";
const USER = "getvariable('duckbranch_user')";

const ROUTINES: Content = {
  columns: {
    specific_catalog: DATABASE,
    specific_schema: "f.sch",
    specific_name: "f.nam || '_' || f.oid",
    routine_catalog: DATABASE,
    routine_schema: "f.sch",
    routine_name: "f.nam",
    routine_type: "'FUNCTION'",
    data_type: "r._value",
    type_udt_catalog: DATABASE,
    type_udt_schema: "'pg_catalog'",
    type_udt_name: "f.declared->>'returns'",
    routine_body: "if(f.sch = 'pg_catalog', 'EXTERNAL', 'SQL')",
    routine_definition: "f.body",
    external_language: "if(f.sch = 'pg_catalog', 'INTERNAL', 'SQL')",
    is_deterministic: "if(f.declared->>'volatility' = 'immutable', 'YES', 'NO')",
    is_null_call: "if((f.declared->>'strict')::BOOLEAN, 'YES', 'NO')",
    security_type: "'INVOKER'",
  },
  from: `${PG}._function AS f JOIN ${PG}._lookup_result AS r ON r._key = f.oid`,
};

const CONSTRAINT_TABLE_USAGE: Content = {
  columns: {
    table_catalog: DATABASE,
    table_schema: "if(c.kind = 'f', c.referenced_schema, c.sch)",
    table_name: "if(c.kind = 'f', c.referenced_table, c.rel)",
    constraint_catalog: DATABASE,
    constraint_schema: "c.sch",
    constraint_name: "c.nam",
  },
  from: `${PG}._constraint AS c WHERE c.kind IN ('p', 'u', 'f')`,
};

const HELD = {
  grantor: USER,
  grantee: USER,
  table_catalog: DATABASE,
  table_schema: "c.sch",
  privilege_type: "p.privilege",
  is_grantable: "if(p.is_grantable, 'YES', 'NO')",
};

const TABLE_PRIVILEGES: Content = {
  columns: { ...HELD, table_name: "c.nam", with_hierarchy: "if(p.privilege = 'SELECT', 'YES', 'NO')" },
  from: `${PG}._class AS c, ${PG}._held_privilege AS p WHERE p.is_held AND c.kind IN ('r', 'v')`,
};

const COLUMN_PRIVILEGES: Content = {
  columns: { ...HELD, table_name: "c.rel", column_name: "c.nam" },
  from: `${PG}._column AS c, ${PG}._held_privilege AS p WHERE p.is_held AND p.of_columns AND c.kind IN ('r', 'v')`,
};

/** What a type's modifier says, of a type by its OID. */
export function typeLengths(type: string, modifier: string): Content["columns"] {
  const length = `if(${type} IN (1042, 1043) AND ${modifier} >= 4, ${modifier} - 4, NULL)`;
  const digits = `if(${type} = 1700 AND ${modifier} >= 4, ${modifier} - 4, NULL)`;
  return {
    character_maximum_length: length,
    character_octet_length: `coalesce(4 * ${length}, if(${type} IN (25, 1043), 1073741824, NULL))`,
    numeric_precision: `CASE ${type} WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 700 THEN 24 WHEN 701 THEN 53 ELSE ${digits} >> 16 END`,
    numeric_precision_radix: `CASE WHEN ${type} IN (20, 21, 23, 700, 701) THEN 2 WHEN ${type} = 1700 THEN 10 END`,
    numeric_scale: `CASE WHEN ${type} IN (20, 21, 23) THEN 0 ELSE ${digits} & 65535 END`,
    datetime_precision: `CASE WHEN ${type} IN (1083, 1114, 1184, 1186, 1266) THEN if(${modifier} < 0, 6, ${modifier} & 65535) WHEN ${type} = 1082 THEN 0 END`,
  };
}

const DOMAINS: Content = {
  columns: {
    domain_catalog: DATABASE,
    domain_schema: "d.sch",
    domain_name: "d.typname",
    data_type:
      "CASE WHEN b.typcategory = 'A' THEN 'ARRAY' WHEN b.typtype <> 'b' THEN 'USER-DEFINED' ELSE b.printed END",
    ...typeLengths("d.base", "d.base_typmod"),
    domain_default: "d.by_default",
    udt_catalog: DATABASE,
    udt_schema: "b.sch",
    udt_name: "b.typname",
    dtd_identifier: "'1'",
  },
  from: `${PG}._type AS d JOIN ${PG}._type AS b ON b.oid = d.base WHERE d.typtype = 'd'`,
};

const USER_DEFINED_TYPES: Content = {
  columns: {
    user_defined_type_catalog: DATABASE,
    user_defined_type_schema: "c.sch",
    user_defined_type_name: "c.nam",
    user_defined_type_category: "'STRUCTURED'",
    is_instantiable: "'YES'",
  },
  from: `${PG}._class AS c WHERE c.kind = 'c'`,
};

const ATTRIBUTES: Content = {
  columns: {
    udt_catalog: DATABASE,
    udt_schema: "a.sch",
    udt_name: "a.rel",
    attribute_name: "a.nam",
    ordinal_position: "a.position",
    is_nullable: "'YES'",
    data_type:
      "CASE WHEN t.typcategory = 'A' THEN 'ARRAY' WHEN t.typtype IN ('e', 'c') THEN 'USER-DEFINED' ELSE t.printed END",
    attribute_udt_catalog: DATABASE,
    attribute_udt_schema: "t.sch",
    attribute_udt_name: "t.typname",
    dtd_identifier: "a.position::VARCHAR",
    is_derived_reference_attribute: "'NO'",
  },
  from: `${PG}._typed_column AS a JOIN ${PG}._type AS t ON t.oid = a.type_oid WHERE a.kind = 'c'`,
};

const PARAMETERS: Content = {
  columns: {
    specific_catalog: DATABASE,
    specific_schema: "f.sch",
    specific_name: "f.nam || '_' || f.oid",
    ordinal_position: "f.part.nth",
    parameter_mode: "'IN'",
    is_result: "'NO'",
    as_locator: "'NO'",
    parameter_name: "if(starts_with(f.part.name, '$'), NULL, f.part.name)",
    data_type: `if(t.typcategory = 'A', 'ARRAY', if(t.typtype IN ('e', 'c'), 'USER-DEFINED', t.printed))`,
    udt_catalog: DATABASE,
    udt_schema: "t.sch",
    udt_name: "t.typname",
    dtd_identifier: "f.part.nth::VARCHAR",
    parameter_default: `${PRINTED}(f.declared->'defaults'->>(f.part.nth - 1), t.printed, '[]', 'plain')`,
  },
  from: `(SELECT *, unnest(list_transform(parameters, lambda _p, _i: {'name': _p, 'nth': _i})) AS part FROM ${PG}._function
      WHERE declared IS NOT NULL) AS f
    JOIN ${PG}._type AS t ON t.oid = (f.declared->'argumentOids'->>(f.part.nth - 1))::BIGINT`,
};

const DOMAIN_CONSTRAINTS: Content = {
  columns: {
    constraint_catalog: DATABASE,
    constraint_schema: "c.sch",
    constraint_name: "c.nam",
    domain_catalog: DATABASE,
    domain_schema: "d.sch",
    domain_name: "d.nam",
    is_deferrable: "'NO'",
    initially_deferred: "'NO'",
  },
  from: `${PG}._domain_check AS c JOIN ${PG}._domain AS d ON d.oid = c.type_oid`,
};

const COLUMN_DOMAIN_USAGE: Content = {
  columns: {
    domain_catalog: DATABASE,
    domain_schema: "d.sch",
    domain_name: "d.nam",
    table_catalog: DATABASE,
    table_schema: "a.sch",
    table_name: "a.rel",
    column_name: "a.nam",
  },
  from: `${PG}._typed_column AS a JOIN ${PG}._domain AS d ON d.oid = a.domain_oid`,
};

const COLUMN_UDT_USAGE: Content = {
  columns: {
    udt_catalog: DATABASE,
    udt_schema: "t.sch",
    udt_name: "t.typname",
    table_catalog: DATABASE,
    table_schema: "a.sch",
    table_name: "a.rel",
    column_name: "a.nam",
  },
  from: `${PG}._typed_column AS a JOIN ${PG}._type AS t ON t.oid = a.type_oid WHERE a.kind IN ('r', 'v')`,
};

/** Of columns that are arrays. */
const ELEMENT_TYPES: Content = {
  columns: {
    object_catalog: DATABASE,
    object_schema: "a.sch",
    object_name: "a.rel",
    object_type: "if(a.kind = 'v', 'VIEW', 'TABLE')",
    collection_type_identifier: "a.position::VARCHAR",
    data_type: "if(e.typtype IN ('e', 'c'), 'USER-DEFINED', e.printed)",
    udt_catalog: DATABASE,
    udt_schema: "e.sch",
    udt_name: "e.typname",
    dtd_identifier: "'a' || a.position",
  },
  from: `${PG}._typed_column AS a JOIN ${PG}._type AS t ON t.oid = a.type_oid JOIN ${PG}._type AS e ON e.oid = t.typelem
    WHERE t.typcategory = 'A' AND a.kind IN ('r', 'v')`,
};

const CHARACTER_SETS: Content = {
  columns: {
    character_set_name: "'UTF8'",
    character_repertoire: "'UCS'",
    form_of_use: "'UTF8'",
    default_collate_catalog: DATABASE,
    default_collate_schema: "'pg_catalog'",
    default_collate_name: "'ucs_basic'",
  },
  from: "(SELECT 1)",
};

const VIEW_TABLES = {
  view_catalog: DATABASE,
  view_schema: "v.sch",
  view_name: "v.nam",
  table_catalog: DATABASE,
  table_schema: "v.read_schema",
  table_name: "v.read_name",
};

export const OBJECT_CONTENT: readonly (readonly [name: string, content: Content])[] = [
  ["view_table_usage", { columns: VIEW_TABLES, from: `${PG}._view_read AS v WHERE v.kind = 'v'` }],
  [
    "view_column_usage",
    {
      columns: { ...VIEW_TABLES, column_name: "v.read_column" },
      from: `(SELECT * EXCLUDE (read_columns), unnest(read_columns) AS read_column FROM ${PG}._view_read WHERE kind = 'v') AS v`,
    },
  ],
  ["routines", ROUTINES],
  ["parameters", PARAMETERS],
  ["domain_constraints", DOMAIN_CONSTRAINTS],
  ["column_domain_usage", COLUMN_DOMAIN_USAGE],
  ["column_udt_usage", COLUMN_UDT_USAGE],
  ["element_types", ELEMENT_TYPES],
  ["character_sets", CHARACTER_SETS],
  ["constraint_table_usage", CONSTRAINT_TABLE_USAGE],
  ["table_privileges", TABLE_PRIVILEGES],
  ["role_table_grants", TABLE_PRIVILEGES],
  ["column_privileges", COLUMN_PRIVILEGES],
  ["role_column_grants", COLUMN_PRIVILEGES],
  ["enabled_roles", { columns: { role_name: USER }, from: "(SELECT 1)" }],
  ["domains", DOMAINS],
  ["user_defined_types", USER_DEFINED_TYPES],
  ["attributes", ATTRIBUTES],
];

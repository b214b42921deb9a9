/** What information_schema says of functions, types, privileges and of tables by their constraints. */
import { PG } from "./names.js";
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
    table_schema: "c.sch",
    table_name: "if(c.kind = 'f', c.referenced_table, c.rel)",
    constraint_catalog: DATABASE,
    constraint_schema: "c.sch",
    constraint_name: "c.nam",
  },
  from: `${PG}._constraint AS c WHERE c.kind IN ('p', 'u', 'f')`,
};

/** Everybody may do everything. */
const TABLE_PRIVILEGES: Content = {
  columns: {
    grantor: USER,
    grantee: USER,
    table_catalog: DATABASE,
    table_schema: "c.sch",
    table_name: "c.nam",
    privilege_type: "p.privilege",
    is_grantable: "'YES'",
    with_hierarchy: "if(p.privilege = 'SELECT', 'YES', 'NO')",
  },
  from: `${PG}._class AS c, (VALUES ('INSERT'), ('SELECT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) AS p(privilege)
    WHERE c.kind IN ('r', 'v')`,
};

const DOMAINS: Content = {
  columns: {
    domain_catalog: DATABASE,
    domain_schema: "d.sch",
    domain_name: "d.typname",
    data_type: "b.printed",
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

export const OBJECT_CONTENT: readonly (readonly [name: string, content: Content])[] = [
  ["routines", ROUTINES],
  ["constraint_table_usage", CONSTRAINT_TABLE_USAGE],
  ["table_privileges", TABLE_PRIVILEGES],
  ["role_table_grants", TABLE_PRIVILEGES],
  ["enabled_roles", { columns: { role_name: USER }, from: "(SELECT 1)" }],
  ["domains", DOMAINS],
  ["user_defined_types", USER_DEFINED_TYPES],
  ["attributes", ATTRIBUTES],
];

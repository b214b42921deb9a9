/**
 * Captures what does not depend on a user's objects from a running PostgreSQL 15: the columns of every catalogue
 * relation and the built-in types. Writes the two data files of src/catalog.
 *
 *   node test/catalog/capture-shapes.mjs postgresql://postgres@127.0.0.1:5432/postgres
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const [url] = process.argv.slice(2);
if (url === undefined) throw new Error("the address of a PostgreSQL 15 is missing");

function lines(sql) {
  const options = { encoding: "utf8", maxBuffer: 1 << 26 };
  return execFileSync("psql", [url, "-AtXc", sql], options).trim().split("\n");
}

function shapes(schema) {
  return lines(`
    SELECT c.relname || ' ' || c.oid || ' ' || c.relkind::text || ' ' ||
           string_agg(a.attname || ':' || t.typname || CASE WHEN a.attnotnull THEN '!' ELSE '' END, ' ' ORDER BY a.attnum)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE n.nspname = '${schema}' AND c.relkind IN ('r', 'v') GROUP BY c.relname, c.oid, c.relkind ORDER BY c.relname`);
}

const types = lines(`
  SELECT concat_ws(' ', oid, typname, typlen, typtype, typcategory, typispreferred, typelem, typarray, typinput, typoutput,
                   typreceive, typsend, typbyval, typalign, typstorage, translate(format_type(oid, NULL), ' ', '~'))
  FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype <> 'c' AND typrelid = 0
    AND NOT EXISTS (SELECT FROM pg_type e WHERE e.oid = pg_type.typelem AND e.typtype = 'c') ORDER BY oid`);

function dataFile(path, header, name, rows) {
  const text = `/**\n${header.map((line) => ` * ${line}\n`).join("")} */\nexport const ${name} = String.raw\`\n${rows.join("\n")}\n\`;\n`;
  writeFileSync(new URL(`../../src/catalog/${path}`, import.meta.url), text);
}

dataFile(
  "pg-catalog-shapes.ts",
  [
    "Captured from PostgreSQL 15 by test/catalog/capture-shapes.mjs: every relation of pg_catalog.",
    "Shape   name · oid · relkind · column:type, `!` for NOT NULL",
  ],
  "PG_CATALOG_SHAPES",
  shapes("pg_catalog"),
);
dataFile(
  "information-schema-shapes.ts",
  [
    "Captured from PostgreSQL 15 by test/catalog/capture-shapes.mjs: every relation of information_schema.",
    "Shape   name · oid · relkind · column:type, `!` for NOT NULL",
  ],
  "INFORMATION_SCHEMA_SHAPES",
  shapes("information_schema"),
);
dataFile(
  "builtin-types.ts",
  [
    "Captured from PostgreSQL 15 by test/catalog/capture-shapes.mjs: its types, but for row types.",
    "Shape   oid · typname · typlen · typtype · typcategory · typispreferred · typelem · typarray · typinput · typoutput ·",
    "        typreceive · typsend · typbyval · typalign · typstorage · SQL name, `~` for a space",
  ],
  "BUILTIN_TYPES",
  types,
);

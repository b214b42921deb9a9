/** The catalogue, which is in the void catalogue; nothing of it is in the user's file. */
import { staticStatements } from "./derived.js";
import { functionStatements } from "./functions.js";
import { INFORMATION_SCHEMA_CONTENT } from "./information-schema-content.js";
import { lookupStatements, namingStatements } from "./lookups.js";
import { COUNTED, INFORMATION, OWN_MACROS, PG } from "./names.js";
import { objectMacros } from "./objects.js";
import { printedStatements } from "./printed-texts.js";
import { HELD_VIEWS } from "./privilege-functions.js";
import { COUNTED_CONTENT, PG_CATALOG_CONTENT } from "./pg-catalog-content.js";
import { snapshotViews } from "./snapshot.js";
import { INFORMATION_SCHEMA, PG_CATALOG, shapedQuery, type Content, type RelationShape } from "./shapes.js";
import { FUNCTIONS_SCHEMA } from "../engine/database.js";
import { quoteIdentifier, quoteLiteral } from "../sql/names.js";

/** In the order in which they build on each other. `functions` make what stands in FUNCTIONS_SCHEMA. */
export function catalogStatements(functions: readonly string[]): string[] {
  const made = relationsAndMacros();
  return [
    `CREATE SCHEMA ${PG}`,
    `CREATE SCHEMA ${INFORMATION}`,
    `CREATE SCHEMA ${COUNTED}`,
    ...ownMacros([...functions, ...made]),
    ...made,
  ];
}

let known: readonly string[] | undefined;

/** What makes the catalogue's relations, macros and helpers; the schemas are there. */
export function relationsAndMacros(): readonly string[] {
  return (known ??= [
    ...namingStatements(),
    ...objectMacros(),
    ...staticStatements(),
    ...snapshotViews(),
    ...printedStatements(),
    ...HELD_VIEWS,
    ...views(PG, [...PG_CATALOG.values()], PG_CATALOG_CONTENT),
    ...views(
      COUNTED,
      [...PG_CATALOG.values()].filter(({ name }) => COUNTED_CONTENT.has(name)),
      COUNTED_CONTENT,
    ),
    ...lookupStatements(),
    ...functionStatements(),
    ...views(INFORMATION, [...INFORMATION_SCHEMA.values()], INFORMATION_SCHEMA_CONTENT),
  ]);
}

const MACRO = /^CREATE (?:OR REPLACE )?MACRO ([\w.]+)\."?([^"(]+)"?\(/;

/** The names of this program's macros, which DuckDB does not list: what holds them is hidden. */
function ownMacros(statements: readonly string[]): string[] {
  const names = statements.flatMap((statement) => {
    const [, schema = "", name = ""] = MACRO.exec(statement) ?? [];
    return schema === PG || schema === FUNCTIONS_SCHEMA ? [[schema, name].map(quoteLiteral).join(", ")] : [];
  });
  return [
    `CREATE TABLE ${OWN_MACROS} (sch VARCHAR, nam VARCHAR)`,
    `INSERT INTO ${OWN_MACROS} VALUES (${[...new Set(names)].join("), (")})`,
  ];
}

function views(
  schema: string,
  shapes: readonly RelationShape[],
  contents: ReadonlyMap<string, Content>,
): string[] {
  return shapes.map(
    (shape) =>
      `CREATE VIEW ${schema}.${quoteIdentifier(shape.name)} AS ${shapedQuery(shape, contents.get(shape.name))}`,
  );
}

/** Which names mean the catalogue, and what stands for them in a statement. */
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { CATALOG_FUNCTIONS, RENAMED_FUNCTIONS } from "./functions.js";
import { COUNTED, INFORMATION, PG } from "./names.js";
import { INFORMATION_SCHEMA, PG_CATALOG } from "./shapes.js";

/** Full name of the view behind a catalogue relation; undefined for any other name. */
export function catalogRelation(parts: readonly string[]): string | undefined {
  const [first = "", second] = parts.map(normaliseName);
  if (second === undefined) return PG_CATALOG.has(first) ? `${PG}.${quoteIdentifier(first)}` : undefined;
  if (parts.length > 2) return undefined;
  if (first === "pg_catalog" && PG_CATALOG.has(second)) return `${PG}.${quoteIdentifier(second)}`;
  if (first === "information_schema" && INFORMATION_SCHEMA.has(second))
    return `${INFORMATION}.${quoteIdentifier(second)}`;
  return undefined;
}

/** The same relation for a statement's text: pg_class counts its rows for those that name the count. */
export function relationFor(relation: string, text: string): string {
  const isCounted = relation === `${PG}."pg_class"` && /reltuples/i.test(text);
  return isCounted ? `${COUNTED}."pg_class"` : relation;
}

/** What to call instead of a function of pg_catalog: a macro, or DuckDB's own function of that name. */
export function catalogFunction(parts: readonly string[]): string | undefined {
  const [first = "", second] = parts.map(normaliseName);
  const schema = parts.length === 1 ? "pg_catalog" : first;
  const name = parts.length === 1 ? first : second;
  if (name === undefined || parts.length > 2) return undefined;
  if (schema === "information_schema")
    return CATALOG_FUNCTIONS.has(name) ? `${PG}.${quoteIdentifier(name)}` : undefined;
  if (schema !== "pg_catalog") return undefined;
  if (CATALOG_FUNCTIONS.has(name)) return `${PG}.${quoteIdentifier(name)}`;
  const renamed = RENAMED_FUNCTIONS.get(name);
  if (renamed !== undefined) return renamed;
  return parts.length === 1 ? undefined : quoteIdentifier(name);
}

/** True for SQL that reads the catalogue: the session's variables must be as they should before it runs. */
export function readsCatalog(sql: string): boolean {
  return [PG, INFORMATION, COUNTED].some((schema) => sql.includes(schema));
}

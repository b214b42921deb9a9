/**
 * PostgreSQL's functions that make ranges and multiranges. Their values are read from text where that is known
 * (pgtypes/keyed); a macro writes the text.
 *
 *   int4range(1, 5, '[]')                  ⇒  '["1","5"]', read as int4range
 *   int4multirange(int4range(1, 5))        ⇒  '{[1,5)}', read as int4multirange
 */
import { KEYED_TYPES, keyedTypeText, TEXT_FIELD } from "../core/keyed-types.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { FUNCTIONS_SCHEMA } from "../engine/database.js";
import { keyedFields, keyedTypeByOid } from "../pgtypes/keyed/registry.js";

const READ = "duckbranch_keyed";
/** Ranges one call may be given: DuckDB's macros count their parameters. */
const MAX_RANGES = 8;

/** The one that is not SQL; once per instance. */
export function defineRangeFunctions(connection: Connection): void {
  connection.defineFunction(READ, 2, readKeyed);
}

/** What makes the macros that call it. */
export function rangeFunctionStatements(): string[] {
  return [...KEYED_TYPES.keys()].flatMap((name) => {
    const overloads = overloadsOf(name);
    return overloads.length === 0
      ? []
      : [`CREATE OR REPLACE MACRO ${FUNCTIONS_SCHEMA}.${name}${overloads.join(", ")}`];
  });
}

function overloadsOf(name: string): readonly string[] {
  const body = (text: string): string =>
    `CAST(CAST(${READ}('${name}', ${text}) AS JSON) AS ${keyedTypeText(name)})`;
  if (name.endsWith("multirange")) {
    return Array.from({ length: MAX_RANGES + 1 }, (_, count) => {
      const parameters = Array.from({ length: count }, (__, i) => `_${i + 1}`);
      const texts = parameters.map((parameter) => `(${parameter})."${TEXT_FIELD}"`).join(" || ',' || ");
      return `(${parameters.join(", ")}) AS ${body(count === 0 ? "'{}'" : `'{' || ${texts} || '}'`)}`;
    });
  }
  if (!name.endsWith("range")) return [];
  const bounds = `${boundText("_1")} || ',' || ${boundText("_2")}`;
  return [
    `(_1, _2) AS ${body(`'[' || ${bounds} || ')'`)}`,
    `(_1, _2, _3) AS ${body(`left(_3, 1) || ${bounds} || substr(_3, 2)`)}`,
  ];
}

/** NULL is no bound. */
function boundText(parameter: string): string {
  return `coalesce('"' || CAST(${parameter} AS VARCHAR) || '"', '')`;
}

/** The STRUCT of a keyed type as JSON. What is not written with a zone is of UTC. */
function readKeyed([name = null, text = null]: readonly (string | null)[]): string | null {
  if (name === null || text === null) return null;
  const type = keyedTypeByOid(KEYED_TYPES.get(name)?.oid ?? 0);
  if (type === undefined) throw new SqlError(SQLSTATE.undefinedFunction, `function ${name} does not exist`);
  return JSON.stringify(keyedFields(type, type.read(text, { timeZone: "UTC" })));
}

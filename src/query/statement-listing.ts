/** The session's prepared statements as pg_prepared_statements shows them. */
import { typeNameOf } from "../catalog/type-names.js";
import type { NamedStatement } from "./types.js";

/** JSON, an object per statement, the fields named like the view's columns. */
export function listStatements(named: ReadonlyMap<string, NamedStatement>): string {
  const rows = [...named].map(([name, { parsed, parameterOids, origin }]) => ({
    name,
    statement: origin.prepareText ?? parsed?.text ?? "",
    prepare_time: new Date(origin.at).toISOString(),
    parameter_types: parameterOids.map((oid) => typeNameOf(oid) ?? String(oid)),
    from_sql: origin.prepareText !== undefined,
  }));
  return JSON.stringify(rows);
}

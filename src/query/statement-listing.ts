/** The session's prepared statements and cursors as pg_prepared_statements and pg_cursors show them. */
import { typeNameOf } from "../catalog/type-names.js";
import type { CursorListing, NamedStatement } from "./types.js";

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

/** As `listStatements`, of cursors and portals. */
export function listCursors(cursors: readonly CursorListing[]): string {
  const rows = cursors.map(({ name, statement, hold, binary, scroll, createdAtMs }) => ({
    name,
    statement,
    is_holdable: hold,
    is_binary: binary,
    is_scrollable: scroll,
    creation_time: new Date(createdAtMs).toISOString(),
  }));
  return JSON.stringify(rows);
}

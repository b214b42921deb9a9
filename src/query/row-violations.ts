/** Errors of rows that are already there when a constraint is added, in PostgreSQL's words. */
import { defaultConstraintName } from "../branch/constraint-names.js";
import type { TableChange } from "../branch/table-changes.js";
import { SQLSTATE, SqlError } from "../core/errors.js";

/** The error of a table's rebuild; anything that is no violation passes unchanged. */
export function explainRows(error: unknown, change: TableChange, table: string): unknown {
  if (!(error instanceof SqlError)) return error;
  if (change.kind === "addConstraint" && error.code === SQLSTATE.uniqueViolation) {
    const name = change.name ?? defaultConstraintName(table, change.type, change.columns);
    const detail = error.detail
      ?.replace(/^Key "(.*)" already/s, `Key (${change.columns.join(", ")})=($1) already`)
      .replace("already exists", "is duplicated");
    return error.with({ message: `could not create unique index "${name}"`, detail });
  }
  if (change.kind === "addConstraint" && error.code === SQLSTATE.checkViolation) {
    const name = change.name ?? defaultConstraintName(table, change.type, change.columns);
    return error.with({
      message: `check constraint "${name}" of relation "${table}" is violated by some row`,
    });
  }
  if (change.kind === "setNotNull" && error.code === SQLSTATE.notNullViolation)
    return error.with({ message: `column "${change.column}" of relation "${table}" contains null values` });
  return error;
}

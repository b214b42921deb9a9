/** Errors of rows that are already there when a constraint is added, in PostgreSQL's words. */
import { defaultConstraintName } from "../sql/constraint-labels.js";
import type { TableChange } from "../branch/table-changes.js";
import type { RelationName } from "../branch/model.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { clientSchema } from "../sql/names.js";

/** The error of a table's rebuild; anything that is no violation passes unchanged. */
export function explainRows(error: unknown, change: TableChange, relation: RelationName): unknown {
  if (!(error instanceof SqlError)) return error;
  const { name: table } = relation;
  const schema = clientSchema(relation.schema);
  if (change.kind === "addConstraint" && error.code === SQLSTATE.uniqueViolation) {
    const name = change.name ?? defaultConstraintName(table, change.type, change.columns);
    const detail = error.detail
      ?.replace(/^Key "(.*)" already/s, `Key (${change.columns.join(", ")})=($1) already`)
      .replace("already exists", "is duplicated");
    const object = { schema, table, constraint: name };
    return error.with({ message: `could not create unique index "${name}"`, detail, object });
  }
  if (change.kind === "addConstraint" && error.code === SQLSTATE.checkViolation) {
    const name = change.name ?? defaultConstraintName(table, change.type, change.columns);
    return error.with({
      message: `check constraint "${name}" of relation "${table}" is violated by some row`,
      object: { schema, table, constraint: name },
    });
  }
  if (change.kind === "setNotNull" && error.code === SQLSTATE.notNullViolation)
    return error.with({
      message: `column "${change.column}" of relation "${table}" contains null values`,
      object: { schema, table, column: change.column },
    });
  return error;
}

/** 42P01, as PostgreSQL names what is not there. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { RelationName } from "./model.js";

export function undefinedTable(relation: RelationName): SqlError {
  const schema = relation.schema === "main" ? "" : `${relation.schema}.`;
  return new SqlError(SQLSTATE.undefinedTable, `relation "${schema}${relation.name}" does not exist`);
}

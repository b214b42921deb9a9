/** Constraints that get another name: their own, or that of the index behind a key. */
import { physicalDefinition } from "../branch/catalog-reader.js";
import { constraintsOf } from "../branch/constraint-names.js";
import type { RelationName } from "../branch/model.js";
import type { Transaction } from "../branch/transaction.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Alteration, NameReference } from "../sql/analysis.js";
import { indexOwner, keyOwner } from "./index-names.js";
import type { PlanContext } from "./plan-context.js";

/** RENAME CONSTRAINT. */
type ConstraintRename = Extract<Alteration, { kind: "renameConstraint" }>;

/** ALTER INDEX … RENAME of the index behind a primary key or UNIQUE, which has the constraint's name: both are renamed. */
export async function renamedKey(
  { scope }: PlanContext,
  transaction: Transaction,
  { object, parts }: NameReference,
  alteration: Alteration,
): Promise<readonly [RelationName, ConstraintRename] | undefined> {
  if (object !== "index" || alteration.kind !== "rename") return undefined;
  if ((await indexOwner(transaction, scope, parts)) !== undefined) return undefined;
  const owner = await keyOwner(transaction, scope, parts);
  return owner && [owner, { kind: "renameConstraint", name: parts.at(-1) ?? "", to: alteration.to }];
}

/** Errors: 42710 for a name that another constraint of the table has; of a key 42P07, for its index has the name too. */
export async function refuseTakenName(
  { scope }: PlanContext,
  transaction: Transaction,
  relation: RelationName,
  { name, to }: ConstraintRename,
): Promise<void> {
  const version = transaction.state.find(transaction.head, relation);
  const definition =
    version?.kind === "table"
      ? await transaction.definitionOf(version)
      : await physicalDefinition(transaction.connection, relation);
  const own = definition === undefined ? [] : constraintsOf(definition, relation.name);
  const renamed = own.find((one) => one.name === name);
  if (renamed === undefined) return;
  const other = own.find((one) => one.name === to);
  const isKey = renamed.type === "primary" || renamed.type === "unique";
  const place = [relation.schema === "main" ? "public" : relation.schema, to];
  const isRelation =
    isKey &&
    (other?.type === "primary" ||
      other?.type === "unique" ||
      (await indexOwner(transaction, scope, place)) !== undefined ||
      transaction.state.find(transaction.head, { ...relation, name: to }) !== undefined);
  if (isRelation) throw new SqlError(SQLSTATE.duplicateTable, `relation "${to}" already exists`);
  if (other === undefined) return;
  const message = `constraint "${to}" for relation "${relation.name}" already exists`;
  throw new SqlError(SQLSTATE.duplicateObject, message);
}

/** What foreign keys lead to: it goes under CASCADE, and they with it; without it stays. */
import { leadsTo, type ForeignKey } from "../branch/foreign-keys.js";
import { relationKey } from "../branch/model.js";
import type { Transaction } from "../branch/transaction.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import type { PlanContext } from "./plan-context.js";
import { clientName, runNested } from "./reference-actions.js";
import { writableName } from "./writable-names.js";

/** Takes the foreign keys out of their tables' definitions, telling the client. */
export async function dropForeignKeys(
  context: PlanContext,
  transaction: Transaction,
  keys: readonly ForeignKey[],
): Promise<void> {
  for (const { name, from } of keys) {
    const text = `ALTER TABLE ${clientName(from)} DROP CONSTRAINT ${quoteIdentifier(name)}`;
    await runNested(context, transaction, text);
  }
  const [only] = keys;
  if (only === undefined) return;
  const what =
    keys.length === 1 ? `constraint ${only.name} on table ${only.from.name}` : `${keys.length} other objects`;
  context.notice("NOTICE", SQLSTATE.successfulCompletion, `drop cascades to ${what}`);
}

/** Errors: 2BP01 */
export function refuseLeading(keys: readonly ForeignKey[], message: string, what: string): void {
  if (keys.length === 0) return;
  throw new SqlError(SQLSTATE.dependentObjectsStillExist, message, {
    detail: keys
      .map(({ name, from }) => `constraint ${name} on table ${from.name} depends on ${what}`)
      .join("\n"),
    hint: "Use DROP ... CASCADE to drop the dependent objects too.",
  });
}

/** Foreign keys that lead to dropped tables from others go first under CASCADE. Errors: 2BP01 without it */
export async function freeTables(
  context: PlanContext,
  transaction: Transaction,
  { cascade }: RelationalStatement,
  drops: readonly NameReference[],
): Promise<void> {
  if (cascade)
    for (const name of drops) if (name.object === "schema") await freeSchema(context, transaction, name);
  const dropped = drops.flatMap((name) => {
    const meaning = name.object === "table" ? writableName(context.scope, name) : undefined;
    return meaning === undefined || meaning.kind === "temporary" ? [] : [meaning.relation];
  });
  const isDropped = new Set(dropped.map(relationKey));
  for (const table of dropped) {
    const all = await keysOn(context, transaction);
    const keys = all.filter((key) => leadsTo(key, table) && !isDropped.has(relationKey(key.from)));
    if (cascade) await dropForeignKeys(context, transaction, keys);
    else {
      const what = `table ${table.name}`;
      refuseLeading(keys, `cannot drop ${what} because other objects depend on it`, what);
    }
  }
}

/** Foreign keys of other schemas' tables that lead into a dropped one. */
async function freeSchema(
  context: PlanContext,
  transaction: Transaction,
  { parts }: NameReference,
): Promise<void> {
  const schema = normaliseName(parts.at(-1) ?? "");
  const all = await keysOn(context, transaction);
  const keys = all.filter(
    ({ from, to }) => normaliseName(to.schema) === schema && normaliseName(from.schema) !== schema,
  );
  await dropForeignKeys(context, transaction, keys);
}

async function keysOn(
  { scope }: PlanContext,
  { context, view, state }: Transaction,
): Promise<readonly ForeignKey[]> {
  return await context.definitions.foreignKeys(view, state, scope.head);
}

/**
 * What a merge does to definitions is kept as a deleted branch of its target: it is pinned right behind the merge, and has what the
 * merge is about to change as it was before it. To merge that branch is to undo the merge. It is live, so that the target logs rows
 * of these tables alone for it. Decision 0033.
 */
import { quoteIdentifier } from "../sql/names.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { BranchContext } from "./branch-context.js";
import { PENDING } from "./final-changes.js";
import type { MergeAttempt } from "./merge-types.js";
import { relationKey, type Branch, type PhysicalTable, type Version } from "./model.js";
import type { NewVersion } from "./registry.js";
import type { RegistryState } from "./registry-state.js";
import { NO_TERMS } from "./terms.js";
import type { Transaction } from "./transaction.js";

/** The branch, to be planted when the merge is written. */
export interface KeptDefinitions {
  readonly branch: Branch;
  readonly versions: readonly NewVersion[];
}

/** Whether all that the merge changes beside rows can be kept. */
export async function canKeepDefinitions({ transaction, tables, objects }: MergeAttempt): Promise<boolean> {
  const { renamed, others, dropped } = objects;
  if (renamed.length > 0 || others.length > 0) return false;
  // Made anew such a table is another one, and rows without a key cannot be told from those added since.
  if (tables.some(({ schema }) => schema.steps.length > 0 && schema.key.length === 0)) return false;
  for (const table of dropped)
    if ((await transaction.definitionOf(table)).foreignKeys.length > 0) return false;
  return true;
}

/**
 * Copies what the merge is about to change. Nothing, if that is rows alone.
 *
 * Atomic  the caller's transaction
 */
export async function keepDefinitions(
  context: BranchContext,
  attempt: MergeAttempt,
  mergeId: string,
  untilMs: number,
): Promise<KeptDefinitions | undefined> {
  const { transaction, tables, objects } = attempt;
  const altered = tables.flatMap(({ target, schema }) => (schema.steps.length > 0 ? [target] : []));
  const marks = [
    ...objects.created.map(({ source }) => source),
    ...objects.views.flatMap(({ after }) => after ?? []),
  ];
  const views = objects.views.flatMap(({ before }) => before ?? []);
  const copied = [...altered, ...objects.dropped];
  if (copied.length + marks.length + views.length === 0) return undefined;
  const branch = undoBranch(context, attempt, mergeId, untilMs);
  const { id: head, schemaName } = branch;
  await transaction.connection.run(`CREATE SCHEMA ${DATA_CATALOG}.${quoteIdentifier(schemaName)}`);
  const versions = new Map<string, NewVersion>();
  for (const { schema, name } of marks)
    versions.set(relationKey({ schema, name }), {
      head,
      schema,
      name,
      kind: "dropped",
      physical: null,
      definition: null,
    });
  for (const { schema, name, definition, objectId } of views)
    versions.set(relationKey({ schema, name }), {
      head,
      schema,
      name,
      kind: "view",
      physical: null,
      definition,
      objectId,
    });
  for (const [index, table] of copied.entries()) {
    const target = { schema: schemaName, name: `${table.name}#${index}` };
    versions.set(relationKey(table), await copyOf(context, transaction, { table, head, target }));
  }
  return { branch, versions: [...versions.values()] };
}

interface Copy {
  readonly table: Version;
  readonly head: Branch["id"];
  readonly target: PhysicalTable;
}

async function copyOf(
  { registry, storage }: BranchContext,
  transaction: Transaction,
  { table, head, target }: Copy,
): Promise<NewVersion> {
  const id = registry.newVersionId();
  const request = { inherited: table, head, id, target, form: "whole" } as const;
  const layer = await storage.fork(transaction.view, transaction.state, request);
  const { schema, name, objectId, lineage } = table;
  return { head, schema, name, kind: "table", objectId, physical: target, definition: null, layer, lineage };
}

function undoBranch(
  { registry }: BranchContext,
  { target, source }: MergeAttempt,
  mergeId: string,
  untilMs: number,
): Branch {
  const id = registry.newBranchId();
  const createdAtMs = Date.now();
  return {
    id,
    name: nameFor(mergeId),
    schemaName: `branch_${id}`,
    parent: target,
    pin: PENDING,
    earlierPins: [],
    comingPin: null,
    owner: "duckbranch",
    agent: null,
    description: `what the merge of "${source.name}" changed, as it was before`,
    createdAtMs,
    expiresAtMs: null,
    status: "discarded",
    protected: false,
    terms: NO_TERMS,
    grants: null,
    released: false,
    isolation: "live",
    tablePins: new Map(),
    held: { sinceMs: createdAtMs, untilMs, undoes: mergeId },
  };
}

/** With the last changes of the merge's transaction: nothing of the merge itself is logged for it. */
export function plantUndoBranch(transaction: Transaction, { branch, versions }: KeptDefinitions): void {
  const tablePins = new Map(versions.map((version) => [relationKey(version), PENDING] as const));
  transaction.putBranch({ change: "putBranch", branch: { ...branch, tablePins } });
  for (const version of versions) transaction.addVersion(version);
}

/** The branch whose merge undoes one: it is there, it was and is gone, or the merge changed rows alone. */
export function undoBranchOf({ branches }: RegistryState, mergeId: string): Branch | "gone" | undefined {
  const name = nameFor(mergeId);
  const found = [...branches.undoing()].find(({ held }) => held?.undoes === mergeId);
  return found ?? ([...branches.ended()].some((branch) => branch.name === name) ? "gone" : undefined);
}

function nameFor(mergeId: string): string {
  return `undo of ${mergeId}`;
}

/** Nobody needs it any more: the sweeper takes it. */
export function endUndoBranch(transaction: Transaction, branch: Branch): void {
  const held = { sinceMs: branch.createdAtMs, ...branch.held, untilMs: Date.now() };
  transaction.putBranch({ change: "putBranch", branch: { ...branch, held } });
}

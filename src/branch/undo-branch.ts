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
import type { Connection } from "../engine/connection.js";
import type { ObjectStep } from "./merge-head-objects.js";
import {
  MAIN,
  relationKey,
  type Branch,
  type HeadId,
  type LeftObject,
  type PhysicalTable,
  type RelationName,
  type Version,
} from "./model.js";
import { continueSequence } from "./moved-sequences.js";
import type { NewVersion } from "./registry.js";
import type { RegistryState } from "./registry-state.js";
import { NO_TERMS } from "./terms.js";
import type { Transaction } from "./transaction.js";

/** The branch, to be planted when the merge is written. */
export interface KeptDefinitions {
  readonly branch: Branch;
  readonly versions: readonly NewVersion[];
  /** What the merge is about to change of functions, types, sequences and schemas. */
  readonly objects: readonly KeptObject[];
}

interface KeptObject {
  readonly step: ObjectStep;
  /** Where a sequence goes on that the merge drops. */
  readonly physical: PhysicalTable | null;
}

/** Whether all that the merge changes beside rows can be kept. */
export function canKeepDefinitions({ tables }: MergeAttempt): boolean {
  // Made anew such a table is another one, and rows without a key cannot be told from those added since.
  if (tables.some(({ schema }) => schema.steps.length > 0 && schema.key.length === 0)) return false;
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
  const marks: readonly (RelationName & Partial<Pick<Version, "objectId">>)[] = [
    ...objects.created.map(({ source: { schema, name } }) => ({ schema, name })),
    ...objects.views.flatMap(({ after }) =>
      after === undefined ? [] : [{ schema: after.schema, name: after.name }],
    ),
    ...objects.renamed.map(({ table: { objectId }, to: { schema, name } }) => ({ objectId, schema, name })),
  ];
  const views = objects.views.flatMap(({ before }) => before ?? []);
  const copied = [...altered, ...objects.dropped];
  if (copied.length + marks.length + views.length + objects.others.length === 0) return undefined;
  const branch: Branch = {
    ...hiddenBranch(context, { parent: attempt.target, name: nameFor(mergeId), mergeId, untilMs }),
    description: `what the merge of "${attempt.source.name}" changed, as it was before`,
    isolation: "live",
  };
  const { id: head, schemaName } = branch;
  await transaction.connection.run(`CREATE SCHEMA ${DATA_CATALOG}.${quoteIdentifier(schemaName)}`);
  const versions = new Map<string, NewVersion>();
  for (const mark of marks)
    versions.set(relationKey(mark), { head, ...mark, kind: "dropped", physical: null, definition: null });
  for (const { schema, name, definition: text, objectId, head: from } of views) {
    const definition = await context.texts.ownText({ definition: text ?? "", head: from });
    versions.set(relationKey({ schema, name }), {
      head,
      schema,
      name,
      kind: "view",
      physical: null,
      definition,
      objectId,
    });
  }
  for (const [index, table] of copied.entries()) {
    const target = { schema: schemaName, name: `${table.name}#${index}` };
    versions.set(relationKey(table), await copyOf(context, transaction, { table, head, target }));
  }
  const others: KeptObject[] = [];
  for (const step of objects.others)
    others.push({ step, physical: await keptSequence(transaction.connection, step, schemaName) });
  return { branch, versions: [...versions.values()], objects: others };
}

/** It goes on where the merge found it. */
async function keptSequence(
  connection: Connection,
  { name: { kind, name }, before }: ObjectStep,
  schema: string,
): Promise<PhysicalTable | null> {
  if (kind !== "sequence" || before?.physical == null) return null;
  const to = { schema, name: `${name}#kept` };
  await continueSequence(connection, before.physical, to, `sequence "${name}"`);
  return to;
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

interface HiddenBranch {
  readonly parent: HeadId;
  readonly name: string;
  readonly mergeId: string;
  readonly untilMs: number;
}

/** Nobody can use it: it is kept to undo a merge. Its pin is that of the commit that makes it. */
export function hiddenBranch(
  { registry }: BranchContext,
  { parent, name, mergeId, untilMs }: HiddenBranch,
): Branch {
  const id = registry.newBranchId();
  const createdAtMs = Date.now();
  return {
    id,
    name,
    schemaName: `branch_${id}`,
    parent,
    pin: PENDING,
    earlierPins: [],
    comingPin: null,
    owner: "duckbranch",
    agent: null,
    description: null,
    createdAtMs,
    expiresAtMs: null,
    status: "discarded",
    protected: false,
    terms: NO_TERMS,
    grants: null,
    released: false,
    isolation: "snapshot",
    tablePins: new Map(),
    held: { sinceMs: createdAtMs, untilMs, undoes: mergeId },
  };
}

/** With the last changes of the merge's transaction: nothing of the merge itself is logged for it. */
export function plantUndoBranch(
  transaction: Transaction,
  { branch, versions, objects }: KeptDefinitions,
): void {
  const tablePins = new Map(versions.map((version) => [relationKey(version), PENDING] as const));
  const left = objects.map(({ step }) => leftBy(transaction, branch.parent, step));
  const held = branch.held === null || left.length === 0 ? branch.held : { ...branch.held, left };
  transaction.putBranch({ change: "putBranch", branch: { ...branch, held, tablePins } });
  for (const version of versions) transaction.addVersion(version);
  for (const { step, physical } of objects) {
    const { definition = null } = step.before ?? {};
    const dropped = step.before === undefined;
    transaction.objects.make(branch.id, { ...step.name, definition, physical, dropped });
  }
}

/** What main has is recorded at the commit. */
function leftBy({ state }: Transaction, target: HeadId, { name, after, definition }: ObjectStep): LeftObject {
  const isThere = after !== undefined;
  const { kind, schema } = name;
  const made = target === MAIN ? undefined : state.ownObject(target, name);
  const place = made?.physical ?? { schema, name: name.name };
  const physical = kind === "sequence" && isThere ? place : null;
  return { kind, schema, name: name.name, definition: made?.definition ?? definition, physical, isThere };
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

/**
 * Enums to which either side of a merge gave other labels (decision 0061). Columns have labels, not a type's name: definitions are
 * compared with the merged labels in all three states, and the merged table has them.
 */
import { notSupported } from "../core/errors.js";
import { retypedText } from "../sql/enum-alterations.js";
import { tokenise } from "../sql/lexer.js";
import { quoteLiteral } from "../sql/names.js";
import { DefinitionConflicts } from "./definition-conflicts.js";
import type { DefinitionTexts } from "./definition-texts.js";
import { objectKey, type HeadObject } from "./head-objects.js";
import { heldLabel, heldLine } from "./held-labels.js";
import { baseOf, labelsOf, unitedLabels, type ObjectHeads, type ObjectStep } from "./merge-head-objects.js";
import { displayName } from "./merge-ledger.js";
import { redefined } from "./merge-names.js";
import type { Branch, HeadId, RelationName, Version } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import { relationsWith, retypeTables } from "./retyped-tables.js";
import { rowsOf } from "./rows.js";
import { createIndexOn } from "./table-rebuild.js";
import { storedColumns, type TableDefinition } from "./table-definition.js";
import type { Transaction } from "./transaction.js";

/** A definition with the labels that its enums get by the merge. */
export type Retyped = (definition: TableDefinition) => TableDefinition;

export interface MergedEnums {
  readonly retyped: Retyped;
  /** A column's type by which rows are compared: with the labels of all sides, those that it gets first. */
  readonly widened: (type: string) => string;
}

export const SAME_ENUMS: MergedEnums = { retyped: (definition) => definition, widened: (type) => type };

/** Of what either side has. */
export function mergedEnums(state: RegistryState, branch: Branch, target: HeadId): MergedEnums {
  const changes = new Map<string, string>();
  const wide = new Map<string, string>();
  for (const here of state.visibleObjects(branch.id, "type")) {
    const [base, there] = [baseOf(state, branch, here), state.findObject(target, here)];
    const to = mergedLabels(base, here, there) ?? agreedLabels(base, here, there);
    for (const from of [base, here, there]) {
      const text = from?.definition;
      if (to !== undefined && text != null && text !== to) changes.set(text, to);
    }
    const all =
      to === undefined ? [] : [to, ...[base, here, there].flatMap((side) => side?.definition ?? [])];
    const labels = all.flatMap((definition) => labelsOf({ ...here, definition }) ?? []);
    if (to !== undefined) wide.set(to, `ENUM(${[...new Set(labels)].map(quoteLiteral).join(", ")})`);
  }
  if (changes.size === 0) return SAME_ENUMS;
  const retyped = (text: string): string => {
    // Each by itself: one's new labels may be another's old ones.
    const [from, to] = [...changes].find(([old]) => text.includes(old)) ?? [];
    return from === undefined || to === undefined
      ? text
      : retypedText(text, { from, to, renamed: undefined });
  };
  return {
    retyped: (definition) => {
      const elements = definition.elements.map(({ text }) => retyped(text));
      if (elements.every((text, index) => text === definition.elements[index]?.text)) return definition;
      return redefined(definition, { elements, indexes: definition.indexes.map(retyped) });
    },
    widened: (type) => {
      const [from, to] = [...wide].find(([merged]) => type.includes(merged)) ?? [];
      return from === undefined || to === undefined
        ? type
        : retypedText(type, { from, to, renamed: undefined });
    },
  };
}

type Side = Pick<HeadObject, "kind" | "definition" | "physical"> | undefined;

/** Undefined where nothing has to be changed for it, or nothing can be. */
function mergedLabels(base: Side, here: Side, there: Side): string | undefined {
  if ([base, here, there].some((side) => labelsOf(side) === undefined)) return undefined;
  const [was, own, other] = [base?.definition, here?.definition, there?.definition];
  if (own === other) return undefined;
  if (own === was) return other ?? undefined;
  return other === was ? (own ?? undefined) : unitedLabels(base, here, there);
}

/** Both sides gave it the same labels. */
function agreedLabels(base: Side, here: Side, there: Side): string | undefined {
  const isAgreed = labelsOf(base) !== undefined && here?.definition === there?.definition;
  return isAgreed && labelsOf(here) !== undefined ? (here?.definition ?? undefined) : undefined;
}

/**
 * What one side calls otherwise, or has no more, and a definition of the other says, would go on saying it: a view without rows, an
 * index that forbids nothing. Whoever changed the label had no such definition, or it was refused.
 */
export async function refuseGoneLabels(
  { transaction, branch, target }: ObjectHeads,
  conflicts: DefinitionConflicts,
): Promise<void> {
  const { state } = transaction;
  for (const here of state.visibleObjects(branch.id, "type")) {
    const sides = [baseOf(state, branch, here), here, state.findObject(target, here)];
    const to = mergedLabels(sides[0], here, sides[2]);
    const kept = new Set(labelsOf(to === undefined ? undefined : { ...here, definition: to }));
    const all = to === undefined ? [] : sides.flatMap((side) => labelsOf(side) ?? []);
    const gone = new Set(all.filter((label) => !kept.has(label)));
    if (gone.size === 0) continue;
    const types = sides.flatMap((side) => side?.definition ?? []);
    for (const version of [branch.id, target].flatMap((head) => state.visible(head))) {
      const base = state.findBase(branch, version);
      // What was there before the label went is the other side's too, and follows it.
      const known = new Set(base === undefined ? [] : await saidTexts(transaction, base, types));
      const label = (await saidTexts(transaction, version, types))
        .filter((text) => !known.has(text))
        .flatMap(tokenise)
        .find(({ kind, value }) => kind === "string" && gone.has(value));
      if (label === undefined) continue;
      conflicts.refuse(
        `label "${label.value}" of type "${displayName(here)}" is gone on one side, and ${version.kind} "${displayName(version)}" says it on the other`,
        displayName(version),
      );
    }
  }
}

/** Of a view, or of a table that has one of these types, without the types themselves, wherever its rows are. */
async function saidTexts(
  transaction: Transaction,
  version: Version,
  types: readonly string[],
): Promise<readonly string[]> {
  const withoutTypes = (text: string): string =>
    types.reduce((rest, type) => rest.replaceAll(type, "type"), text);
  if (version.kind === "view") return [withoutTypes(version.definition ?? "")];
  const { elements, indexes } = await transaction.definitionOf(version);
  const texts = elements.map(({ text }) => text);
  if (!types.some((type) => texts.some((text) => text.includes(type)))) return [];
  const place = { schema: "anywhere", name: "any" };
  return [...texts, ...indexes.map((index) => createIndexOn(index, place))].map(withoutTypes);
}

/** Undefined for what is no change of labels. */
export function labelChange({ before, definition }: ObjectStep): { from: string; to: string } | undefined {
  const isEnum =
    labelsOf(before) !== undefined && labelsOf(before && { ...before, definition }) !== undefined;
  const from = before?.definition;
  return isEnum && from != null && definition !== null ? { from, to: definition } : undefined;
}

/**
 * Gives the labels to tables of the target that the branch has not changed, or does not have, and to the views that read such tables.
 * The type itself has them before.
 *
 * Errors  0A000 where another type has the same labels; 40002 for a row with a label that is gone
 */
export async function relabelTarget(
  { transaction, branch, target }: ObjectHeads,
  texts: DefinitionTexts,
  own: HeadObject,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const users = await relationsWith(transaction, target, from, to);
  const twin = transaction.state
    .visibleObjects(target, "type")
    .find((other) => other.definition === from && objectKey(other) !== objectKey(own));
  if (twin !== undefined && users.length > 0)
    throw notSupported(
      `cannot merge type "${displayName(own)}": its columns cannot be told from those of "${displayName(twin)}", which has the same labels`,
    );
  await refuseHeld(transaction, { branch, target, from, to }, users);
  const follow = await texts.followingViews(
    transaction,
    target,
    users.map((relation) => ({ from: relation, to: relation })),
  );
  await retypeTables(transaction, target, { from, to, renamed: undefined });
  await follow?.();
}

/**
 * As above for the target's own tables, whose parent has given labels to the types they use; `before` is the target as it was. Its other
 * tables have them already.
 */
export async function relabelOwn(
  transaction: Transaction,
  {
    before,
    target,
    texts,
  }: { readonly before: Branch; readonly target: HeadId; readonly texts: DefinitionTexts },
): Promise<void> {
  const { state } = transaction;
  for (const was of state.visibleObjects(before.id, "type")) {
    const definition = state.findObject(target, was)?.definition ?? null;
    const change = labelChange({ name: was, before: was, after: undefined, definition, step: "" });
    if (change !== undefined && change.from !== change.to)
      await relabelTarget({ transaction, branch: before, target }, texts, was, change);
  }
}

async function refuseHeld(
  transaction: Transaction,
  {
    branch,
    target,
    from,
    to,
  }: { readonly branch: Branch; readonly target: HeadId; readonly from: string; readonly to: string },
  users: readonly RelationName[],
): Promise<void> {
  const conflicts = new DefinitionConflicts();
  for (const relation of users) {
    const version = transaction.state.find(target, relation);
    if (version?.kind !== "table") continue;
    const before = await transaction.definitionOf(version);
    const types = storedColumns(before)
      .filter(({ type }) => type.includes(from))
      .map(({ name, type }) => ({ name, type: retypedText(type, { from, to, renamed: undefined }) }));
    const label = await heldLabel(transaction.connection, rowsOf(transaction.state, version), types);
    if (label !== undefined) conflicts.refuse(heldLine(label, relation), displayName(relation));
  }
  conflicts.refuseAny(branch);
}

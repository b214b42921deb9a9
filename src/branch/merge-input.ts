/** What a branch brings to a merge: per changed table its three states, checked to be comparable row by row. */
import { notSupported } from "../core/errors.js";
import { quoteIdentifier } from "../sql/names.js";
import { notedText, readNotes, type ViewNote } from "../sql/table-notes.js";
import type { BranchContext } from "./branch-context.js";
import { cellPolicies } from "./column-policies.js";
import { comparedRows } from "./compared-rows.js";
import { DefinitionConflicts } from "./definition-conflicts.js";
import { droppedAndChanged } from "./dropped-columns.js";
import { descents, type Descent } from "./descent.js";
import { tablesMadeTwice } from "./made-twice.js";
import { viewNote } from "./materialized-views.js";
import { mergedEnums, refuseGoneLabels, type MergedEnums } from "./merge-enums.js";
import { displayName } from "./merge-ledger.js";
import type { Side } from "./merge-names.js";
import type { MergeInput } from "./merge-plan.js";
import { isRekeyed } from "./merge-keys.js";
import { isSameState, mergeObjects, NO_OBJECTS, targetTable, type MergeObjects } from "./merge-objects.js";
import { renameStep, type RenamedTable } from "./merge-renames.js";
import { mergeSchema, type MergedColumn, type MergeState, type SchemaMerge } from "./merge-schema.js";
import { MAIN, relationKey, type Branch, type HeadId, type RelationName, type Version } from "./model.js";
import { hidesRowIds } from "./overlay-shape.js";
import type { RegistryState } from "./registry-state.js";
import { identities, numberedStates } from "./row-identity.js";
import { ROW_ID } from "./rows.js";
import type { WinnerOf } from "./merge-types.js";
import type { TableDefinition } from "./table-definition.js";
import type { Transaction } from "./transaction.js";
import { valueForms } from "./value-forms.js";

/** The three states of one table, and what its target becomes. */
export interface MergeTable {
  readonly input: MergeInput;
  readonly target: Version;
  /** The branch's table: its name may be another. */
  readonly source: RelationName;
  readonly schema: SchemaMerge;
}

export interface MergedDefinitions {
  /** Without those whose definitions are in conflict. */
  readonly tables: readonly MergeTable[];
  readonly objects: MergeObjects;
  readonly conflicts: DefinitionConflicts;
}

export const NO_DEFINITIONS: MergedDefinitions = {
  tables: [],
  objects: NO_OBJECTS,
  conflicts: new DefinitionConflicts(),
};

/**
 * The tables a branch changed, ready to be compared.
 *
 * Errors  0A000 for what is not merged yet
 */
export async function mergeTables(
  context: BranchContext,
  transaction: Transaction,
  branch: Branch,
  target: HeadId,
  winnerOf: WinnerOf,
): Promise<MergedDefinitions> {
  const { state } = transaction;
  const all = descents(state, branch);
  const enums = mergedEnums(state, branch, target);
  const renamed: RenamedTable[] = [];
  const tables: MergeTable[] = [];
  const conflicts = new DefinitionConflicts();
  const created: Descent[] = [];
  const unchanged = new Set<Version>();
  await refuseGoneLabels({ transaction, branch, target }, conflicts);
  const twins = await tablesMadeTwice(transaction, { branch, target, descents: all });
  for (const { base, source } of all.toSorted(bySourceName)) {
    if (source?.kind !== "table") continue;
    const twin = twins.get(source);
    if (twin !== undefined) {
      const versions = { base: twin, source, target: twin };
      tables.push(
        fromNothing(await mergeTable(context, transaction, versions, { conflicts, winnerOf, enums })),
      );
    }
    if (base === undefined) continue;
    const winner = winnerOf(source);
    const shown = displayName(source);
    const there = targetTable(state, target, base);
    if (there === undefined && (await isSameState(context, transaction, base, source))) continue;
    if (there === undefined && target === MAIN && !(await isKnownByKey(transaction, base)))
      // It may as well have another name now: main's tables without a key are known by their names.
      throw notSupported(
        `cannot merge table "${displayName(source)}": it was dropped or replaced on the target since the branch was made`,
      );
    if (there === undefined) {
      const line = `table "${shown}" was changed in the branch, and dropped or replaced on the target`;
      const hasPlace = hasSchema(state, target, source);
      if (winner === "source" && !hasPlace) conflicts.refuse(`${line}, with its schema`, shown);
      else if (conflicts.settle(winner, line, shown) === "source") created.push({ base: undefined, source });
      continue;
    }
    if (await isRekeyed(transaction, base, source)) {
      if (await isSameState(context, transaction, base, there)) {
        unchanged.add(base);
        created.push({ base, source: undefined }, { base: undefined, source });
      } else {
        const line = `table "${shown}" was given another primary key in the branch, and changed on the target`;
        if (winner === "target") conflicts.settle(winner, line, shown);
        else conflicts.refuse(line, shown);
      }
      continue;
    }
    const isMoved = !isNamedAs(source, base);
    const isMovedTwice = isMoved && !isNamedAs(there, base) && !isNamedAs(there, source);
    const chosen =
      isMovedTwice &&
      conflicts.settle(
        winner,
        `table "${displayName(base)}" was renamed to "${displayName(source)}" in the branch and to "${displayName(there)}" on the target`,
        shown,
      );
    const rename = { table: there, to: source };
    const isRenamed = isMoved && !isNamedAs(there, source) && chosen !== "target";
    if (isRenamed) renamed.push(rename);
    const versions = { base, source, target: there };
    const table = await mergeTable(context, transaction, versions, { conflicts, winnerOf, enums });
    const { schema } = table;
    const steps = isRenamed ? [renameStep(rename), ...schema.steps] : schema.steps;
    tables.push({ ...table, schema: { ...schema, steps } });
  }
  const others = all.filter(({ source }) => source === undefined || !twins.has(source)).concat(created);
  const made = await mergeObjects(
    context,
    transaction,
    { branch, target, descents: others, unchanged, renamed, winnerOf, retyped: enums.retyped },
    conflicts,
  );
  return { tables: tables.filter(({ schema }) => schema.conflicts.isEmpty), objects: made, conflicts };
}

function hasSchema(state: RegistryState, target: HeadId, { schema }: RelationName): boolean {
  return (
    schema === "main" || state.findObject(target, { kind: "schema", schema: "", name: schema }) !== undefined
  );
}

/** A table of main that has one is itself under any name. */
async function isKnownByKey(transaction: Transaction, base: Version): Promise<boolean> {
  return (await transaction.definitionOf(base)).primaryKey.length > 0;
}

function isNamedAs(one: RelationName, other: RelationName): boolean {
  return relationKey(one) === relationKey(other);
}

function bySourceName(a: Descent, b: Descent): number {
  const [one, other] = [a.source, b.source].map((source) =>
    source === undefined ? "" : displayName(source),
  );
  return (one ?? "").localeCompare(other ?? "");
}

async function mergeTable(
  context: BranchContext,
  transaction: Transaction,
  versions: Versions,
  {
    conflicts,
    winnerOf,
    enums,
  }: { readonly conflicts: DefinitionConflicts; readonly winnerOf: WinnerOf; readonly enums: MergedEnums },
): Promise<MergeTable> {
  const { state } = transaction;
  const read = async (version: Version): Promise<MergeState> => ({
    version,
    definition: await transaction.definitionOf(version),
    comments: await transaction.commentsOf(version),
  });
  const { base, source, target } = versions;
  const view = await viewNote(transaction, target);
  if ((view === undefined) !== ((await viewNote(transaction, source)) === undefined))
    conflicts.refuse(`"${displayName(target)}" is a materialized view on one side only`, displayName(target));
  const found = { base: await read(base), source: await read(source), target: await read(target) };
  const sides = view === undefined ? found : withData(found, view);
  refuseCollations(source, sides.base.definition);
  const winner = winnerOf(source);
  const schema = mergeSchema(state, sides, target.name, { winner, ...enums });
  const rows = {
    base: context.storage.relation(state, base),
    source: context.storage.relation(state, source),
    target: context.storage.relation(state, target),
  };
  await droppedAndChanged(transaction.connection, sides, schema, rows, winner);
  conflicts.take(schema.conflicts, displayName(target));
  const isAsItWas = schema.steps.length === 0 && view === undefined && !schema.columns.some(isConverted);
  const known =
    schema.key.length === 0 && isAsItWas
      ? await identities(
          transaction,
          versions,
          schema.columns.map(({ name }) => name),
        )
      : {};
  const compared = states(state, versions);
  // Nobody wrote the rows of a materialized view: the target keeps its own until it is refreshed.
  const written = (relation: string): string => (view === undefined ? relation : noneOf(relation));
  return {
    input: {
      relation: target,
      key: schema.key,
      columns: schema.columns.map(({ name }) => name),
      policies: cellPolicies(schema.merged.definition),
      forms: valueForms(schema.merged.definition.columns),
      base: written(projected(compared.base, schema.columns, "base")),
      source: written(projected(compared.source, schema.columns, "source")),
      target: projected(rows.target, schema.columns, "target"),
      ...(schema.key.length > 0
        ? NO_IDS
        : withIds(state, versions, schema, sides.base.definition, sides.target.definition)),
      ...known,
    },
    target,
    source,
    schema,
  };
}

/** Whether it has rows is not merged either. */
function withData(
  sides: Readonly<Record<Side, MergeState>>,
  { populated }: ViewNote,
): Record<Side, MergeState> {
  const same = (state: MergeState): MergeState => ({
    ...state,
    comments: state.comments.map((one) => {
      const view = one.column === null ? readNotes(one.comment).view : undefined;
      if (view === undefined) return one;
      const comment = notedText(one.comment, { kind: "view", note: { ...view, populated } });
      return comment === null ? one : { ...one, comment };
    }),
  });
  return { base: same(sides.base), source: same(sides.source), target: same(sides.target) };
}

/** All rows of both sides were added. */
function fromNothing({ input, ...table }: MergeTable): MergeTable {
  return { ...table, input: { ...input, base: noneOf(input.base), baseWithIds: noneOf(input.baseWithIds) } };
}

function noneOf(rows: string): string {
  return rows === "" ? "" : `(SELECT * FROM ${rows} AS r LIMIT 0)`;
}

/** Rows of a side with the columns of the merged table. */
function projected(
  relation: string,
  columns: readonly MergedColumn[],
  side: Side,
  more: readonly string[] = [],
): string {
  if (columns.every(({ name, from }) => from[side] === quoteIdentifier(name))) return relation;
  const list = columns.map(({ name, from }) => `${from[side]} AS ${quoteIdentifier(name)}`);
  return `(SELECT ${[...list, ...more].join(", ")} FROM ${relation} AS r)`;
}

/** It is not compared as it is in every state. */
function isConverted({ name, from }: MergedColumn): boolean {
  return Object.values(from).some((value) => value !== quoteIdentifier(name));
}

/** Rows that cannot differ need not be there. */
function states(state: RegistryState, { base, source }: Versions): Pick<MergeInput, "base" | "source"> {
  const { before, after } = comparedRows(state, base, source);
  return { base: before, source: after };
}

const NO_IDS = { baseWithIds: "", targetWithIds: "" };

function withIds(
  state: RegistryState,
  { base, target }: Versions,
  { columns }: SchemaMerge,
  ...definitions: readonly TableDefinition[]
): Pick<MergeInput, "baseWithIds" | "targetWithIds"> {
  if (definitions.some(hidesRowIds)) {
    throw notSupported(
      `cannot merge table "${displayName(target)}": it has no primary key, and its rows cannot be told apart`,
    );
  }
  const numbered = numberedStates(state, base, target);
  const id = [quoteIdentifier(ROW_ID)];
  return {
    baseWithIds: projected(numbered.base, columns, "base", id),
    targetWithIds: projected(numbered.target, columns, "target", id),
  };
}

/** DuckDB compares such columns by their collation, so a change of letters only would be no change. */
function refuseCollations(table: Version, base: TableDefinition): void {
  const collated = base.columns.find((column) => /\bcollate\b/i.test(column.type));
  if (collated === undefined) return;
  throw notSupported(
    `cannot merge table "${displayName(table)}": column "${collated.name}" has a collation, and its changes cannot be told apart safely`,
  );
}

type Versions = Readonly<Record<Side, Version>>;

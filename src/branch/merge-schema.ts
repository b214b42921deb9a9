/**
 * The three-way merge of one table's definition: property by property, under the names that columns have afterwards. What
 * only the branch changed is done to the target's definition; what both changed differently is a conflict. Pure.
 */
import { notSupported } from "../core/errors.js";
import { normaliseName } from "../sql/names.js";
import { readNotes } from "../sql/table-notes.js";
import { mergedNotes } from "../sql/table-notes.js";
import { unfitPolicies } from "./column-policies.js";
import { addedValue, columnOrigins, type TableState } from "./column-origins.js";
import { identities, lineageOf } from "./column-lineage.js";
import { changeDefinition } from "./merge-definition.js";
import { DefinitionConflicts } from "./definition-conflicts.js";
import type { MergedEnums, Retyped } from "./merge-enums.js";
import { mentionsDropped, mergedNames, withMergedNames, type MergedName, type Side } from "./merge-names.js";
import { isConstantExpression } from "./constant-expression.js";
import type { Lineage } from "./model.js";
import { branchSequences } from "./moved-sequences.js";
import type { RegistryState } from "./registry-state.js";
import type { Winner } from "./strategy.js";
import { storedColumns, type TableDefinition, type TableElement } from "./table-definition.js";
import {
  defaultText,
  propertiesOf,
  type DescribedTable,
  type TableProperties,
  type TableProperty,
} from "./table-properties.js";

/** A state of a table with all that its definition says. */
export type MergeState = TableState & DescribedTable;
export type MergeStates = Readonly<Record<Side, MergeState>>;

/** A stored column of the merged table, and how it is read from a row of each side. */
export interface MergedColumn {
  readonly name: string;
  readonly from: Readonly<Record<Side, string>>;
  /** Its type, where rows are compared by one with more labels. */
  readonly written?: string;
}

/** What the branch changed of a definition, and the target does not have. */
export interface PropertyChange {
  readonly before: TableProperty | undefined;
  readonly after: TableProperty | undefined;
}

/** A column that one side dropped: conflicts with rows in which the other changed it. */
export interface DroppedColumn {
  readonly droppedBy: "source" | "target";
  /** Its names in the base and on the other side. */
  readonly base: string;
  readonly other: string;
  /** What a row gets there that does not say it, as SQL; undefined where it is not always the same. */
  readonly initial: string | undefined;
}

export interface SchemaMerge {
  readonly conflicts: DefinitionConflicts;
  /** What is done to the target, as people read it. */
  readonly steps: readonly string[];
  /** The table has to be made anew for it. */
  readonly remakes: boolean;
  readonly changes: readonly PropertyChange[];
  readonly columns: readonly MergedColumn[];
  readonly key: readonly string[];
  /** The merged table. */
  readonly merged: DescribedTable;
  /** Columns of the target by the names they get. */
  readonly renamed: ReadonlyMap<string, string>;
  readonly dropped: readonly DroppedColumn[];
  /** Of the merged table. */
  readonly lineage: Lineage | null;
}

/** Errors: 0A000 for what cannot be known, or cannot be done yet */
export function mergeSchema(
  state: RegistryState,
  states: MergeStates,
  table: string,
  { winner, retyped, widened }: { readonly winner?: Winner } & MergedEnums,
): SchemaMerge {
  const { base, source, target } = states;
  const conflicts = new DefinitionConflicts();
  const origins = {
    source: columnOrigins(state, base, source),
    target: columnOrigins(state, base, target),
  };
  const definitions = { base: base.definition, source: source.definition, target: target.definition };
  const names = mergedNames(definitions, origins, conflicts, winner);
  const named = {
    base: withMergedNames(relabelled(base, retyped), "base", names),
    source: withMergedNames(relabelled(source, retyped), "source", names),
    target: withMergedNames(relabelled(target, retyped), "target", names),
  };
  const properties = {
    base: propertiesOf(named.base, table),
    source: propertiesOf(named.source, table),
    target: propertiesOf(named.target, table),
  };
  const changes = propertyChanges(properties, conflicts, winner);
  refuseKeyChanges(properties, table);
  refuseBranchSequences(changes, named.source.definition, table);
  const columns = names.filter(({ names: own }) => own.target !== undefined);
  const renamed = new Map(
    columns.flatMap(({ names: { target: from = "" }, name }): [string, string][] =>
      name === undefined || name === from ? [] : [[from, name]],
    ),
  );
  const labels = retyped(target.definition) === target.definition ? [] : ["changed labels of enums"];
  const moved = [...renameSteps(renamed), ...dropSteps(names), ...labels];
  const steps = [...moved, ...changes.map(changeLine)];
  const isDone = !conflicts.isEmpty || steps.length === 0;
  const merged = isDone ? named.target : changeDefinition(named, names, changes, table);
  for (const line of unfitPolicies(merged.definition)) conflicts.refuse(line);
  return {
    conflicts,
    steps,
    remakes: moved.length > 0 || !changes.every(isLight),
    changes,
    columns: !conflicts.isEmpty ? [] : mergedColumns(states, named, merged.definition, { names, widened }),
    key: merged.definition.primaryKey,
    merged,
    renamed,
    dropped: names.flatMap((name) => droppedColumn(name, states)),
    lineage: mergedLineage(states, names),
  };
}

function relabelled({ definition, comments }: MergeState, retyped: Retyped): DescribedTable {
  return { definition: retyped(definition), comments };
}

function namesOf({ definition }: MergeState): string[] {
  return definition.columns.map(({ name }) => name);
}

/** The target's columns are what they were, and the branch's new ones what they were there. */
function mergedLineage({ source, target }: MergeStates, names: readonly MergedName[]): Lineage | null {
  const [from, there] = [source.version.lineage, target.version.lineage];
  if (there === null) return null;
  const own = identities(there, namesOf(target));
  const added = from?.since === there.since ? identities(from, namesOf(source)) : undefined;
  const found = names.flatMap(({ name, names: sides }): [string, string][] => {
    if (name === undefined) return [];
    const identity =
      sides.target === undefined
        ? (added?.get(normaliseName(sides.source ?? "")) ?? `*${source.version.id} ${name}`)
        : own.get(normaliseName(sides.target));
    return identity === undefined ? [] : [[normaliseName(name), identity]];
  });
  return lineageOf(there.since, new Map(found));
}

type Properties = Readonly<Record<Side, TableProperties>>;

function propertyChanges(
  { base, source, target }: Properties,
  conflicts: DefinitionConflicts,
  winner: Winner,
): readonly PropertyChange[] {
  const changes: PropertyChange[] = [];
  for (const key of new Set([...base.keys(), ...source.keys(), ...target.keys()])) {
    const [before, ours, theirs] = [base.get(key), target.get(key), source.get(key)];
    const gone = [ours, theirs].find(
      (own) => own !== undefined && own.text !== before?.text && mentionsDropped(key + own.text),
    );
    const lost =
      gone === undefined ? [...lostIndexes(before, ours), ...lostIndexes(before, theirs)] : [gone.name];
    for (const name of lost)
      conflicts.refuse(`${shown(name)} was set on one side, and its column dropped on the other`);
    if (theirs?.text === before?.text || theirs?.text === ours?.text) continue;
    const isBoth = ours?.text !== before?.text;
    const noted = isBoth ? bothComments(before, ours, theirs) : undefined;
    const line = `${shown((theirs ?? ours ?? before)?.name ?? key)} was changed on both sides in different ways`;
    const chosen = isBoth && noted === undefined ? conflicts.settle(winner, line) : "source";
    if (chosen === undefined) continue;
    const merged = noted ?? (isBoth ? bothComments(before, ours, theirs, chosen) : undefined);
    if (merged !== undefined) changes.push({ before: ours, after: merged });
    else if (chosen === "source" && (theirs !== undefined || !mentionsDropped(key)))
      changes.push({ before: ours, after: theirs });
  }
  return changes;
}

/** Indexes of whose WHERE or INCLUDE, set by this side, a column is gone: these are notes in the table's comment. */
function lostIndexes(before: TableProperty | undefined, own: TableProperty | undefined): readonly string[] {
  if (own?.kind !== "comment" || own.column !== undefined || own.text === before?.text) return [];
  const known = readNotes(before?.text ?? null).indexes;
  return Object.entries(readNotes(own.text).indexes).flatMap(([name, note]) => {
    const isNew = JSON.stringify(note) !== JSON.stringify(known[name]);
    const { where = "", include = [] } = note;
    return isNew && [where, ...include].some(mentionsDropped) ? [`index "${name}"`] : [];
  });
}

/** A table's comment also holds what is said of its constraints and indexes, each by itself; so it is with the winner's. */
function bothComments(
  before: TableProperty | undefined,
  ours: TableProperty | undefined,
  theirs: TableProperty | undefined,
  winner?: Winner,
): TableProperty | undefined {
  const own = ours ?? theirs;
  if (own?.kind !== "comment" || own.column !== undefined) return undefined;
  const text = mergedNotes(before?.text ?? null, ours?.text ?? null, theirs?.text ?? null, winner);
  return typeof text === "string" ? { ...own, text, statement: text } : undefined;
}

/** What can be done to a table that is there, whatever its rows are. */
function isLight({ before, after }: PropertyChange): boolean {
  const kind = (after ?? before)?.kind;
  // Where one goes, DuckDB holds it until the end of the transaction: rows that it forbade would be refused.
  if (kind === "index") return ![before, after].some((side) => /^CREATE UNIQUE/i.test(side?.statement ?? ""));
  return kind === "default" || kind === "comment";
}

/** Without the mark of a dropped column. */
function shown(text: string): string {
  return text.replaceAll("\u0001dropped ", "");
}

/** `new check constraint "a_is_positive"` */
function changeLine({ before, after }: PropertyChange): string {
  if (before === undefined)
    return after?.kind === "type" ? `new column ${quoted(after)}` : `new ${after?.name ?? ""}`;
  return `${after === undefined ? "dropped" : "changed"} ${before.name}`;
}

function quoted({ name }: TableProperty): string {
  return name.slice(name.indexOf('"'));
}

function renameSteps(renamed: ReadonlyMap<string, string>): readonly string[] {
  return [...renamed].map(([from, to]) => `column "${from}" renamed to "${to}"`);
}

function dropSteps(names: readonly MergedName[]): readonly string[] {
  return names.flatMap(({ names: own, name }) =>
    name === undefined && own.target !== undefined ? [`dropped column "${own.target}"`] : [],
  );
}

function refuseKeyChanges({ base, source, target }: Properties, table: string): void {
  const [key, ...sides] = [base, source, target].map((properties) =>
    JSON.stringify(properties.get("primary")?.constraint?.columns.map(normaliseName)),
  );
  if (sides.every((side) => side === key)) return;
  throw notSupported(
    `cannot merge table "${table}": its primary key was changed since the branch was made`,
    "change the key on main, and make the branch's changes on a new branch",
  );
}

/** A sequence of the branch goes with it. */
function refuseBranchSequences(
  changes: readonly PropertyChange[],
  { elements }: TableDefinition,
  table: string,
): void {
  for (const { after } of changes) {
    if (after?.kind !== "default" || branchSequences(elements[after.element ?? -1]?.text ?? "").length === 0)
      continue;
    throw notSupported(
      `cannot merge table "${table}": ${after.name} draws from a sequence of the branch`,
      "make the column's sequence on main",
    );
  }
}

function droppedColumn({ names, name }: MergedName, states: MergeStates): readonly DroppedColumn[] {
  const { base, source, target } = names;
  const other = source ?? target;
  if (name !== undefined || base === undefined || other === undefined) return [];
  const side = source === undefined ? states.target : states.source;
  const element = elementOf(side.definition, other);
  if (element?.column?.generated === true) return [];
  const initial = element === undefined ? undefined : (defaultText(element) ?? "NULL");
  const isKnown = initial !== undefined && isConstantExpression(initial);
  const droppedBy = source === undefined ? "source" : "target";
  return [{ droppedBy, base, other, initial: isKnown ? initial : undefined }];
}

function elementOf(definition: TableDefinition, column: string): TableElement | undefined {
  const name = normaliseName(column);
  return definition.elements.find(
    (element) => element.column !== undefined && normaliseName(element.column.name) === name,
  );
}

function mergedColumns(
  states: MergeStates,
  named: Readonly<Record<Side, DescribedTable>>,
  merged: TableDefinition,
  { names, widened }: { readonly names: readonly MergedName[] } & Pick<MergedEnums, "widened">,
): readonly MergedColumn[] {
  return storedColumns(merged).map(({ name, type: written }) => {
    const type = widened(written);
    const own = names.find(
      (column) => column.name !== undefined && normaliseName(column.name) === normaliseName(name),
    );
    const expression = (side: Side): string => {
      const from = own?.names[side];
      if (from === undefined) return initialValue(states, named, side, name, type);
      const stored = elementOf(states[side].definition, from)?.column;
      return stored?.type === type ? identifier(from) : `CAST(${identifier(from)} AS ${type})`;
    };
    return {
      name,
      from: { base: expression("base"), source: expression("source"), target: expression("target") },
      ...(type === written ? {} : { written }),
    };
  });
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** What rows have in a column that their side does not have: what the side that added it gave to rows that were there. */
function initialValue(
  states: MergeStates,
  named: Readonly<Record<Side, DescribedTable>>,
  side: Side,
  name: string,
  type: string,
): string {
  const from =
    side === "source" || elementOf(named.source.definition, name) === undefined ? "target" : "source";
  const known = addedValue(states[from].version, name);
  if (known !== undefined) return `CAST(${known} AS ${type})`;
  const element = elementOf(named[from].definition, name);
  const initial = element === undefined ? undefined : (defaultText(element) ?? "NULL");
  if (initial !== undefined && isConstantExpression(initial)) return `CAST(${initial} AS ${type})`;
  throw notSupported(
    `cannot merge table "${states[from].version.name}": the default of its new column ${identifier(name)} is not the same for all rows`,
    "add the column without a default, or on the other side, too",
  );
}

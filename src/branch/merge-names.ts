/** What the columns of a table are called after a merge: three-way, by which column is which. Pure. */
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { fittedNotes } from "../sql/table-notes.js";
import type { TableComment } from "./catalog-reader.js";
import type { ColumnOrigins } from "./column-origins.js";
import type { DefinitionConflicts } from "./definition-conflicts.js";
import type { PhysicalTable } from "./model.js";
import type { Winner } from "./strategy.js";
import { changedDefinition } from "./table-changes.js";
import { readTableDefinition, type TableDefinition } from "./table-definition.js";
import type { DescribedTable } from "./table-properties.js";

export type Side = "base" | "source" | "target";

/** One column, by its name on each side that has it. */
export interface MergedName {
  readonly names: Readonly<Partial<Record<Side, string>>>;
  /** Its name afterwards; undefined where a side dropped it. */
  readonly name: string | undefined;
}

/** Name of a dropped column in the definitions that are compared: no client can write it. */
export function droppedName(name: string): string {
  return `\u0001dropped ${name}`;
}

/** Whether a canonical text says a column's name that was dropped. */
export function mentionsDropped(text: string): boolean {
  return text.includes("\u0001dropped ");
}

/** A line per column whose name is another one on both sides goes to `conflicts`. */
export function mergedNames(
  definitions: Readonly<Record<Side, TableDefinition>>,
  origins: Readonly<Record<"source" | "target", ColumnOrigins>>,
  conflicts: DefinitionConflicts,
  winner?: Winner,
): readonly MergedName[] {
  const laterName = (side: "source" | "target", base: string): string | undefined =>
    definitions[side].columns.find(
      ({ name }) => origins[side].get(normaliseName(name)) === normaliseName(base),
    )?.name;
  const merged = definitions.base.columns.map(({ name: base }): MergedName => {
    const [source, target] = [laterName("source", base), laterName("target", base)];
    const names = { base, ...(source !== undefined && { source }), ...(target !== undefined && { target }) };
    if (source === undefined || target === undefined) return { names, name: undefined };
    const isBoth = !isSame(source, base) && !isSame(target, base) && !isSame(source, target);
    const chosen =
      isBoth &&
      conflicts.settle(
        winner,
        `column ${quoteIdentifier(base)} was renamed to ${quoteIdentifier(source)} in the branch and to ${quoteIdentifier(target)} on the target`,
      );
    const isTargets = isSame(source, base) || chosen === "target";
    return { names, name: isTargets ? target : source };
  });
  const isNew = (side: "source" | "target", name: string): boolean => !origins[side].has(normaliseName(name));
  const added = new Map<string, MergedName>();
  for (const side of ["target", "source"] as const)
    for (const { name } of definitions[side].columns.filter((column) => isNew(side, column.name))) {
      const known = added.get(normaliseName(name));
      added.set(normaliseName(name), { names: { ...known?.names, [side]: name }, name: known?.name ?? name });
    }
  const all = [...merged, ...added.values()];
  for (const [index, { name }] of all.entries())
    if (
      name !== undefined &&
      all.findIndex((other) => other.name !== undefined && isSame(other.name, name)) !== index
    )
      conflicts.refuse(`two columns would be called ${quoteIdentifier(name)}`);
  return all;
}

function isSame(left: string, right: string): boolean {
  return normaliseName(left) === normaliseName(right);
}

const NOWHERE: PhysicalTable = { schema: "-", name: "-" };

/** A side's table with the names that its columns have after the merge. */
export function withMergedNames(
  table: DescribedTable,
  side: Side,
  names: readonly MergedName[],
): DescribedTable {
  const renamed = names.flatMap(({ names: own, name }): [string, string][] => {
    const from = own[side];
    if (from === undefined) return [];
    const to = name ?? droppedName(from);
    return from === to ? [] : [[from, to]];
  });
  // One after the other: no name may be another column's for a moment.
  const aside = renamed.map(([from], index): [string, string] => [from, `\u0001${index}`]);
  const back = renamed.map(([, to], index): [string, string] => [`\u0001${index}`, to]);
  const definition = [...aside, ...back].reduce(
    (changed, [column, to]) =>
      redefined(changed, changedDefinition(changed, NOWHERE, "", { kind: "renameColumn", column, to })),
    table.definition,
  );
  const byName = new Map(renamed);
  const columns = new Set(definition.columns.map(({ name }) => name));
  const comments = table.comments.flatMap(({ column, comment }): TableComment[] => {
    if (column !== null) return [{ column: byName.get(column) ?? column, comment }];
    const { text } = byName.size === 0 ? { text: comment } : fittedNotes(comment, byName, columns);
    return text === null ? [] : [{ column, comment: text }];
  });
  return { definition, comments };
}

/** A definition from its elements and indexes. */
export function redefined(
  { elements, indexes }: TableDefinition,
  next: { readonly elements?: readonly string[]; readonly indexes?: readonly string[] },
): TableDefinition {
  const texts = next.elements ?? elements.map(({ text }) => text);
  const statements = [`CREATE TABLE t(${texts.join(", ")})`, ...(next.indexes ?? indexes)];
  return readTableDefinition(statements.map((sql) => `${sql.replace(/;?\s*$/, "")};`).join("\n"));
}

/** Tables that a branch renamed get their new name on the target, before anything is written: what the merge does is done under it. */
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { physicalDefinition } from "./catalog-reader.js";
import { markCopied } from "./copied-tables.js";
import type { NewName } from "./definition-texts.js";
import { displayName } from "./merge-ledger.js";
import { dropOnBranch } from "./merge-views.js";
import type { MergeAttempt } from "./merge-types.js";
import { MAIN, relationKey, type HeadId, type Layer, type RelationName, type Version } from "./model.js";
import { refuseChanged } from "./overlay.js";
import { physicalName } from "./system-schema.js";
import { changedDefinition } from "./table-changes.js";
import { rebuildTable } from "./table-rebuild.js";
import type { Transaction } from "./transaction.js";
import { undefinedTable } from "./undefined-table.js";

export interface RenamedTable {
  /** On the target. */
  readonly table: Version;
  readonly to: RelationName;
}

/** The attempt under the new names. */
export async function renameMerged(attempt: MergeAttempt): Promise<MergeAttempt> {
  const { transaction, target, objects } = attempt;
  const rename = async ({ table, to }: RenamedTable): Promise<void> =>
    await (target === MAIN
      ? renameOnMain(transaction, table, to)
      : renameOnBranch(transaction, target, table, to));
  for (let left = objects.renamed; left.length > 0;) {
    const taken = new Set(left.map(({ table }) => relationKey(table)));
    const free = left.filter(({ to }) => !taken.has(relationKey(to)));
    for (const one of free) await rename(one);
    left = left.filter((one) => !free.includes(one));
    const [first, ...others] = left;
    if (free.length > 0 || first === undefined) continue;
    // They take each other's names: one of them goes aside for a moment.
    const aside = { schema: first.table.schema, name: `${first.table.name}#aside` };
    await rename({ table: first.table, to: aside });
    left = [...others, { table: { ...first.table, ...aside }, to: first.to }];
  }
  return underNewNames(attempt);
}

/** What gets another name on the target. */
export async function newNames({ transaction, objects, tables }: MergeAttempt): Promise<readonly NewName[]> {
  const found: NewName[] = [];
  for (const { target: from, schema } of tables) {
    const to = objects.renamed.find(({ table }) => relationKey(table) === relationKey(from))?.to ?? from;
    if (schema.renamed.size === 0) {
      if (to !== from) found.push({ from, to });
      continue;
    }
    const { columns } = await transaction.definitionOf(from);
    const names = columns.map(({ name }) => [name, schema.renamed.get(name) ?? name] as const);
    const gone = new Set(schema.dropped.map(({ droppedBy, other }) => (droppedBy === "source" ? other : "")));
    found.push({ from, to, columns: names.filter(([was]) => !gone.has(was)) });
  }
  return found;
}

/** By the names that the tables had before. */
export function byOldNames<T>(
  { objects }: MergeAttempt,
  of: (table: RelationName) => T,
): (table: RelationName) => T {
  const names = new Map(objects.renamed.map(({ table, to }) => [relationKey(to), table]));
  return (table) => of(names.get(relationKey(table)) ?? table);
}

/** A table with indexes is made anew: DuckDB renames none such. */
async function renameOnMain(transaction: Transaction, from: Version, to: RelationName): Promise<void> {
  const { connection } = transaction;
  const place = { schema: from.schema, name: from.name };
  const definition = await physicalDefinition(connection, place);
  if (definition === undefined) throw undefinedTable(from);
  transaction.copied.rename(from, to);
  transaction.markReplaced(from);
  transaction.markCreated(to);
  const isMoved = normaliseName(from.schema) !== normaliseName(to.schema);
  if (!isMoved && definition.indexes.length === 0) {
    await connection.run(`ALTER TABLE ${physicalName(place)} RENAME TO ${quoteIdentifier(to.name)}`);
    return;
  }
  const moved = changedDefinition(definition, place, to.name, { kind: "move", place: to });
  await rebuildTable(connection, place, moved);
  markCopied(transaction, [place]);
}

async function renameOnBranch(
  transaction: Transaction,
  head: HeadId,
  from: Version,
  { schema, name }: RelationName,
): Promise<void> {
  await transaction.lock(from, head);
  await transaction.lock({ schema, name }, head);
  const version = await transaction.writableVersion(from, head);
  if (version.layer?.kind === "overlay") refuseChanged(transaction, version);
  dropOnBranch(transaction, head, version);
  const mark = transaction.state.own(head, { schema, name });
  if (mark !== undefined) transaction.endVersion(mark);
  const { kind, physical, definition, objectId, lineage } = version;
  const layer = renamedLayer(version);
  transaction.addVersion({ head, schema, name, kind, physical, definition, objectId, layer, lineage });
  transaction.markDefinitionsChanged();
}

/** The base of an overlay goes on by the name it had. */
export function renamedLayer({ schema, name, layer }: Version): Layer | null {
  return layer?.kind === "overlay" ? { base: { schema, name }, ...layer } : layer;
}

function underNewNames(attempt: MergeAttempt): MergeAttempt {
  const names = new Map(attempt.objects.renamed.map(({ table, to }) => [relationKey(table), to]));
  const nameOf = <T extends RelationName>(relation: T): T => {
    const to = names.get(relationKey(relation));
    return to === undefined ? relation : { ...relation, schema: to.schema, name: to.name };
  };
  return {
    ...attempt,
    objects: { ...attempt.objects, renamed: [] },
    tables: attempt.tables.map((table) => ({
      ...table,
      target: nameOf(table.target),
      input: { ...table.input, relation: nameOf(table.input.relation) },
    })),
    plans: attempt.plans.map((plan) => ({
      ...plan,
      input: { ...plan.input, relation: nameOf(plan.input.relation) },
    })),
  };
}

/** As people read it. */
export function renameStep({ to }: RenamedTable): string {
  return `table renamed to "${displayName(to)}"`;
}

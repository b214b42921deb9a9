/** What a branch made, dropped or renamed is made, dropped or renamed by its merge. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { numberCell, type Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import type { BranchContext } from "./branch-context.js";
import { commentStatements } from "./comments.js";
import type { Identity } from "./copied-tables.js";
import type { DefinitionConflicts } from "./definition-conflicts.js";
import { dropTables } from "./dropped-tables.js";
import type { Descent } from "./descent.js";
import type { Retyped } from "./merge-enums.js";
import { displayName } from "./merge-ledger.js";
import { viewNote } from "./materialized-views.js";
import { mergeHeadObjects, type ObjectStep } from "./merge-head-objects.js";
import type { SequencePlaces } from "./merge-object-steps.js";
import type { RenamedTable } from "./merge-renames.js";
import { mergeViews, type ViewChange } from "./merge-views.js";
import { movedSequences } from "./moved-sequences.js";
import {
  MAIN,
  relationKey,
  tablesOf,
  type Branch,
  type HeadId,
  type RelationName,
  type Version,
} from "./model.js";
import type { MergeAttempt, WinnerOf } from "./merge-types.js";
import type { Registry } from "./registry.js";
import type { RegistryState } from "./registry-state.js";
import { rowsOf } from "./rows.js";
import { newPhysicalTable } from "./storage.js";
import { physicalName } from "./system-schema.js";
import { storedColumns, type TableDefinition } from "./table-definition.js";
import { createIndexOn } from "./table-rebuild.js";
import type { DescribedTable } from "./table-properties.js";
import type { Transaction } from "./transaction.js";

export interface CreatedTable {
  readonly source: Version;
  readonly says: DescribedTable;
  readonly rows: number;
  /** Where the rows are, if the source's own table has gone already; it goes when they are read. */
  readonly kept?: string;
  /** Of a table that comes back; without one it is a new table. */
  readonly identity?: Identity;
}

export interface MergeObjects {
  readonly created: readonly CreatedTable[];
  /** Of the target. */
  readonly dropped: readonly Version[];
  readonly renamed: readonly RenamedTable[];
  readonly views: readonly ViewChange[];
  readonly others: readonly ObjectStep[];
}

export const NO_OBJECTS: MergeObjects = { created: [], dropped: [], renamed: [], views: [], others: [] };

/** What means something else on the target goes to `conflicts`. */
export async function mergeObjects(
  context: BranchContext,
  transaction: Transaction,
  { branch, target, descents, unchanged, renamed, winnerOf, retyped }: MergeHeads,
  conflicts: DefinitionConflicts,
): Promise<MergeObjects> {
  const { state } = transaction;
  const created: CreatedTable[] = [];
  const dropped: Version[] = [];
  for (const { base, source } of descents) {
    if (source?.kind === "table" && base === undefined)
      created.push(await createdTable(context, transaction, source, retyped));
    if (source !== undefined || base?.kind !== "table") continue;
    const there = targetTable(state, target, base) ?? state.find(target, base);
    if (there === undefined) continue;
    const isUnchanged =
      unchanged.has(base) ||
      (there.kind === "table" && (await isSameState(context, transaction, base, there)));
    const line = `table "${displayName(base)}" was dropped in the branch, and changed on the target`;
    // Another one of its name is not the one that was dropped: nobody can choose it to go.
    const isItself = there.objectId === base.objectId && there.kind === "table";
    if (!isUnchanged && !isItself) conflicts.refuse(line, displayName(base));
    else if (isUnchanged || conflicts.settle(winnerOf(base), line, displayName(base)) === "source")
      dropped.push(there);
  }
  const sides = { transaction, texts: context.texts, branch, target, winnerOf };
  const views = await mergeViews(sides, descents, conflicts);
  const others = mergeHeadObjects(sides, conflicts);
  const objects = { created, dropped, renamed, views, others };
  for (const name of takenNames(state, target, objects))
    conflicts.refuse(`"${name}" was made on both sides`, name);
  return objects;
}

/** A table of the base, whatever the target calls it now. Of main a renamed table without a key is another one. */
export function targetTable(
  state: RegistryState,
  target: HeadId,
  { schema, name, objectId }: Version,
): Version | undefined {
  const there = state.find(target, { schema, name });
  if (there?.objectId === objectId) return there;
  return state.visible(target).find((own) => own.kind === "table" && own.objectId === objectId);
}

/** What was changed and changed back is unchanged. It costs the table, where it was written at all. */
export async function isSameState(
  { storage }: BranchContext,
  transaction: Transaction,
  base: Version,
  there: Version,
): Promise<boolean> {
  if (there.id === base.id) return true;
  if (there.objectId !== base.objectId || relationKey(there) !== relationKey(base)) return false;
  const [before, after] = [await transaction.definitionOf(base), await transaction.definitionOf(there)];
  if (textsOf(before) !== textsOf(after)) return false;
  // Nobody wrote the rows of a materialized view: it is what its query says.
  const [query, others] = [await viewNote(transaction, there), await viewNote(transaction, base)];
  if (query !== undefined || others !== undefined) return query?.query === others?.query;
  if ((await commentsText(transaction, base)) !== (await commentsText(transaction, there))) return false;
  const rows = [base, there].map(
    (version) => `SELECT * FROM ${storage.relation(transaction.state, version)} AS r`,
  );
  const [one, other] = [rows.join(" EXCEPT ALL "), rows.toReversed().join(" EXCEPT ALL ")];
  const [different] = await transaction.connection.rows(
    `SELECT 1 AS different FROM ((${one}) UNION ALL (${other})) LIMIT 1`,
  );
  return different === undefined;
}

async function commentsText(transaction: Transaction, table: Version): Promise<string> {
  const comments = await transaction.commentsOf(table);
  return JSON.stringify(comments.map(({ column, comment }) => JSON.stringify([column, comment])).toSorted());
}

/** Wherever its rows are, and whatever its sequences are called there. */
function textsOf({ elements, indexes }: TableDefinition): string {
  const place = { schema: "anywhere", name: "any" };
  const made = indexes.map((index) => createIndexOn(index, place));
  const said = elements.map(({ text }) => text.replaceAll(/\bnextval\('(?:[^']|'')*'\)/gi, "nextval()"));
  return JSON.stringify([said, made.toSorted()]);
}

interface MergeHeads {
  readonly branch: Branch;
  readonly target: HeadId;
  readonly descents: readonly Descent[];
  /** Tables of the base that the target is known to have as they were: to find out may cost all their rows. */
  readonly unchanged: ReadonlySet<Version>;
  readonly renamed: readonly RenamedTable[];
  readonly winnerOf: WinnerOf;
  readonly retyped: Retyped;
}

/** Names that the merge gives, and something has that it leaves there. */
function takenNames(
  state: RegistryState,
  target: HeadId,
  { created, dropped, renamed, views }: MergeObjects,
): readonly string[] {
  const freed = new Set(
    [...dropped, ...renamed.map(({ table }) => table), ...views.flatMap(({ before }) => before ?? [])].map(
      (version) => relationKey(version),
    ),
  );
  const given = [
    ...created.map(({ source }) => source),
    ...renamed.map(({ to }) => to),
    ...views.flatMap(({ after }) => after ?? []),
  ];
  return given
    .filter((name) => state.find(target, name) !== undefined && !freed.has(relationKey(name)))
    .map(displayName);
}

async function createdTable(
  context: BranchContext,
  transaction: Transaction,
  source: Version,
  retyped: Retyped,
): Promise<CreatedTable> {
  const definition = retyped(await transaction.definitionOf(source));
  const comments = await transaction.commentsOf(source);
  const rows = numberCell(
    await oneRow(transaction.connection, `SELECT count(*) AS rows FROM ${rowsOf(transaction.state, source)}`),
    "rows",
  );
  return { source, says: { definition, comments }, rows };
}

async function oneRow(connection: Connection, sql: string): Promise<Parameters<typeof numberCell>[0]> {
  const [row] = await connection.rows(sql);
  if (row === undefined) throw new Error("an aggregate returned no row");
  return row;
}

/** Before any row is written. */
export async function dropMerged(
  transaction: Transaction,
  target: HeadId,
  dropped: readonly Version[],
): Promise<void> {
  if (target === MAIN) {
    for (const { schema, name } of dropped) transaction.markReplaced({ schema, name });
    await dropTables(transaction.connection, dropped.map(physicalName));
    return;
  }
  for (const version of dropped) {
    await transaction.lock(version, target);
    const { schema, name, objectId } = version;
    if (version.head === target) {
      await dropTables(transaction.connection, tablesOf(version).map(physicalName));
      transaction.endVersion(version);
    }
    if (transaction.state.find(target, version) !== undefined)
      transaction.addVersion({
        head: target,
        schema,
        name,
        kind: "dropped",
        objectId,
        physical: null,
        definition: null,
      });
  }
}

/** The target's own table, with the rows, indexes, comments and sequences of the branch's. */
export async function createMerged(
  transaction: Transaction,
  target: HeadId,
  created: readonly CreatedTable[],
  gone: SequencePlaces,
): Promise<void> {
  const { connection } = transaction;
  for (const { source, says, rows, kept, identity } of created) {
    const { schema, name } = source;
    await transaction.lock(source, target);
    const place = target === MAIN ? { schema, name } : newPhysicalTable(transaction.state, source, target);
    const { elements } = says.definition;
    const texts = await movedSequences(
      connection,
      elements.map(({ text }) => text),
      { table: name, place: { ...place, isMain: target === MAIN }, gone },
    );
    await connection.run(`CREATE TABLE ${physicalName(place)} (${texts.join(", ")})`);
    const columns = storedColumns(says.definition)
      .map((column) => quoteIdentifier(column.name))
      .join(", ");
    const added = await connection.change(
      `INSERT INTO ${physicalName(place)} (${columns}) SELECT ${columns} FROM ${kept ?? rowsOf(transaction.state, source)} AS r`,
    );
    if (added !== rows)
      throw new SqlError(SQLSTATE.internalError, `merge aborted: table "${name}" would have ${added} rows`);
    if (kept !== undefined) await connection.run(`DROP TABLE ${kept}`);
    for (const index of says.definition.indexes) await connection.run(createIndexOn(index, place));
    for (const sql of commentStatements(says.comments, place)) await connection.run(sql);
    if (target === MAIN) {
      transaction.markCreated(source);
      if (identity !== undefined) transaction.copied.revive(source, identity);
    } else {
      const mark = transaction.state.own(target, source);
      if (mark !== undefined) transaction.endVersion(mark);
      const table = { kind: "table", physical: place, definition: null } as const;
      transaction.addVersion({ head: target, schema, name, ...table, ...identity });
    }
    transaction.markDefinitionsChanged();
  }
}

/** Relations of the target that are made, dropped or defined anew. */
export function objectRelations({ created, dropped, renamed, views }: MergeObjects): readonly RelationName[] {
  return [
    ...created.map(({ source }) => source),
    ...dropped,
    ...renamed.flatMap(({ table, to }) => [table, to]),
    ...views.flatMap(({ before, after }) => [before ?? [], after ?? []].flat()),
  ];
}

/** What leans on a definition was asked for in the snapshot, and so was what the branch has made. */
export function isRedefinedSince(
  registry: Registry,
  { tables, objects, branch, target, transaction: { snapshot } }: MergeAttempt,
  state: RegistryState,
): boolean {
  const changes =
    Object.values(objects).some((some) => some.length > 0) || tables.some(({ schema }) => schema.remakes);
  return (
    objectIds(state, branch) !== objectIds(snapshot.state, branch) ||
    (changes && registry.definedAt(target) > snapshot.definitions) ||
    // A table may have been made anew because many of its rows changed.
    tables.some((table) => registry.tableDefinedAt({ ...table.target, head: target }) > snapshot.definitions)
  );
}

/** Of functions, types, sequences and schemas that the branch has, or has dropped. */
function objectIds(state: RegistryState, { id }: Branch): string {
  return state
    .objectsOf(id)
    .flatMap((object) => (object.to === null ? [object.id] : []))
    .toSorted((a, b) => a - b)
    .join();
}

/** What a branch brings to a merge: per changed table its three states, checked to be comparable row by row. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { normaliseName } from "../sql/names.js";
import type { HeadObject } from "./head-objects.js";
import type { BranchContext } from "./branch-context.js";
import { comparedRows } from "./compared-rows.js";
import { displayName } from "./merge-ledger.js";
import type { MergeInput } from "./merge-plan.js";
import type { Branch, HeadId, Version } from "./model.js";
import { hidesRowIds } from "./overlay-shape.js";
import type { RegistryState } from "./registry-state.js";
import { numberedStates } from "./row-identity.js";
import { createIndexOn, indexName } from "./table-rebuild.js";
import { differingProperties, propertiesOf, type TableProperties } from "./table-properties.js";
import { storedColumns, type TableDefinition } from "./table-definition.js";
import type { Transaction } from "./transaction.js";

/** The three states of one table, and what its target says about foreign keys. */
export interface MergeTable {
  readonly input: MergeInput;
  readonly target: Version;
  /** Tables the target refers to, as the catalogue names them. */
  readonly references: readonly string[];
  /** CREATE INDEX statements of indexes that the branch made. */
  readonly addedIndexes: readonly string[];
  /** Names of indexes that the branch dropped and the target still has. */
  readonly droppedIndexes: readonly string[];
}

/**
 * The tables a branch changed, ready to be compared.
 *
 * Errors  0A000 for schema changes on either side: merging them is not built yet, and guessing would lose data
 */
export async function mergeTables(
  context: BranchContext,
  transaction: Transaction,
  branch: Branch,
  target: HeadId,
): Promise<MergeTable[]> {
  const { state } = transaction;
  const changed = state.liveVersionsOf(branch.id);
  const schemaChanges = changed.filter(
    (version) => version.kind !== "table" || state.findBase(branch, version)?.objectId !== version.objectId,
  );
  const objects = state.objectsOf(branch.id).filter(({ to }) => to === null);
  if (schemaChanges.length + objects.length > 0) throw schemaChangeRefused(branch, schemaChanges, objects);
  const tables: MergeTable[] = [];
  for (const source of changed.toSorted((a, b) => displayName(a).localeCompare(displayName(b)))) {
    const base = state.findBase(branch, source);
    const targetVersion = state.find(target, source);
    if (base === undefined) throw schemaChangeRefused(branch, [source]);
    if (targetVersion === undefined || targetVersion.objectId !== base.objectId) {
      throw notSupported(
        `cannot merge table "${displayName(source)}": it was dropped or replaced on the target since the branch was made`,
      );
    }
    tables.push(await mergeTable(context, transaction, { base, source, target: targetVersion }));
  }
  return tables;
}

async function mergeTable(
  context: BranchContext,
  transaction: Transaction,
  versions: Versions,
): Promise<MergeTable> {
  const { storage } = context;
  const source = await transaction.definitionOf(versions.source);
  const target = await transaction.definitionOf(versions.target);
  const base = await transaction.definitionOf(versions.base);
  refuseCollations(versions.source, base);
  await refuseChangesOfBranch(context, transaction, versions);
  refuseChangesOfTarget(versions.source, target, base);
  return {
    input: {
      relation: versions.target,
      key: target.primaryKey,
      columns: storedColumns(target).map((column) => column.name),
      ...states(transaction.state, versions),
      target: storage.relation(transaction.state, versions.target),
      ...(target.primaryKey.length > 0 ? NO_IDS : withIds(transaction.state, versions, base, target)),
    },
    target: versions.target,
    references: target.foreignKeys.map((key) => key.references),
    addedIndexes: indexesWithout(indexesWithout(source.indexes, base.indexes), target.indexes),
    droppedIndexes: indexesWithout(base.indexes, source.indexes)
      .filter((index) => indexesWithout([index], target.indexes).length === 0)
      .map(indexName),
  };
}

/** The indexes of one table that another does not have, whatever the tables are called. */
function indexesWithout(indexes: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others.map(indexText));
  return indexes.filter((index) => !known.has(indexText(index)));
}

function indexText(index: string): string {
  return createIndexOn(index, { schema: "", name: "" });
}

/** Rows that cannot differ need not be there. */
function states(state: RegistryState, { base, source }: Versions): Pick<MergeInput, "base" | "source"> {
  const { before, after } = comparedRows(state, base, source);
  return { base: before, source: after };
}

const NO_IDS = { baseWithIds: "", targetWithIds: "" };

function withIds(
  state: RegistryState,
  { base, target }: { readonly base: Version; readonly target: Version },
  ...definitions: readonly TableDefinition[]
): Pick<MergeInput, "baseWithIds" | "targetWithIds"> {
  if (definitions.some(hidesRowIds)) {
    throw notSupported(
      `cannot merge table "${displayName(target)}": it has no primary key, and its rows cannot be told apart`,
    );
  }
  const numbered = numberedStates(state, base, target);
  return { baseWithIds: numbered.base, targetWithIds: numbered.target };
}

/** DuckDB compares such columns by their collation, so a change of letters only would be no change. */
function refuseCollations(table: Version, base: TableDefinition): void {
  const collated = base.columns.find((column) => /\bcollate\b/i.test(column.type));
  if (collated === undefined) return;
  throw notSupported(
    `cannot merge table "${displayName(table)}": column "${collated.name}" has a collation, and its changes cannot be told apart safely`,
  );
}

type Versions = Readonly<Record<"base" | "source" | "target", Version>>;

/**
 * What the branch changed of the definition and the target does not have would be left behind. Indexes are not: they are
 * merged.
 *
 * Errors  0A000 with a line for each
 */
async function refuseChangesOfBranch(
  context: BranchContext,
  transaction: Transaction,
  { base, source, target }: Versions,
): Promise<void> {
  const read = async (version: Version): Promise<TableProperties> =>
    propertiesOf(
      {
        definition: await transaction.definitionOf(version),
        comments: await context.definitions.commentsOf(transaction.view, version),
      },
      source.name,
    );
  const [before, after, now] = [await read(base), await read(source), await read(target)];
  const lost = differingProperties(before, after).filter(
    (key) => !key.startsWith("index ") && after.get(key)?.text !== now.get(key)?.text,
  );
  if (lost.length === 0) return;
  throw new SqlError(
    SQLSTATE.featureNotSupported,
    `cannot merge table "${displayName(source)}": its definition was changed in the branch since it was made`,
    {
      detail: lost.map((key) => changeLine(key, before, after)).join("\n"),
      hint: "make the same change on main; then the branch's rows can be merged",
    },
  );
}

/** `new check constraint "a_is_positive"` */
function changeLine(key: string, before: TableProperties, after: TableProperties): string {
  const [old, current] = [before.get(key), after.get(key)];
  if (old === undefined) return `new ${current?.name ?? key}`;
  return `${current === undefined ? "dropped" : "changed"} ${old.name}`;
}

/** What the target changed stays as it is there; only rows that could not be compared any more are in the way. */
function refuseChangesOfTarget(table: Version, target: TableDefinition, base: TableDefinition): void {
  if (shapeOf(target) === shapeOf(base)) return;
  throw notSupported(
    `cannot merge table "${displayName(table)}": its columns or key were changed on the target since the branch was made`,
    "merging such changes is not supported yet; make a new branch",
  );
}

/** Stored columns with their types, in any order, and the key: what must be equal for rows to be comparable. */
function shapeOf(definition: TableDefinition): string {
  const columns = storedColumns(definition).map(({ name, type }) =>
    JSON.stringify([normaliseName(name), type]),
  );
  return JSON.stringify([columns.toSorted(), definition.primaryKey.map(normaliseName)]);
}

function schemaChangeRefused(
  branch: Branch,
  versions: readonly Version[],
  objects: readonly HeadObject[] = [],
): SqlError {
  const list = [
    ...versions.map(
      (version) =>
        `${version.kind === "dropped" ? "dropped" : `new ${version.kind}`} "${displayName(version)}"`,
    ),
    ...objects.map(
      (object) => `${object.dropped ? "dropped" : "new"} ${object.kind} "${displayName(object)}"`,
    ),
  ];
  return new SqlError(
    SQLSTATE.featureNotSupported,
    `cannot merge branch "${branch.name}": it changed the schema, not only rows`,
    {
      detail: list.join(", "),
      hint: "make the schema change on main, and only the changes of rows in the branch",
    },
  );
}

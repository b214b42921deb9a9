/**
 * How a branch's own tables are made, from what it inherits: an overlay where row ids last, otherwise a copy of the whole
 * table. Everything above asks through `TableStorage`; how the rows are read is in rows.ts.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import type { TableComment } from "./catalog-reader.js";
import type { UnkeptTable } from "./changed-rows.js";
import { commentStatements } from "./comments.js";
import type { CatalogView, KnownDefinitions } from "./known-definitions.js";
import type { LockTable } from "./locks.js";
import {
  relationKey,
  type HeadId,
  type Layer,
  type PhysicalTable,
  type RelationName,
  type Sequence,
  type Version,
} from "./model.js";
import { hidesRowIds, overlayShape, type OverlayShape } from "./overlay-shape.js";
import { preserve } from "./preserve.js";
import { keepsRowIds } from "./row-ids.js";
import type { Registry } from "./registry.js";
import type { RegistryState } from "./registry-state.js";
import { baseRows, BATCH, requireBefore, ROW_ID, rowsOf, type Reading } from "./rows.js";
import { physicalName, STORE_SCHEMA } from "./system-schema.js";
import {
  createStatementFor,
  definitionOfCopy,
  storedColumns,
  type TableDefinition,
} from "./table-definition.js";
import { createIndexOn, indexParts } from "./table-rebuild.js";
import { nothingTouched } from "./touched-rows.js";

export interface TableStorage {
  /** What statements have to know of a table that is, or could be, an overlay; undefined where it could not. */
  shape(view: CatalogView, version: Version): Promise<OverlayShape | undefined>;
  /** Whether rows of the table keep their ids, so that a log can name them; `inPlace`: as long as none is deleted. */
  keepsRowIds(view: CatalogView, version: Version, inPlace: boolean): Promise<boolean>;
  /** SQL that stands where a table name may stand and yields the version's rows. */
  relation(state: RegistryState, version: Version, reading?: Reading): string;
  /**
   * Makes a branch's own image of a table it has only inherited: an overlay if asked for and possible.
   *
   * Atomic  the caller's transaction
   */
  fork(view: CatalogView, state: RegistryState, request: ForkRequest): Promise<Layer | null>;
  /** Turns an overlay into a table with all the rows. Atomic: the caller's transaction. */
  promote(view: CatalogView, state: RegistryState, overlay: Version): Promise<void>;
  /** Keeps what pins read of tables that are about to change, and says as of which point; see preserve.ts. */
  preserve(tables: readonly UnkeptTable[], signal: AbortSignal): Promise<Sequence>;
}

export interface ForkRequest {
  readonly inherited: Version;
  readonly head: HeadId;
  /** Id of the version to be made. */
  readonly id: number;
  readonly target: PhysicalTable;
  readonly form: ForkForm;
}

const MAX_REMEMBERED = 10_000;

/** Whatever is forgotten is read again. */
function remember<T>(known: Map<number, T>, id: number, value: T): void {
  if (known.size >= MAX_REMEMBERED) known.clear();
  known.set(id, value);
}

/** What is made of an inherited table: an overlay if it can have one, a table with all its rows, or one without any. */
export type ForkForm = "overlay" | "whole" | "empty";

/** How a writer wants a branch's table. */
export interface WritableForm {
  readonly form?: ForkForm;
  /** It takes no row away from an overlay's own table: see row-order.ts. */
  readonly staysInOrder?: boolean;
}

export class LayeredStorage implements TableStorage {
  readonly #shapes = new Map<number, OverlayShape>();
  readonly #keepsRowIds = new Map<number, boolean>();
  readonly #registry: Registry;
  readonly #locks: LockTable;
  readonly #definitions: KnownDefinitions;

  constructor(registry: Registry, locks: LockTable, definitions: KnownDefinitions) {
    this.#registry = registry;
    this.#locks = locks;
    this.#definitions = definitions;
  }

  relation(state: RegistryState, version: Version, reading?: Reading): string {
    return rowsOf(state, version, reading);
  }

  async fork(view: CatalogView, state: RegistryState, request: ForkRequest): Promise<Layer | null> {
    const { inherited, target } = request;
    const { connection } = view;
    const definition = await this.#definitions.definitionOf(view, inherited);
    const comments = await this.#definitions.commentsOf(view, inherited);
    const like = createLike(definition, comments, target);
    this.#definitions.learn(view, request, definitionOfCopy(definition, target), comments);
    const shape = request.form === "overlay" ? overlayShape(definition, inherited.name) : undefined;
    if (shape === undefined) {
      await connection.run(like);
      if (request.form !== "empty") await copyRows(connection, definition, rowsOf(state, inherited), target);
      return null;
    }
    remember(this.#shapes, request.id, shape);
    return await createOverlay(connection, definition, shape, request, like);
  }

  /** By id of version: it cannot change, for what changes the definition of an overlay makes another version of it. */
  async shape(view: CatalogView, version: Version): Promise<OverlayShape | undefined> {
    const known = this.#shapes.get(version.id);
    if (known !== undefined) return known;
    const shape = overlayShape(await this.#definitions.definitionOf(view, version), version.name);
    if (shape !== undefined) remember(this.#shapes, version.id, shape);
    return shape;
  }

  /** By id of version, as above; but an overlay of that id may have become a table. */
  async keepsRowIds(view: CatalogView, version: Version, inPlace: boolean): Promise<boolean> {
    if (version.layer !== null) return false;
    if (inPlace) return !hidesRowIds(await this.#definitions.definitionOf(view, version));
    let keeps = this.#keepsRowIds.get(version.id);
    if (keeps === undefined) {
      keeps = keepsRowIds(await this.#definitions.definitionOf(view, version), version.name);
      remember(this.#keepsRowIds, version.id, keeps);
    }
    return keeps;
  }

  async promote(view: CatalogView, state: RegistryState, overlay: Version): Promise<void> {
    const { physical } = overlay;
    if (physical === null) return;
    const { connection } = view;
    const definition = await this.#definitions.definitionOf(view, overlay);
    await copyRows(connection, definition, baseRows(state, overlay), physical);
    await connection.run(`DROP TABLE ${physicalName(requireBefore(overlay))}`);
    this.#shapes.delete(overlay.id);
  }

  async preserve(tables: readonly UnkeptTable[], signal: AbortSignal): Promise<Sequence> {
    const keeping = { registry: this.#registry, locks: this.#locks, definitions: this.#definitions };
    return await preserve(keeping, tables, signal);
  }
}

/** Statements that make an empty table with keys, NOT NULL, CHECK, defaults, generated columns, indexes and comments. */
function createLike(
  definition: TableDefinition,
  comments: readonly TableComment[],
  target: PhysicalTable,
): string {
  const indexes = definition.indexes.map((index) => createIndexOn(index, target));
  const texts = commentStatements(comments, target);
  return [createStatementFor(definition, target), ...indexes, ...texts].join(";\n");
}

async function copyRows(
  connection: Connection,
  definition: TableDefinition,
  source: string,
  target: PhysicalTable,
): Promise<void> {
  const columns = storedColumns(definition)
    .map((column) => quoteIdentifier(column.name))
    .join(", ");
  await connection.run(
    `INSERT INTO ${physicalName(target)} (${columns}) SELECT ${columns} FROM ${source} AS source`,
  );
}

/**
 * The key of `before` makes DuckDB see that two transactions take over the same row, whatever they do with it then.
 *
 * Over an overlay of the parent the new one takes its rows: however deep branches are nested, there is one base and one overlay.
 */
async function createOverlay(
  connection: Connection,
  definition: TableDefinition,
  { columns, keys }: OverlayShape,
  { inherited, head, id, target }: ForkRequest,
  createTarget: string,
): Promise<Layer> {
  const before = { schema: STORE_SCHEMA, name: `before${id}` };
  // Together: most of what a small statement takes is the way to DuckDB and back.
  await connection.run(`${createTarget};\n${createBefore(before, definition)}`);
  const parent = inherited.layer;
  if (parent?.kind !== "overlay") {
    const indexed = definition.indexes.flatMap(indexParts).flatMap(({ column }) => column ?? []);
    const found = [...new Set([...keys.flatMap((key) => key.columns), ...indexed])].map(normaliseName);
    const layer = { kind: "overlay", before, baseOf: head, touched: nothingTouched(found) } as const;
    // Rows with a key are known by it.
    return definition.primaryKey.length > 0 ? layer : { ...layer, inOrder: true };
  }
  const list = columns.map(quoteIdentifier).join(", ");
  await connection.run(
    `INSERT INTO ${physicalName(target)} (${list}) SELECT ${list} FROM ${physicalName(inherited.physical ?? target)}`,
  );
  await connection.run(`INSERT INTO ${physicalName(before)} SELECT * FROM ${physicalName(parent.before)}`);
  const { numbered: _, inOrder: __, ...layer } = parent;
  return { ...layer, before };
}

/** CREATE TABLE for the rows that an overlay of this definition takes over. */
export function createBefore(before: PhysicalTable, definition: TableDefinition): string {
  const stored = storedColumns(definition).map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  const hidden = `${quoteIdentifier(BATCH)} BIGINT, ${quoteIdentifier(ROW_ID)} BIGINT PRIMARY KEY`;
  return `CREATE TABLE ${physicalName(before)} (${[hidden, ...stored].join(", ")})`;
}

/** Where a branch's own table lives: under its own name, unless a table of another schema has taken it. */
export function newPhysicalTable(state: RegistryState, relation: RelationName, head: HeadId): PhysicalTable {
  const branch = state.branches.get(head);
  if (branch === undefined) throw new SqlError(SQLSTATE.internalError, "the branch is not in the registry");
  const taken = new Set(
    state
      .liveVersionsOf(head)
      .flatMap(({ physical }) =>
        physical === null ? [] : [relationKey({ schema: "", name: physical.name })],
      ),
  );
  const base = relation.schema === "main" ? relation.name : `${relation.schema}.${relation.name}`;
  let name = base;
  for (let n = 2; taken.has(relationKey({ schema: "", name })); n++) name = `${base}#${n}`;
  return { schema: branch.schemaName, name };
}

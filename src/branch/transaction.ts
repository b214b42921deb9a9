/**
 * One DuckDB transaction on one head: the statement, its copy-on-write and its bookkeeping commit together or not at all.
 * Owns the registry changes planned so far and the locks held. Every commit that changes anything goes through the
 * registry's latch, where pins made meanwhile are seen.
 */
import type { Connection } from "../engine/connection.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { TableComment } from "./catalog-reader.js";
import { CopiedTables } from "./copied-tables.js";
import type { BranchContext } from "./branch-context.js";
import { OBJECT_KINDS } from "./head-objects.js";
import { DefinitionChanges, type Extent } from "./definition-changes.js";
import type { CatalogView } from "./known-definitions.js";
import { WrittenRelations, type ChangedRows, type UnkeptTable } from "./changed-rows.js";
import {
  MAIN,
  relationKey,
  tablesOf,
  type HeadId,
  type PhysicalTable,
  type RelationKey,
  type RelationName,
  type Version,
} from "./model.js";
import { rollbackQuietly } from "./preserve.js";
import { loseOrder } from "./row-order.js";
import type { NewVersion, Snapshot, WrittenRelation } from "./registry.js";
import { refuseChangedHeads, type RegistryChange, type RegistryState } from "./registry-state.js";
import { finalChanges, PENDING } from "./final-changes.js";
import { followMainCatalog } from "./main-catalog.js";
import { LivePins } from "./live-pins.js";
import { lostRace, refuseChanged } from "./overlay.js";
import type { OverlayShape } from "./overlay-shape.js";
import { requirePhysical } from "./rows.js";
import { ObjectChanges } from "./object-changes.js";
import { newPhysicalTable, type ForkForm, type WritableForm } from "./storage.js";
import { physicalName } from "./system-schema.js";
import type { TableDefinition } from "./table-definition.js";
import { undefinedTable } from "./undefined-table.js";

/** How often a commit lets pins made meanwhile be served before it holds them up. */
const MAX_PRESERVE_ROUNDS = 100;

/** A last look under the latch, just before the commit: throws to refuse it. */
export type CommitCheck = (state: RegistryState, snapshot: Snapshot) => void;

export class Transaction {
  readonly connection: Connection;
  readonly head: HeadId;
  readonly snapshot: Snapshot;
  /** Tables of the head that TRUNCATE emptied here. */
  readonly truncated = new Set<RelationKey>();
  readonly context: BranchContext;
  readonly #signal: AbortSignal;
  readonly #changes = new Map<number, RegistryChange>();
  readonly #branchChanges: Extract<RegistryChange, { readonly change: "putBranch" }>[] = [];
  readonly #written = new WrittenRelations();
  readonly #pins = new LivePins();
  #state: RegistryState;
  readonly #definitions = new DefinitionChanges();
  readonly copied = new CopiedTables();

  private constructor(
    context: BranchContext,
    connection: Connection,
    head: HeadId,
    snapshot: Snapshot,
    signal: AbortSignal,
  ) {
    this.context = context;
    this.connection = connection;
    this.head = head;
    this.snapshot = snapshot;
    this.#state = snapshot.state;
    this.#signal = signal;
  }

  /**
   * `signal` ends waits for locks and for the preservation of tables. Nobody who holds a lock waits for the head's turn, for who has
   * it may be waiting for the lock.
   */
  static async begin(
    context: BranchContext,
    connection: Connection,
    head: HeadId,
    signal: AbortSignal,
    turn: "waits" | "goes ahead" = "waits",
  ): Promise<Transaction> {
    try {
      if (turn === "waits") await context.turns.pass(head, signal);
      await context.schemas.ensure(head, signal);
      return new Transaction(context, connection, head, await context.registry.begin(connection), signal);
    } catch (error) {
      // Interrupted between BEGIN and the snapshot: nobody would know of the transaction left open.
      await rollbackQuietly(connection);
      throw error;
    }
  }

  /** The registry as this transaction sees it: its snapshot and its own changes. */
  get state(): RegistryState {
    return this.#state;
  }

  get hasWritten(): boolean {
    const planned = this.#changes.size + this.#branchChanges.length;
    return this.#written.size + planned > 0 || this.#definitions.isCatalogChanged;
  }

  /** Relations whose rows or definition this transaction changes. */
  get written(): readonly WrittenRelation[] {
    return this.#written.relations;
  }

  /** Some statement made, altered or dropped something. */
  get definitionsChanged(): boolean {
    return this.#definitions.isChanged;
  }

  /** The catalogue as this transaction sees it. */
  get view(): CatalogView {
    const own = this.#definitions.own(this.head, (head, relation) => this.#written.has(head, relation));
    return { connection: this.connection, definitions: this.snapshot.definitions, own };
  }

  async definitionOf(version: Version): Promise<TableDefinition> {
    return await this.context.definitions.definitionOf(this.view, version);
  }

  async commentsOf(version: Version): Promise<readonly TableComment[]> {
    return await this.context.definitions.commentsOf(this.view, version);
  }

  /** Remembers that a definition changes, on any head. */
  markDefinitionsChanged(extent: Extent = "any"): void {
    this.#definitions.note(extent);
  }

  /** Remembers that main's catalogue changed, or may have: the registry is brought in line at commit. */
  markCatalogChanged(extent: Extent = "any"): void {
    this.#definitions.noteCatalog(extent);
  }

  /**
   * Remembers that rows or definition of a relation change on `head`, so that its pins are served at commit: with a log of
   * the rows that are named, with a copy of everything if they are not known.
   */
  markWritten(relation: RelationName, head: HeadId = this.head, rows: ChangedRows = "unknown"): void {
    this.#written.add({ head, schema: relation.schema, name: relation.name }, rows);
  }

  /** To ask which rows of the head's relation change is worth its time: some pin reads it, and row ids last. */
  async logsRows(relation: RelationName, head: HeadId = this.head, inPlace = false): Promise<boolean> {
    const { registry, storage } = this.context;
    const version = registry.state.own(head, relation);
    if (version === undefined || !registry.state.isRead(version)) return false;
    return await storage.keepsRowIds(this.view, version, inPlace);
  }

  /** Remembers that a name of main stands for another table from here on: dropped, replaced, renamed away, or a copy of it. */
  markReplaced(relation: RelationName, isCopy = false): void {
    this.copied.note(relation, isCopy);
    this.markWritten(relation, MAIN);
    this.#definitions.noteReplaced(relation);
  }

  /** Remembers that this transaction made a table on main. */
  markCreated(relation: RelationName): void {
    this.#definitions.noteCreated(relation);
  }

  /** Tells which relations of a head were changed by what ran before this call. */
  writtenSoFar(head: HeadId): (relation: RelationName) => boolean {
    return this.#written.soFar(head);
  }

  /** Tells which tables of main were made by what ran before this call. */
  createdSoFar(): (relation: RelationName) => boolean {
    return this.#definitions.createdSoFar();
  }

  /** A statement on main whose targets are unknown: every table of main counts as written. */
  markAllWritten(): void {
    this.markCatalogChanged();
    this.objects.markMain(...OBJECT_KINDS);
    for (const version of this.#state.liveVersionsOf(MAIN)) this.markWritten(version, MAIN);
  }

  /**
   * The table to write on a branch, with all its rows in it: its own, made of what it inherits if it has none yet.
   *
   * Errors  42P01 unknown, 42809 a view, 40001 when another session made it after this transaction began
   */
  async writableTable(relation: RelationName, head = this.head, rows?: ChangedRows): Promise<PhysicalTable> {
    if (head === MAIN) {
      this.markWritten(relation, MAIN, rows);
      return { schema: relation.schema, name: relation.name };
    }
    const version = await this.writableVersion(relation, head, rows, { form: "whole" });
    if (version.layer?.kind === "overlay") {
      refuseChanged(this, version);
      this.markWritten(version, head);
      await this.context.storage.promote(this.view, this.#state, version);
      this.putVersion({ ...version, layer: null });
    }
    return requirePhysical(version);
  }

  /** The table to write on a branch by a statement that empties it: what it inherits is not copied. */
  async emptiedTable(relation: RelationName, head: HeadId = this.head): Promise<PhysicalTable> {
    const version = await this.writableVersion(relation, head, "unknown", { form: "empty" });
    if (version.layer?.kind === "overlay") {
      refuseChanged(this, version);
      await this.connection.run(`DROP TABLE ${physicalName(version.layer.before)}`);
      this.putVersion({ ...version, layer: null });
    }
    return requirePhysical(version);
  }

  /** No other session has written the table since the snapshot. */
  isUnchanged(table: Version): boolean {
    return this.context.registry.changedAt(table) <= this.snapshot.sequence;
  }

  /** As `writableTable`, but for a writer that knows what to do with an overlay: then only changed rows are in the table. */
  async writableVersion(
    relation: RelationName,
    head = this.head,
    rows?: ChangedRows,
    { form = "overlay", staysInOrder = false }: WritableForm = {},
  ): Promise<Version> {
    await this.lock(relation, head);
    const version = this.#state.find(head, relation);
    if (version === undefined) throw undefinedTable(relation);
    // Another session has altered, renamed, dropped or made it since the snapshot.
    const { state } = this.context.registry;
    if (this.snapshot.state.own(head, relation)?.id !== state.own(head, relation)?.id)
      throw lostRace(version.name);
    if (version.physical === null) {
      throw new SqlError(SQLSTATE.wrongObjectType, `cannot change view "${relation.name}"`);
    }
    this.markWritten(version, head, rows);
    const writable = version.head === head ? version : await this.#fork(version, head, form);
    if (!staysInOrder || !this.isUnchanged(writable)) loseOrder(this, writable);
    return this.#state.find(head, relation) ?? writable;
  }

  async #fork(inherited: Version, head: HeadId, form: ForkForm): Promise<Version> {
    const target = newPhysicalTable(this.#state, inherited, head);
    const id = this.context.registry.newVersionId();
    const request = { inherited, head, id, target, form };
    const layer = await this.context.storage.fork(this.view, this.#state, request);
    const ends = { from: PENDING, to: null };
    const version = { ...inherited, ...ends, id, head, physical: target, definition: null, layer };
    this.putVersion(version);
    return version;
  }

  /** What statements have to know of a table; undefined for one that can have no overlay. */
  async overlayShape(version: Version): Promise<OverlayShape | undefined> {
    return await this.context.storage.shape(this.view, version);
  }

  /** Takes back a fork of this transaction in which nothing was changed. */
  async dropFork(fork: Version): Promise<void> {
    if (fork.from !== PENDING) return;
    for (const table of tablesOf(fork)) await this.connection.run(`DROP TABLE ${physicalName(table)}`);
    this.#forget({ change: "removeVersion", version: fork });
    this.#written.delete(fork.head, fork);
  }

  /** Holds (branch, table) until the end of the transaction. */
  async lock(relation: RelationName, head: HeadId): Promise<void> {
    await this.context.locks.acquire(`${head} ${relationKey(relation)}`, this, this.#signal);
  }

  /** Records a relation made in this transaction. `objectId` is new unless the relation continues another. */
  addVersion(version: NewVersion): Version {
    const added = this.context.registry.newVersion(version, PENDING);
    this.putVersion(added);
    this.markWritten(version, version.head);
    return added;
  }

  /** A table of a branch under another definition: what is known of a version goes by its id. Errors: 40001 */
  renewVersion(version: Version, layer = version.layer): Version {
    refuseChanged(this, version);
    this.endVersion(version);
    return this.addVersion({ ...version, layer });
  }

  /** Ends a version: pins before this commit keep it, everything later is without it. */
  endVersion(version: Version): void {
    this.markWritten(version, version.head);
    if (version.from === PENDING) this.#forget({ change: "removeVersion", version });
    else this.#plan({ change: "putVersion", version: { ...version, to: PENDING } });
  }

  putVersion(...versions: readonly Version[]): void {
    this.#plan(...versions.map((version) => ({ change: "putVersion", version }) as const));
  }

  #plan(...changes: readonly Exclude<RegistryChange, { readonly change: "putBranch" }>[]): void {
    for (const change of changes)
      this.#changes.set("version" in change ? change.version.id : change.object.id, change);
    const pins = this.#pins.add(changes, this.#state, this.snapshot.sequence);
    this.#state = this.#state.with([...pins, ...changes]);
  }

  /** What this transaction made and undid leaves nothing to record. */
  #forget(change: Extract<RegistryChange, { readonly change: "removeVersion" | "removeObject" }>): void {
    this.#changes.delete("version" in change ? change.version.id : change.object.id);
    this.#state = this.#state.with([change]);
  }

  /** What this transaction does to functions, types, sequences and schemas. */
  readonly objects = new ObjectChanges({
    state: () => this.#state,
    newId: () => this.context.registry.newVersionId(),
    plan: (...changes) => this.#plan(...changes),
    forget: (object) => this.#forget({ change: "removeObject", object }),
  });

  /** Sees the registry with these changes from here on, without making them. */
  imagine(changes: readonly RegistryChange[]): void {
    this.#state = this.#state.with(changes);
  }

  /** Changes a branch's own row. */
  putBranch(change: Extract<RegistryChange, { readonly change: "putBranch" }>): void {
    this.#branchChanges.push(change);
    this.#state = this.#state.with([change]);
  }

  /** Drops a version for good, with no pin left that could read it. */
  removeVersion(version: Version): void {
    this.#plan({ change: "removeVersion", version });
  }

  /**
   * Commits. Tables whose state a pin still needs are preserved first, outside the latch, and the question is asked again
   * under it, so a branch created at any moment of this transaction sees the state before it.
   *
   * Errors  55000 when the branch ended meanwhile; whatever `check` throws; then everything is rolled back
   */
  async commit(check?: CommitCheck): Promise<void> {
    try {
      if (this.hasWritten) await this.#commitChanges(check);
      else await this.connection.commit();
    } catch (error) {
      this.context.budgets.forget(this.head);
      await rollbackQuietly(this.connection);
      throw error;
    } finally {
      this.context.locks.releaseAll(this);
    }
  }

  async rollback(): Promise<void> {
    try {
      await rollbackQuietly(this.connection);
    } finally {
      this.context.locks.releaseAll(this);
    }
  }

  async #commitChanges(check: CommitCheck | undefined): Promise<void> {
    const { registry, storage } = this.context;
    if (this.#definitions.isCatalogChanged) await followMainCatalog(this, registry, this.#definitions);
    const measured = await this.context.budgets.measure(this);
    for (let round = 0; round < MAX_PRESERVE_ROUNDS; round++) {
      let needed: UnkeptTable[] = [];
      const committed = await registry.commit(this.connection, (state, sequence) => {
        const made = [...this.written, ...this.objects.made];
        refuseChangedHeads(this.snapshot.state, state, made, this.#branchChanges);
        this.copied.refuseChanged(registry, this.snapshot.sequence);
        check?.(state, this.snapshot);
        needed = this.#written.unkept(state);
        if (needed.length > 0) return undefined;
        this.context.races.check(this, (table) => registry.changedAt(table));
        this.context.budgets.claim(this, measured, state);
        const planned = [...this.#changes.values()];
        const pins = this.#pins.final(planned, { registry, state, since: this.snapshot.sequence, sequence });
        return {
          changes: finalChanges([...planned, ...pins, ...this.#branchChanges], state, sequence),
          written: this.written,
          redefined: this.#definitions.redefined(this.head, this.written),
          committed: () => this.context.races.note(this, sequence),
        };
      });
      if (committed !== undefined) return;
      const keptAt = await storage.preserve(needed, this.#signal);
      for (const { version } of needed) this.#written.markKept(version, keptAt);
    }
    throw new SqlError(
      SQLSTATE.serializationFailure,
      "could not commit: branches are being created faster than tables can be preserved",
    );
  }
}

/**
 * The registry in memory and in the file, and the one order in which commits happen. Owns the commit latch: whoever holds
 * it is the only one whose commit, or whose snapshot, is being taken, so a DuckDB snapshot and a `RegistryState` captured
 * under it always belong to the same instant.
 */
import { randomBytes } from "node:crypto";
import { Mutex } from "../core/mutex.js";
import type { Connection } from "../engine/connection.js";
import { DATA_CATALOG, type Database } from "../engine/database.js";
import {
  headId,
  MAIN,
  relationKey,
  type HeadId,
  type RelationKey,
  type RelationName,
  type Sequence,
  type Version,
} from "./model.js";
import { newLineage } from "./column-lineage.js";
import { MaterializedMarks } from "./materialized-views.js";
import { rollbackQuietly } from "./preserve.js";
import type { RegistryChange, RegistryState } from "./registry-state.js";
import {
  appendChanges,
  openSystemSchema,
  removeSuperseded,
  SYSTEM_SCHEMA,
  type OpenedRegistry,
} from "./system-schema.js";

export interface Snapshot {
  readonly state: RegistryState;
  readonly sequence: Sequence;
  /** Another number whenever a commit may have changed the definition of a table. */
  readonly definitions: number;
}

/** What is read of the registry without a snapshot of DuckDB's. */
export type Moment = Pick<Snapshot, "state" | "definitions">;

/** A version as it is made; `objectId` where it continues another. */
export type NewVersion = Omit<Version, "id" | "objectId" | "from" | "to" | "layer" | "lineage"> &
  Partial<Pick<Version, "objectId" | "layer" | "lineage">>;

export interface WrittenRelation extends RelationName {
  readonly head: HeadId;
}

/** So many entries are worth a look at the logs. */
const COMPACTED_ENTRIES = 10_000;

export class Registry {
  readonly database: Database;
  readonly materialized: MaterializedMarks;
  /** Sequences of changes can be compared within one opening of the file only. */
  readonly opening = randomBytes(4).toString("hex");
  readonly #latch = new Mutex();
  /** A commit is under way that changes the state or a definition: DuckDB may show it before this object does. */
  #isChanging = false;
  #state: RegistryState;
  #sequence: Sequence;
  #definitions = 0;
  #objectDefinitions = 0;
  /** The number that the last change of a definition on each head gave; on main it may concern every head. */
  readonly #definedAt = new Map<HeadId, number>();
  /** The same of changes that may have concerned any table, and of those that concerned one. */
  readonly #anyDefinedAt = new Map<HeadId, number>();
  readonly #tableDefinedAt = new Map<HeadId, Map<RelationKey, number>>();
  #versionId: number;
  #objectId: number;
  /** Commits that have begun, and that have ended: while the numbers differ DuckDB may show one that this object has not heard of. */
  #begun = 0;
  #ended = 0;
  /** Entries since the logs were last compacted. */
  #appended = 0;
  /** When each relation of each head was last changed by a commit of this process. */
  readonly #changedAt = new Map<HeadId, Map<RelationKey, Sequence>>();

  private constructor(
    database: Database,
    { state, highest }: OpenedRegistry,
    materialized: MaterializedMarks,
  ) {
    this.database = database;
    this.materialized = materialized;
    this.#state = state;
    this.#sequence = highest.sequence;
    this.#versionId = highest.versionId;
    this.#objectId = highest.objectId;
  }

  static async open(database: Database): Promise<Registry> {
    using connection = await database.connect("data");
    const opened = await openSystemSchema(connection);
    return new Registry(database, opened, await MaterializedMarks.read(connection));
  }

  /** The newest committed state. Hold on to one value for the length of a decision. */
  get state(): RegistryState {
    return this.#state;
  }

  /** The newest commit: what was read from the catalogue since then is still what it holds. */
  get sequence(): Sequence {
    return this.#sequence;
  }

  /** Grows with every commit that changes a definition. */
  get definitions(): number {
    return this.#definitions;
  }

  /** Grows with every commit that may change more than definitions of tables and views: of types, functions, sequences … */
  get objectDefinitions(): number {
    return this.#objectDefinitions;
  }

  /** What a name means, and what it stands for. */
  get moment(): Moment {
    return { state: this.#state, definitions: this.#definitions };
  }

  /**
   * True if nothing has changed since `moment` was read: then a snapshot that DuckDB took meanwhile, whenever that was,
   * shows what `moment` describes.
   */
  isStill({ state, definitions }: Moment): boolean {
    return !this.#isChanging && state === this.#state && definitions === this.#definitions;
  }

  /** True if what has just been read of the catalogue belongs to that number of definitions. */
  isStillDefined(definitions: number): boolean {
    return !this.#isChanging && definitions === this.#definitions;
  }

  /** A number that is the same as long as nothing is committed; undefined while something is. */
  get quiet(): number | undefined {
    return this.#begun === this.#ended ? this.#ended : undefined;
  }

  /** The number since which no definition on the head has changed. */
  definedAt(head: HeadId): number {
    return Math.max(this.#definedAt.get(head) ?? 0, this.#definedAt.get(MAIN) ?? 0);
  }

  /** The number since which the definition of a head's table has not changed. */
  tableDefinedAt(table: WrittenRelation): number {
    const any = Math.max(this.#anyDefinedAt.get(table.head) ?? 0, this.#anyDefinedAt.get(MAIN) ?? 0);
    return Math.max(any, this.#tableDefinedAt.get(table.head)?.get(relationKey(table)) ?? 0);
  }

  newVersionId(): number {
    return ++this.#versionId;
  }

  newObjectId(): number {
    return ++this.#objectId;
  }

  /** With ids of its own, open from a point on. */
  newVersion(version: NewVersion, from: Sequence): Version {
    const objectId = version.objectId ?? this.newObjectId();
    const id = this.newVersionId();
    return { layer: null, lineage: newLineage(id), ...version, id, objectId, from, to: null };
  }

  /** Twelve random hexadecimal digits, unused so far. */
  newBranchId(): HeadId {
    for (;;) {
      const id = headId(randomBytes(6).toString("hex"));
      if (!this.#state.branches.has(id)) return id;
    }
  }

  /**
   * Begins a DuckDB transaction on `connection` and captures the registry state of exactly its snapshot.
   * DuckDB takes a snapshot at the first access to a catalogue, not at BEGIN: hence the read.
   */
  async begin(connection: Connection): Promise<Snapshot> {
    return await this.#latch.run(async () => {
      await connection.runConstant("BEGIN");
      await connection.runConstant(`SELECT 1 FROM ${DATA_CATALOG}.${SYSTEM_SCHEMA}.format LIMIT 0`);
      return { state: this.#state, sequence: this.#sequence, definitions: this.#definitions };
    });
  }

  /**
   * Runs `work` while no other commit or snapshot can happen. `work` decides on the newest state and returns what to
   * commit on `connection`, or undefined to commit nothing (its transaction stays open).
   *
   * Atomic  registry rows and the connection's own changes commit together
   * Crash   before the COMMIT nothing of it is seen, after it everything
   */
  async commit(
    connection: Connection,
    work: (
      state: RegistryState,
      sequence: Sequence,
    ) => Promise<CommitRequest | undefined> | CommitRequest | undefined,
  ): Promise<Sequence | undefined> {
    return await this.#latch.run(async () => {
      const sequence = this.#sequence + 1;
      const request = await work(this.#state, sequence);
      if (request === undefined) return undefined;
      if (request.changes.length > 0) await appendChanges(connection, sequence, request.changes);
      const { redefined } = request;
      this.#isChanging = request.changes.length > 0 || redefined !== undefined;
      this.#begun++;
      try {
        await connection.commit();
        this.#sequence = sequence;
        request.committed?.();
        if (redefined !== undefined) this.#redefine(redefined);
        this.#state = this.#state.with(request.changes);
        this.#appended += request.changes.length;
      } finally {
        this.#isChanging = false;
        this.#ended++;
      }
      for (const relation of request.written) this.#markChanged(relation, sequence);
      await this.database.checkpointLargeLog();
      return sequence;
    });
  }

  /**
   * Removes entries of the logs that newer ones have replaced, if there may be enough of them: what a program that runs on
   * and on would otherwise gather. At every opening all go.
   *
   * Atomic  a transaction of its own; entries that are made meanwhile stay
   */
  async compactLogs(signal: AbortSignal, entries = COMPACTED_ENTRIES): Promise<void> {
    if (this.#appended < entries || signal.aborted) return;
    const appended = this.#appended;
    await this.maintain(removeSuperseded);
    this.#appended -= appended;
  }

  /** Runs work that changes nothing anybody reads, in a transaction of its own. */
  async maintain(work: (connection: Connection) => Promise<void>): Promise<void> {
    await this.database.onSpare(async (connection) => {
      await this.begin(connection);
      try {
        await work(connection);
        await this.commit(connection, () => ({ changes: [], written: [] }));
      } catch (error) {
        await rollbackQuietly(connection);
        throw error;
      }
    });
  }

  #redefine({ heads, tables }: Redefinition): void {
    this.#definitions++;
    if (tables === "any") this.#objectDefinitions++;
    for (const head of heads) this.#definedAt.set(head, this.#definitions);
    if (tables === "any") for (const head of heads) this.#anyDefinedAt.set(head, this.#definitions);
    else
      for (const table of tables)
        entriesOf(this.#tableDefinedAt, table.head).set(relationKey(table), this.#definitions);
  }

  /** When the relation was last changed by a commit of this process; 0 if not since it started. */
  changedAt(relation: WrittenRelation): Sequence {
    return this.#changedAt.get(relation.head)?.get(relationKey(relation)) ?? 0;
  }

  /** When anything on the head was last changed. */
  headChangedAt(head: HeadId): Sequence {
    return Math.max(0, ...(this.#changedAt.get(head)?.values() ?? []));
  }

  #markChanged(relation: WrittenRelation, sequence: Sequence): void {
    entriesOf(this.#changedAt, relation.head).set(relationKey(relation), sequence);
  }

  /** Forgets what was remembered about a head that no longer exists. */
  forget(head: HeadId): void {
    this.#changedAt.delete(head);
    this.#definedAt.delete(head);
    this.#anyDefinedAt.delete(head);
    this.#tableDefinedAt.delete(head);
  }
}

/** The inner map of a head, made at its first entry. */
function entriesOf<V>(maps: Map<HeadId, Map<RelationKey, V>>, head: HeadId): Map<RelationKey, V> {
  let entries = maps.get(head);
  if (entries === undefined) {
    entries = new Map();
    maps.set(head, entries);
  }
  return entries;
}

export interface CommitRequest {
  readonly changes: readonly RegistryChange[];
  readonly written: readonly WrittenRelation[];
  readonly redefined?: Redefinition | undefined;
  /** Called once it is committed, before anything else can be. */
  readonly committed?: () => void;
}

/** Heads on which a definition changes, and the tables that may have another one. */
export interface Redefinition {
  readonly heads: readonly HeadId[];
  readonly tables: readonly WrittenRelation[] | "any";
}

/**
 * DuckDB changes a row where it is, or, for RETURNING, a column of an index or a list, and DELETE, takes it away and adds another.
 * Two changes of one row in one way it finds to be a conflict, a change in either way it does not: the later one would be lost without
 * a word (a test of DuckDB's facts holds it). So who changed rows of a table in one way cannot commit when another transaction has
 * changed rows of it in the other way since the snapshot. Which rows, nobody knows.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { relationKey, type HeadId, type RelationName, type Sequence } from "./model.js";
import type { Transaction } from "./transaction.js";

export type RowChange = "in place" | "replaced";

/** So many tables are remembered. */
const MAX_TABLES = 10_000;

const notesOf = new WeakMap<Transaction, Map<string, Set<RowChange>>>();
/** Those that met keys of others as ON CONFLICT has it. */
const upserting = new WeakSet<Transaction>();

/**
 * Notes how a statement of the transaction changes rows of a table that were there before, before it does.
 *
 * Errors  40001 for one that is alone in its transaction while others change rows in the other way
 */
export function noteRowChanges(
  transaction: Transaction,
  table: RelationName,
  changes: readonly RowChange[],
  head: HeadId = transaction.head,
): void {
  const notes = notesOf.get(transaction) ?? new Map<string, Set<RowChange>>();
  notesOf.set(transaction, notes);
  const key = nameOn(head, table);
  if (!transaction.context.rooms.enter(transaction.connection, key, changes)) throw lost();
  notes.set(key, new Set([...(notes.get(key) ?? []), ...changes]));
}

/**
 * Notes that a statement of the transaction asks whether keys are there, before it does. Of those that are alone one at a time asks:
 * what another adds meanwhile is found when it is committed, too late to ask again.
 *
 * Errors  40001 for one that is alone in its transaction while others ask
 */
export function noteUpsert(transaction: Transaction, table: RelationName, head: HeadId): void {
  upserting.add(transaction);
  enterAlone(transaction, table, head);
}

/**
 * On a branch one transaction at a time writes a table: who is alone waits for its turn before it takes its snapshot, or it would
 * be too old by then.
 *
 * Errors  40001 for one that is alone in its transaction while others write
 */
export function enterAlone(transaction: Transaction, table: RelationName, head: HeadId): void {
  const { rooms } = transaction.context;
  if (!rooms.enter(transaction.connection, nameOn(head, table), ["in place", "replaced"])) throw lost();
}

/** A duplicate key of such a transaction is one it could not see. */
export function lostByUpsert(transaction: Transaction, error: unknown): unknown {
  const isDuplicate = error instanceof SqlError && error.code === SQLSTATE.uniqueViolation;
  return isDuplicate && upserting.has(transaction) ? lost() : error;
}

/** By way, the last commit that changed rows of a table so. */
type LastChanges = ReadonlyMap<RowChange, Sequence>;

export class RowRaces {
  /** In the order of their last change. */
  readonly #tables = new Map<string, LastChanges>();
  /** Commits up to this one may have been forgotten. */
  #forgotten: Sequence = -1;

  /** To be asked under the latch. Errors: 40001 */
  check(transaction: Transaction): void {
    const notes = notesOf.get(transaction);
    if (notes === undefined) return;
    const since = transaction.snapshot.sequence;
    if (since < this.#forgotten) throw lost();
    for (const [table, changes] of notes) {
      const last = this.#tables.get(table);
      if (last !== undefined) refuseOther(last, changes, since);
    }
  }

  /** To be told under the latch, once the transaction is committed. */
  note(transaction: Transaction, sequence: Sequence): void {
    for (const [table, changes] of notesOf.get(transaction) ?? []) this.#note(table, changes, sequence);
  }

  #note(table: string, changes: ReadonlySet<RowChange>, sequence: Sequence): void {
    const last = new Map(this.#tables.get(table));
    for (const change of changes) last.set(change, sequence);
    this.#tables.delete(table);
    this.#tables.set(table, last);
    if (this.#tables.size > MAX_TABLES) this.#forget();
  }

  #forget(): void {
    for (const [table, last] of this.#tables) {
      if (this.#tables.size <= MAX_TABLES / 2) return;
      this.#tables.delete(table);
      this.#forgotten = Math.max(this.#forgotten, ...last.values());
    }
  }
}

function refuseOther(last: LastChanges, changes: ReadonlySet<RowChange>, since: Sequence): void {
  const inPlace = (last.get("in place") ?? -1) > since;
  const replaced = (last.get("replaced") ?? -1) > since;
  if ((changes.has("in place") && replaced) || (changes.has("replaced") && inPlace)) throw lost();
}

function lost(): SqlError {
  return new SqlError(SQLSTATE.serializationFailure, "could not serialize access due to concurrent update");
}

function nameOn(head: HeadId, table: RelationName): string {
  return `${head} ${relationKey(table)}`;
}

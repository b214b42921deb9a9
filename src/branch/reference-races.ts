/**
 * Two transactions that each leave the foreign keys whole may break them together: one adds a row that refers to what the other
 * deletes, and neither sees the other. What each has referred to and lost is noted, and compared when it commits.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { relationKey, type HeadId, type RelationName, type Sequence } from "./model.js";
import type { WrittenRelation } from "./registry.js";
import type { Transaction } from "./transaction.js";

/** Keys as texts, or all of the table's. */
type Keys = ReadonlySet<string> | "all";
type KeysByTable = Map<string, Keys>;

/** More keys of a table than this are taken for all of them. */
export const MAX_NOTED_KEYS = 1000;
/** So many commits are remembered. */
const MAX_COMMITS = 10_000;

interface Notes {
  /** Keys that rows were found by. */
  readonly referred: KeysByTable;
  /** Keys that are gone. */
  readonly lost: KeysByTable;
  /** Tables that a new foreign key leads to. */
  readonly led: Map<string, WrittenRelation>;
}

const notesOf = new WeakMap<Transaction, Notes>();

/** What a transaction has noted so far, for all of its statements. */
export class ReferenceNotes {
  readonly #notes: Notes;
  readonly #head: HeadId;

  constructor(transaction: Transaction, head: HeadId = transaction.head) {
    const known = notesOf.get(transaction) ?? { referred: new Map(), lost: new Map(), led: new Map() };
    notesOf.set(transaction, known);
    this.#notes = known;
    this.#head = head;
  }

  referred(table: RelationName, keys: readonly string[] | "all"): void {
    add(this.#notes.referred, nameOn(this.#head, table), keys);
  }

  lost(table: RelationName, keys: readonly string[] | "all"): void {
    add(this.#notes.lost, nameOn(this.#head, table), keys);
  }

  /** A foreign key that leads to this table begins to hold. */
  led(table: RelationName): void {
    const { schema, name } = table;
    this.#notes.led.set(nameOn(this.#head, table), { head: this.#head, schema, name });
  }
}

function nameOn(head: HeadId, table: RelationName): string {
  return `${head} ${relationKey(table)}`;
}

function add(into: KeysByTable, table: string, keys: readonly string[] | "all"): void {
  const known = into.get(table);
  const all = known === "all" || keys === "all" ? undefined : new Set([...(known ?? []), ...keys]);
  into.set(table, all === undefined || all.size > MAX_NOTED_KEYS ? "all" : all);
}

interface Committed extends Notes {
  readonly transaction: Transaction;
  readonly sequence: Sequence;
}

/** What transactions that committed lately have noted. */
export class ReferenceRaces {
  #commits: Committed[] = [];
  /** Commits up to this one may have been forgotten. */
  #forgotten: Sequence = -1;

  /** To be asked under the latch. Errors: 40001 */
  check(transaction: Transaction, changedAt: (table: WrittenRelation) => Sequence): void {
    const own = notesOf.get(transaction);
    const since = transaction.snapshot.sequence;
    const later = this.#commits.filter(
      (commit) => commit.sequence > since && commit.transaction !== transaction,
    );
    if (later.length > 0)
      for (const { head, ...relation } of transaction.written)
        if (later.some(({ led }) => led.has(nameOn(head, relation)))) throw lost();
    if (own === undefined) return;
    if (since < this.#forgotten) throw lost();
    // Who wrote such a table before the key began to hold has noted nothing.
    if ([...own.led.values()].some((table) => changedAt(table) > since)) throw lost();
    for (const other of later)
      if (meet(own.referred, other.lost) || meet(own.lost, other.referred)) throw lost();
  }

  /** To be told under the latch, once the transaction is committed. */
  note(transaction: Transaction, sequence: Sequence): void {
    const own = notesOf.get(transaction);
    if (own === undefined) return;
    this.#commits.push({ ...own, transaction, sequence });
    if (this.#commits.length > MAX_COMMITS) this.#forget();
  }

  #forget(): void {
    const gone = this.#commits.splice(0, MAX_COMMITS / 2);
    this.#forgotten = gone.at(-1)?.sequence ?? this.#forgotten;
  }
}

function meet(one: KeysByTable, other: KeysByTable): boolean {
  for (const [table, keys] of one) {
    const others = other.get(table);
    if (others === undefined) continue;
    if (keys === "all" || others === "all") return true;
    for (const key of keys) if (others.has(key)) return true;
  }
  return false;
}

function lost(): SqlError {
  return new SqlError(SQLSTATE.serializationFailure, "could not serialize access due to concurrent update", {
    detail: "A row that another transaction has deleted is referred to by this one, or the other way round.",
  });
}

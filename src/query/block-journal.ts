/**
 * What a transaction block has written so far, kept so that it can be written again: DuckDB has no savepoints, and one
 * failed statement ends its whole transaction. See docs/decisions/0009.
 */

/** Bytes of statements and parameters one block may keep. */
const MAX_BYTES = 32 * 1024 * 1024;

export type JournalEntry =
  | {
      readonly kind: "repeatable";
      /** What keeping it costs, roughly. */
      readonly bytes: number;
      /** It reads relations besides those it writes. */
      readonly readsOthers: boolean;
      /** Does the same again in the session's transaction. Throws when the effect is not the same. */
      readonly repeat: () => Promise<void>;
    }
  | { readonly kind: "final"; readonly reason: string };

const TOO_LARGE: JournalEntry = { kind: "final", reason: "the transaction has written too much" };

export class BlockJournal {
  #entries: JournalEntry[] = [];
  #bytes = 0;

  get length(): number {
    return this.#entries.length;
  }

  /** The first `count` entries, oldest first. */
  first(count: number): readonly JournalEntry[] {
    return this.#entries.slice(0, count);
  }

  record(entry: JournalEntry): void {
    const bytes = entry.kind === "repeatable" ? entry.bytes : 0;
    const fits = this.#bytes + bytes <= MAX_BYTES;
    this.#entries.push(fits ? entry : TOO_LARGE);
    if (fits) this.#bytes += bytes;
  }

  /** Forgets everything behind the first `count` entries. */
  cut(count: number): void {
    for (const entry of this.#entries.splice(count)) {
      if (entry.kind === "repeatable") this.#bytes -= entry.bytes;
    }
  }
}

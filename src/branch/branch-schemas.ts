/**
 * The schemas of branches' own tables. A branch gets its schema with its first session or transaction, not when it is made: a creation
 * writes registry rows alone, and DuckDB need not look at its catalogue anew for branches that nobody writes to.
 */
import { SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import { quoteIdentifier } from "../sql/names.js";
import type { LockTable } from "./locks.js";
import { MAIN, type HeadId } from "./model.js";
import type { Registry } from "./registry.js";

/** Whoever makes or drops the schema of a branch holds it. */
export function schemaLock(head: HeadId): string {
  return `${head} schema`;
}

export class BranchSchemas {
  readonly #registry: Registry;
  readonly #locks: LockTable;
  /** Those known to be there. */
  readonly #made = new Set<HeadId>();

  constructor(registry: Registry, locks: LockTable) {
    this.#registry = registry;
    this.#locks = locks;
  }

  /**
   * Makes the schema of a branch unless it is there: before a transaction that writes there begins, which otherwise would not
   * see it. Nothing for main and for branches that have ended.
   *
   * Atomic  a transaction of its own; a schema that stays empty changes nothing
   */
  async ensure(head: HeadId, signal: AbortSignal): Promise<void> {
    if (head === MAIN || this.#made.has(head)) return;
    const owner = {};
    try {
      await this.#locks.acquire(schemaLock(head), owner, signal);
      const branch = this.#registry.state.branches.get(head);
      if (this.#made.has(head) || branch === undefined || branch.released) return;
      await this.#make(branch.schemaName);
      this.#made.add(head);
    } finally {
      this.#locks.releaseAll(owner);
    }
  }

  /** For a session that comes to a branch: its first write need not wait. What keeps the schema from being made will keep that, too. */
  async expect(head: HeadId): Promise<void> {
    try {
      await this.ensure(head, new AbortController().signal);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
    }
  }

  async #make(schema: string): Promise<void> {
    await this.#registry.maintain(async (connection) => {
      await connection.run(`CREATE SCHEMA IF NOT EXISTS ${DATA_CATALOG}.${quoteIdentifier(schema)}`);
    });
  }

  /** Forgets a branch that has ended. */
  forget(head: HeadId): void {
    this.#made.delete(head);
  }
}

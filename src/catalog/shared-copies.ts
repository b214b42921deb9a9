/**
 * Copies of the catalogue's helpers for all sessions that see the same: one head, one state of its definitions, one
 * search_path. The first to ask has them made, on a connection without the macros that stand for functions: DuckDB reads
 * every CHECK to list constraints, and with them 2,000 tables took two seconds of processor time, a tenth of one without.
 */
import type { Registry } from "../branch/registry.js";
import { Mutex } from "../core/mutex.js";
import type { Connection } from "../engine/connection.js";
import { COPIES_CATALOG, onPlainPath } from "../engine/database.js";
import { sharedScript } from "./snapshot.js";

/** What copies are of. */
export interface SharedKey {
  /** Equal for equal contents. */
  readonly text: string;
  /** The registry's number of the definitions. */
  readonly definitions: number;
}

interface Copies {
  readonly key: string;
  readonly schema: string;
  /** How many sessions read them, or wait for them. */
  sessions: number;
  /** The helpers copied so far: each is when the first asks for it. */
  readonly helpers: Set<string>;
  readonly making: Mutex;
}

/** Copies that nobody reads any more and somebody may read again. */
const MAX_IDLE = 8;

export class SharedCopies {
  readonly #registry: Registry;
  /** The oldest first. */
  readonly #all = new Map<string, Copies>();
  #count = 0;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /**
   * The schema that holds copies of these helpers, and how to give it back; undefined when the definitions have changed since.
   *
   * Atomic  those that were missing are made in one transaction, whose snapshot is of the definitions asked for: so are the others
   */
  async take(
    key: SharedKey,
    helpers: readonly string[],
    prepare: (connection: Connection) => Promise<void>,
  ): Promise<SharedSchema | undefined> {
    const copies = this.#all.get(key.text) ?? this.#begin(key.text);
    copies.sessions++;
    let isMade = false;
    try {
      isMade = await copies.making.run(async () => {
        const missing = helpers.filter((name) => !copies.helpers.has(name));
        return missing.length === 0 || (await this.#make(copies, key.definitions, missing, prepare));
      });
    } finally {
      if (!isMade) this.#giveUp(copies);
    }
    return isMade ? new SharedSchema(copies) : undefined;
  }

  #begin(key: string): Copies {
    const schema = `${COPIES_CATALOG}.copies_${++this.#count}`;
    const copies: Copies = { key, schema, sessions: 0, helpers: new Set(), making: new Mutex() };
    this.#all.set(key, copies);
    return copies;
  }

  #giveUp(copies: Copies): void {
    copies.sessions--;
    if (copies.sessions === 0 && copies.helpers.size === 0) this.#forget(copies);
  }

  async #make(
    copies: Copies,
    wanted: number,
    helpers: readonly string[],
    prepare: (connection: Connection) => Promise<void>,
  ): Promise<boolean> {
    using connection = await this.#registry.database.connect("void");
    await prepare(connection);
    const isMade = await onPlainPath(connection, async () => {
      const { definitions } = await this.#registry.begin(connection);
      try {
        if (definitions === wanted) await connection.run(sharedScript(copies.schema, helpers));
        await connection.run("COMMIT");
      } catch (error) {
        await connection.rollback();
        throw error;
      }
      return definitions === wanted;
    });
    if (!isMade) return false;
    for (const name of helpers) copies.helpers.add(name);
    await this.#dropIdle(connection);
    return true;
  }

  /** Whoever reads them in an open transaction goes on doing so. */
  async #dropIdle(connection: Connection): Promise<void> {
    const idle = [...this.#all.values()].filter(({ sessions }) => sessions === 0);
    for (const copies of idle.slice(0, Math.max(0, idle.length - MAX_IDLE))) {
      this.#forget(copies);
      await connection.run(`DROP SCHEMA IF EXISTS ${copies.schema} CASCADE`);
    }
  }

  #forget(copies: Copies): void {
    if (this.#all.get(copies.key) === copies) this.#all.delete(copies.key);
  }
}

/** Copies as one session holds them. */
export class SharedSchema implements Disposable {
  readonly #copies: Copies;
  #isHeld = true;

  constructor(copies: Copies) {
    this.#copies = copies;
  }

  get schema(): string {
    return this.#copies.schema;
  }

  /** Gives them back. */
  [Symbol.dispose](): void {
    if (this.#isHeld) this.#copies.sessions--;
    this.#isHeld = false;
  }
}

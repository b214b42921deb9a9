/**
 * What one session's catalogue shows: the variables its views read. Set only when they differ from what is set, on the
 * session's own connection; a variable is no part of a transaction, so setting it never conflicts with one.
 */
import type { Connection } from "../engine/connection.js";
import { quoteLiteral } from "../sql/names.js";
import { VARIABLES, VARIABLE_TYPES } from "./names.js";
import { snapshotScript } from "./snapshot.js";

/** A relation of a branch under the name clients use, and the DuckDB table that describes it, if one does. */
export interface ListedRelation {
  readonly schema: string;
  readonly name: string;
  readonly kind: "r" | "v";
  readonly physical_schema: string | null;
  readonly physical_name: string | null;
  readonly definition: string | null;
}

export interface ListedColumn {
  readonly schema: string;
  readonly name: string;
  readonly kind: "r" | "v";
  readonly column: string;
  readonly position: number;
  /** As DuckDB prints it. */
  readonly type: string;
  readonly default_value: string | null;
  readonly not_null: boolean;
}

export interface ListedConstraint {
  readonly schema: string;
  readonly name: string;
  readonly position: number;
  /** PRIMARY KEY, UNIQUE or CHECK, as DuckDB says it. */
  readonly type: string;
  readonly expression: string | null;
  readonly columns: readonly string[];
}

/** A type, function, sequence or schema of a branch. */
export interface ListedObject {
  readonly kind: "type" | "function" | "sequence" | "schema";
  /** DuckDB's spelling; empty for a schema. */
  readonly duck_schema: string;
  readonly name: string;
  readonly definition: string | null;
  /** ENUM, STRUCT or another one, of a type; an ENUM's labels. */
  readonly logical_type: string | null;
  readonly labels: readonly string[] | null;
  /** Of a function. */
  readonly parameters: readonly string[] | null;
  readonly is_table: boolean;
  /** Of a sequence. */
  readonly physical_schema: string | null;
  readonly physical_name: string | null;
  /** A sequence that is there for others only. */
  readonly is_dropped: boolean;
}

/** What a branch has. Main needs no list: DuckDB's own catalogue is main's. */
export interface BranchListing {
  readonly relations: readonly ListedRelation[];
  readonly columns: readonly ListedColumn[];
  readonly constraints: readonly ListedConstraint[];
  readonly objects: readonly ListedObject[];
}

/** A composite type; its own and its fields' types as DuckDB prints them. */
export interface ListedComposite {
  readonly schema: string;
  readonly name: string;
  /** DuckDB's spelling: `main` for public. */
  readonly duck_schema: string;
  readonly printed: string;
  readonly fields: readonly { readonly name: string; readonly type: string }[];
}

export interface CatalogContents {
  /** Undefined on main. */
  readonly listing: BranchListing | undefined;
  /** Clients' spelling, `public` for DuckDB's main. */
  readonly searchPath: readonly string[];
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly composites: readonly ListedComposite[];
  /** Equal for equal definitions; undefined when they cannot be told from others. */
  readonly version: string | undefined;
  readonly inTransaction: boolean;
}

export class SessionCatalog {
  readonly #connection: Connection;
  readonly #set = new Map<keyof typeof VARIABLES, string>();
  /** What the copies were made of. */
  #copied: string | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** What was copied may be gone with a rolled back transaction. */
  forget(): void {
    this.#copied = undefined;
  }

  /**
   * Says whether anything had to be set or copied: what was prepared before has the old values of variables in it.
   *
   * Atomic  copies are made in the session's transaction, or in one of their own
   */
  async show(contents: CatalogContents): Promise<"changed" | "unchanged"> {
    const { listing, searchPath, settings, composites } = contents;
    const changes = [
      await this.#assign("relations", listing?.relations),
      await this.#assign("columns", listing?.columns),
      await this.#assign("constraints", listing?.constraints),
      await this.#assign("objects", listing?.objects),
      await this.#assign("searchPath", searchPath),
      await this.#assign("composites", composites),
    ];
    // Read where they are shown: no copy holds any.
    const isSet = await this.#assign(
      "settings",
      settings.map(([name, setting]) => ({ name, setting })),
    );
    const isFresh = contents.version !== undefined && contents.version === this.#copied;
    if (isFresh && !changes.includes(true)) return isSet ? "changed" : "unchanged";
    this.#copied = undefined;
    await this.#copy(contents.inTransaction);
    this.#copied = contents.version;
    return "changed";
  }

  async #copy(inTransaction: boolean): Promise<void> {
    if (inTransaction) return await this.#connection.run(snapshotScript());
    await this.#connection.run("BEGIN");
    try {
      await this.#connection.run(snapshotScript());
      await this.#connection.run("COMMIT");
    } catch (error) {
      await this.#connection.run("ROLLBACK");
      throw error;
    }
  }

  async #assign(name: keyof typeof VARIABLES, value: unknown): Promise<boolean> {
    const json = value === undefined ? "null" : JSON.stringify(value);
    if ((this.#set.get(name) ?? "null") === json) return false;
    const literal = value === undefined ? "NULL" : `${quoteLiteral(json)}::JSON`;
    await this.#connection.run(
      `SET VARIABLE ${VARIABLES[name]} = CAST(${literal} AS ${VARIABLE_TYPES[name]})`,
    );
    this.#set.set(name, json);
    return true;
  }
}

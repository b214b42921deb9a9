/**
 * What one session's catalogue shows: the variables its views read. Set only when they differ from what is set, on the
 * session's own connection; a variable is no part of a transaction, so setting it never conflicts with one.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { textCell, type Connection } from "../engine/connection.js";
import { onPlainPath } from "../engine/database.js";
import { quoteLiteral } from "../sql/names.js";
import { VARIABLES, VARIABLE_TYPES } from "./names.js";
import { inOrder, TYPE_NAMES_COPY } from "./needed-copies.js";
import type { SharedCopies, SharedSchema } from "./shared-copies.js";
import {
  dropScript,
  OWN_PLACE,
  ownScript,
  placeStatement,
  sightScript,
  TYPE_NAMES_STATEMENT,
} from "./snapshot.js";

/** A relation of a branch under the name clients use, and the DuckDB table that describes it, if one does. */
export interface ListedRelation {
  readonly schema: string;
  readonly name: string;
  readonly kind: "r" | "v" | "m";
  readonly physical_schema: string | null;
  readonly physical_name: string | null;
  readonly definition: string | null;
  /** Of a preserved materialized view; null of other relations. */
  readonly populated: boolean | null;
  /** Of a view or preserved table, as DuckDB keeps it; null of other relations. */
  readonly comment: string | null;
}

export interface ListedColumn {
  readonly schema: string;
  readonly name: string;
  readonly kind: "r" | "v" | "m";
  readonly column: string;
  readonly position: number;
  /** As DuckDB prints it. */
  readonly type: string;
  readonly default_value: string | null;
  readonly not_null: boolean;
  readonly comment: string | null;
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

/** Of a preserved table. */
export interface ListedIndex {
  readonly schema: string;
  readonly name: string;
  readonly index_name: string;
  readonly is_unique: boolean;
  /** As duckdb_indexes() has them. */
  readonly expressions: string;
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
  readonly comment: string | null;
}

/** What a branch has. Main needs no list: DuckDB's own catalogue is main's. */
export interface BranchListing {
  readonly relations: readonly ListedRelation[];
  readonly columns: readonly ListedColumn[];
  readonly constraints: readonly ListedConstraint[];
  readonly indexes: readonly ListedIndex[];
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
  /** Those that the statement reads: see needed-copies.ts. */
  readonly copies: readonly string[];
  /** Undefined on main. */
  readonly listing: BranchListing | undefined;
  /** Clients' spelling, `public` for DuckDB's main. */
  readonly searchPath: readonly string[];
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly composites: readonly ListedComposite[];
  /** By the schema's name as clients know it. */
  readonly schemaComments: readonly { readonly name: string; readonly comment: string }[];
  /** Equal for equal definitions; undefined when they cannot be told from others. */
  readonly version: string | undefined;
  /** Of definitions that others see too: equal for equal ones of the head, and their number; undefined of the session's own. */
  readonly shared: { readonly version: string; readonly definitions: number } | undefined;
  readonly inTransaction: boolean;
}

type Variable = keyof typeof VARIABLES;

export class SessionCatalog implements Disposable {
  readonly #connection: Connection;
  readonly #shareable: SharedCopies;
  /** As set last, with the JSON of it. */
  readonly #set = new Map<Variable, { readonly value: unknown; readonly json: string }>();
  /** What the copies were made of: the state of the definitions. What the variables held then they hold still. */
  #copied: string | undefined;
  /** The copies made of it, which can be read. */
  readonly #made = new Set<string>();
  /** Copies of its own that may be there, of this state or an older one. */
  readonly #own = new Set<string>();
  /** Where it reads shared ones, if it does. */
  #shared: SharedSchema | undefined;

  constructor(connection: Connection, shareable: SharedCopies) {
    this.#connection = connection;
    this.#shareable = shareable;
  }

  /** What was copied may be gone with a rolled back transaction. */
  forget(): void {
    this.#copied = undefined;
    this.#made.clear();
  }

  [Symbol.dispose](): void {
    this.#release();
  }

  /**
   * Says whether anything had to be set or copied: what was prepared before has the old values of variables in it.
   *
   * Atomic  copies are made in the session's transaction, or in one of their own
   */
  async show(contents: CatalogContents): Promise<"changed" | "unchanged"> {
    const isSet = await this.#assignAll(contents);
    const isFresh = contents.version !== undefined && contents.version === this.#copied;
    if (!isFresh || isSet === "of copies") this.forget();
    else if (contents.copies.every((name) => this.#made.has(name)))
      return isSet === undefined ? "unchanged" : "changed";
    this.#copied = undefined;
    if (contents.copies.length > 0 && !(await this.#share(contents))) await this.#makeOwn(contents);
    this.#copied = contents.version;
    return "changed";
  }

  /** Whether something was set, and whether copies hold any of it. */
  async #assignAll(contents: CatalogContents): Promise<"of copies" | "beside" | undefined> {
    const { listing, searchPath, settings, composites, schemaComments } = contents;
    const changes = [
      await this.#assign("relations", listing?.relations),
      await this.#assign("columns", listing?.columns),
      await this.#assign("constraints", listing?.constraints),
      await this.#assign("indexes", listing?.indexes),
      await this.#assign("objects", listing?.objects),
      await this.#assign("searchPath", searchPath),
      await this.#assign("composites", composites),
      await this.#assign("schemaComments", schemaComments),
    ];
    const isSet = await this.#assign(
      "settings",
      settings.map(([name, setting]) => ({ name, setting })),
    );
    return changes.includes(true) ? "of copies" : isSet ? "beside" : undefined;
  }

  /** False when there is nothing to share, or it is younger than the transaction. */
  async #share({ shared, copies, inTransaction }: CatalogContents): Promise<boolean> {
    if (shared === undefined) return false;
    const variables = [...this.#set].filter(([name]) => name !== "settings");
    const text = JSON.stringify([shared.version, ...variables.map(([name, { json }]) => [name, json])]);
    const key = { text, definitions: shared.definitions };
    const helpers = copies.filter((name) => name !== TYPE_NAMES_COPY);
    const taken = await this.#shareable.take(key, helpers, async (connection) => {
      for (const [name, { json }] of variables) await connection.run(assignment(name, json));
    });
    if (taken === undefined) return false;
    try {
      if (inTransaction && helpers.length > 0) await this.#connection.run(sightScript(taken.schema, helpers));
    } catch (error) {
      taken[Symbol.dispose]();
      if (error instanceof SqlError && error.code === SQLSTATE.undefinedTable) return false;
      throw error;
    }
    if (this.#shared?.schema !== taken.schema) this.#made.clear();
    this.#release();
    this.#shared = taken;
    await this.#connection.run(placeStatement(`${taken.schema}.`));
    await this.#note(copies);
    return true;
  }

  #release(): void {
    this.#shared?.[Symbol.dispose]();
    this.#shared = undefined;
  }

  /**
   * Outside of a transaction those made before are made again: their snapshot may have been an older one. What was copied of other
   * definitions is dropped: a statement that read it by mistake would fail, and not answer wrong.
   */
  async #makeOwn({ copies, inTransaction }: CatalogContents): Promise<void> {
    if (this.#shared !== undefined) this.#made.clear();
    this.#release();
    const all = inOrder(new Set([...this.#made, ...copies]));
    const missing = all.filter((name) => !inTransaction || !this.#made.has(name));
    const stale = [...this.#own].filter((name) => !all.includes(name));
    const helpers = missing.filter((name) => name !== TYPE_NAMES_COPY);
    for (const name of helpers) this.#own.add(name);
    const run = async (): Promise<void> => {
      await this.#withPlainPath(
        [placeStatement(OWN_PLACE), dropScript(stale), ownScript(helpers)].join("; "),
      );
      await this.#note(missing);
    };
    await (inTransaction ? run() : this.#inTransaction(run));
  }

  /** Copies that were made, and can be read from now on. */
  async #note(copies: readonly string[]): Promise<void> {
    if (copies.includes(TYPE_NAMES_COPY)) await this.#connection.run(TYPE_NAMES_STATEMENT);
    for (const name of copies) this.#made.add(name);
  }

  /** See shared-copies.ts. */
  async #withPlainPath(script: string): Promise<void> {
    const [row] = await this.#connection.rows("SELECT current_setting('search_path') AS path");
    try {
      await onPlainPath(this.#connection, async () => await this.#connection.run(script));
    } finally {
      const path = row === undefined ? "" : textCell(row, "path");
      await this.#connection.run(`SET search_path = ${quoteLiteral(path)}`);
    }
  }

  async #inTransaction(work: () => Promise<void>): Promise<void> {
    await this.#connection.run("BEGIN");
    try {
      await work();
      await this.#connection.run("COMMIT");
    } catch (error) {
      await this.#connection.rollback();
      throw error;
    }
  }

  async #assign(name: Variable, value: unknown): Promise<boolean> {
    const before = this.#set.get(name);
    if (before !== undefined && before.value === value) return false;
    const json = value === undefined ? "null" : JSON.stringify(value);
    this.#set.set(name, { value, json });
    if ((before?.json ?? "null") === json) return false;
    this.#set.delete(name);
    await this.#connection.run(assignment(name, json));
    this.#set.set(name, { value, json });
    return true;
  }
}

function assignment(name: Variable, json: string): string {
  const literal = json === "null" ? "NULL" : `${quoteLiteral(json)}::JSON`;
  return `SET VARIABLE ${VARIABLES[name]} = CAST(${literal} AS ${VARIABLE_TYPES[name]})`;
}

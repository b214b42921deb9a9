/** What a session knows of the tables its INSERTs fill, asked of DuckDB once per table and change of definitions. */
import type { Transaction } from "../branch/transaction.js";
import type { Connection } from "../engine/connection.js";
import { hasConstantDefaults } from "./insert-capture.js";
import type { OwnDefinitions } from "./own-definitions.js";
import { storedColumnsOf, type TargetTable } from "./target-table.js";
import type { TemporaryTables } from "./temporary-tables.js";

const MAX_TARGETS = 256;

interface TargetShape {
  /** A row that leaves columns out is the same whenever it is inserted. */
  readonly constantDefaults: boolean;
  /** Columns that hold values of their own; only asked for when they are needed. */
  readonly columns: readonly string[] | undefined;
}

export class TargetShapes {
  readonly #connection: Connection;
  readonly #own: OwnDefinitions;
  readonly #temporary: TemporaryTables;
  readonly #shapes = new Map<string, TargetShape>();
  #definitions = -1;

  constructor(connection: Connection, own: OwnDefinitions, temporary: TemporaryTables) {
    this.#connection = connection;
    this.#own = own;
    this.#temporary = temporary;
  }

  async of(transaction: Transaction, table: TargetTable, needsColumns: boolean): Promise<TargetShape> {
    const { definitions } = transaction.snapshot;
    if (definitions !== this.#definitions || this.#shapes.size >= MAX_TARGETS) this.#shapes.clear();
    this.#definitions = definitions;
    const isTemporary = table.catalog === "temp";
    const version = isTemporary ? this.#own.version(definitions, this.#temporary.names) : undefined;
    // What this transaction has changed itself is no other transaction's business.
    const isOwn = isTemporary ? version === undefined : transaction.definitionsChanged;
    const key = JSON.stringify([table.sql, version]);
    const known = isOwn ? undefined : this.#shapes.get(key);
    if (known !== undefined && !(needsColumns && known.columns === undefined)) return known;
    const shape = await this.#read(table, needsColumns);
    if (!isOwn) this.#shapes.set(key, shape);
    return shape;
  }

  async #read(table: TargetTable, needsColumns: boolean): Promise<TargetShape> {
    const constantDefaults = await hasConstantDefaults(this.#connection, table.sql);
    if (constantDefaults && !needsColumns) return { constantDefaults, columns: undefined };
    return { constantDefaults, columns: await storedColumnsOf(this.#connection, table) };
  }
}

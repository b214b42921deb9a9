/** Prepared statements of one connection by their final SQL text, the least recently used going first. */
import type { Connection, PreparedStatement } from "../engine/connection.js";
import { typeParameters } from "./parameter-types.js";

/** What DuckDB says of a statement without running it. */
export type StatementShape = Pick<PreparedStatement, "parameterTypes" | "columns">;

export class PreparedCache implements Disposable {
  readonly #connection: Connection;
  readonly #limit: number;
  readonly #statements = new Map<string, PreparedStatement>();
  readonly #shapes = new Map<string, { readonly asOf: number; readonly shape: StatementShape }>();

  constructor(connection: Connection, limit: number) {
    this.#connection = connection;
    this.#limit = limit;
  }

  /** Every parameter has a type. A statement whose result stream is still open must not be asked for again before the stream ends. */
  async get(sql: string): Promise<PreparedStatement> {
    const cached = this.#statements.get(sql);
    if (cached !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, cached);
      return cached;
    }
    const prepared = await this.#connection.prepare(await typeParameters(this.#connection, sql));
    this.#statements.set(sql, prepared);
    for (const [oldest, statement] of this.#statements) {
      if (this.#statements.size <= this.#limit) break;
      this.#statements.delete(oldest);
      statement.close();
    }
    return prepared;
  }

  /**
   * Types of parameters and columns, every parameter with a type. `asOf` is the number of the newest commit: while it
   * stays the same, so does the answer. Undefined asks DuckDB, for example inside a transaction that may have changed
   * the catalogue.
   */
  async shape(sql: string, asOf: number | undefined): Promise<StatementShape> {
    const known = this.#shapes.get(sql);
    if (known !== undefined && known.asOf === asOf) return known.shape;
    const shape = await this.#readShape(sql);
    if (asOf === undefined) return shape;
    if (this.#shapes.size >= this.#limit) this.#shapes.clear();
    this.#shapes.set(sql, { asOf, shape });
    return shape;
  }

  async #readShape(sql: string): Promise<StatementShape> {
    const prepared = await this.#connection.prepare(await typeParameters(this.#connection, sql));
    try {
      return { parameterTypes: prepared.parameterTypes, columns: prepared.columns };
    } finally {
      prepared.close();
    }
  }

  /** This session ran something that may change what a text means to it alone: a setting, a temporary table. */
  forgetShapes(): void {
    this.#shapes.clear();
  }

  clear(): void {
    this.forgetShapes();
    for (const statement of this.#statements.values()) statement.close();
    this.#statements.clear();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

/** Prepared statements of one connection by their final SQL text, the least recently used going first. */
import type { Connection, PreparedStatement } from "../engine/connection.js";
import { columnsBySamples, type StatementShape, withPrepared } from "./deferred-columns.js";
import { typeParameters, type ParameterHint } from "./parameter-types.js";

export class PreparedCache implements Disposable {
  readonly #connection: Connection;
  readonly #limit: number;
  readonly #statements = new Map<string, PreparedStatement>();
  /** Texts whose parameters DuckDB infers all by itself. */
  readonly #closed = new Set<string>();
  readonly #shapes = new Map<string, { readonly asOf: number; readonly shape: StatementShape }>();

  constructor(connection: Connection, limit: number) {
    this.#connection = connection;
    this.#limit = limit;
  }

  /** Every parameter has a type. A statement whose result stream is still open must not be asked for again before the stream ends. */
  async get(text: string, hints: readonly ParameterHint[]): Promise<PreparedStatement> {
    const sql = this.#closed.has(text) ? text : await this.#typed(text, hints);
    const cached = this.#statements.get(sql);
    if (cached !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, cached);
      return cached;
    }
    const prepared = await this.#connection.prepare(sql);
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
  async shape(
    sql: string,
    asOf: number | undefined,
    hints: readonly ParameterHint[],
  ): Promise<StatementShape> {
    const key = JSON.stringify([sql, hints.map((hint) => hint.oid)]);
    const known = this.#shapes.get(key);
    if (known !== undefined && known.asOf === asOf) return known.shape;
    const shape = await this.#readShape(sql, hints);
    if (asOf === undefined) return shape;
    if (this.#shapes.size >= this.#limit) this.#shapes.clear();
    this.#shapes.set(key, { asOf, shape });
    return shape;
  }

  async #readShape(sql: string, hints: readonly ParameterHint[]): Promise<StatementShape> {
    const typed = await typeParameters(this.#connection, sql, hints);
    const shape = await withPrepared(this.#connection, typed, ({ parameterTypes, columns }) => ({
      parameterTypes,
      columns,
    }));
    const columns = await columnsBySamples(this.#connection, typed, shape);
    return columns === undefined ? shape : { ...shape, columns };
  }

  /** The text with a type for every parameter; remembers texts that need none. */
  async #typed(text: string, hints: readonly ParameterHint[]): Promise<string> {
    const typed = await typeParameters(this.#connection, text, hints);
    if (typed === text) {
      if (this.#closed.size >= this.#limit) this.#closed.clear();
      this.#closed.add(text);
    }
    return typed;
  }

  /** This session ran something that may change what a text means to it alone: a setting, a temporary table. */
  forgetShapes(): void {
    this.#shapes.clear();
  }

  clear(): void {
    this.forgetShapes();
    this.#closed.clear();
    for (const statement of this.#statements.values()) statement.close();
    this.#statements.clear();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

/**
 * Prepared statements of one connection by their final SQL text, the least recently used going first, and what was learnt
 * of texts. All of it holds for one state of the definitions: DuckDB binds a prepared statement anew by itself when the
 * catalogue changed, but goes on telling the parameter types of before.
 */
import type { Connection, PreparedStatement } from "../engine/connection.js";
import { columnsBySamples, parameterTypesOf, type StatementShape, withPrepared } from "./deferred-columns.js";
import { hintSignature, isNull, typeParameters, type ParameterHint } from "./parameter-types.js";

export class PreparedCache implements Disposable {
  readonly #connection: Connection;
  readonly #limit: number;
  readonly #statements = new Map<string, PreparedStatement>();
  /** Texts whose parameters DuckDB infers all by itself. */
  readonly #closed = new Set<string>();
  /** Other texts with a type for every parameter, by text and what was known of the parameters. */
  readonly #typed = new Map<string, string>();
  readonly #shapes = new Map<string, StatementShape>();
  /** The definitions all of these were learnt by. */
  #asOf: number | undefined;
  readonly #parameterTypes = new WeakMap<PreparedStatement, StatementShape["parameterTypes"]>();
  #generation = 0;

  constructor(connection: Connection, limit: number) {
    this.#connection = connection;
    this.#limit = limit;
  }

  /**
   * Every parameter has a type; `asOf` as for `shape`. A statement whose result stream is still open must not be asked for
   * again before the stream ends.
   */
  async get(text: string, asOf: number, hints: readonly ParameterHint[]): Promise<PreparedStatement> {
    this.#follow(asOf);
    const sql = this.isClosed(text, hints) ? text : await this.#withTypes(text, hints);
    const cached = this.#statements.get(sql);
    if (cached !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, cached);
      return cached;
    }
    const prepared = await this.#connection.prepare(sql);
    this.#statements.set(sql, prepared);
    this.#parameterTypes.set(
      prepared,
      await parameterTypesOf(this.#connection, sql, prepared.parameterTypes),
    );
    for (const [oldest, statement] of this.#statements) {
      if (this.#statements.size <= this.#limit) break;
      this.#statements.delete(oldest);
      statement.close();
    }
    return prepared;
  }

  /** The types of the parameters of a statement that `get` gave, those among them that only the text says. */
  parameterTypes(prepared: PreparedStatement): StatementShape["parameterTypes"] {
    return this.#parameterTypes.get(prepared) ?? prepared.parameterTypes;
  }

  /** Another number, and nothing that was learnt before holds. */
  get generation(): number {
    return this.#generation;
  }

  /** DuckDB infers all parameters of this text by itself: it is prepared as it is, whatever is bound. */
  isClosed(text: string, hints: readonly ParameterHint[]): boolean {
    return this.#closed.has(closedKey(text, hints));
  }

  /**
   * Types of parameters and columns, every parameter with a type. While `asOf` stays the same, so does the answer, up to
   * `forget`; undefined asks DuckDB.
   */
  async shape(
    sql: string,
    asOf: number | undefined,
    hints: readonly ParameterHint[],
  ): Promise<StatementShape> {
    if (asOf === undefined) return await this.#readShape(sql, hints);
    this.#follow(asOf);
    const key = JSON.stringify([sql, hints.map((hint) => hint.oid)]);
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    const shape = await this.#readShape(sql, hints);
    if (this.#shapes.size >= this.#limit) this.#shapes.clear();
    this.#shapes.set(key, shape);
    return shape;
  }

  #follow(asOf: number): void {
    if (asOf !== this.#asOf) this.clear();
    this.#asOf = asOf;
  }

  async #readShape(sql: string, hints: readonly ParameterHint[]): Promise<StatementShape> {
    const { sql: typed, shape: told } = await typeParameters(this.#connection, sql, hints);
    const bound =
      told ??
      (await withPrepared(this.#connection, typed, ({ parameterTypes, columns }) => ({
        parameterTypes,
        columns,
      })));
    const parameterTypes = await parameterTypesOf(this.#connection, typed, bound.parameterTypes);
    const shape = { ...bound, parameterTypes };
    const columns = await columnsBySamples(this.#connection, typed, shape);
    return columns === undefined ? shape : { ...shape, columns };
  }

  async #withTypes(text: string, hints: readonly ParameterHint[]): Promise<string> {
    const signature = hintSignature(hints);
    const key = JSON.stringify([text, signature]);
    const known = signature === undefined ? undefined : this.#typed.get(key);
    if (known !== undefined) return known;
    const { sql: typed } = await typeParameters(this.#connection, text, hints);
    if (typed === text) {
      if (this.#closed.size >= this.#limit) this.#closed.clear();
      this.#closed.add(closedKey(text, hints));
    } else if (signature !== undefined) {
      if (this.#typed.size >= this.#limit) this.#typed.clear();
      this.#typed.set(key, typed);
    }
    return typed;
  }

  /** This session runs something that may change what a text means to it, but no table: a setting. */
  forget(): void {
    this.#generation++;
    this.#shapes.clear();
    this.#closed.clear();
    this.#typed.clear();
  }

  /** This session changes definitions, or where they are looked for. */
  clear(): void {
    this.forget();
    for (const statement of this.#statements.values()) statement.close();
    this.#statements.clear();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

/** What is declared, and whether there is a value of it, may change what a text becomes. */
function closedKey(text: string, hints: readonly ParameterHint[]): string {
  if (hints.every(({ oid }) => oid === 0)) return text;
  return `${text}\0${hints.map((hint) => (isNull(hint) ? "null" : hint.oid)).join()}`;
}

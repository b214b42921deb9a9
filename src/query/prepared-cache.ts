/** Prepared statements of one connection by their final SQL text, the least recently used going first. */
import type { Connection, PreparedStatement } from "../engine/connection.js";
import { typeParameters } from "./parameter-types.js";

export class PreparedCache implements Disposable {
  readonly #connection: Connection;
  readonly #limit: number;
  readonly #statements = new Map<string, PreparedStatement>();

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

  clear(): void {
    for (const statement of this.#statements.values()) statement.close();
    this.#statements.clear();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

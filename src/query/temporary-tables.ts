/** A session's temporary tables and views: their names come before all others, and some end with every transaction. */
import { textCell, type Connection } from "../engine/connection.js";
import { formatName, normaliseName } from "../sql/names.js";
import type { OnCommit } from "../sql/table-forms.js";

export class TemporaryTables {
  readonly #connection: Connection;
  readonly #dropped: () => void;
  readonly #names = new Set<string>();
  /** What COMMIT does to some of them. */
  readonly #onCommit = new Map<string, OnCommit>();

  /** `dropped` is told when tables go without a statement that says so. */
  constructor(connection: Connection, dropped: () => void) {
    this.#connection = connection;
    this.#dropped = dropped;
  }

  /** Folded names. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  add(name: string, onCommit?: OnCommit): void {
    this.#names.add(normaliseName(name));
    if (onCommit !== undefined) this.#onCommit.set(normaliseName(name), onCommit);
  }

  delete(name: string): void {
    this.#names.delete(normaliseName(name));
    this.#onCommit.delete(normaliseName(name));
  }

  /** ON COMMIT DROP and DELETE ROWS, inside the transaction that is about to end. */
  async beforeCommit(): Promise<void> {
    for (const [name, action] of this.#onCommit) {
      const table = formatName(["temp", "main", name]);
      await this.#connection.run(action === "drop" ? `DROP TABLE ${table}` : `DELETE FROM ${table}`);
      if (action !== "drop") continue;
      this.delete(name);
      this.#dropped();
    }
  }

  /** After a rollback: those that are really there. */
  async readAgain(): Promise<void> {
    if (this.#names.size === 0) return;
    const rows = await this.#connection.rows(
      `SELECT table_name AS name FROM duckdb_tables() WHERE temporary AND NOT internal
       UNION ALL SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal`,
    );
    this.#names.clear();
    for (const row of rows) this.#names.add(normaliseName(textCell(row, "name")));
    for (const name of this.#onCommit.keys()) if (!this.#names.has(name)) this.#onCommit.delete(name);
  }

  /** DISCARD TEMP: the tables, and the sequences behind their columns. */
  async discard(): Promise<void> {
    if (this.#names.size > 0) this.#dropped();
    for (const name of this.#names) {
      await this.#connection.run(`DROP TABLE IF EXISTS ${formatName(["temp", "main", name])}`);
    }
    this.#names.clear();
    this.#onCommit.clear();
    const sequences = await this.#connection.rows(
      "SELECT sequence_name FROM duckdb_sequences() WHERE database_name = 'temp'",
    );
    for (const row of sequences) {
      const name = textCell(row, "sequence_name");
      await this.#connection.run(`DROP SEQUENCE IF EXISTS ${formatName(["temp", "main", name])}`);
    }
  }
}

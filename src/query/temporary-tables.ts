/** A session's temporary tables and views: their names come before all others, and some end with every transaction. */
import { SNAPSHOT_PREFIX } from "../catalog/names.js";
import { textCell, type Connection } from "../engine/connection.js";
import { formatName, normaliseName } from "../sql/names.js";
import type { OnCommit } from "../sql/table-forms.js";

/** The catalogue's own. */

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
      "SELECT table_name AS name FROM duckdb_tables() WHERE temporary AND NOT internal",
    );
    const all = [...rows.map((row) => textCell(row, "name")), ...(await this.#views())];
    this.#names.clear();
    for (const name of all) if (!name.startsWith(SNAPSHOT_PREFIX)) this.#names.add(normaliseName(name));
    for (const name of this.#onCommit.keys()) if (!this.#names.has(name)) this.#onCommit.delete(name);
  }

  async #views(): Promise<readonly string[]> {
    const rows = await this.#connection.rows(
      "SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal",
    );
    return rows.map((row) => textCell(row, "view_name"));
  }

  /** DISCARD TEMP: the tables, views, and the sequences behind their columns. */
  async discard(): Promise<void> {
    if (this.#names.size > 0) this.#dropped();
    const views = new Set(this.#names.size === 0 ? [] : (await this.#views()).map(normaliseName));
    for (const name of this.#names) {
      const object = views.has(name) ? "VIEW" : "TABLE";
      await this.#connection.run(`DROP ${object} IF EXISTS ${formatName(["temp", "main", name])}`);
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

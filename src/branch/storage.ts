/**
 * How versions of tables are kept and read. Everything above asks through `TableStorage`; the whole-table copies here are
 * the ladder's last rung, to be joined by row-level storage (overlay and undo log) behind the same interface.
 */
import type { Connection } from "../engine/connection.js";
import { quoteIdentifier } from "../sql/names.js";
import { commentsOf, definitionOf } from "./catalog-reader.js";
import type { LockTable } from "./locks.js";
import type { PhysicalTable, Version } from "./model.js";
import { preserve } from "./preserve.js";
import type { Registry } from "./registry.js";
import { physicalName } from "./system-schema.js";
import { createStatementFor, storedColumns } from "./table-definition.js";
import { createIndexOn } from "./table-rebuild.js";
import { SQLSTATE, SqlError } from "../core/errors.js";

export interface TableStorage {
  /** SQL that stands where a table name may stand and yields the version's rows. */
  relation(version: Version): string;
  /**
   * Makes a branch's own writable image of a table it has only inherited.
   *
   * Atomic  the caller's transaction
   */
  fork(connection: Connection, inherited: Version, target: PhysicalTable): Promise<void>;
  /** Keeps what pins read of a version that is about to change; see preserve.ts. */
  preserve(version: Version, signal: AbortSignal): Promise<void>;
}

export class CopyStorage implements TableStorage {
  readonly #registry: Registry;
  readonly #locks: LockTable;

  constructor(registry: Registry, locks: LockTable) {
    this.#registry = registry;
    this.#locks = locks;
  }

  relation(version: Version): string {
    if (version.physical === null)
      throw new SqlError(SQLSTATE.wrongObjectType, `"${version.name}" is not a table`);
    return physicalName(version.physical);
  }

  /** Copies rows, keys, NOT NULL, CHECK, defaults, generated columns, indexes and comments; foreign keys stay behind. */
  async fork(connection: Connection, inherited: Version, target: PhysicalTable): Promise<void> {
    const definition = await definitionOf(connection, inherited);
    await connection.run(createStatementFor(definition, target));
    const columns = storedColumns(definition)
      .map((column) => quoteIdentifier(column.name))
      .join(", ");
    await connection.run(
      `INSERT INTO ${physicalName(target)} (${columns}) SELECT ${columns} FROM ${this.relation(inherited)}`,
    );
    for (const index of definition.indexes) await connection.run(createIndexOn(index, target));
    if (inherited.physical === null) return;
    for (const { column, comment } of await commentsOf(connection, inherited.physical)) {
      const literal = `'${comment.replaceAll("'", "''")}'`;
      const object =
        column === null
          ? `TABLE ${physicalName(target)}`
          : `COLUMN ${physicalName(target)}.${quoteIdentifier(column)}`;
      await connection.run(`COMMENT ON ${object} IS ${literal}`);
    }
  }

  async preserve(version: Version, signal: AbortSignal): Promise<void> {
    await preserve(this.#registry, this.#locks, version, signal);
  }
}

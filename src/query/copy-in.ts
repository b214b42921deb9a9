/** COPY … FROM STDIN: rows go from the client's bytes into DuckDB batch by batch, in one transaction. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, relationKey, type RelationName } from "../branch/model.js";
import { refuseTakenKeys } from "../branch/overlay.js";
import { requirePhysical } from "../branch/rows.js";
import type { Transaction } from "../branch/transaction.js";
import { wholeTable } from "../branch/whole-table.js";
import { undefinedTable } from "../branch/undefined-table.js";
import type { Connection, PreparedStatement } from "../engine/connection.js";
import type { EngineType } from "../engine/types.js";
import { BLOB, blobValue, withAlias } from "../engine/vector-values.js";
import { BinaryCopyReader } from "../pgtypes/copy-binary.js";
import { CopyBatch, type CopyColumn, type RequiredColumn } from "../pgtypes/copy-batch.js";
import { copyColumnInput } from "../pgtypes/copy-columns.js";
import { TextCopyReader } from "../pgtypes/copy-parser.js";
import type { CopyReader } from "../pgtypes/copy-reader.js";
import { notSupported } from "../core/errors.js";
import type { CopyStatement, NameReference } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import { filteredInsertSql, insertSql, type CopyInsert } from "./copy-insert.js";
import { readCopyOptions, type CopyOptions } from "./copy-options.js";
import {
  chooseColumns,
  forcedColumns,
  storedTable,
  temporaryTable,
  viewRefused,
  type CopyTable,
  type TableColumn,
} from "./copy-target.js";
import { endOfStatement } from "./relational-runner.js";
import { refuseMaterialized } from "./materialized-rules.js";
import { guardAddedRows } from "./reference-guard.js";
import { writableName } from "./writable-names.js";
import type { SessionCore } from "./session-core.js";
import { explainViolation } from "./explain-failure.js";
import type { CopySink, StatementResult } from "./types.js";

/**
 * Begins COPY … FROM STDIN.
 *
 * Atomic  the session's transaction; an abort or a bad row leaves nothing
 */
export async function startCopyIn(
  core: SessionCore,
  transaction: Transaction,
  statement: CopyStatement,
): Promise<StatementResult> {
  const { target } = statement;
  if (target === undefined) throw new SqlError(SQLSTATE.syntaxError, "COPY FROM needs a table");
  const name = target.parts.at(-1) ?? "";
  await refuseMaterialized(core.planContext(transaction), transaction, target, "to");
  const table = await copyTarget(core, transaction, target);
  const options = readCopyOptions(statement.options, "in");
  const columns = chooseColumns(table.columns, statement.columns, name);
  const copied = await copiedColumns(core, { table, name, columns }, options);
  if (options.freeze) refuseLateFreeze(core, transaction, target);
  const insert: CopyInsert = {
    table,
    name,
    columns,
    inputs: copied.map(({ input }) => input),
    types: copied.map(({ typeSql }) => typeSql),
  };
  const { connection } = core;
  const sql =
    statement.where === undefined
      ? insertSql(insert)
      : await filteredInsertSql(connection, core.planContext(transaction), insert, statement.where);
  const store = new BatchStore(await connection.prepare(sql), columns.length);
  const { format } = options;
  const source = { table: name, columns: copied, required: requiredColumns(table, columns) };
  const reader =
    format.format === "binary" ? new BinaryCopyReader(source) : new TextCopyReader({ ...source, format });
  return {
    kind: "copyIn",
    columnCount: columns.length,
    format,
    sink: new InsertSink(core, reader, store, { name: target, table }),
  };
}

async function copyTarget(
  core: SessionCore,
  transaction: Transaction,
  name: NameReference,
): Promise<CopyTable> {
  const { scope } = core.planContext(transaction);
  const meaning = writableName(scope, name);
  if (meaning.kind === "temporary") return await temporaryTable(core.connection, meaning.name);
  if (meaning.kind === "unknown" && scope.head !== MAIN) throw undefinedTable(meaning.relation);
  if (meaning.kind === "relation" && meaning.version.physical === null)
    throw viewRefused(meaning.relation, "to");
  if (scope.head === MAIN) {
    const table = await storedTable(core.connection, meaning.relation);
    core.refuseReadOnly("COPY FROM");
    transaction.markWritten(meaning.relation, MAIN, []);
    return table;
  }
  core.refuseReadOnly("COPY FROM");
  return await branchTable(core, transaction, meaning.relation);
}

/** On a branch the rows go into its own table; when they are all there, their keys are compared with those of its base. */
async function branchTable(
  core: SessionCore,
  transaction: Transaction,
  relation: RelationName,
): Promise<CopyTable> {
  const isNew = transaction.state.own(transaction.head, relation) === undefined;
  const isWhole = wholeTable(transaction.state, transaction.head, relation) !== undefined;
  const changed = isWhole ? [] : "unknown";
  const version = await transaction.writableVersion(relation, transaction.head, changed, {
    staysInOrder: true,
  });
  const table = await storedTable(core.connection, requirePhysical(version));
  if (version.layer?.kind !== "overlay") return table;
  const keys = (await transaction.overlayShape(version))?.keys;
  if (keys === undefined) throw new SqlError(SQLSTATE.internalError, `"${version.name}" is no overlay`);
  return {
    ...table,
    check: async (rows) => {
      if (rows === 0 && isNew) await transaction.dropFork(version);
      else await refuseTakenKeys(transaction, version, keys);
    },
  };
}

function requiredColumns(table: CopyTable, columns: readonly TableColumn[]): RequiredColumn[] {
  return table.columns.flatMap((column) => {
    const index = columns.indexOf(column);
    const isFilled = index < 0 && (column.generated || column.defaultSql !== null);
    return column.notNull && !isFilled ? [{ name: column.name, index }] : [];
  });
}

type CopiedColumn = CopyColumn & { readonly typeSql: string };

async function copiedColumns(
  core: SessionCore,
  { table, name, columns }: Pick<CopyInsert, "table" | "name" | "columns">,
  { forceNotNull, forceNull }: CopyOptions,
): Promise<readonly CopiedColumn[]> {
  const notNull = forcedColumns("FORCE_NOT_NULL", forceNotNull, columns, table.columns, name);
  const asNull = forcedColumns("FORCE_NULL", forceNull, columns, table.columns, name);
  await core.types.refresh();
  const types = await core.types.identifyTypes(await columnTypes(core.connection, table, columns));
  const timeZone = core.settings.get("TimeZone");
  return columns.map((column, index) => {
    const type = types[index];
    if (type === undefined) throw new Error("a column has a type");
    return {
      name: column.name,
      forceNotNull: notNull[index] ?? false,
      forceNull: asNull[index] ?? false,
      input: copyColumnInput(storedAs(type, column), { timeZone }),
      typeSql: type.toString(),
    };
  });
}

/** What clients know as jsonb is kept as PostgreSQL keeps it. */
function storedAs(type: EngineType, { held }: TableColumn): EngineType {
  return type.alias === "JSON" && held?.name !== "json" ? withAlias(type, "jsonb") : type;
}

async function columnTypes(
  connection: Connection,
  table: CopyTable,
  columns: readonly TableColumn[],
): Promise<readonly EngineType[]> {
  const list = columns.map((column) => quoteIdentifier(column.name)).join(", ");
  const prepared = await connection.prepare(`SELECT ${list} FROM ${table.sql}`);
  try {
    return prepared.columns.map(({ name, type }) => {
      if (type === null)
        throw notSupported(`COPY FROM into column "${name}" is not supported: its type is not known`);
      return type;
    });
  } finally {
    prepared.close();
  }
}

/** FREEZE changes nothing here, but is taken only where PostgreSQL would take it. */
function refuseLateFreeze(core: SessionCore, transaction: Transaction, name: NameReference): void {
  const meaning = writableName(core.planContext(transaction).scope, name);
  if (meaning.kind !== "temporary" && isFresh(transaction, meaning.relation)) return;
  throw new SqlError(
    SQLSTATE.objectNotInPrerequisiteState,
    "cannot perform COPY FREEZE because the table was not created or truncated in the current subtransaction",
  );
}

/** True for a table that the transaction made or emptied itself: nobody else has seen rows of it. */
function isFresh(transaction: Transaction, relation: RelationName): boolean {
  const { head, state, snapshot, truncated } = transaction;
  if (truncated.has(relationKey(relation)) || transaction.createdSoFar()(relation)) return true;
  const now = state.find(head, relation);
  return now !== undefined && now.objectId !== snapshot.state.find(head, relation)?.objectId;
}

/** Stores batches one after the other, each while the next is being read. */
class BatchStore {
  readonly #insert: PreparedStatement;
  readonly batch: CopyBatch;
  #storing: Promise<void> | undefined;
  #failure: unknown;
  #rows = 0;

  constructor(insert: PreparedStatement, columnCount: number) {
    this.#insert = insert;
    this.batch = new CopyBatch(columnCount);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Begins to store the batch; errors are thrown by the next call. */
  async store(): Promise<void> {
    if (this.batch.rows === 0) return;
    const arrays = this.batch.take();
    await this.settled();
    this.#insert.bind(
      arrays.map((array) => blobValue(array)),
      arrays.map(() => BLOB),
    );
    this.#storing = this.#run();
  }

  async #run(): Promise<void> {
    try {
      this.#rows += await (await this.#insert.stream()).changedRows();
    } catch (error) {
      this.#failure = error;
    }
  }

  /** Resolves when nothing is being stored; throws what went wrong. */
  async settled(): Promise<void> {
    await this.#storing;
    this.#storing = undefined;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Waits for what is being stored, whatever becomes of it. */
  async close(): Promise<void> {
    await this.#storing;
    this.#insert.close();
  }
}

class InsertSink implements CopySink {
  readonly #core: SessionCore;
  readonly #reader: CopyReader;
  readonly #store: BatchStore;
  readonly #target: NameReference;
  readonly #table: CopyTable;

  constructor(
    core: SessionCore,
    reader: CopyReader,
    store: BatchStore,
    target: { readonly name: NameReference; readonly table: CopyTable },
  ) {
    this.#target = target.name;
    this.#table = target.table;
    this.#core = core;
    this.#reader = reader;
    this.#store = store;
  }

  get place(): string {
    return this.#reader.place;
  }

  async write(data: Uint8Array): Promise<void> {
    this.#reader.push(data);
    await this.#explained(async () => await this.#readRows());
  }

  async finish(): Promise<string> {
    this.#reader.finish();
    await this.#explained(async () => {
      await this.#readRows();
      await this.#store.store();
      await this.#store.settled();
    });
    await this.#store.close();
    await this.#table.check?.(this.#store.rows);
    await this.#guard();
    await endOfStatement(this.#core)(true);
    return `COPY ${this.#store.rows}`;
  }

  async abort(): Promise<void> {
    await this.#store.close();
    await endOfStatement(this.#core)(false);
  }

  async #guard(): Promise<void> {
    const transaction = this.#core.transactions.current;
    if (transaction === undefined) return;
    const meaning = writableName(this.#core.planContext(transaction).scope, this.#target);
    if (meaning.kind !== "temporary") await guardAddedRows(transaction, meaning.relation);
  }

  /** Says of a row that breaks a constraint which one it is. */
  async #explained(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw error instanceof SqlError ? await explainViolation(this.#core, this.#target, error) : error;
    }
  }

  async #readRows(): Promise<void> {
    try {
      while (this.#reader.read(this.#store.batch) === "full") await this.#store.store();
    } catch (error) {
      await this.#storeRowsBefore();
      throw error;
    }
  }

  /** A row before the bad one may break a constraint: PostgreSQL would have found that first. */
  async #storeRowsBefore(): Promise<void> {
    try {
      await this.#store.store();
      await this.#store.settled();
    } catch (error) {
      const isFirst = error instanceof SqlError && FOUND_BY_ROW.has(error.code);
      if (isFirst) throw error;
    }
  }
}

/** Constraints that PostgreSQL checks row by row; others wait for up to 1000 rows. */
const FOUND_BY_ROW: ReadonlySet<string> = new Set([SQLSTATE.notNullViolation, SQLSTATE.checkViolation]);

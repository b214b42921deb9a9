/**
 * The embedded DuckDB instance. The data file is attached under a fixed catalogue name, and the instance's own database, in
 * memory or a file of the build, is the `void` catalogue: a branch session's default catalogue, where no unresolved name can
 * reach main (see docs/decisions/0004-void-catalog.md). What is not the user's is attached HIDDEN: DuckDB's functions that list
 * tables, views and columns write out all of them first, and a void of 250 views made each call 3 to 20 ms (decision 0056).
 */
import { existsSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DuckDBInstance, version } from "@duckdb/node-api";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { Connection } from "./connection.js";
import { classifyFailure } from "./failure.js";

/** Catalogue name of the data file inside this process; never written into main's own objects. */
export const DATA_CATALOG = "duckbranch_db";
/** The instance's own database: holds no user data. */
export const VOID_CATALOG = "memory";
/** In memory as well: copies of what the catalogue computes (catalog/shared-copies.ts). */
export const COPIES_CATALOG = "duckbranch_copies";
/**
 * Functions and operators as PostgreSQL means them, in the search path of every connection behind the user's schemas and
 * before DuckDB's own. Empty until the catalogue fills it.
 */
export const FUNCTIONS_SCHEMA = `${VOID_CATALOG}.duckbranch_functions`;
/**
 * The path on which lists of the data file's constraints are read: DuckDB binds every CHECK for them, and a file may have some
 * that name a type. DuckDB's own functions are found first, for PostgreSQL's are macros that take long to bind, and the user's last.
 */
const PLAIN_PATH = `${VOID_CATALOG}.main,system.main,${FUNCTIONS_SCHEMA},${DATA_CATALOG}.main`;
/** For a CHECK that calls one of DuckDB's names in a way that only PostgreSQL's function of that name takes. */
const PLAIN_PATH_OF_POSTGRES = `${VOID_CATALOG}.main,${FUNCTIONS_SCHEMA},system.main,${DATA_CATALOG}.main`;

/**
 * What DuckDB takes a commit's log for before it writes all changed columns into the file then and there. It takes a row that is
 * updated for two thousand: 10,000 of them, spread over a large table, are a megabyte of log, 400 by its count, and many seconds.
 */
const CHECKPOINT_THRESHOLD = "512MB";
/** Of a new connection. */
export const INITIAL_TIME_ZONE = "UTC";
/** The log that is written into the file as soon as nobody is at work: it is what an opening behind a crash reads. */
const LARGE_LOG_BYTES = 16 * 1024 * 1024;

/** As `v1.5.6`. */
export const ENGINE_VERSION = version();

/** A file that serves as the void catalogue: one that holds everything and is only read, or one that is to be filled. */
interface VoidFile {
  readonly path: string;
  readonly state: "filled" | "empty";
}

export interface DatabaseOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  /** SQL run once with file access, before the database is locked down. */
  readonly initSql?: string | undefined;
  readonly memoryLimit?: string | undefined;
  /** Without one the void is in memory, and empty. */
  readonly voidFile?: VoidFile | undefined;
}

/**
 * Owns the instance.
 *
 * Errors  55006 when another process has the file open
 * Crash   DuckDB's write-ahead log is replayed on the next open
 */
export class Database implements AsyncDisposable {
  readonly #instance: DuckDBInstance;
  readonly #keeper: Connection;
  readonly #path: string;
  /** Whether functions and catalogue are there already. */
  readonly isVoidFilled: boolean;
  /** Whether this opening made the file, and put nothing into it. */
  readonly isNew: boolean;
  #spare: Connection | undefined;
  #isClosed = false;

  private constructor(
    instance: DuckDBInstance,
    keeper: Connection,
    path: string,
    { isVoidFilled, isNew }: Pick<Database, "isVoidFilled" | "isNew">,
  ) {
    this.isVoidFilled = isVoidFilled;
    this.isNew = isNew;
    this.#instance = instance;
    this.#keeper = keeper;
    this.#path = path;
  }

  static async open(options: DatabaseOptions): Promise<Database> {
    const path = options.path === ":memory:" ? options.path : resolve(options.path);
    if (path !== ":memory:") await mkdir(dirname(path), { recursive: true });
    const isNew = options.initSql === undefined && !isThere(path);
    const instance = await DuckDBInstance.create(":memory:", engineConfiguration(options));
    const keeper = new Connection(await instance.connect());
    try {
      await attach(keeper, path);
      await keeper.run(`SET GLOBAL TimeZone = '${INITIAL_TIME_ZONE}'`);
      // PostgreSQL takes NULL for the largest value.
      await keeper.run("SET GLOBAL default_null_order = 'nulls_last_on_asc_first_on_desc'");
      await keeper.run(`USE ${DATA_CATALOG}`);
      const isVoidFilled = await attachVoid(keeper, options.voidFile);
      await keeper.run(`ATTACH ':memory:' AS ${COPIES_CATALOG} (HIDDEN)`);
      if (options.initSql !== undefined) await keeper.run(options.initSql);
      await lockDown(keeper, path);
      return new Database(instance, keeper, path, { isVoidFilled, isNew });
    } catch (error) {
      keeper.close();
      instance.closeSync();
      throw error;
    }
  }

  /** A new connection whose default catalogue is the data file, or the void. */
  async connect(start: "data" | "void"): Promise<Connection> {
    const connection = new Connection(await this.#instance.connect());
    await useCatalog(connection, start);
    return connection;
  }

  /**
   * Runs a short transaction of this program's own, which `work` begins and ends, on a connection kept for such: there what they
   * all say is prepared already. Several at a time have one each.
   */
  async onSpare<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.#spare ?? (await this.connect("data"));
    this.#spare = undefined;
    try {
      return await work(connection);
    } finally {
      if (this.#spare === undefined && !this.#isClosed) this.#spare = connection;
      else connection.close();
    }
  }

  /** Writes the log into the file. */
  async checkpoint(): Promise<void> {
    await this.#keeper.run(`CHECKPOINT ${DATA_CATALOG}`);
  }

  /**
   * The same behind a commit that has made the log large. DuckDB refuses it while others are at work: a later commit will find the
   * log as large.
   *
   * Errors  57P02 when DuckDB can go no further; anything else is no matter of the commit, which is done
   */
  async checkpointLargeLog(): Promise<void> {
    if (logBytes(this.#path) < LARGE_LOG_BYTES) return;
    try {
      await this.checkpoint();
    } catch (error) {
      if (error instanceof SqlError && error.code === SQLSTATE.crashShutdown) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#spare?.close();
    await this.checkpoint();
    await this.#keeper.run(`USE ${VOID_CATALOG}`);
    await this.#keeper.run(`DETACH ${DATA_CATALOG}`);
    this.#keeper.close();
    this.#instance.closeSync();
  }
}

/** Sets where unqualified names lead on this connection. */
export async function useCatalog(connection: Connection, catalog: "data" | "void"): Promise<void> {
  await setSearchPath(connection, [`${catalog === "data" ? DATA_CATALOG : VOID_CATALOG}.main`]);
}

/** Sets where unqualified names lead: these schemas, given in full and quoted where they must be, then PostgreSQL's functions. */
export async function setSearchPath(connection: Connection, schemas: readonly string[]): Promise<void> {
  const path = [...schemas, FUNCTIONS_SCHEMA].join(",");
  await connection.run(`SET search_path = '${path.replaceAll("'", "''")}'`);
}

/** Runs what lists constraints, for a second time where DuckDB's functions do not take what a CHECK gives them. */
export async function onPlainPath<T>(connection: Connection, run: () => Promise<T>): Promise<T> {
  await connection.run(`SET search_path = '${PLAIN_PATH}'`);
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof SqlError) || !error.code.startsWith("42")) throw error;
  }
  await connection.run(`SET search_path = '${PLAIN_PATH_OF_POSTGRES}'`);
  return await run();
}

function engineConfiguration(options: DatabaseOptions): Record<string, string> {
  const configuration: Record<string, string> = {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
    checkpoint_threshold: CHECKPOINT_THRESHOLD,
  };
  if (options.memoryLimit !== undefined) configuration["memory_limit"] = options.memoryLimit;
  return configuration;
}

function isThere(path: string): boolean {
  return path !== ":memory:" && (existsSync(path) || existsSync(`${path}.wal`));
}

function logBytes(path: string): number {
  return path === ":memory:" ? 0 : (statSync(`${path}.wal`, { throwIfNoEntry: false })?.size ?? 0);
}

/** DuckDB keeps macros with typed parameters, which functions are, from this version of its files on; an older file is raised to it. */
const STORAGE_VERSION = "v1.4.0";

async function attach(keeper: Connection, path: string): Promise<void> {
  const literal = `'${path.replaceAll("'", "''")}'`;
  const options = path === ":memory:" ? "" : ` (STORAGE_VERSION '${STORAGE_VERSION}')`;
  try {
    await keeper.run(`ATTACH ${literal} AS ${DATA_CATALOG}${options}`);
  } catch (error) {
    const failure = classifyFailure(error);
    const cause = failure.cause instanceof Error ? failure.cause.message : failure.message;
    if (/lock on file/i.test(cause)) {
      throw new SqlError(SQLSTATE.objectInUse, `database file "${path}" is in use by another process`, {
        hint: "stop the other process, or choose another file with --data",
        cause: error,
      });
    }
    throw failure;
  }
}

/** Says whether it is filled: a file that cannot be read is as none. */
async function attachVoid(keeper: Connection, file: VoidFile | undefined): Promise<boolean> {
  await keeper.run(`DETACH ${VOID_CATALOG}`);
  const isAttached = file !== undefined && (await attachVoidFile(keeper, file));
  if (!isAttached) await keeper.run(`ATTACH ':memory:' AS ${VOID_CATALOG} (HIDDEN)`);
  const isFilled = isAttached && file.state === "filled";
  if (!isFilled) await keeper.run(`CREATE SCHEMA ${FUNCTIONS_SCHEMA}`);
  return isFilled;
}

async function attachVoidFile(keeper: Connection, { path, state }: VoidFile): Promise<boolean> {
  const options = state === "filled" ? "READ_ONLY" : `STORAGE_VERSION '${STORAGE_VERSION}'`;
  try {
    await keeper.run(`ATTACH '${path.replaceAll("'", "''")}' AS ${VOID_CATALOG} (HIDDEN, ${options})`);
    return true;
  } catch (error) {
    if (state === "empty") throw error;
    return false;
  }
}

/**
 * From here on no client can reach files, extensions or the configuration. Its own TimeZone excepted, and what DuckDB itself sets
 * within ALTER TABLE … ADD COLUMN where the default is computed; no statement of a client's sets either (see Settings).
 */
async function lockDown(keeper: Connection, path: string): Promise<void> {
  if (path !== ":memory:") await keeper.run(`SET temp_directory = '${`${path}.tmp`.replaceAll("'", "''")}'`);
  await keeper.run("SET enable_external_access = false");
  await keeper.run("SET allowed_configs = ['TimeZone', 'current_transaction_invalidation_policy']");
  await keeper.run("SET lock_configuration = true");
}

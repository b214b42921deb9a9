/** The whole program below the wire, in memory: sessions on heads, statements as text, rows as JavaScript values. */
import { followOfflineChanges } from "../../src/branch/lifecycle.js";
import { Registry } from "../../src/branch/registry.js";
import { createBranchContext, type BranchContext, type Retention } from "../../src/branch/branch-context.js";
import { SqlError } from "../../src/core/errors.js";
import { fullAccess } from "../../src/core/scopes.js";
import { textCell } from "../../src/engine/connection.js";
import { Database } from "../../src/engine/database.js";
import { LiveSessions } from "../../src/query/live-sessions.js";
import { DuckSessionFactory } from "../../src/query/session-factory.js";
import { installVoid, preparedVoidFile } from "../../src/query/void-catalog.js";
import type { QuerySession } from "../../src/query/types.js";
import { createAnalyser, loadParser } from "../../src/sql/analyse.js";

export type Value = unknown;

export class TestSession implements AsyncDisposable {
  readonly session: QuerySession;

  constructor(session: QuerySession) {
    this.session = session;
  }

  /** Runs all statements of a text, each on its own; gives the rows of the last one. A failure fails the block. */
  async query(text: string): Promise<Value[][]> {
    let rows: Value[][] = [];
    for (const statement of await this.session.parse(text)) {
      try {
        rows = await this.#run(statement);
      } catch (error) {
        await this.session.fail();
        throw error;
      }
    }
    return rows;
  }

  /** A statement that is parsed once; each call runs it again. */
  async prepared(text: string): Promise<() => Promise<Value[][]>> {
    const [statement] = await this.session.parse(text);
    if (statement === undefined) throw new RangeError("no statement");
    return async () => await this.#run(statement);
  }

  /** `ok`, or the SQLSTATE of the failure; any other failure is thrown on. */
  async outcome(text: string): Promise<string> {
    try {
      await this.query(text);
      return "ok";
    } catch (error) {
      if (error instanceof SqlError) return error.code;
      throw error;
    }
  }

  async #run(statement: Parameters<QuerySession["execute"]>[0]): Promise<Value[][]> {
    const result = await this.session.execute(statement, [], []);
    const rows: Value[][] = [];
    if (result.kind !== "rows") return rows;
    for await (const batch of result.batches) {
      rows.push(...(batch.kind === "chunk" ? batch.chunk.getRows() : batch.rows.map((row) => [...row])));
    }
    return rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }
}

export class World implements AsyncDisposable {
  readonly context: BranchContext;
  readonly #database: Database;
  readonly #factory: DuckSessionFactory;
  readonly #close: () => void;

  private constructor(
    database: Database,
    context: BranchContext,
    factory: DuckSessionFactory,
    close: () => void,
  ) {
    this.#database = database;
    this.context = context;
    this.#factory = factory;
    this.#close = close;
  }

  /** Deleted branches are released at once unless `retention` says otherwise. */
  static async open(
    path = ":memory:",
    retention: Partial<Retention> = {},
    memoryLimit?: string,
  ): Promise<World> {
    await loadParser();
    const database = await Database.open({ path, memoryLimit, voidFile: preparedVoidFile() });
    const context = createBranchContext(await Registry.open(database), retention);
    if (!database.isNew) await followOfflineChanges(context, new AbortController().signal);
    const utility = await database.connect("void");
    const live = new LiveSessions();
    await installVoid(database, utility, live);
    const analyser = createAnalyser({
      cacheSize: 1000,
      maxCachedTextBytes: 65_536,
      serializeSelect: async (sql) => {
        const [row] = await utility.rows("SELECT json_serialize_sql(?::VARCHAR)::VARCHAR AS tree", [sql]);
        return row === undefined ? "" : textCell(row, "tree");
      },
    });
    const analyse = async (text: string) => await analyser.analyse(text);
    const factory = new DuckSessionFactory({ context, analyse, live }, { databaseAliases: [] });
    return new World(database, context, factory, () => utility.close());
  }

  /** A session on `main`, or on `main/branch`, of somebody who may do everything unless it is said who it is. */
  async connect(database = "main", principal = fullAccess("tester")): Promise<TestSession> {
    const user = principal.name;
    return new TestSession(await this.#factory.open({ user, principal, database, parameters: new Map() }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await this.#database[Symbol.asyncDispose]();
  }
}

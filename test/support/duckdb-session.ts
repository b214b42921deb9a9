/**
 * A small real QuerySession over DuckDB, so that the protocol is tested without branches: every statement runs, every
 * answer is DuckDB's. Knows as little of SQL as it can: the first word of a statement.
 */
import { EventEmitter } from "node:events";
import { SQLSTATE, SqlError } from "../../src/core/errors.js";
import type { Connection } from "../../src/engine/connection.js";
import { Database } from "../../src/engine/database.js";
import type { TextCopyFormat } from "../../src/pgtypes/client-values.js";
import { TextCopyReader } from "../../src/pgtypes/copy-parser.js";
import { decodeParameter, inferParameterOid } from "../../src/pgtypes/parameters.js";
import type {
  BoundParameter,
  ClientCursors,
  CopySink,
  NamedStatement,
  Notice,
  ParsedStatement,
  QuerySession,
  RowBatch,
  SessionFactory,
  SessionRequest,
  StatementDescription,
  StatementResult,
  TransactionStatus,
} from "../../src/query/types.js";
import { loadParser, parsePostgres } from "../../src/sql/pg-parser.js";
import { splitStatements } from "../../src/sql/split.js";
import { CopyRows, textColumns } from "./copy-reading.js";

const COPY_TEXT: TextCopyFormat = {
  format: "text",
  delimiter: "\t",
  null: "\\N",
  header: "none",
  quote: '"',
  escape: '"',
};

/** Opens sessions over one database in memory. Counts what a test may want to know. */
export class DuckDbSessions implements SessionFactory, AsyncDisposable {
  readonly #database: Database;
  /** `execute` (a statement is about to run), `chunk` (one is handed out), `close` (a session has ended). */
  readonly events = new EventEmitter();
  openSessions = 0;

  private constructor(database: Database) {
    this.#database = database;
  }

  static async create(): Promise<DuckDbSessions> {
    await loadParser();
    return new DuckDbSessions(await Database.open({ path: ":memory:" }));
  }

  async open(request: SessionRequest): Promise<QuerySession> {
    if (request.database !== undefined && request.database !== "main") {
      throw new SqlError(SQLSTATE.invalidCatalogName, `database "${request.database}" does not exist`);
    }
    const connection = await this.#database.connect("data");
    this.openSessions++;
    return new DuckDbSession(this, connection, request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database[Symbol.asyncDispose]();
  }
}

class DuckDbSession implements QuerySession {
  readonly #owner: DuckDbSessions;
  readonly #connection: Connection;
  readonly #changed = new Map<string, string>();
  #notices: Notice[] = [];
  #status: TransactionStatus = "I";
  #implicit: "none" | "wanted" | "open" = "none";

  constructor(owner: DuckDbSessions, connection: Connection, request: SessionRequest) {
    this.#owner = owner;
    this.#connection = connection;
    this.#changed.set("server_version", "15.0").set("client_encoding", "UTF8").set("TimeZone", "UTC");
    this.#changed.set("application_name", request.parameters.get("application_name") ?? "");
  }

  get status(): TransactionStatus {
    return this.#status;
  }

  /** What a statement is shown to be is asked for at Parse only. */
  readonly definitions = "";

  async parse(text: string): Promise<readonly ParsedStatement[]> {
    const statements = splitStatements(text).map((statement) => ({ text: statement.text, empty: false }));
    for (const statement of statements) {
      const outcome = await parsePostgres(statement.text);
      if (outcome.kind === "syntaxError") throw outcome.error;
    }
    return statements;
  }

  async describe(statement: ParsedStatement, declaredOids: readonly number[]): Promise<StatementDescription> {
    if (isTransactionVerb(verbOf(statement)) || verbOf(statement) === "copy")
      return { parameterOids: [], columns: null };
    const prepared = await this.#connection.prepare(statement.text);
    const parameterOids = prepared.parameterTypes.map(
      (type, i) => declaredOids[i] || inferParameterOid(type),
    );
    const columns = returnsRows(statement) ? prepared.columns : null;
    prepared.close();
    return { parameterOids, columns };
  }

  async execute(
    statement: ParsedStatement,
    parameters: readonly BoundParameter[],
    declaredOids: readonly number[],
  ): Promise<StatementResult> {
    this.#owner.events.emit("execute", statement.text);
    const verb = verbOf(statement);
    if (this.#status === "E" && !["commit", "rollback"].includes(verb)) {
      const message = "current transaction is aborted, commands ignored until end of transaction block";
      throw new SqlError(SQLSTATE.inFailedSqlTransaction, message);
    }
    if (isTransactionVerb(verb)) return { kind: "command", tag: await this.#control(verb) };
    if (this.#implicit === "wanted" && this.#status === "I") {
      await this.#connection.run("BEGIN");
      this.#implicit = "open";
    }
    if (verb === "set") return this.#set(statement.text);
    if (verb === "copy") return this.#copy(statement.text);
    return this.#query(statement, verb, parameters, declaredOids);
  }

  beginImplicit(): void {
    this.#implicit = "wanted";
  }

  async endImplicit(): Promise<void> {
    const wasOpen = this.#implicit === "open";
    this.#implicit = "none";
    if (wasOpen) await this.#connection.run("COMMIT");
  }

  async fail(): Promise<void> {
    if (this.#implicit === "open" || this.#status === "T") await this.#connection.run("ROLLBACK");
    if (this.#implicit === "open") this.#implicit = "none";
    if (this.#status === "T") this.#status = "E";
  }

  cancel(): void {
    this.#connection.interrupt();
  }

  readonly named = new Map<string, NamedStatement>();
  readonly cursors: ClientCursors = {
    has: () => false,
    columnsOf: () => null,
    next: async (name) => {
      throw new SqlError(SQLSTATE.invalidCursorName, `cursor "${name}" does not exist`);
    },
    close: async () => {},
  };

  takeNotifications(): readonly [] {
    return [];
  }

  onNotification(): void {}

  usePortals(): void {}

  readonly statementTimeoutMs = 0;

  idleLimit(): undefined {
    return undefined;
  }

  /** Has no statements of its own. */
  rest(): void {}

  takeNotices(): readonly Notice[] {
    const notices = this.#notices;
    this.#notices = [];
    return notices;
  }

  takeChangedParameters(): readonly (readonly [string, string])[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#owner.openSessions--;
    this.#connection.close();
    this.#owner.events.emit("close");
  }

  async #control(verb: string): Promise<string> {
    if (verb === "begin") return this.#begin();
    const failed = this.#status === "E";
    if (this.#status === "I" && this.#implicit !== "open") {
      this.#warn(SQLSTATE.noActiveSqlTransaction, "there is no transaction in progress");
    } else if (!failed) {
      await this.#connection.run(verb);
    }
    this.#status = "I";
    return failed ? "ROLLBACK" : verb.toUpperCase();
  }

  async #begin(): Promise<string> {
    if (this.#status === "T") {
      this.#warn(SQLSTATE.activeSqlTransaction, "there is already a transaction in progress");
    } else if (this.#implicit !== "open") {
      await this.#connection.run("BEGIN");
    }
    if (this.#implicit === "open") this.#implicit = "wanted";
    this.#status = "T";
    return "BEGIN";
  }

  #warn(code: Notice["code"], message: string): void {
    this.#notices.push({ severity: "WARNING", code, message });
  }

  #set(text: string): StatementResult {
    const [, name = "", value = ""] = /^\s*set\s+(\w+)\s*(?:=|to)\s*'([^']*)'/i.exec(text) ?? [];
    this.#changed.set(name.toLowerCase() === "timezone" ? "TimeZone" : name, value);
    return { kind: "command", tag: "SET" };
  }

  async #copy(text: string): Promise<StatementResult> {
    const table = /^\s*copy\s+(\w+)\s+from\s+stdin/i.exec(text)?.[1];
    if (table !== undefined) return this.#copyIn(table);
    const query = /^\s*copy\s+\((.*)\)\s+to\s+stdout(?:\s+\(format (csv)\))?/is.exec(text);
    const stream = await this.#connection.stream(query?.[1] ?? text);
    const isCsv = query?.[2] !== undefined;
    const format: TextCopyFormat = isCsv
      ? { ...COPY_TEXT, format: "csv", delimiter: ",", null: "" }
      : COPY_TEXT;
    const columnCount = stream.columns.length;
    const { columns } = stream;
    return {
      kind: "copyOut",
      columnCount,
      format,
      forceQuote: [],
      columns,
      batches: this.#batches(stream),
    };
  }

  async #copyIn(table: string): Promise<StatementResult> {
    const columns = (await this.#connection.stream(`from ${table} limit 0`)).columns.map(({ name }) => name);
    const reader = new TextCopyReader({
      format: COPY_TEXT,
      table,
      columns: textColumns(columns),
      required: [],
    });
    const collected = new CopyRows(reader, columns.length);
    const sink: CopySink = {
      get place() {
        return reader.place;
      },
      write: async (data) => collected.push(data),
      finish: async () => {
        const rows = collected.finish();
        const places = columns.map((_, index) => `$${index + 1}`).join(", ");
        for (const row of rows) await this.#connection.run(`insert into ${table} values (${places})`, row);
        return `COPY ${rows.length}`;
      },
      abort: async () => {},
    };
    return { kind: "copyIn", columnCount: columns.length, format: COPY_TEXT, sink };
  }

  async #query(
    statement: ParsedStatement,
    verb: string,
    parameters: readonly BoundParameter[],
    declaredOids: readonly number[],
  ): Promise<StatementResult> {
    const prepared = await this.#connection.prepare(statement.text);
    const inferred = prepared.parameterTypes;
    const values = parameters.map((p, i) => decodeParameter(p, declaredOids[i] ?? 0, inferred[i]));
    const types = values.map(({ type }) => type);
    prepared.bind(
      values.map(({ value }) => value),
      types,
    );
    const stream = await prepared.stream();
    if (!stream.hasRows) {
      const changed = await stream.changedRows();
      return { kind: "command", tag: commandTag(statement.text, verb, changed) };
    }
    const batches = this.#batches(stream);
    return { kind: "rows", columns: stream.columns, batches, tag: (rows) => `SELECT ${rows}` };
  }

  async *#batches(stream: Awaited<ReturnType<Connection["stream"]>>): AsyncIterableIterator<RowBatch> {
    for (let chunk = await stream.next(); chunk !== undefined; chunk = await stream.next()) {
      this.#owner.events.emit("chunk", chunk.rowCount);
      yield { kind: "chunk", chunk };
    }
  }
}

function verbOf(statement: ParsedStatement): string {
  return /\w+/.exec(statement.text)?.[0].toLowerCase() ?? "";
}

function isTransactionVerb(verb: string): boolean {
  return ["begin", "commit", "rollback"].includes(verb);
}

function returnsRows(statement: ParsedStatement): boolean {
  return ["select", "from", "values", "with"].includes(verbOf(statement));
}

function commandTag(text: string, verb: string, changed: number): string {
  switch (verb) {
    case "insert":
      return `INSERT 0 ${changed}`;
    case "update":
    case "delete":
      return `${verb.toUpperCase()} ${changed}`;
    default:
      return text.trim().split(/\s+/, 2).join(" ").toUpperCase();
  }
}

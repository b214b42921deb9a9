/** Statements about the session itself: transactions, settings, prepared statements by name. DuckDB never sees them. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { RelationalStatement, SessionStatement } from "../sql/analysis.js";
import type { SessionCursors } from "./cursors.js";
import type { SessionNotifications } from "./notifications.js";
import type { ExecuteInput } from "./relational-runner.js";
import { command } from "./results.js";
import type { Rewind } from "./savepoints.js";
import { deallocateAll, discard, reset, set, show } from "./setting-statements.js";
import type { Settings } from "./settings.js";
import {
  begin,
  commit,
  lock,
  maintain,
  outsideBlock,
  rollback,
  setConstraints,
  setTransaction,
  setTransactionDefaults,
} from "./transaction-statements.js";
import type { SessionTransactions } from "./transactions.js";
import type { Notice, ProtocolStatements, StatementResult } from "./types.js";

/** What these statements need of their session. */
export interface SessionStatementHost {
  readonly settings: Settings;
  readonly transactions: SessionTransactions;
  readonly notifications: SessionNotifications;
  readonly cursors: SessionCursors;
  readonly branchName: string;
  readonly sqlPrepared: Map<string, string>;
  readonly protocolStatements: ProtocolStatements | undefined;
  useBranch(name: string): Promise<void>;
  useConnectedHead(): Promise<void>;
  rememberSession(): void;
  endSession(committed: boolean): Promise<void>;
  applySearchPath(): Promise<void>;
  applyTimeZone(): Promise<void>;
  discardTemporary(): Promise<void>;
  discardPlans(): void;
  visibleRelations(): readonly string[];
  /** Errors: 42P01 for a name that means nothing on this head. */
  requireRelation(parts: readonly string[]): Promise<void>;
  notice(severity: Notice["severity"], code: Notice["code"], message: string): void;
  /** How to put settings and head back to what they are now. */
  rewinds(): readonly Rewind[];
  rollbackToSavepoint(name: string): Promise<void>;
  runQuery(
    query: RelationalStatement,
    input: ExecuteInput,
    running: AbortController,
  ): Promise<StatementResult>;
  executePrepared(body: string, argumentTexts: readonly string[]): Promise<StatementResult>;
}

export async function runSessionStatement(
  host: SessionStatementHost,
  statement: SessionStatement,
  input: ExecuteInput,
  running: AbortController,
): Promise<StatementResult> {
  switch (statement.verb) {
    case "begin":
      return begin(host, statement);
    case "commit":
      return await commit(host, statement.chain);
    case "rollback":
      return await rollback(host, statement.chain);
    case "savepoint":
      requireBlock(host, "SAVEPOINT");
      host.transactions.setSavepoint(statement.name, host.rewinds());
      return command("SAVEPOINT");
    case "releaseSavepoint":
      requireBlock(host, "RELEASE SAVEPOINT");
      host.transactions.releaseSavepoint(statement.name);
      return command("RELEASE");
    case "rollbackTo":
      requireBlock(host, "ROLLBACK TO SAVEPOINT");
      await host.rollbackToSavepoint(statement.name);
      return command("ROLLBACK");
    case "setTransaction":
      return setTransaction(host, statement.modes);
    case "setTransactionDefaults":
      return setTransactionDefaults(host, statement.modes);
    case "setConstraints":
      return setConstraints(host, statement.names);
    case "set":
      return await set(host, statement);
    case "show":
      return show(host, statement.name);
    case "reset":
      return await reset(host, statement.name);
    case "discard":
      return await discard(host, statement.what);
    case "prepare":
      if (host.sqlPrepared.has(statement.name) || host.protocolStatements?.has(statement.name) === true) {
        throw new SqlError(
          SQLSTATE.duplicatePreparedStatement,
          `prepared statement "${statement.name}" already exists`,
        );
      }
      host.sqlPrepared.set(statement.name, statement.body);
      return command("PREPARE");
    case "execute":
      return await host.executePrepared(preparedBody(host, statement.name), statement.argumentTexts);
    case "deallocate":
      if (statement.name === undefined) deallocateAll(host);
      else if (host.protocolStatements?.has(statement.name)) host.protocolStatements.close(statement.name);
      else {
        preparedBody(host, statement.name);
        host.sqlPrepared.delete(statement.name);
      }
      return command(statement.name === undefined ? "DEALLOCATE ALL" : "DEALLOCATE");
    case "listen":
      host.notifications.listen(statement.channel);
      return command("LISTEN");
    case "unlisten":
      host.notifications.unlisten(statement.channel === "*" ? undefined : statement.channel);
      return command("UNLISTEN");
    case "notify":
      host.notifications.notify(statement.channel, statement.payload);
      return command("NOTIFY");
    case "declareCursor":
      await host.cursors.declare(
        statement,
        host.transactions.shared,
        async () => await host.runQuery(statement.query, input, running),
      );
      return command("DECLARE CURSOR");
    case "fetch":
      return await host.cursors.fetch(statement.name, statement.motion, statement.move);
    case "closeCursor":
      await host.cursors.close(statement.name);
      return command(statement.name === undefined ? "CLOSE CURSOR ALL" : "CLOSE CURSOR");
    case "lock":
      return await lock(host, statement);
    case "maintenance":
      return await maintain(host, statement);
    default:
      return statement satisfies never;
  }
}

function requireBlock(host: SessionStatementHost, what: string): void {
  if (!host.transactions.inBlock) throw outsideBlock(what);
}

function preparedBody(host: SessionStatementHost, name: string): string {
  const body = host.sqlPrepared.get(name);
  if (body === undefined)
    throw new SqlError(SQLSTATE.invalidSqlStatementName, `prepared statement "${name}" does not exist`);
  return body;
}

/** Statements about the session itself: transactions, settings, prepared statements by name. DuckDB never sees them. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { RelationalStatement, SessionStatement } from "../sql/analysis.js";
import type { SessionCursors } from "./cursors.js";
import type { SessionActivity } from "./session-activity.js";
import type { SessionSequences } from "./session-sequences.js";
import type { SessionNotifications } from "./notifications.js";
import type { LargeObjectCalls } from "./large-object-calls.js";
import type { NamedStatements } from "./named-statements.js";
import type { ExecuteInput } from "./start-statement.js";
import { raiseMessages } from "./raise-messages.js";
import { command } from "./results.js";
import type { Rewind } from "./savepoints.js";
import { discard, reset, set, show } from "./setting-statements.js";
import type { Settings } from "./settings.js";
import {
  begin,
  commit,
  constraints,
  finishPrepared,
  lock,
  maintain,
  outsideBlock,
  prepareTransaction,
  rollback,
  setTransaction,
  setTransactionDefaults,
} from "./transaction-statements.js";
import type { SessionTransactions } from "./transactions.js";
import type { Notice, StatementDescription, StatementResult } from "./types.js";

/** What these statements need of their session. */
export interface SessionStatementHost {
  readonly settings: Settings;
  readonly transactions: SessionTransactions;
  readonly notifications: SessionNotifications;
  readonly cursors: SessionCursors;
  /** Knows the text that runs. */
  readonly activity: Pick<SessionActivity, "text">;
  readonly sequences: SessionSequences;
  readonly branchName: string;
  /** In a block, or among several statements of one message. */
  readonly inBlock: boolean;
  readonly named: NamedStatements;
  readonly largeObjects: LargeObjectCalls;
  useBranch(name: string): Promise<void>;
  useConnectedHead(): Promise<void>;
  rememberSession(): void;
  endSession(committed: boolean): Promise<void>;
  applySearchPath(): Promise<void>;
  applyTimeZone(): Promise<void>;
  discardTemporary(): Promise<void>;
  /** Plans that are remembered. */
  readonly prepared: { clear(): void };
  visibleRelations(): readonly string[];
  /** Errors: 42P01 for a name that means nothing on this head. */
  requireRelation(parts: readonly string[]): Promise<void>;
  /** Errors: see `lockTables`. */
  lockTables(statement: Extract<SessionStatement, { verb: "lock" }>, signal: AbortSignal): Promise<void>;
  /** Errors: see `setConstraints`. */
  setConstraints(
    statement: Extract<SessionStatement, { verb: "setConstraints" }>,
    signal: AbortSignal,
  ): Promise<void>;
  readonly notices: Notice[];
  notice(severity: Notice["severity"], code: Notice["code"], message: string): void;
  /** How to put settings and head back to what they are now. */
  rewinds(): readonly Rewind[];
  rollbackToSavepoint(name: string): Promise<void>;
  /** Errors: what is wrong with the query as it stands. */
  describeQuery(query: RelationalStatement, input: ExecuteInput): Promise<StatementDescription>;
  runQuery(
    query: RelationalStatement,
    input: ExecuteInput,
    running: AbortController,
  ): Promise<StatementResult>;
}

/** Whoever cancels it now comes too late. */
function final(result: StatementResult): StatementResult {
  return result.kind === "command" ? { ...result, isFinal: true } : result;
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
      return final(await commit(host, statement.chain));
    case "rollback":
      return await rollback(host, statement.chain);
    case "prepareTransaction":
      return await prepareTransaction(host);
    case "finishPrepared":
      return finishPrepared(host, statement.tag, statement.identifier);
    case "savepoint":
      requireBlock(host, "SAVEPOINT");
      host.transactions.setSavepoint(statement.name, [...host.rewinds(), host.largeObjects.mark()]);
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
      return await constraints(host, statement, running);
    case "set":
      return await set(host, statement);
    case "show":
      return show(host, statement.name);
    case "reset":
      return await reset(host, statement.name);
    case "discard":
      return await discard(host, statement.what);
    case "prepare":
      await host.named.prepare(statement);
      return command("PREPARE");
    case "execute":
      return await host.named.execute(statement, input, running);
    case "deallocate":
      host.named.deallocate(statement.name);
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
        {
          inBlock: host.inBlock,
          inTransaction: host.inBlock || host.transactions.shared,
          source: host.activity.text,
        },
        {
          describe: async () => await host.describeQuery(statement.query, input),
          run: async () => await host.runQuery(statement.query, input, running),
        },
      );
      return command("DECLARE CURSOR");
    case "fetch":
      return await host.cursors.fetch(statement.name, statement.motion, statement.move);
    case "closeCursor":
      await host.cursors.close(statement.name);
      return command(statement.name === undefined ? "CLOSE CURSOR ALL" : "CLOSE CURSOR");
    case "largeObject":
      return await host.largeObjects.run(statement, input, running);
    case "insertLargeObjects":
      return await host.largeObjects.insert(statement, input, running);
    case "do":
      return raiseMessages(host, statement.messages);
    case "createExtension":
      return createExtension(host, statement.name, statement.ifNotExists);
    case "lock":
      return await lock(host, statement, running);
    case "maintenance":
      return await maintain(host, statement);
    default:
      return statement satisfies never;
  }
}

/**
 * There are none but the one every PostgreSQL has. Scripts that make sure of an extension go on with a warning: what they
 * then use of it does not exist, and that is said when they do. SQLAlchemy's own tests begin so.
 */
function createExtension(host: SessionStatementHost, name: string, ifNotExists: boolean): StatementResult {
  const isThere = name === "plpgsql";
  const message = `extension "${name}" ${isThere ? "already exists" : "is not available"}`;
  if (!ifNotExists) throw isThere ? new SqlError(SQLSTATE.duplicateObject, message) : notSupported(message);
  if (isThere) host.notice("NOTICE", SQLSTATE.duplicateObject, `${message}, skipping`);
  else host.notice("WARNING", SQLSTATE.warning, `${message}: nothing was created`);
  return command("CREATE EXTENSION");
}

function requireBlock(host: SessionStatementHost, what: string): void {
  if (!host.transactions.inBlock) throw outsideBlock(what);
}

/** Statements about the session itself: transactions, settings, prepared statements by name. DuckDB never sees them. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { SessionStatement } from "../sql/analysis.js";
import { textResult } from "./results.js";
import type { Rewind } from "./savepoints.js";
import type { Settings } from "./settings.js";
import type { SessionTransactions } from "./transactions.js";
import type { Notice, StatementResult } from "./types.js";

/** What these statements need of their session. */
export interface SessionStatementHost {
  readonly settings: Settings;
  readonly transactions: SessionTransactions;
  readonly branchName: string;
  readonly sqlPrepared: Map<string, string>;
  useBranch(name: string): Promise<void>;
  useConnectedHead(): Promise<void>;
  rememberSession(): void;
  endSession(committed: boolean): Promise<void>;
  applySearchPath(): Promise<void>;
  applyTimeZone(): Promise<void>;
  discardTemporary(): Promise<void>;
  discardPlans(): void;
  visibleRelations(): readonly string[];
  notice(severity: Notice["severity"], code: Notice["code"], message: string): void;
  /** How to put settings and head back to what they are now. */
  rewinds(): readonly Rewind[];
  rollbackToSavepoint(name: string): Promise<void>;
  executePrepared(body: string, argumentTexts: readonly string[]): Promise<StatementResult>;
}

const command = (tag: string): StatementResult => ({ kind: "command", tag });

export async function runSessionStatement(
  host: SessionStatementHost,
  statement: SessionStatement,
): Promise<StatementResult> {
  switch (statement.verb) {
    case "begin":
      return begin(host, statement.access);
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
      if (statement.access !== undefined)
        host.settings.set("transaction_read_only", statement.access === "read only" ? "on" : "off");
      return command("SET");
    case "set":
      return await set(host, statement);
    case "show":
      return show(host, statement.name);
    case "reset":
      return await reset(host, statement.name);
    case "discard":
      return await discard(host, statement.what);
    case "prepare":
      if (host.sqlPrepared.has(statement.name)) {
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
      if (statement.name === undefined) host.sqlPrepared.clear();
      else {
        preparedBody(host, statement.name);
        host.sqlPrepared.delete(statement.name);
      }
      return command(statement.name === undefined ? "DEALLOCATE ALL" : "DEALLOCATE");
    case "unlisten":
      return command("UNLISTEN");
    case "listen":
    case "notify":
      throw notSupported("LISTEN and NOTIFY are not supported yet");
    case "closeCursor":
      if (statement.name === undefined) return command("CLOSE CURSOR ALL");
      throw new SqlError(SQLSTATE.invalidCursorName, `cursor "${statement.name}" does not exist`);
    case "noop":
      return command(statement.tag);
    default:
      return statement satisfies never;
  }
}

function requireBlock(host: SessionStatementHost, what: string): void {
  if (host.transactions.inBlock) return;
  throw new SqlError(SQLSTATE.noActiveSqlTransaction, `${what} can only be used in transaction blocks`);
}

function begin(host: SessionStatementHost, access: "read only" | "read write" | undefined): StatementResult {
  if (host.transactions.inBlock) {
    host.notice("WARNING", SQLSTATE.activeSqlTransaction, "there is already a transaction in progress");
    return command("BEGIN");
  }
  host.transactions.beginBlock();
  host.rememberSession();
  const readOnly =
    access === undefined
      ? host.settings.get("default_transaction_read_only")
      : access === "read only"
        ? "on"
        : "off";
  host.settings.set("transaction_read_only", readOnly);
  return command("BEGIN");
}

async function commit(host: SessionStatementHost, chain: boolean): Promise<StatementResult> {
  if (chain) throw notSupported("COMMIT AND CHAIN is not supported");
  if (!host.transactions.inBlock) {
    host.notice("WARNING", SQLSTATE.noActiveSqlTransaction, "there is no transaction in progress");
    return command("COMMIT");
  }
  let committed = false;
  try {
    committed = await host.transactions.commitBlock();
  } finally {
    await endBlock(host, committed);
  }
  return command(committed ? "COMMIT" : "ROLLBACK");
}

async function rollback(host: SessionStatementHost, chain: boolean): Promise<StatementResult> {
  if (chain) throw notSupported("ROLLBACK AND CHAIN is not supported");
  if (!host.transactions.inBlock) {
    host.notice("WARNING", SQLSTATE.noActiveSqlTransaction, "there is no transaction in progress");
    return command("ROLLBACK");
  }
  await host.transactions.rollbackBlock();
  await endBlock(host, false);
  return command("ROLLBACK");
}

async function endBlock(host: SessionStatementHost, committed: boolean): Promise<void> {
  await host.endSession(committed);
  host.settings.set("transaction_read_only", undefined);
}

async function set(
  host: SessionStatementHost,
  statement: Extract<SessionStatement, { verb: "set" }>,
): Promise<StatementResult> {
  const { name, values } = statement;
  const value = values === "default" ? undefined : values.join(", ");
  if (name.toLowerCase() === "branch") {
    if (statement.local) throw notSupported("SET LOCAL branch is not supported", "use SET branch");
    if (value === undefined) await host.useConnectedHead();
    else await host.useBranch(value);
    return command("SET");
  }
  if (statement.local && !host.transactions.inBlock) {
    host.notice(
      "WARNING",
      SQLSTATE.noActiveSqlTransaction,
      "SET LOCAL can only be used in transaction blocks",
    );
    return command("SET");
  }
  const before = host.settings.changed(name);
  host.settings.set(name, value, statement.local);
  try {
    await apply(host, name);
  } catch (error) {
    host.settings.set(name, before);
    throw error;
  }
  return command("SET");
}

/** Settings that mean something to DuckDB. */
async function apply(host: SessionStatementHost, name: string): Promise<void> {
  const folded = name.toLowerCase();
  if (folded === "search_path") await host.applySearchPath();
  if (folded === "timezone") await host.applyTimeZone();
}

function show(host: SessionStatementHost, name: string): StatementResult {
  const folded = name.toLowerCase();
  if (folded === "branch") return textResult(["branch"], [[host.branchName]], "SHOW");
  if (folded === "all") {
    const rows = host.settings.all().map(([setting, value]) => [setting, value, ""]);
    return textResult(["name", "setting", "description"], rows, "SHOW");
  }
  if (folded === "tables")
    return textResult(
      ["name"],
      host
        .visibleRelations()
        .toSorted()
        .map((table) => [table]),
      "SHOW",
    );
  return textResult([name], [[host.settings.get(name)]], "SHOW");
}

async function reset(host: SessionStatementHost, name: string): Promise<StatementResult> {
  const folded = name.toLowerCase();
  if (folded === "branch") await host.useConnectedHead();
  else if (folded === "all") {
    host.settings.resetAll();
    await host.useConnectedHead();
    await host.applySearchPath();
    await host.applyTimeZone();
  } else {
    host.settings.set(name, undefined);
    await apply(host, name);
  }
  return command("RESET");
}

async function discard(
  host: SessionStatementHost,
  what: "all" | "plans" | "temp" | "sequences",
): Promise<StatementResult> {
  if (what === "all" && host.transactions.inBlock) {
    throw new SqlError(SQLSTATE.activeSqlTransaction, "DISCARD ALL cannot run inside a transaction block");
  }
  if (what === "all") {
    await reset(host, "all");
    host.sqlPrepared.clear();
  }
  if (what === "all" || what === "temp") await host.discardTemporary();
  if (what === "all" || what === "plans") host.discardPlans();
  return command(`DISCARD ${what.toUpperCase()}`);
}

function preparedBody(host: SessionStatementHost, name: string): string {
  const body = host.sqlPrepared.get(name);
  if (body === undefined)
    throw new SqlError(SQLSTATE.invalidSqlStatementName, `prepared statement "${name}" does not exist`);
  return body;
}

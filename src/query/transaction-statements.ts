/** BEGIN, COMMIT, ROLLBACK and what is said about transactions. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { SessionStatement, TransactionModes } from "../sql/analysis.js";
import { command } from "./results.js";
import type { BlockModes } from "./settings.js";
import type { SessionStatementHost } from "./session-statements.js";
import type { StatementResult } from "./types.js";

/** The settings that say how the transaction under way runs; each has a default for those to come. */
const MODES = ["transaction_isolation", "transaction_read_only", "transaction_deferrable"] as const;

export function begin(
  host: SessionStatementHost,
  { tag, modes }: Extract<SessionStatement, { verb: "begin" }>,
): StatementResult {
  for (const [name, value] of settingsOf(modes)) host.settings.check(`transaction_${name}`, value);
  if (host.transactions.inBlock) {
    host.notice("WARNING", SQLSTATE.activeSqlTransaction, "there is already a transaction in progress");
    setModes(host, modes);
    return command(tag);
  }
  openBlock(host);
  host.settings.chainedModes = undefined;
  for (const name of MODES) host.settings.set(name, host.settings.get(`default_${name}`), true);
  for (const [name, value] of settingsOf(modes)) host.settings.set(`transaction_${name}`, value, true);
  return command(tag);
}

function openBlock(host: SessionStatementHost): void {
  host.transactions.beginBlock();
  host.rememberSession();
}

export async function commit(host: SessionStatementHost, chain: boolean): Promise<StatementResult> {
  if (!host.transactions.inBlock) return await endNothing(host, "COMMIT", chain);
  const modes = currentModes(host);
  let committed = false;
  try {
    host.notifications.check();
    committed = await host.transactions.commitBlock();
  } finally {
    await host.endSession(committed);
  }
  if (chain) chainBlock(host, modes);
  return command(committed ? "COMMIT" : "ROLLBACK");
}

export async function rollback(host: SessionStatementHost, chain: boolean): Promise<StatementResult> {
  if (!host.transactions.inBlock) return await endNothing(host, "ROLLBACK", chain);
  const modes = currentModes(host);
  await host.transactions.rollbackBlock();
  await host.endSession(false);
  if (chain) chainBlock(host, modes);
  return command("ROLLBACK");
}

/** As a PostgreSQL that keeps no prepared transactions, which is its default: the block is rolled back. */
export async function prepareTransaction(host: SessionStatementHost): Promise<StatementResult> {
  const failed = host.transactions.status === "E";
  const { inBlock } = host.transactions;
  const result = await rollback(host, false);
  if (failed || !inBlock) return result;
  throw new SqlError(SQLSTATE.objectNotInPrerequisiteState, "prepared transactions are disabled", {
    hint: "Set max_prepared_transactions to a nonzero value.",
  });
}

/** COMMIT PREPARED and ROLLBACK PREPARED: there is none to end. */
export function finishPrepared(host: SessionStatementHost, tag: string, identifier: string): never {
  if (isInTransaction(host)) throw insideBlock(tag);
  const message = `prepared transaction with identifier "${identifier}" does not exist`;
  throw new SqlError(SQLSTATE.undefinedObject, message);
}

/** A failed block has lost those it set: what it began with is left. */
function currentModes(host: SessionStatementHost): BlockModes {
  const failed = host.transactions.status === "E";
  if (failed && host.settings.chainedModes !== undefined) return host.settings.chainedModes;
  const prefix = failed ? "default_" : "";
  return MODES.map((name) => [name, host.settings.get(prefix + name)] as const);
}

/** The next block runs as the last one did. */
function chainBlock(host: SessionStatementHost, modes: BlockModes): void {
  openBlock(host);
  host.settings.chainedModes = modes;
  for (const [name, value] of modes) host.settings.set(name, value, true);
}

/** Outside a block there is nothing to end but, inside a message of several statements, what they did so far. */
async function endNothing(
  host: SessionStatementHost,
  tag: "COMMIT" | "ROLLBACK",
  chain: boolean,
): Promise<StatementResult> {
  if (chain) throw outsideBlock(`${tag} AND CHAIN`);
  host.notice("WARNING", SQLSTATE.noActiveSqlTransaction, "there is no transaction in progress");
  if (!host.transactions.shared) return command(tag);
  let committed = false;
  try {
    await host.transactions.cutImplicit(tag);
    committed = tag === "COMMIT";
  } finally {
    await host.endSession(committed);
  }
  host.rememberSession();
  return command(tag);
}

/** SET TRANSACTION. */
export function setTransaction(host: SessionStatementHost, modes: TransactionModes): StatementResult {
  if (!host.inBlock) {
    const message = "SET TRANSACTION can only be used in transaction blocks";
    host.notice("WARNING", SQLSTATE.noActiveSqlTransaction, message);
    return command("SET");
  }
  setModes(host, modes);
  return command("SET");
}

/** SET SESSION CHARACTERISTICS AS TRANSACTION. */
export function setTransactionDefaults(host: SessionStatementHost, modes: TransactionModes): StatementResult {
  const settings = settingsOf(modes);
  for (const [name, value] of settings) host.settings.check(`default_transaction_${name}`, value);
  for (const [name, value] of settings) host.settings.set(`default_transaction_${name}`, value);
  return command("SET");
}

function setModes(host: SessionStatementHost, modes: TransactionModes): void {
  for (const [name, value] of settingsOf(modes)) {
    refuseLateMode(host, `transaction_${name}`, value);
    host.settings.set(`transaction_${name}`, value, true);
  }
}

/** What a transaction's first query has decided cannot be changed any more. */
export function refuseLateMode(host: SessionStatementHost, name: string, value: string | undefined): void {
  if (host.transactions.current === undefined || value === undefined || value === host.settings.get(name))
    return;
  switch (name) {
    case "transaction_isolation":
      throw tooLate("SET TRANSACTION ISOLATION LEVEL must be called before any query");
    case "transaction_deferrable":
      throw tooLate("SET TRANSACTION [NOT] DEFERRABLE must be called before any query");
    case "transaction_read_only":
      if (value === "off") throw tooLate("transaction read-write mode must be set before any query");
  }
}

function tooLate(message: string): SqlError {
  return new SqlError(SQLSTATE.activeSqlTransaction, message);
}

function settingsOf(modes: TransactionModes): [name: string, value: string][] {
  const settings: [string, string][] = [];
  if (modes.isolation !== undefined) settings.push(["isolation", modes.isolation]);
  if (modes.access !== undefined) settings.push(["read_only", modes.access === "read only" ? "on" : "off"]);
  if (modes.deferrable !== undefined) settings.push(["deferrable", modes.deferrable ? "on" : "off"]);
  return settings;
}

export async function constraints(
  host: SessionStatementHost,
  statement: Extract<SessionStatement, { verb: "setConstraints" }>,
  { signal }: AbortController,
): Promise<StatementResult> {
  if (host.inBlock) await host.setConstraints(statement, signal);
  else {
    const message = "SET CONSTRAINTS can only be used in transaction blocks";
    host.notice("WARNING", SQLSTATE.noActiveSqlTransaction, message);
  }
  return command("SET CONSTRAINTS");
}

export async function lock(
  host: SessionStatementHost,
  statement: Extract<SessionStatement, { verb: "lock" }>,
  { signal }: AbortController,
): Promise<StatementResult> {
  if (!host.inBlock) throw outsideBlock("LOCK TABLE");
  for (const parts of statement.relations) await host.requireRelation(parts);
  await host.lockTables(statement, signal);
  return command("LOCK TABLE");
}

export async function maintain(
  host: SessionStatementHost,
  statement: Extract<SessionStatement, { verb: "maintenance" }>,
): Promise<StatementResult> {
  if (statement.outsideBlock && isInTransaction(host)) throw insideBlock(statement.tag);
  for (const parts of statement.relations) await host.requireRelation(parts);
  return command(statement.tag);
}

export function outsideBlock(what: string): SqlError {
  return new SqlError(SQLSTATE.noActiveSqlTransaction, `${what} can only be used in transaction blocks`);
}

export function insideBlock(what: string): SqlError {
  return new SqlError(SQLSTATE.activeSqlTransaction, `${what} cannot run inside a transaction block`);
}

/** Something would be undone if this transaction failed, or statements before this one are still to be committed. */
export function isInTransaction(host: SessionStatementHost): boolean {
  return host.inBlock || host.transactions.current !== undefined || host.transactions.pipelined;
}

/**
 * One client's session behind the interface the protocols use: sends each statement to the part that runs it, keeps what
 * can be cancelled, and ends everything at the end.
 */
import { endSessionBranch } from "../branch/lifecycle.js";
import { hideRows } from "./hidden-rows.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { classifyFailure } from "../engine/failure.js";
import type { RelationalStatement, SessionStatement, StatementAnalysis } from "../sql/analysis.js";
import { withEscapeStrings } from "../sql/escape-strings.js";
import { describeBranch, runBranch } from "./branch-runner.js";
import { runCopy } from "./copy.js";
import { explainFailure } from "./explain-failure.js";
import { requireDetermined } from "./declared-parameters.js";
import { definitionsKey } from "./definitions-key.js";
import { describeRelational } from "./describe-relational.js";
import { runRelational } from "./relational-runner.js";
import type { ExecuteInput } from "./start-statement.js";
import { LargeObjectCalls } from "./large-object-calls.js";
import { NamedStatements } from "./named-statements.js";
import { SessionCore } from "./session-core.js";
import type { SessionServices } from "./session-services.js";
import type { SessionIdentity } from "./session-identity.js";
import { runSessionStatement, type SessionStatementHost } from "./session-statements.js";
import type { Settings } from "./settings.js";
import { idleLimit } from "./idle-limit.js";
import { withoutDatabase } from "./own-database.js";
import { requireSession } from "./permissions.js";
import { requireRelation } from "./require-relation.js";
import { setConstraints } from "./set-constraints.js";
import { lockTables } from "./table-locks.js";
import { observed } from "./statement-observer.js";
import {
  changesDefinitions,
  cursorOf,
  endsBlock,
  isTransactionControl,
  keepsSettings,
  mayWrite,
} from "./statement-kinds.js";
import { StatementTimeout } from "./statement-timeout.js";
import { timeBudget } from "./time-budget.js";
import type {
  BoundParameter,
  ClientCursors,
  ClientPortals,
  CursorStatement,
  IdleLimit,
  NamedStatement,
  Notice,
  Notification,
  ParsedStatement,
  QuerySession,
  StatementDescription,
  StatementResult,
  TransactionStatus,
} from "./types.js";

/** A statement with what reading it found out. */
class ReadStatement implements ParsedStatement {
  readonly analysis: StatementAnalysis;
  /** The client's whole text, which positions of errors count in. */
  readonly source: string;

  constructor(analysis: StatementAnalysis, source: string) {
    this.analysis = analysis;
    this.source = source;
  }

  get text(): string {
    return this.analysis.text;
  }

  get empty(): boolean {
    return this.analysis.kind === "empty";
  }

  get isQuery(): boolean {
    return this.analysis.kind === "relational";
  }

  get isTransactionControl(): boolean {
    return isTransactionControl(this.analysis);
  }

  get cursor(): CursorStatement | undefined {
    return this.analysis.kind === "session" ? cursorOf(this.analysis.statement) : undefined;
  }
}

export class DuckSession implements QuerySession {
  readonly #core: SessionCore;
  readonly #host: SessionStatementHost;
  #running: AbortController | undefined;
  #isCanceled = false;

  private constructor(core: SessionCore) {
    this.#core = core;
    this.#host = Object.assign(core, {
      named: new NamedStatements(core, this),
      largeObjects: new LargeObjectCalls(core),
      rollbackToSavepoint: async (name: string) => await this.#rollbackToSavepoint(name),
      runQuery: async (query: RelationalStatement, input: ExecuteInput, running: AbortController) =>
        await runRelational(core, query, input, running),
      describeQuery: async (query: RelationalStatement, input: ExecuteInput) =>
        await describeRelational(core, query, input.declaredOids),
      requireRelation: async (parts: readonly string[]) => await requireRelation(core, parts),
      lockTables: async (lock: Extract<SessionStatement, { verb: "lock" }>, signal: AbortSignal) =>
        await lockTables(core, lock, signal),
      setConstraints: async (
        statement: Extract<SessionStatement, { verb: "setConstraints" }>,
        signal: AbortSignal,
      ) => await setConstraints(core, statement, signal),
    });
  }

  static async open(
    services: SessionServices,
    connection: Connection,
    settings: Settings,
    identity: SessionIdentity,
  ): Promise<DuckSession> {
    return new DuckSession(await SessionCore.open(services, connection, settings, identity));
  }

  get status(): TransactionStatus {
    return this.#core.transactions.status;
  }

  get definitions(): string {
    return definitionsKey(this.#core);
  }

  async parse(written: string): Promise<readonly ReadStatement[]> {
    const escapes = this.#core.settings.get("standard_conforming_strings") === "off";
    const text = escapes ? withEscapeStrings(written) : written;
    const analyses = await this.#core.services.analyse(text);
    return analyses.map((analysis) => new ReadStatement(analysis, text));
  }

  async describe(statement: ParsedStatement, declaredOids: readonly number[]): Promise<StatementDescription> {
    const analysis = await this.#analysisOf(statement);
    try {
      const description = await this.#describe(analysis, declaredOids);
      await requireDetermined(this.#core, analysis, declaredOids);
      return description;
    } catch (error) {
      throw await explainFailure(this.#core, analysis, error, sourceOf(statement));
    }
  }

  async #describe(
    analysis: StatementAnalysis,
    declaredOids: readonly number[],
  ): Promise<StatementDescription> {
    if (!endsBlock(analysis)) this.#core.transactions.refuseFailedBlock();
    switch (analysis.kind) {
      case "relational":
        return await describeRelational(this.#core, analysis, declaredOids);
      case "branch":
        return await describeBranch(this.#core, analysis, declaredOids);
      case "session":
        return await this.#describeSession(analysis, declaredOids);
      case "copy":
      case "empty":
        return { parameterOids: declaredOids, columns: null };
      case "refused":
        throw analysis.error;
      default:
        return analysis satisfies never;
    }
  }

  async #describeSession(
    analysis: Extract<StatementAnalysis, { kind: "session" }>,
    declaredOids: readonly number[],
  ): Promise<StatementDescription> {
    const { statement } = analysis;
    if (statement.verb === "largeObject")
      return await this.#host.largeObjects.describe(statement, declaredOids);
    if (statement.verb === "insertLargeObjects")
      return await describeRelational(this.#core, statement.query, declaredOids);
    if (statement.verb !== "declareCursor")
      return { parameterOids: declaredOids, columns: await this.#columnsOfSession(analysis) };
    const { parameterOids } = await describeRelational(this.#core, statement.query, declaredOids);
    return { parameterOids, columns: null };
  }

  /** SHOW changes nothing, so describing it may as well run it. */
  async #columnsOfSession(
    analysis: Extract<StatementAnalysis, { kind: "session" }>,
  ): Promise<StatementDescription["columns"]> {
    const { statement } = analysis;
    if (statement.verb === "execute") return await this.#host.named.columnsOf(statement.name);
    if (statement.verb === "fetch" && !statement.move) return this.#core.cursors.columnsOf(statement.name);
    if (statement.verb !== "show") return null;
    const input = { parameters: [], declaredOids: [] };
    const result = await runSessionStatement(this.#host, statement, input, new AbortController());
    return result.kind === "rows" ? result.columns : null;
  }

  async execute(
    statement: ParsedStatement,
    parameters: readonly BoundParameter[],
    declaredOids: readonly number[],
  ): Promise<StatementResult> {
    const running = new AbortController();
    this.#running = running;
    this.#isCanceled = false;
    this.#core.activity.begin(sourceOf(statement));
    const refreshed = this.#core.identity.principal.refresh();
    if (refreshed !== undefined) await refreshed;
    const read = this.#analysisOf(statement);
    const analysis = read instanceof Promise ? await read : read;
    if (!endsBlock(analysis)) this.#core.transactions.refuseFailedBlock();
    this.#core.transactions.beginStatement(mayWrite(analysis));
    this.#core.settings.endStatement();
    if (this.#core.settingsChanged) await this.#core.applySettings();
    // Until here there was nothing to interrupt.
    if (this.#isCanceled)
      throw new SqlError(SQLSTATE.queryCanceled, "canceling statement due to user request");
    this.#core.transactions.lockTimeoutMs = Number(this.#core.settings.get("lock_timeout"));
    const timeout = new StatementTimeout(this.statementTimeoutMs, () => this.cancel());
    // A merge is of other branches than the session's.
    const budget = analysis.kind === "branch" ? undefined : timeBudget(this.#core, () => this.cancel());
    const ended = this.#core.services.context.activity.begin(this.#core.head);
    try {
      const { observer } = this.#core.services;
      const run = (): ReturnType<DuckSession["execute"]> | StatementResult =>
        this.#dispatch(analysis, { parameters, declaredOids }, running);
      const within = (): ReturnType<typeof run> =>
        timeout.run(() => (observer ? observed(observer, analysis, this.#core.branchName, run) : run()));
      const result = timeout.rest(await (budget === undefined ? within() : budget.run(within)));
      return budget?.rest(result) ?? result;
    } catch (error) {
      throw await explainFailure(this.#core, analysis, error, sourceOf(statement), parameters);
    } finally {
      ended();
    }
  }

  #dispatch(
    analysis: StatementAnalysis,
    input: ExecuteInput,
    running: AbortController,
  ): Promise<StatementResult> | StatementResult {
    this.#forgetWhatChanges(analysis);
    switch (analysis.kind) {
      case "empty":
        return { kind: "empty" };
      case "refused":
        throw analysis.error;
      case "session":
        requireSession(this.#core, analysis.statement);
        return runSessionStatement(this.#host, analysis.statement, input, running);
      case "branch":
        return runBranch(this.#core, analysis, input, running.signal);
      case "copy":
        return runCopy(this.#core, analysis, running);
      case "relational":
        return runRelational(this.#core, analysis, input, running);
      default:
        return analysis satisfies never;
    }
  }

  /** What a transaction takes back at its end had a number of its own: see SessionCore.definitions. */
  #forgetWhatChanges(analysis: StatementAnalysis): void {
    const { prepared, ownDefinitions } = this.#core;
    const changes = changesDefinitions(analysis);
    ownDefinitions.beginStatement(changes);
    if (changes) prepared.clear();
    else if (!keepsSettings(analysis)) prepared.forget();
  }

  async #rollbackToSavepoint(name: string): Promise<void> {
    const core = this.#core;
    const signal = this.#running?.signal ?? new AbortController().signal;
    const keepsSnapshot = ["repeatable read", "serializable"].includes(
      core.settings.get("transaction_isolation"),
    );
    await core.transactions.rollbackTo(name, { head: core.head, keepsSnapshot, signal });
    core.ownDefinitions.takeBack();
    core.prepared.clear();
  }

  beginImplicit(several: boolean): void {
    this.#core.inSeveral = several;
    this.#core.rememberSession();
    this.#core.transactions.beginImplicit();
  }

  async endImplicit(): Promise<void> {
    const core = this.#core;
    try {
      if (!core.transactions.inBlock) core.notifications.check();
      core.inSeveral = false;
      await core.transactions.endImplicit();
      if (!core.transactions.inBlock) await core.endSession(true);
    } catch (error) {
      await core.endSession(false);
      throw hideRows(classifyFailure(error), core.identity.principal);
    }
  }

  async fail(): Promise<void> {
    this.#core.prepared.forget();
    await this.#core.transactions.fail();
    this.#core.waits.failTransaction();
    if (!this.#core.transactions.inBlock) await this.#core.endSession(false);
  }

  cancel(): void {
    this.#isCanceled = true;
    this.#running?.abort();
    this.#core.connection.interrupt();
    this.#core.cursors.interrupt();
  }

  get named(): Map<string, NamedStatement> {
    return this.#host.named.all;
  }

  get cursors(): ClientCursors {
    return this.#core.cursors;
  }

  usePortals(portals: ClientPortals): void {
    this.#core.portals = portals;
  }

  takeNotifications(): readonly Notification[] {
    const { transactions, notifications } = this.#core;
    if (transactions.inBlock) return [];
    // A statement alone in its transaction, which is over.
    notifications.end(true);
    this.#core.waits.endTransaction();
    return notifications.take();
  }

  onNotification(wake: (() => void) | undefined): void {
    this.#core.notifications.onArrival(wake);
  }

  get statementTimeoutMs(): number {
    return Number(this.#core.settings.get("statement_timeout"));
  }

  idleLimit(): IdleLimit | undefined {
    return idleLimit(this.#core.settings, this.#core.transactions.inBlock);
  }

  rest(): void {
    this.#core.activity.rest();
  }

  takeNotices(): readonly Notice[] {
    return this.#core.notices.splice(0);
  }

  takeChangedParameters(): readonly (readonly [name: string, value: string])[] {
    return this.#core.settings.takeReports();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    using core = this.#core;
    await core.transactions.rollbackCurrent();
    if (core.identity.ownsHead)
      await endSessionBranch(core.services.context, core.identity.head, new AbortController().signal);
  }

  #analysisOf(statement: ParsedStatement): StatementAnalysis | Promise<StatementAnalysis> {
    if (statement instanceof ReadStatement) return withoutDatabase(this.#core, statement.analysis);
    return this.#analysisOfText(statement.text);
  }

  async #analysisOfText(text: string): Promise<StatementAnalysis> {
    const [analysis] = await this.#core.services.analyse(text);
    return await withoutDatabase(this.#core, analysis ?? { kind: "empty", text });
  }
}

function sourceOf(statement: ParsedStatement): string {
  return statement instanceof ReadStatement ? statement.source : statement.text;
}

/**
 * One client's session: its head, its transaction and its settings, behind the interface the protocols use. Reads each
 * statement, sends it to the part that runs it, and turns what comes back into results.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, type HeadId } from "../branch/model.js";
import { diffQuery } from "../branch/diff.js";
import { discardBranch, requireBranch, requireReadable, requireWritable } from "../branch/lifecycle.js";
import type { BranchContext, Transaction } from "../branch/transaction.js";
import { classifyFailure } from "../engine/failure.js";
import type { Connection, PreparedStatement, ResultStream } from "../engine/connection.js";
import { useCatalog } from "../engine/database.js";
import { decodeParameter, inferParameterOid } from "../pgtypes/parameters.js";
import type { Argument, BranchCommand } from "../sql/branch-command.js";
import type { CopyStatement, RelationalStatement, StatementAnalysis } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import { branchColumns, describeTargets } from "./describe.js";
import { branchSizes } from "./branch-reports.js";
import { headNamed, relationOf, runBranchCommand } from "./branch-statements.js";
import { copyOut, startCopyIn } from "./copy.js";
import { PreparedCache } from "./prepared-cache.js";
import { planStatement, type PlanContext } from "./relational.js";
import type { NameScope } from "./relation-names.js";
import { readsOtherHeads, resolveStatement, type ResolveServices } from "./resolve.js";
import { chunkBatches, commandTag, explainResult, namedColumns, readAll, streamBatches } from "./results.js";
import { SessionFunctions } from "./session-functions.js";
import { runSessionStatement, type SessionStatementHost } from "./session-statements.js";
import { SessionTransactions } from "./transactions.js";
import type { Settings } from "./settings.js";
import type {
  BoundParameter,
  Notice,
  ParsedStatement,
  QuerySession,
  StatementDescription,
  StatementResult,
  TransactionStatus,
} from "./types.js";

/** How often a statement that is alone in its transaction is run again after losing a race. */
const MAX_RACE_RETRIES = 20;
const MAX_PREPARED = 128;

export interface SessionServices {
  readonly context: BranchContext;
  readonly analyse: (text: string) => Promise<readonly StatementAnalysis[]>;
}

export interface SessionIdentity {
  readonly user: string;
  /** Database name as the client gave it, without the branch. */
  readonly database: string;
  /** The head chosen at connect. */
  readonly head: HeadId;
  /** The session's own branch, made by `branch=new`: discarded at its end. */
  readonly ownsHead: boolean;
}

interface Parsed extends ParsedStatement {
  readonly analysis: StatementAnalysis;
}

export class DuckSession implements QuerySession, SessionStatementHost {
  readonly settings: Settings;
  readonly identity: SessionIdentity;
  readonly transactions: SessionTransactions;
  readonly #services: SessionServices;
  readonly #connection: Connection;
  readonly #prepared: PreparedCache;
  readonly #functions: SessionFunctions;
  readonly #temporary = new Set<string>();
  readonly sqlPrepared = new Map<string, string>();
  #head: HeadId = MAIN;
  #headAtBlockStart: HeadId = MAIN;
  #notices: Notice[] = [];
  #running: AbortController | undefined;

  private constructor(
    services: SessionServices,
    connection: Connection,
    settings: Settings,
    identity: SessionIdentity,
  ) {
    this.#services = services;
    this.#connection = connection;
    this.settings = settings;
    this.identity = identity;
    this.transactions = new SessionTransactions(services.context, connection);
    this.#prepared = new PreparedCache(connection, MAX_PREPARED);
    this.#functions = new SessionFunctions(identity);
  }

  static async open(
    services: SessionServices,
    connection: Connection,
    settings: Settings,
    identity: SessionIdentity,
  ): Promise<DuckSession> {
    const session = new DuckSession(services, connection, settings, identity);
    await session.#functions.install(connection);
    await session.switchHead(identity.head);
    await session.applyTimeZone();
    return session;
  }

  get status(): TransactionStatus {
    return this.transactions.status;
  }

  get head(): HeadId {
    return this.#head;
  }

  /** Name of the session's head, as SHOW branch gives it. */
  get branchName(): string {
    return this.#head === MAIN
      ? MAIN
      : (this.#services.context.registry.state.branches.get(this.#head)?.name ?? this.#head);
  }

  async parse(text: string): Promise<readonly Parsed[]> {
    const analyses = await this.#services.analyse(text);
    return analyses.map((analysis) => ({ text: analysis.text, empty: analysis.kind === "empty", analysis }));
  }

  async describe(statement: ParsedStatement, declaredOids: readonly number[]): Promise<StatementDescription> {
    const analysis = await this.#analysisOf(statement);
    if (endsBlock(analysis)) return { parameterOids: [], columns: null };
    this.transactions.refuseFailedBlock();
    switch (analysis.kind) {
      case "relational":
        return await this.#describeRelational(analysis, declaredOids);
      case "branch":
        return await this.#describeBranchCommand(analysis, declaredOids);
      case "session":
        if (analysis.statement.verb === "show")
          return { parameterOids: [], columns: await this.#columnsOfShow(analysis) };
        return { parameterOids: [], columns: null };
      case "copy":
      case "empty":
        return { parameterOids: [], columns: null };
      case "refused":
        throw analysis.error;
      default:
        return analysis satisfies never;
    }
  }

  async execute(
    statement: ParsedStatement,
    parameters: readonly BoundParameter[],
    declaredOids: readonly number[],
  ): Promise<StatementResult> {
    const analysis = await this.#analysisOf(statement);
    if (!endsBlock(analysis)) this.transactions.refuseFailedBlock();
    const running = new AbortController();
    this.#running = running;
    const timer = this.#startTimeout();
    try {
      return await this.#dispatch(analysis, { parameters, declaredOids }, running.signal);
    } catch (error) {
      throw classifyFailure(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #dispatch(
    analysis: StatementAnalysis,
    input: ExecuteInput,
    signal: AbortSignal,
  ): Promise<StatementResult> {
    switch (analysis.kind) {
      case "empty":
        return { kind: "empty" };
      case "refused":
        throw analysis.error;
      case "session":
        return await runSessionStatement(this, analysis.statement);
      case "branch":
        return await this.#runBranchCommand(analysis, input, signal);
      case "copy":
        return await this.#runCopy(analysis, signal);
      case "relational":
        return await this.#runRelational(analysis, input, signal);
      default:
        return analysis satisfies never;
    }
  }

  beginImplicit(): void {
    this.transactions.beginImplicit();
  }

  async endImplicit(): Promise<void> {
    try {
      await this.transactions.endImplicit();
    } catch (error) {
      throw classifyFailure(error);
    }
  }

  async fail(): Promise<void> {
    await this.transactions.fail();
  }

  cancel(): void {
    this.#running?.abort();
    this.#connection.interrupt();
  }

  takeNotices(): readonly Notice[] {
    const notices = this.#notices;
    this.#notices = [];
    return notices;
  }

  takeChangedParameters(): readonly (readonly [name: string, value: string])[] {
    return this.settings.takeReports();
  }

  notice(severity: Notice["severity"], code: Notice["code"], message: string): void {
    this.#notices.push({ severity, code, message });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.transactions.rollbackCurrent();
      if (this.identity.ownsHead) await this.#discardOwnBranch();
    } finally {
      this.#prepared[Symbol.dispose]();
      this.#connection.close();
    }
  }

  async #discardOwnBranch(): Promise<void> {
    const { context } = this.#services;
    const branch = context.registry.state.branches.get(this.identity.head);
    const open = branch !== undefined && !branch.released && !branch.protected && branch.status === "active";
    if (open && context.registry.state.childrenOf(branch.id).length === 0) {
      await discardBranch(context, branch.id, this.identity.user, new AbortController().signal);
    }
  }

  // --- head -----------------------------------------------------------------------------------------------------------

  /** USE BRANCH and SET branch. Refused once the transaction has begun its work: one transaction, one head. */
  async useBranch(name: string): Promise<void> {
    if (this.transactions.current !== undefined) {
      throw new SqlError(
        SQLSTATE.activeSqlTransaction,
        "cannot change the branch inside a transaction that has begun its work",
      );
    }
    const { state } = this.#services.context.registry;
    if (name === MAIN) return await this.switchHead(MAIN);
    const branch = requireBranch(state, name);
    requireReadable(branch, Date.now());
    await this.switchHead(branch.id);
  }

  async useConnectedHead(): Promise<void> {
    if (this.#head !== this.identity.head) await this.useBranch(this.identity.head);
  }

  async switchHead(head: HeadId): Promise<void> {
    await useCatalog(this.#connection, head === MAIN ? "data" : "void");
    this.#head = head;
    this.#prepared.clear();
    await this.#functions.setBranch(this.#connection, this.branchName);
    await this.applySearchPath();
  }

  rememberHead(): void {
    this.#headAtBlockStart = this.#head;
  }

  async restoreHead(): Promise<void> {
    if (this.#head !== this.#headAtBlockStart) await this.switchHead(this.#headAtBlockStart);
  }

  /** Schemas of search_path in DuckDB's spelling; `$user` and catalogue schemas say nothing here. */
  get searchPath(): readonly string[] {
    const schemas = this.settings
      .get("search_path")
      .split(",")
      .map((part) => part.trim().replace(/^["'](.*)["']$/, "$1"))
      .filter((part) => part !== "" && part !== "$user" && part !== "pg_catalog")
      .map((part) => (normaliseName(part) === "public" ? "main" : part));
    return schemas.length === 0 ? ["main"] : schemas;
  }

  async applySearchPath(): Promise<void> {
    if (this.#head !== MAIN) return;
    await this.#functions.setSearchPath(this.#connection, this.searchPath);
    this.#prepared.clear();
  }

  async applyTimeZone(): Promise<void> {
    const zone = this.settings.get("TimeZone").replaceAll("'", "''");
    try {
      await this.#connection.run(`SET TimeZone = '${zone}'`);
    } catch (error) {
      throw new SqlError(
        SQLSTATE.invalidParameterValue,
        `invalid value for parameter "TimeZone": "${this.settings.get("TimeZone")}"`,
        { cause: error },
      );
    }
  }

  async discardTemporary(): Promise<void> {
    for (const name of this.#temporary)
      await this.#connection.run(`DROP TABLE IF EXISTS temp.main."${name.replaceAll('"', '""')}"`);
    this.#temporary.clear();
  }

  discardPlans(): void {
    this.#prepared.clear();
  }

  /** Names of tables and views visible on the session's head. */
  visibleRelations(): readonly string[] {
    const state = this.transactions.current?.state ?? this.#services.context.registry.state;
    return state
      .visible(this.#head)
      .filter((version) => version.schema === "main")
      .map((version) => version.name);
  }

  /** SQL EXECUTE: its arguments are expressions, evaluated first and then bound as text. */
  async executePrepared(body: string, argumentTexts: readonly string[]): Promise<StatementResult> {
    const [statement] = await this.parse(body);
    if (statement === undefined) return { kind: "empty" };
    if (argumentTexts.length === 0) return await this.execute(statement, [], []);
    const [row] = await this.#connection.rows(
      `SELECT ${argumentTexts.map((text, i) => `CAST((${text}) AS VARCHAR) AS a${i}`).join(", ")}`,
    );
    const parameters = argumentTexts.map((_, i): BoundParameter => {
      const value = row?.[`a${i}`];
      return { format: "text", bytes: typeof value === "string" ? Buffer.from(value) : null };
    });
    return await this.execute(statement, parameters, []);
  }

  // --- relational statements -----------------------------------------------------------------------------------------

  async #runRelational(
    statement: RelationalStatement,
    input: ExecuteInput,
    signal: AbortSignal,
  ): Promise<StatementResult> {
    this.#refuseReadOnly(statement);
    const alone = !this.transactions.shared && this.transactions.current === undefined;
    if (!alone) return await this.#runInTransaction(statement, input, signal);
    const scope = this.#scope(undefined);
    if (this.#head === MAIN && !statement.writes && !readsOtherHeads(scope, statement)) {
      const sql = await resolveStatement(this.#resolveServices, scope, statement);
      return await this.#resultOf(statement, await this.#start(sql, input), async () => {});
    }
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#runInTransaction(statement, input, signal);
      } catch (error) {
        await this.transactions.rollbackCurrent();
        const failure = classifyFailure(error);
        const again =
          failure.code === SQLSTATE.serializationFailure && attempt < MAX_RACE_RETRIES && !signal.aborted;
        if (!again) throw failure;
      }
    }
  }

  async #runInTransaction(
    statement: RelationalStatement,
    input: ExecuteInput,
    signal: AbortSignal,
  ): Promise<StatementResult> {
    const transaction = await this.transactions.need(this.#head, signal);
    this.#requireHead(transaction, statement.writes);
    const planned = await planStatement(this.#planContext(transaction), transaction, statement);
    if (!statement.certain && this.#head !== MAIN) {
      throw notSupported(
        "this statement cannot be read on a branch: the tables it reads could not be determined safely",
      );
    }
    let result: StatementResult | undefined;
    for (const step of planned) {
      const stream = await this.#start(step.sql, input);
      step.afterwards?.();
      result = await this.#resultOf(statement, stream, async (complete) => {
        if (complete) await this.transactions.commitStatement();
        else if (!this.transactions.shared) await this.transactions.rollbackCurrent();
      });
    }
    return result ?? { kind: "command", tag: statement.tag };
  }

  /** The branch must still be there; its own state decides what may be done on it. */
  #requireHead(transaction: Transaction, writes: boolean): void {
    if (this.#head === MAIN) return;
    const branch = transaction.state.branches.get(this.#head);
    if (branch === undefined || branch.status === "discarded") {
      throw new SqlError(
        SQLSTATE.invalidCatalogName,
        `branch "${branch?.name ?? this.#head}" does not exist any more`,
      );
    }
    if (writes) requireWritable(branch, Date.now());
    else requireReadable(branch, Date.now());
  }

  #refuseReadOnly(statement: { readonly writes: boolean; readonly tag: string }): void {
    if (statement.writes && this.settings.get("transaction_read_only") === "on") {
      throw new SqlError(
        SQLSTATE.readOnlySqlTransaction,
        `cannot execute ${statement.tag} in a read-only transaction`,
      );
    }
  }

  async #start(sql: string, input: ExecuteInput): Promise<ResultStream> {
    if (input.parameters.length === 0) return await this.#connection.stream(sql);
    const prepared = await this.#prepared.get(sql);
    bindParameters(prepared, input);
    return await prepared.stream();
  }

  /**
   * Turns a started statement into a result. What changes data is complete before anything is sent, and alone in its
   * transaction it is also committed; a read is committed when its last row was read.
   */
  async #resultOf(
    statement: RelationalStatement,
    stream: ResultStream,
    end: (complete: boolean) => Promise<void>,
  ): Promise<StatementResult> {
    if (statement.verb === "explain") {
      const result = explainResult(await readAll(stream));
      await end(true);
      return result;
    }
    if (!stream.hasRows || statement.verb === "createView") {
      const changed = await stream.changedRows();
      await end(true);
      return { kind: "command", tag: commandTag(statement, changed) };
    }
    const columns = namedColumns(stream.columns, undefined);
    const tag = (rows: number): string => commandTag(statement, rows);
    if (!statement.writes) return { kind: "rows", columns, batches: streamBatches(stream, end), tag };
    const chunks = await readAll(stream);
    await end(true);
    return { kind: "rows", columns, batches: chunkBatches(chunks), tag };
  }

  async #describeRelational(
    statement: RelationalStatement,
    declaredOids: readonly number[],
  ): Promise<StatementDescription> {
    const scope = this.#scope(this.transactions.current);
    const hasRows = statement.verb === "select" || statement.verb === "explain" || statement.returning;
    if (!hasRows && statement.parameterCount === 0) return { parameterOids: [], columns: null };
    if (statement.verb === "explain")
      return { parameterOids: declaredOids, columns: [{ name: "QUERY PLAN", type: null }] };
    const sql = await resolveStatement(
      this.#resolveServices,
      scope,
      statement,
      this.#describeTargets(scope, statement),
    );
    const prepared = await this.#connection.prepare(sql);
    try {
      const inferred = prepared.parameterTypes;
      const count = Math.max(statement.parameterCount, inferred.length, declaredOids.length);
      const parameterOids = Array.from(
        { length: count },
        (_, i) => declaredOids[i] || inferParameterOid(inferred[i]),
      );
      return { parameterOids, columns: hasRows ? prepared.columns : null };
    } finally {
      prepared.close();
    }
  }

  /** For describing, a write's target is what the name holds now: the same columns, and nothing is forked. */
  #describeTargets(scope: NameScope, statement: RelationalStatement): ReadonlyMap<number, string> {
    return describeTargets(this.#services.context.storage, scope, statement);
  }

  // --- branch statements ---------------------------------------------------------------------------------------------

  async #runBranchCommand(
    analysis: Extract<StatementAnalysis, { kind: "branch" }>,
    input: ExecuteInput,
    signal: AbortSignal,
  ): Promise<StatementResult> {
    const { command } = analysis;
    const reads = ["use", "current", "list", "describe", "diff"].includes(command.verb);
    if (!reads && (this.transactions.inBlock || this.transactions.current !== undefined)) {
      throw new SqlError(
        SQLSTATE.activeSqlTransaction,
        "branches cannot be created, merged or ended inside a transaction block",
        {
          hint: "run the statement on its own (autocommit)",
        },
      );
    }
    const host = {
      context: this.#services.context,
      user: this.identity.user,
      currentBranch: this.branchName,
      signal,
      useBranch: async (name: string) => await this.useBranch(name),
      diff: async (_: BranchCommand, name: string, against: string | undefined) =>
        await this.#diff(command, name, against, signal),
    };
    return await runBranchCommand(host, command, (argument) => readArgument(argument, input));
  }

  async #diff(
    command: BranchCommand,
    name: string,
    against: string | undefined,
    signal: AbortSignal,
  ): Promise<StatementResult> {
    const { context } = this.#services;
    const transaction = await this.transactions.need(this.#head, signal);
    const branch = requireBranch(transaction.state, name);
    requireReadable(branch, Date.now());
    const table =
      command.verb === "diff" && command.table !== undefined ? relationOf(command.table) : undefined;
    const sql = await diffQuery(this.#connection, context.storage, transaction.state, {
      branch,
      against: against === undefined ? undefined : headNamed(context, against),
      table,
    });
    const stream = await this.#connection.stream(sql);
    const batches = streamBatches(stream, async (complete) => {
      if (complete) await this.transactions.commitStatement();
      else if (!this.transactions.shared) await this.transactions.rollbackCurrent();
    });
    return { kind: "rows", columns: stream.columns, batches, tag: (rows) => `SELECT ${rows}` };
  }

  async #describeBranchCommand(
    analysis: Extract<StatementAnalysis, { kind: "branch" }>,
    declaredOids: readonly number[],
  ): Promise<StatementDescription> {
    const parameterOids = Array.from(
      { length: analysis.parameterCount },
      (_, i) => declaredOids[i] || inferParameterOid(undefined),
    );
    return { parameterOids, columns: branchColumns(analysis.command) };
  }

  async #columnsOfShow(
    analysis: Extract<StatementAnalysis, { kind: "session" }>,
  ): Promise<StatementDescription["columns"]> {
    const result = await runSessionStatement(this, analysis.statement);
    return result.kind === "rows" ? result.columns : null;
  }

  // --- copy -----------------------------------------------------------------------------------------------------------

  async #runCopy(statement: CopyStatement, signal: AbortSignal): Promise<StatementResult> {
    if (statement.direction === "in") this.#refuseReadOnly({ writes: true, tag: "COPY FROM" });
    const transaction = await this.transactions.need(this.#head, signal);
    this.#requireHead(transaction, statement.direction === "in");
    const host = {
      connection: this.#connection,
      transaction,
      planContext: this.#planContext(transaction),
      commit: async () => await this.transactions.commitStatement(),
      rollback: async () => {
        if (!this.transactions.shared) await this.transactions.rollbackCurrent();
      },
    };
    return statement.direction === "in" ? await startCopyIn(host, statement) : await copyOut(host, statement);
  }

  // --- shared helpers ------------------------------------------------------------------------------------------------

  #scope(transaction: Transaction | undefined): NameScope {
    return {
      state: transaction?.state ?? this.#services.context.registry.state,
      head: this.#head,
      temporary: this.#temporary,
      searchPath: this.searchPath,
      nowMs: Date.now(),
    };
  }

  #planContext(transaction: Transaction): PlanContext {
    return {
      services: this.#resolveServices,
      scope: this.#scope(transaction),
      temporary: {
        add: (name) => this.#temporary.add(normaliseName(name)),
        delete: (name) => this.#temporary.delete(normaliseName(name)),
      },
    };
  }

  get #resolveServices(): ResolveServices {
    const { context, analyse } = this.#services;
    return {
      storage: context.storage,
      analyse,
      sizes: async () =>
        await branchSizes(
          context,
          [...context.registry.state.branches.values()].filter((branch) => !branch.released),
        ),
      functionName: (parts) => this.#functions.replacement(parts),
    };
  }

  async #analysisOf(statement: ParsedStatement): Promise<StatementAnalysis> {
    if ("analysis" in statement) return (statement as Parsed).analysis;
    const [analysis] = await this.#services.analyse(statement.text);
    return analysis ?? { kind: "empty", text: statement.text };
  }

  #startTimeout(): NodeJS.Timeout | undefined {
    const limitMs = Number(this.settings.get("statement_timeout"));
    return limitMs > 0 ? setTimeout(() => this.cancel(), limitMs) : undefined;
  }
}

interface ExecuteInput {
  readonly parameters: readonly BoundParameter[];
  readonly declaredOids: readonly number[];
}

function bindParameters(prepared: PreparedStatement, input: ExecuteInput): void {
  const inferred = prepared.parameterTypes;
  if (inferred.length > input.parameters.length) {
    throw new SqlError(
      SQLSTATE.protocolViolation,
      `bind message supplies ${input.parameters.length} parameters, but the statement requires ${inferred.length}`,
    );
  }
  const bound = inferred.map((type, i) => {
    const parameter = input.parameters[i] ?? { format: "text", bytes: null };
    return decodeParameter(parameter, input.declaredOids[i] ?? 0, type);
  });
  prepared.bind(
    bound.map((b) => b.value),
    bound.map((b) => b.type),
  );
}

function readArgument(argument: Argument, input: ExecuteInput): string | null {
  if (argument.kind === "value") return argument.value;
  const parameter = input.parameters[argument.index - 1];
  if (parameter === undefined)
    throw new SqlError(SQLSTATE.undefinedParameter, `there is no parameter $${argument.index}`);
  if (parameter.bytes === null) return null;
  const { value } = decodeParameter(
    parameter,
    input.declaredOids[argument.index - 1] || inferParameterOid(undefined),
    undefined,
  );
  return typeof value === "string" ? value : String(value);
}

/** COMMIT and ROLLBACK: all that a failed block still takes. */
function endsBlock(analysis: StatementAnalysis): boolean {
  return (
    analysis.kind === "session" && ["commit", "rollback", "rollbackTo"].includes(analysis.statement.verb)
  );
}

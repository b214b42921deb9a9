/**
 * What one session is: its connection, head, settings, transaction, temporary tables. The parts that run statements share
 * it; it runs none itself.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { MAIN, type HeadId } from "../branch/model.js";
import { requireReadable } from "../branch/branch-rules.js";
import { requireBudget } from "../branch/budgets.js";
import { branchSight, branchToUse } from "./branch-access.js";
import type { RegistryState } from "../branch/registry-state.js";
import type { Transaction } from "../branch/transaction.js";
import type { Connection } from "../engine/connection.js";
import { copiesReadBy } from "../catalog/needed-copies.js";
import { catalogFunction } from "../catalog/resolve.js";
import { ianaName } from "../pgtypes/time-zone-names.js";
import { SessionCatalog } from "../catalog/session-catalog.js";
import { INITIAL_TIME_ZONE, useCatalog } from "../engine/database.js";
import { normaliseName, quoteLiteral } from "../sql/names.js";
import { isHeard } from "./heard-messages.js";
import { writtenTypes } from "./announced-columns.js";
import { schemasOf, shownSchemas } from "./setting-values.js";
import { SessionCalls } from "./session-calls.js";
import { SessionNotifications } from "./notifications.js";
import { TemporaryDefinitions } from "./temporary-definitions.js";
import { OwnDefinitions, sharedDefinitions } from "./own-definitions.js";
import { BranchListings } from "./branch-listings.js";
import { liveBranchSizes } from "./branch-sizes.js";
import { LoneReads } from "./lone-reads.js";
import { ReadyReads } from "./ready-reads.js";
import { SessionWaits } from "./session-waits.js";
import { SessionCursors } from "./cursors.js";
import { isOwnDatabase } from "./own-database.js";
import { PreparedCache } from "./prepared-cache.js";
import type { PlanContext } from "./plan-context.js";
import { schemaComments } from "./listed-objects.js";
import type { NameScope } from "./relation-names.js";
import type { ResolveServices } from "./resolve.js";
import { SessionMacros } from "./session-macros.js";
import { SessionSequences } from "./session-sequences.js";
import { findSequence, placeTexts } from "./sequence-names.js";
import { SessionActivity } from "./session-activity.js";
import type { SessionIdentity } from "./session-identity.js";
import { sessionFunction, SessionFunctions } from "./session-functions.js";
import { SessionTypes } from "./session-types.js";
import { TargetShapes } from "./target-shapes.js";
import { SessionTransactions } from "./transactions.js";
import type { Rewind } from "./savepoints.js";
import type { Settings } from "./settings.js";
import { transactionMode } from "./transaction-mode.js";
import { TemporaryTables } from "./temporary-tables.js";
import type { SessionServices } from "./session-services.js";
import type { ClientPortals, NamedStatement, Notice } from "./types.js";

const MAX_PREPARED = 128;
/** No commit has this number. */
const OWN_DEFINITIONS = -1;
const nothing = (): boolean => false;

export class SessionCore implements Disposable {
  readonly services: SessionServices;
  readonly connection: Connection;
  readonly settings: Settings;
  readonly identity: SessionIdentity;
  readonly transactions: SessionTransactions;
  readonly prepared: PreparedCache;
  readonly targetShapes: TargetShapes;
  readonly types: SessionTypes;
  readonly ownDefinitions = new OwnDefinitions();
  readonly loneReads = new LoneReads();
  readonly readyReads = new ReadyReads();
  readonly notices: Notice[] = [];
  /** The statements of one Query message run, several of them. */
  inSeveral = false;
  readonly activity: SessionActivity;
  readonly notifications: SessionNotifications;
  readonly temporaryDefinitions = new TemporaryDefinitions();
  readonly cursors: SessionCursors;
  readonly waits: SessionWaits;
  readonly sequences: SessionSequences;
  /** Of the protocol the session is served by; undefined for one without portals. */
  portals: ClientPortals | undefined;
  readonly #live: Disposable & { readonly key: string };
  readonly #functions: SessionFunctions;
  readonly #catalog: SessionCatalog;
  readonly #listing: BranchListings;
  readonly #macros: SessionMacros;
  readonly #temporary: TemporaryTables;
  /** The protocol's and SQL's. */
  readonly namedStatements = new Map<string, NamedStatement>();
  #head: HeadId = MAIN;
  /** Of the settings DuckDB was told. */
  #appliedRevision = 0;
  #appliedZone = INITIAL_TIME_ZONE;
  #appliedPath = "";
  #headAtStart: HeadId | undefined;
  /** The setting read last, taken apart: every statement asks. */
  #searchPath: { readonly setting: string; readonly schemas: readonly string[] } | undefined;

  private constructor(
    services: SessionServices,
    connection: Connection,
    settings: Settings,
    identity: SessionIdentity,
  ) {
    this.services = services;
    this.connection = connection;
    this.settings = settings;
    this.identity = identity;
    this.#temporary = new TemporaryTables(connection, () => this.types.markChanged(false));
    this.transactions = new SessionTransactions(services.context, connection, {
      actor: identity.user,
      beforeCommit: async () => await this.#temporary.beforeCommit(),
      afterRollback: async () => {
        if (this.#temporary.names.size > 0) this.ownDefinitions.takeBack();
        this.#catalog.forget();
        if (this.#macros.forget()) this.prepared.clear();
        this.types.markChanged(false);
        await this.#temporary.readAgain();
      },
    });
    this.prepared = new PreparedCache(connection, MAX_PREPARED);
    this.targetShapes = new TargetShapes(connection, this.ownDefinitions, this.#temporary);
    this.types = new SessionTypes(services.types, connection, this, () => this.definitions < 0);
    this.notifications = new SessionNotifications(services.live.notifications, identity);
    this.cursors = new SessionCursors(services.context.registry.database);
    this.sequences = new SessionSequences(() => placeTexts(this.scope(this.transactions.current)));
    this.waits = new SessionWaits(services.live.advisoryLocks, (text) =>
      this.notice("WARNING", SQLSTATE.warning, text),
    );
    const calls = new SessionCalls(settings, this, services.live.seenBy(identity.user));
    this.activity = new SessionActivity(identity, settings, this.transactions);
    this.#live = services.live.enter(calls, identity, this.activity);
    this.#functions = new SessionFunctions(identity);
    this.#catalog = new SessionCatalog(connection, services.copies);
    this.#macros = new SessionMacros(connection);
    this.#listing = new BranchListings(
      connection,
      services.context.registry.database,
      () => this.resolveServices,
    );
  }

  static async open(
    services: SessionServices,
    connection: Connection,
    settings: Settings,
    identity: SessionIdentity,
  ): Promise<SessionCore> {
    const core = new SessionCore(services, connection, settings, identity);
    await core.#functions.install(connection, core.#live.key);
    await core.#switchHead(identity.head);
    await core.applyTimeZone();
    return core;
  }

  get head(): HeadId {
    return this.#head;
  }

  /** Name of the session's head, as SHOW branch gives it. */
  get branchName(): string {
    if (this.#head === MAIN) return MAIN;
    return this.services.context.registry.state.branches.get(this.#head)?.name ?? this.#head;
  }

  notice(severity: Notice["severity"], code: Notice["code"], message: string): void {
    if (isHeard(severity, this.settings.get("client_min_messages")))
      this.notices.push({ severity, code, message });
  }

  /** USE BRANCH and SET branch. Refused once the transaction has begun its work: one transaction, one head. */
  async useBranch(name: string): Promise<void> {
    const refusal = "cannot change the branch inside a transaction that has begun its work";
    const { current } = this.transactions;
    const isFree = this.inSeveral ? await this.transactions.endReads() : current === undefined;
    if (!isFree) throw new SqlError(SQLSTATE.activeSqlTransaction, refusal);
    if (name === MAIN) return await this.#switchHead(MAIN);
    const branch = branchToUse(this.services.context.registry.state, this.identity.principal, name);
    await this.#switchHead(branch.id);
  }

  /** Back to the head chosen at connect. */
  async useConnectedHead(): Promise<void> {
    if (this.#head !== this.identity.head) await this.useBranch(this.identity.head);
  }

  async #switchHead(head: HeadId): Promise<void> {
    await this.services.context.schemas.expect(head);
    this.#appliedPath = "";
    if (head !== MAIN) await useCatalog(this.connection, "void"); // Main's path is applied below.
    this.#head = head;
    this.prepared.clear();
    await this.#functions.setBranch(this.connection, this.branchName);
    await this.applySearchPath();
  }

  /** What is allowed only inside a block is allowed here: in one, or among several statements of a message. */
  get inBlock(): boolean {
    return this.transactions.inBlock || (this.inSeveral && this.transactions.shared);
  }

  /** A transaction begins, a block or an implicit one: its changes of head and settings end with it if it fails. */
  rememberSession(): void {
    this.#headAtStart ??= this.#head;
    this.settings.beginBlock();
  }

  /** What a savepoint takes with it beside the tables. */
  rewinds(): readonly Rewind[] {
    const head = this.#head;
    const rewindSettings = this.settings.mark();
    return [
      this.notifications.mark(),
      this.cursors.mark(),
      this.waits.mark(),
      this.portals?.mark() ?? (() => {}),
      async () => {
        rewindSettings();
        if (this.#head !== head) await this.#switchHead(head);
        await this.applySearchPath();
        await this.applyTimeZone();
      },
    ];
  }

  /** The transaction ended: keeps or undoes what it did to head and settings. Does nothing if none had begun. */
  async endSession(committed: boolean): Promise<void> {
    this.notifications.end(committed);
    this.waits.endTransaction();
    await this.cursors.end(committed);
    const head = this.#headAtStart;
    if (head === undefined) return;
    this.#headAtStart = undefined;
    this.settings.endBlock(committed);
    if (committed) return;
    if (this.#head !== head) await this.#switchHead(head);
    await this.applySearchPath();
    await this.applyTimeZone();
  }

  /** Schemas of search_path in DuckDB's spelling; `$user` and catalogue schemas say nothing here. */
  get searchPath(): readonly string[] {
    const setting = this.settings.get("search_path");
    if (this.#searchPath?.setting !== setting) this.#searchPath = { setting, schemas: schemasOf(setting) };
    return this.#searchPath.schemas;
  }

  /** DuckDB has to be told of settings before the next statement. */
  get settingsChanged(): boolean {
    return this.#appliedRevision !== this.settings.revision || this.#appliedPath === "";
  }

  /** Tells DuckDB of settings that changed since it was told last. */
  async applySettings(): Promise<void> {
    await this.applySearchPath();
    await this.applyTimeZone();
    this.#appliedRevision = this.settings.revision;
  }

  /** On main DuckDB looks names up itself; on a branch the resolver does, and DuckDB must find nothing. */
  async applySearchPath(): Promise<void> {
    const path = JSON.stringify([this.#head === MAIN, this.searchPath]);
    if (path === this.#appliedPath) return;
    this.#appliedPath = "";
    if (this.#head === MAIN) {
      const applied = await this.#functions.setSearchPath(this.connection, this.searchPath);
      this.prepared.clear();
      // Asked again before the next statement: the schema may be made meanwhile.
      if (applied === "partly") return;
    }
    this.#appliedPath = path;
  }

  async applyTimeZone(): Promise<void> {
    const zone = this.settings.get("TimeZone");
    if (zone === this.#appliedZone) return;
    try {
      await this.connection.run(`SET TimeZone = ${quoteLiteral(ianaName(zone))}`);
      this.#appliedZone = zone;
    } catch (error) {
      throw new SqlError(
        SQLSTATE.invalidParameterValue,
        `invalid value for parameter "TimeZone": "${zone}"`,
        { cause: error },
      );
    }
  }

  async discardTemporary(): Promise<void> {
    this.transactions.record({ kind: "final", reason: "DISCARD TEMP cannot be repeated" });
    await this.#temporary.discard();
  }

  /**
   * The definitions statements are read by now: another number, other definitions. Those a transaction changes itself have
   * one number for all of them: whoever remembers something by it forgets it at each statement that changes any.
   */
  get definitions(): number {
    const transaction = this.transactions.current;
    if (transaction === undefined) return this.services.context.registry.definitions;
    return transaction.definitionsChanged ? OWN_DEFINITIONS : transaction.snapshot.definitions;
  }

  /** Names of tables and views visible on the session's head. */
  visibleRelations(): readonly string[] {
    return this.scope(this.transactions.current)
      .state.visible(this.#head)
      .filter(({ schema }) => schema === "main")
      .map(({ name }) => name);
  }

  /** How names are looked up now: as the transaction sees the registry, or as it stands. */
  scope(transaction: Transaction | undefined): NameScope {
    return {
      state: transaction?.state ?? this.services.context.registry.state,
      sight: branchSight(this.services.context.registry.state, this.identity.principal),
      head: this.#head,
      temporary: this.#temporary.names,
      searchPath: this.searchPath,
      nowMs: Date.now(),
      isWritten: transaction?.writtenSoFar(this.#head) ?? nothing,
      isNew: transaction?.createdSoFar() ?? nothing,
      isDatabase: (name) => normaliseName(name) === normaliseName(this.identity.database),
      isOwnDatabase: (name) => isOwnDatabase(this, name),
    };
  }

  planContext(transaction: Transaction, runBound?: PlanContext["runBound"]): PlanContext {
    return {
      ...(runBound === undefined ? {} : { runBound }),
      services: this.resolveServices,
      scope: this.scope(transaction),
      user: this.identity.user,
      temporary: this.#temporary,
      writtenTypes: async (query) => await writtenTypes(this, query),
      notice: (severity, code, message) => this.notice(severity, code, message),
    };
  }

  get resolveServices(): ResolveServices {
    const { context, analyse } = this.services;
    return {
      storage: context.storage,
      analyse,
      sizes: async () => await liveBranchSizes(context),
      functionName: (parts) => sessionFunction(parts) ?? catalogFunction(parts),
      showCatalog: async (scope, sql) => await this.#showCatalog(scope, sql),
      macro: async (body) => await this.#macros.nameOf(body),
      findSequence: async (scope, parts) => await findSequence(this.connection, scope, parts),
    };
  }

  /** Sets what the catalogue's views show. A plan made for other contents must not be used again. */
  async #showCatalog(scope: NameScope, sql: string): Promise<void> {
    const listing = scope.head === MAIN ? undefined : await this.#listing.of(scope);
    await this.types.refresh();
    const [{ registry }, { current }] = [this.services.context, this.transactions];
    const { definitions } = current?.snapshot ?? registry;
    const contents = {
      copies: copiesReadBy(sql),
      listing,
      searchPath: shownSchemas(this.settings.get("search_path")),
      settings: this.settings.all(),
      composites: (await this.types.all()).composites.listed(),
      schemaComments: schemaComments(scope.state, scope.head),
      version: this.ownDefinitions.version(definitions, scope.temporary),
      shared: sharedDefinitions(registry, scope, definitions, current),
      inTransaction: current !== undefined,
    };
    if ((await this.#catalog.show(contents)) === "changed") this.prepared.clear();
  }

  /** The branch must be there; its own state decides what may be done on it. */
  requireHead(state: RegistryState, writes: boolean): void {
    if (this.#head === MAIN) return;
    const branch = state.branches.get(this.#head);
    if (branch === undefined || branch.status === "discarded")
      throw new SqlError(
        SQLSTATE.invalidCatalogName,
        `branch "${branch?.name ?? this.#head}" does not exist any more`,
      );
    if (writes) requireBudget(state, this.services.context.activity, branch);
    else requireReadable(state, branch, Date.now());
  }

  refuseReadOnly(tag: string): void {
    if (transactionMode(this, "read_only") === "on") {
      throw new SqlError(SQLSTATE.readOnlySqlTransaction, `cannot execute ${tag} in a read-only transaction`);
    }
  }

  [Symbol.dispose](): void {
    this.notifications[Symbol.dispose]();
    this.cursors[Symbol.dispose]();
    this.#live[Symbol.dispose]();
    this.#catalog[Symbol.dispose]();
    this.prepared[Symbol.dispose]();
    this.connection.close();
  }
}

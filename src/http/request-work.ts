/** The session of one request: opened on its head, watched, and always closed. */
import type { ServerResponse } from "node:http";
import { Cleanup } from "../core/cleanup.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Principal } from "../core/scopes.js";
import type { QuerySession, SessionFactory } from "../query/types.js";
import type { RequestSlots } from "./request-slots.js";
import { quotedName } from "./sql-text.js";
import { WorkWatch } from "./work-watch.js";

/** What all requests share. */
export interface WorkServices {
  readonly sessions: SessionFactory;
  readonly slots: RequestSlots;
  /** Longest time a request may take, and a client may let an answer wait. */
  readonly requestTimeoutMs: number;
  readonly stallTimeoutMs: number;
  /** Called by the request that meets it. */
  readonly onEngineFailure: (cause: SqlError) => void;
  /** Work under way, for the server to stop. */
  readonly running: Set<WorkWatch>;
}

export interface WorkRequest {
  readonly principal: Principal;
  /** Whose part of the places it takes: see request-slots.ts. */
  readonly party: string;
  /** Main's names; branches are chosen by `branch`. */
  readonly database?: string | undefined;
  /** Name or id; main when left out. */
  readonly branch?: string | undefined;
  /** At most the server's own limit. */
  readonly timeoutMs?: number | undefined;
}

/** Sessions of the wire count from 1 on: these are told from them. */
const FIRST_PROCESS_ID = 0x4000_0000;
const PROCESS_IDS = 0x3fff_ffff;
let lastProcess = 0;

export class RequestWork implements AsyncDisposable {
  readonly session: QuerySession;
  readonly watch: WorkWatch;
  readonly stallTimeoutMs: number;
  readonly #cleanup: Cleanup;
  #timeZone = "UTC";

  private constructor(session: QuerySession, watch: WorkWatch, stallTimeoutMs: number, cleanup: Cleanup) {
    this.session = session;
    this.watch = watch;
    this.stallTimeoutMs = stallTimeoutMs;
    this.#cleanup = cleanup;
  }

  /** Errors: 53300 no place, 3D000 unknown database or branch, what stopped it. Nothing is left open then. */
  static async open(
    services: WorkServices,
    response: ServerResponse,
    request: WorkRequest,
  ): Promise<RequestWork> {
    const opened: { session?: QuerySession } = {};
    const limitMs = Math.min(request.timeoutMs ?? Number.POSITIVE_INFINITY, services.requestTimeoutMs);
    const watch = new WorkWatch(response, limitMs, () => opened.session?.cancel());
    const cleanup = new Cleanup();
    try {
      const slot = await placeFor(watch, services, request.party, cleanup);
      cleanup.defer(() => slot[Symbol.dispose]());
      opened.session = cleanup.use(
        await openSession(services.sessions, request, () => watch.stop("canceled")),
      );
      // Before the session goes: what that has to do is not to be interrupted.
      cleanup.defer(() => watch.end());
      const work = new RequestWork(opened.session, watch, services.stallTimeoutMs, cleanup);
      if (request.branch !== undefined) await useBranch(work, request.branch);
      return work;
    } catch (error) {
      await cleanup.close();
      throw watch.explain(error);
    }
  }

  /** The session's, as of now. */
  get timeZone(): string {
    for (const [name, value] of this.session.takeChangedParameters())
      if (name === "TimeZone") this.#timeZone = value;
    return this.#timeZone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.close();
  }
}

/** The server can stop it from here on, also while it waits. */
async function placeFor(
  watch: WorkWatch,
  { running, slots }: WorkServices,
  party: string,
  cleanup: Cleanup,
): Promise<Disposable> {
  cleanup.defer(() => watch[Symbol.dispose]());
  running.add(watch);
  cleanup.defer(() => void running.delete(watch));
  return await slots.take(party, watch);
}

async function openSession(
  sessions: SessionFactory,
  { principal, database = "main" }: WorkRequest,
  cancel: () => void,
): Promise<QuerySession> {
  // Behind these the wire's clients name a branch, and `new` makes one.
  if (/[/@]/.test(database))
    throw unknownDatabase(new SqlError(SQLSTATE.invalidCatalogName, `database "${database}" does not exist`));
  const processId = FIRST_PROCESS_ID + (lastProcess++ % PROCESS_IDS);
  const parameters = new Map([["application_name", "duckbranch-http"]]);
  const session = {
    user: principal.name,
    principal,
    database,
    parameters,
    processId,
    control: { cancel, terminate: cancel },
  };
  try {
    return await sessions.open(session);
  } catch (error) {
    throw error instanceof SqlError && error.code === SQLSTATE.invalidCatalogName
      ? unknownDatabase(error)
      : error;
  }
}

/** The wire's clients say both in one name. */
function unknownDatabase(error: SqlError): SqlError {
  return error.with({ hint: 'the database is "main"; a branch of it is named by "branch", or in the path' });
}

async function useBranch({ session }: RequestWork, name: string): Promise<void> {
  const [statement] = await session.parse(`USE BRANCH ${quotedName(name)}`);
  if (statement !== undefined) await session.execute(statement, [], []);
}

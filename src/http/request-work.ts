/** The session of one request: opened on its head, watched, and always closed. */
import type { ServerResponse } from "node:http";
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
  readonly #services: WorkServices;
  readonly #slot: Disposable;
  #timeZone = "UTC";

  private constructor(session: QuerySession, watch: WorkWatch, services: WorkServices, slot: Disposable) {
    this.session = session;
    this.watch = watch;
    this.stallTimeoutMs = services.stallTimeoutMs;
    this.#services = services;
    this.#slot = slot;
    services.running.add(watch);
  }

  /** Errors: 53300 no place, 3D000 unknown database or branch. Nothing is left open then. */
  static async open(
    services: WorkServices,
    response: ServerResponse,
    request: WorkRequest,
  ): Promise<RequestWork> {
    const slot = services.slots.take();
    try {
      const watched: { watch?: WorkWatch } = {};
      const session = await openSession(services.sessions, request, () => watched.watch?.stop("canceled"));
      const limitMs = Math.min(request.timeoutMs ?? Number.POSITIVE_INFINITY, services.requestTimeoutMs);
      const watch = new WorkWatch(response, limitMs, () => session.cancel());
      watched.watch = watch;
      const work = new RequestWork(session, watch, services, slot);
      return request.branch === undefined ? work : await useBranch(work, request.branch);
    } catch (error) {
      slot[Symbol.dispose]();
      throw error;
    }
  }

  /** The session's, as of now. */
  get timeZone(): string {
    for (const [name, value] of this.session.takeChangedParameters())
      if (name === "TimeZone") this.#timeZone = value;
    return this.#timeZone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.watch[Symbol.dispose]();
    this.#services.running.delete(this.watch);
    try {
      await this.session[Symbol.asyncDispose]();
    } finally {
      this.#slot[Symbol.dispose]();
    }
  }
}

async function openSession(
  sessions: SessionFactory,
  { principal, database = "main" }: WorkRequest,
  cancel: () => void,
): Promise<QuerySession> {
  // Behind these the wire's clients name a branch, and `new` makes one.
  if (/[/@]/.test(database))
    throw new SqlError(SQLSTATE.invalidCatalogName, `database "${database}" does not exist`);
  const processId = FIRST_PROCESS_ID + (lastProcess++ % PROCESS_IDS);
  const parameters = new Map([["application_name", "duckbranch-http"]]);
  return await sessions.open({
    user: principal.name,
    principal,
    database,
    parameters,
    processId,
    control: { cancel, terminate: cancel },
  });
}

async function useBranch(work: RequestWork, name: string): Promise<RequestWork> {
  try {
    const [statement] = await work.session.parse(`USE BRANCH ${quotedName(name)}`);
    if (statement !== undefined) await work.session.execute(statement, [], []);
    return work;
  } catch (error) {
    await work[Symbol.asyncDispose]();
    throw error;
  }
}

/** The sessions of one server: how a function that SQL calls finds the session that runs it. */
import { randomBytes } from "node:crypto";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { AdvisoryLocks } from "./advisory-locks.js";
import { NotificationHub } from "./notifications.js";
import type { ActivityRow } from "./session-activity.js";
import type { SessionControl } from "./types.js";

/** Functions that only the session itself can answer. */
export type SessionCall =
  | "current_setting"
  | "set_config"
  | "pg_notify"
  | "pg_listening_channels"
  | "pg_prepared_statements"
  | "pg_cursors"
  | "pg_stat_activity"
  | "pg_cancel_backend"
  | "pg_terminate_backend"
  | "pg_advisory"
  | "pg_sleep"
  | "currval"
  | "lastval"
  | "setval"
  | "held_privilege"
  | "branch_schemas"
  | "branch_tables";

/** Who a session is to the others. */
export interface LiveIdentity {
  readonly user: string;
  readonly processId: number;
  readonly control: SessionControl | undefined;
}

export interface LiveSession {
  /** Answers a function called inside a statement of this session. May throw SqlError. */
  call(name: SessionCall, values: readonly (string | null)[]): string | null;
  /** A sequence gave a value to a statement of this session. */
  drew(sequence: string, value: bigint): void;
  /** The session is over. */
  leave(): void;
}

/** What it is doing. */
export interface LiveActivity {
  rowFor(user: string): ActivityRow;
}

export interface OtherSessions {
  /** Errors: 42501 for another user's. */
  controlOf(processId: number): SessionControl | undefined;
  activities(): readonly ActivityRow[];
}

const KEY_BYTES = 16;
const CALLS: ReadonlySet<string> = new Set<SessionCall>([
  "current_setting",
  "set_config",
  "pg_notify",
  "pg_listening_channels",
  "pg_prepared_statements",
  "pg_cursors",
  "pg_stat_activity",
  "pg_cancel_backend",
  "pg_terminate_backend",
  "pg_advisory",
  "pg_sleep",
  "currval",
  "lastval",
  "setval",
  "held_privilege",
  "branch_schemas",
  "branch_tables",
]);

export class LiveSessions {
  readonly notifications = new NotificationHub();
  readonly advisoryLocks = new AdvisoryLocks();
  readonly #byKey = new Map<string, LiveSession>();
  readonly #byProcessId = new Map<
    number,
    { readonly identity: LiveIdentity; readonly activity: LiveActivity }
  >();
  #lastProcessId = 0;

  /** The key is the session's secret: SQL of another session must not act for it. */
  enter(
    session: LiveSession,
    identity: LiveIdentity,
    activity: LiveActivity,
  ): Disposable & { readonly key: string } {
    const key = randomBytes(KEY_BYTES).toString("hex");
    this.#byKey.set(key, session);
    this.#byProcessId.set(identity.processId, { identity, activity });
    const leave = (): void => {
      session.leave();
      this.#byKey.delete(key);
      this.#byProcessId.delete(identity.processId);
    };
    return { key, [Symbol.dispose]: leave };
  }

  /** The session with this process id; undefined if there is none. Errors: 42501 when it is another user's. */
  controlOf(processId: number, user: string): SessionControl | undefined {
    const identity = this.#byProcessId.get(processId)?.identity;
    if (identity !== undefined && identity.user !== user)
      throw new SqlError(SQLSTATE.insufficientPrivilege, "must be a member of the role whose process it is");
    return identity?.control;
  }

  /** What this user sees of all sessions. */
  activities(user: string): ActivityRow[] {
    return [...this.#byProcessId.values()].map(({ activity }) => activity.rowFor(user));
  }

  /** The other sessions, as those of one user may meet them. */
  seenBy(user: string): OtherSessions {
    return {
      controlOf: (processId) => this.controlOf(processId, user),
      activities: () => this.activities(user),
    };
  }

  /** For sessions nobody gave a process id. */
  nextProcessId(): number {
    this.#lastProcessId += 1;
    return this.#lastProcessId;
  }

  /** What DuckDB calls: the session's key, the function's name, its arguments. */
  readonly call = (values: readonly (string | null)[]): string | null => {
    const [key, name, ...rest] = values;
    const session = this.#byKey.get(key ?? "");
    if (session !== undefined && isSessionCall(name)) return session.call(name, rest);
    throw new SqlError(SQLSTATE.undefinedFunction, `function ${name ?? ""} cannot be called here`);
  };

  /** What nextval() tells. Connections of no session draw for nobody. */
  readonly drew = (key: string, sequence: string, value: bigint): void => {
    this.#byKey.get(key)?.drew(sequence, value);
  };
}

function isSessionCall(name: string | null | undefined): name is SessionCall {
  return CALLS.has(name ?? "");
}

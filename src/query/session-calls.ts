/** Functions inside a statement that only its session can answer: settings and notifications. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { heldPrivilege } from "./held-privileges.js";
import { listBranchSchemas, listBranchTables } from "./listed-branches.js";
import type { LiveSession, OtherSessions, SessionCall } from "./live-sessions.js";
import type { SessionCore } from "./session-core.js";
import type { Settings } from "./settings.js";
import { listCursors, listStatements } from "./statement-listing.js";
import type { SessionControl } from "./types.js";

type Values = readonly (string | null)[];

/** A second number that was not given, where NULL would be one that is not known. */
export const ABSENT = "";

export class SessionCalls implements LiveSession {
  readonly #settings: Settings;
  readonly #session: SessionCore;
  readonly #others: OtherSessions;

  constructor(settings: Settings, session: SessionCore, others: OtherSessions) {
    this.#settings = settings;
    this.#session = session;
    this.#others = others;
  }

  leave(): void {
    this.#session.waits.leave();
  }

  call(name: SessionCall, values: Values): string | null {
    switch (name) {
      case "current_setting":
        return this.#currentSetting(values);
      case "set_config":
        return this.#setConfig(values);
      case "pg_notify":
        this.#session.notifications.notify(values[0] ?? "", values[1] ?? "");
        return "";
      case "pg_listening_channels":
        return JSON.stringify(this.#session.notifications.channels);
      case "pg_prepared_statements":
        return listStatements(this.#session.namedStatements);
      case "pg_cursors":
        return listCursors([...this.#session.cursors.list(), ...(this.#session.portals?.list() ?? [])]);
      case "pg_stat_activity":
        return JSON.stringify(this.#others.activities());
      case "pg_cancel_backend":
        return this.#signal(values, (session) => session.cancel());
      case "pg_terminate_backend":
        return this.#signal(values, (session) => session.terminate());
      case "pg_advisory":
        return this.#session.waits.call(
          values[0] ?? "",
          values.slice(1).filter((value) => value !== ABSENT),
        );
      case "pg_sleep":
        return this.#session.waits.slept;
      case "currval":
        return values[0] === null || values[0] === undefined
          ? null
          : this.#session.sequences.currval(values[0]);
      case "lastval":
        return this.#session.sequences.lastval();
      case "setval":
        return this.#setval(values);
      case "held_privilege":
        return heldPrivilege(this.#session, values)?.toString() ?? null;
      case "branch_schemas":
        return listBranchSchemas(this.#session);
      case "branch_tables":
        return listBranchTables(this.#session, values[0] ?? "");
      default:
        return name satisfies never;
    }
  }

  drew(sequence: string, value: bigint): void {
    this.#session.sequences.note(sequence, value);
  }

  #setval([name = null, value = null, isCalled = null]: Values): string | null {
    if (name === null || value === null || isCalled === null) return null;
    return this.#session.sequences.setval(name, value, isCalled === "true");
  }

  #signal([processId = null]: Values, send: (session: SessionControl) => void): string | null {
    if (processId === null) return null;
    const session = this.#others.controlOf(Number(processId));
    if (session !== undefined) send(session);
    return String(session !== undefined);
  }

  #currentSetting([name = null, missingOk = null]: Values): string | null {
    if (name === null || missingOk === null) return null;
    return missingOk === "true" && !this.#settings.has(name) ? null : this.#settings.shown(name);
  }

  /** NULL as the value means the default. The branch is no such setting: changing it may fail and has to wait. */
  #setConfig([name = null, value = null, local = null]: Values): string {
    if (name === null) throw new SqlError(SQLSTATE.nullValueNotAllowed, "SET requires parameter name");
    this.#settings.set(name, value ?? undefined, local === "true");
    return this.#settings.shown(name);
  }
}

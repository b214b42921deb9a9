/** Functions inside a statement that only its session can answer: settings and notifications. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { LiveSession, SessionCall } from "./live-sessions.js";
import type { SessionNotifications } from "./notifications.js";
import type { Settings } from "./settings.js";

type Values = readonly (string | null)[];

export class SessionCalls implements LiveSession {
  readonly #settings: Settings;
  readonly #notifications: SessionNotifications;

  constructor(settings: Settings, notifications: SessionNotifications) {
    this.#settings = settings;
    this.#notifications = notifications;
  }

  call(name: SessionCall, values: Values): string | null {
    switch (name) {
      case "current_setting":
        return this.#currentSetting(values);
      case "set_config":
        return this.#setConfig(values);
      case "pg_notify":
        this.#notifications.notify(values[0] ?? "", values[1] ?? "");
        return "";
      case "pg_listening_channels":
        return JSON.stringify(this.#notifications.channels);
      default:
        return name satisfies never;
    }
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

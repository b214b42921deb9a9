/**
 * LISTEN and NOTIFY between the sessions of one server. What a transaction notifies goes out when it commits, and LISTEN
 * and UNLISTEN take effect then; a rollback leaves nothing of either.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { mayRead, type Principal } from "../core/scopes.js";
import type { Notification } from "./types.js";

/** PostgreSQL's limits, in bytes. */
const MAX_PAYLOAD_BYTES = 7999;
const MAX_CHANNEL_BYTES = 63;
/** Not taken by a session that is busy or inside a transaction; the sender that would exceed it fails. */
const MAX_WAITING = 100_000;
const MAX_CHANNELS = 10_000;

type Change =
  | { readonly kind: "listen" | "unlisten"; readonly channel: string }
  | { readonly kind: "unlistenAll" };

/** Who listens where. One per server. */
export class NotificationHub {
  readonly #listeners = new Map<string, Set<SessionNotifications>>();

  /** Those who hear a channel. */
  listenersOf(channel: string): ReadonlySet<SessionNotifications> {
    return this.#listeners.get(channel) ?? new Set();
  }

  add(channel: string, session: SessionNotifications): void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(session));
  }

  remove(channel: string, session: SessionNotifications): void {
    const listeners = this.#listeners.get(channel);
    listeners?.delete(session);
    if (listeners?.size === 0) this.#listeners.delete(channel);
  }
}

/** Whose session it is. */
interface Listener {
  readonly processId: number;
  readonly principal: Principal;
}

/** One session's part: what it listens to, what its transaction wants to send, and what waits for its client. */
export class SessionNotifications implements Disposable {
  readonly #hub: NotificationHub;
  readonly #processId: number;
  readonly #principal: Principal;
  readonly #channels = new Set<string>();
  readonly #changes: Change[] = [];
  /** By channel and payload: what is the same is sent once. */
  readonly #unsent = new Map<string, Notification>();
  #inbox: Notification[] = [];
  #wake: (() => void) | undefined;

  /** What is notified is data: it goes to those who may read them when it is sent. */
  constructor(hub: NotificationHub, { processId, principal }: Listener) {
    this.#hub = hub;
    this.#processId = processId;
    this.#principal = principal;
  }

  get channels(): readonly string[] {
    return [...this.#channels];
  }

  /** Errors: 22023 for a channel or payload that is too long, or an empty channel. */
  notify(channel: string, payload: string): void {
    if (channel === "") throw invalid("channel name cannot be empty");
    if (Buffer.byteLength(channel) > MAX_CHANNEL_BYTES) throw invalid("channel name too long");
    if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) throw invalid("payload string too long");
    const key = JSON.stringify([channel, payload]);
    if (this.#unsent.has(key)) return;
    if (this.#unsent.size >= MAX_WAITING) throw queueFull();
    this.#unsent.set(key, { processId: this.#processId, channel, payload });
  }

  listen(channel: string): void {
    if (this.#channels.size + this.#changes.length >= MAX_CHANNELS)
      throw new SqlError(SQLSTATE.programLimitExceeded, `too many channels (${MAX_CHANNELS})`);
    this.#changes.push({ kind: "listen", channel: truncated(channel) });
  }

  /** Undefined: every channel. */
  unlisten(channel: string | undefined): void {
    this.#changes.push(
      channel === undefined ? { kind: "unlistenAll" } : { kind: "unlisten", channel: truncated(channel) },
    );
  }

  /** Before the transaction commits. Errors: 54000 when a listener has too many waiting. */
  check(): void {
    for (const { channel } of this.#unsent.values())
      for (const listener of this.#hub.listenersOf(channel))
        if (listener.#inbox.length + this.#unsent.size > MAX_WAITING) throw queueFull();
  }

  /** The transaction ended: what it wanted is done, or forgotten. */
  end(committed: boolean): void {
    if (this.#changes.length === 0 && this.#unsent.size === 0) return;
    const changes = this.#changes.splice(0);
    const unsent = [...this.#unsent.values()];
    this.#unsent.clear();
    if (!committed) return;
    for (const change of changes) this.#apply(change);
    for (const notification of unsent)
      for (const listener of this.#hub.listenersOf(notification.channel)) listener.#receive(notification);
  }

  /** Remembers what the transaction wants so far; calling what it gives forgets the rest. */
  mark(): () => void {
    const changes = this.#changes.length;
    const unsent = this.#unsent.size;
    return () => {
      this.#changes.length = changes;
      for (const key of [...this.#unsent.keys()].slice(unsent)) this.#unsent.delete(key);
    };
  }

  /** What arrived since the last call. */
  take(): readonly Notification[] {
    return this.#inbox.splice(0);
  }

  /** `wake` is called for what arrives from now on, until replaced. */
  onArrival(wake: (() => void) | undefined): void {
    this.#wake = wake;
  }

  [Symbol.dispose](): void {
    this.end(false);
    this.#apply({ kind: "unlistenAll" });
    this.#wake = undefined;
  }

  #receive(notification: Notification): void {
    if (!mayRead(this.#principal)) return;
    this.#inbox.push(notification);
    this.#wake?.();
  }

  #apply(change: Change): void {
    switch (change.kind) {
      case "listen":
        this.#channels.add(change.channel);
        this.#hub.add(change.channel, this);
        break;
      case "unlisten":
        this.#channels.delete(change.channel);
        this.#hub.remove(change.channel, this);
        break;
      case "unlistenAll":
        for (const channel of this.#channels) this.#hub.remove(channel, this);
        this.#channels.clear();
        break;
      default:
        change satisfies never;
    }
  }
}

/** As PostgreSQL cuts every identifier. */
function truncated(name: string): string {
  const bytes = Buffer.from(name);
  if (bytes.length <= MAX_CHANNEL_BYTES) return name;
  let end = MAX_CHANNEL_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end).toString();
}

function invalid(message: string): SqlError {
  return new SqlError(SQLSTATE.invalidParameterValue, message);
}

function queueFull(): SqlError {
  return new SqlError(SQLSTATE.programLimitExceeded, "too many notifications in the NOTIFY queue");
}

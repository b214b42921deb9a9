/** What a session is doing, as pg_stat_activity shows it to others. */
import type { SessionIdentity } from "./session-identity.js";
import type { Settings } from "./settings.js";
import type { TransactionStatus } from "./types.js";

/** PostgreSQL's track_activity_query_size, in characters here. */
const MAX_QUERY_LENGTH = 1024;
const HIDDEN_QUERY = "<insufficient privilege>";

const STATES: Readonly<Record<TransactionStatus, string>> = {
  I: "idle",
  T: "idle in transaction",
  E: "idle in transaction (aborted)",
};

/** Fields are named like the view's columns; times are ISO texts. */
export interface ActivityRow {
  readonly pid: number;
  readonly usename: string;
  readonly datname: string;
  readonly application_name: string | null;
  readonly backend_start: string;
  readonly xact_start: string | null;
  readonly query_start: string | null;
  readonly state_change: string | null;
  readonly state: string | null;
  readonly query: string;
}

export class SessionActivity {
  readonly #identity: SessionIdentity;
  readonly #settings: Settings;
  readonly #transactions: { readonly status: TransactionStatus };
  readonly #startedAt = Date.now();
  #transactionAt: number | null = null;
  #queryAt: number | null = null;
  #changedAt = this.#startedAt;
  #isActive = false;
  #query = "";

  constructor(
    identity: SessionIdentity,
    settings: Settings,
    transactions: { readonly status: TransactionStatus },
  ) {
    this.#identity = identity;
    this.#settings = settings;
    this.#transactions = transactions;
  }

  /** A statement begins; `text` is the client's whole message. */
  begin(text: string): void {
    this.#queryAt = this.#changedAt = Date.now();
    if (this.#transactions.status === "I") this.#transactionAt = this.#queryAt;
    this.#isActive = true;
    this.#query = text.length > MAX_QUERY_LENGTH ? text.slice(0, MAX_QUERY_LENGTH) : text;
  }

  /** The text that runs, or ran last; of a very long one its beginning. */
  get text(): string {
    return this.#query;
  }

  /** Everything the client sent is answered. */
  rest(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#changedAt = Date.now();
    if (this.#transactions.status === "I") this.#transactionAt = null;
  }

  /** What this user may see: of others' sessions only that they are there. */
  rowFor(user: string): ActivityRow {
    const { processId, user: owner, databaseName: database } = this.#identity;
    const row = { pid: processId, usename: owner, datname: database, backend_start: shown(this.#startedAt) };
    if (user !== owner) {
      const hidden = { xact_start: null, query_start: null, state_change: null, state: null };
      return { ...row, ...hidden, application_name: null, query: HIDDEN_QUERY };
    }
    return {
      ...row,
      application_name: this.#settings.get("application_name"),
      xact_start: this.#transactionAt === null ? null : shown(this.#transactionAt),
      query_start: this.#queryAt === null ? null : shown(this.#queryAt),
      state_change: shown(this.#changedAt),
      state: this.#isActive ? "active" : STATES[this.#transactions.status],
      query: this.#query,
    };
  }
}

function shown(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

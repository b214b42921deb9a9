/** Portals: statements bound to parameters, and how far each has run. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { BoundParameter, ClientCursors, ClientPortals, CursorListing } from "../query/types.js";
import type { PreparedStatement } from "./prepared-statements.js";
import type { AnnouncedTypes } from "./row-description.js";
import type { RowReader } from "./row-reader.js";

/** Portals one client may hold inside one transaction. */
const MAX_PORTALS = 10_000;
/** Parameters of all named portals of one client. */
const MAX_PARAMETER_BYTES = 67_108_864;
/** Unread rows of all suspended portals of one client, kept in memory while other statements run. */
export const MAX_BUFFERED_BYTES = 67_108_864;

type PortalState =
  | { readonly kind: "bound" }
  /** It has rows, though perhaps none that were not read: executing it again goes on with them. */
  | { readonly kind: "open"; readonly source: RowReader; readonly tag: (rows: number) => string }
  /** Its statement is being started. */
  | { readonly kind: "active" }
  /** A command: it ran, and cannot run twice. */
  | { readonly kind: "done" }
  /** It failed, or its transaction did before its rows were read. */
  | { readonly kind: "failed" };

export interface Portal {
  readonly statement: PreparedStatement;
  readonly parameters: readonly BoundParameter[];
  /** As sent. */
  readonly resultFormats: readonly number[];
  /** Result types told by Describe: undefined before. */
  announced: AnnouncedTypes | undefined;
  state: PortalState;
  readonly createdAtMs: number;
}

/** A client's portals by name; the unnamed one is replaced by the next Bind or Query. */
export class Portals implements ClientPortals {
  readonly #byName = new Map<string, Portal>();
  /** Parameters of those with a name. */
  #parameterBytes = 0;

  /**
   * For a portal to be `set`: refuses a name that is taken (42P03) and one too many (54000). The unnamed one makes room
   * for its successor by `close`.
   */
  requireRoom(
    name: string,
    cursors: Pick<ClientCursors, "has">,
    parameters: readonly (Uint8Array | null)[] = [],
  ): void {
    if (name === "") return;
    if (this.#byName.has(name) || cursors.has(name))
      throw new SqlError(SQLSTATE.duplicateCursor, `cursor "${name}" already exists`);
    if (this.#byName.size >= MAX_PORTALS) {
      throw new SqlError(SQLSTATE.programLimitExceeded, `too many portals (${MAX_PORTALS})`);
    }
    const bytes = totalLength(parameters);
    if (this.#parameterBytes + bytes > MAX_PARAMETER_BYTES) {
      throw new SqlError(SQLSTATE.programLimitExceeded, "parameters of portals are too large in all", {
        detail: `A transaction may hold ${MAX_PARAMETER_BYTES} bytes of them.`,
      });
    }
    this.#parameterBytes += bytes;
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  set(name: string, portal: Portal): void {
    this.#byName.set(name, portal);
  }

  /** Errors: 34000 for an unknown name. */
  get(name: string): Portal {
    const portal = this.#byName.get(name);
    if (portal !== undefined) return portal;
    throw new SqlError(SQLSTATE.invalidCursorName, `portal "${name}" does not exist`);
  }

  /** Unknown names are no error. */
  async close(name: string): Promise<void> {
    const portal = this.#byName.get(name);
    if (portal === undefined) return;
    this.#byName.delete(name);
    if (name !== "")
      this.#parameterBytes -= totalLength(portal.parameters.map((parameter) => parameter.bytes));
    await release(portal);
  }

  /** The end of a transaction: no portal outlives it. */
  async closeAll(): Promise<void> {
    if (this.#byName.size === 0) return;
    const portals = [...this.#byName.values()];
    this.#byName.clear();
    this.#parameterBytes = 0;
    for (const portal of portals) await release(portal);
  }

  /** CLOSE ALL: what runs it stays. */
  async closeInactive(): Promise<void> {
    for (const [name, { state }] of this.#byName) if (state.kind !== "active") await this.close(name);
  }

  /**
   * A statement failed. What was running or being read is lost; portals whose rows are here, or which did not run yet,
   * serve again after a ROLLBACK TO a savepoint they are older than.
   */
  async failAll(): Promise<void> {
    for (const portal of this.#byName.values()) {
      const { state } = portal;
      const isLost = state.kind === "active" || (state.kind === "open" && !state.source.isDetached);
      if (!isLost) continue;
      await release(portal);
      portal.state = { kind: "failed" };
    }
  }

  /** Some portal holds its result open: the session can run nothing else before `bufferUnread`. */
  get anyUnread(): boolean {
    for (const { state } of this.#byName.values())
      if (state.kind === "open" && !state.source.isDetached) return true;
    return false;
  }

  mark(): () => Promise<void> {
    const known = new Set(this.#byName.values());
    return async () => {
      for (const [name, portal] of this.#byName) if (!known.has(portal)) await this.close(name);
    };
  }

  list(): readonly CursorListing[] {
    return Array.from(this.#byName, ([name, { statement, createdAtMs }]) => ({
      name,
      statement: statement.parsed?.text ?? "",
      hold: false,
      binary: false,
      scroll: false,
      createdAtMs,
    }));
  }

  /** Frees the session for another statement: unread rows go to memory. Errors: 54000 when they are too many. */
  async bufferUnread(): Promise<void> {
    let room = MAX_BUFFERED_BYTES;
    for (const { state } of this.#byName.values()) {
      if (state.kind === "open") room -= await state.source.bufferRest(room);
    }
  }
}

function totalLength(values: readonly (Uint8Array | null)[]): number {
  return values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
}

function release({ state }: Portal): Promise<void> | undefined {
  return state.kind === "open" ? state.source.close() : undefined;
}

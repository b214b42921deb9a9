/**
 * How branches are made: rows in the registry, whatever the size of the data. Those who ask at the same time share a commit,
 * for most of what a creation costs is that.
 */
import type { Connection } from "../engine/connection.js";
import {
  checkName,
  refuseTakenName,
  refuseTakenSchema,
  requireBranch,
  requireReadable,
  takenName,
} from "./branch-rules.js";
import { grantsOfChild, type BranchAccess } from "./grants.js";
import { recordHistory } from "./history.js";
import { canceled } from "./locks.js";
import { headId, MAIN, type Branch, type HeadId, type Isolation } from "./model.js";
import { rollbackQuietly } from "./preserve.js";
import type { Registry } from "./registry.js";
import type { RegistryState } from "./registry-state.js";
import { NO_TERMS, type Terms } from "./terms.js";

export interface NewBranch {
  readonly name: string;
  /** The name is that of the branch's schema, which says its id. */
  readonly ofSchema?: boolean;
  /** Name of the parent; main when undefined. */
  readonly parent: string | undefined;
  readonly owner: string;
  readonly agent: string | null;
  readonly description: string | null;
  readonly ttlMs: number | null;
  readonly isolation: Isolation;
  readonly terms?: Partial<Terms>;
  /** As its parent, when left out. */
  readonly access?: BranchAccess | undefined;
}

/** Creations in one commit: the latch is held for all of them. */
const MAX_BATCH = 64;

const SCHEMA_PREFIX = "branch_";

interface Waiting {
  readonly request: NewBranch;
  readonly signal: AbortSignal;
  readonly resolve: (branch: Branch) => void;
  readonly reject: (error: unknown) => void;
}

export class BranchCreator {
  readonly #registry: Registry;
  readonly #waiting: Waiting[] = [];
  #isWorking = false;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /**
   * Makes a branch.
   *
   * Atomic  one transaction, with others'; the pin is the commit order's newest point at its commit
   * Errors  42710 the name is taken, 42602 no valid name, 3D000 unknown parent, 55000 the parent has ended, 57014
   */
  async create(request: NewBranch, signal: AbortSignal): Promise<Branch> {
    if (request.ofSchema !== true) checkName(request.name);
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ request, signal, resolve, reject });
      if (!this.#isWorking) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    while (this.#waiting.length > 0) await this.#createSome(this.#waiting.splice(0, MAX_BATCH));
    this.#isWorking = false;
  }

  /** Never throws: whoever waits is told. */
  async #createSome(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#registry.database.onSpare(async (connection) => this.#createAll(connection, batch));
    } catch (error) {
      // One of several may be at fault.
      if (batch.length > 1) for (const one of batch) await this.#createSome([one]);
      else batch[0]?.reject(error);
    }
  }

  async #createAll(connection: Connection, batch: readonly Waiting[]): Promise<void> {
    const answers: (() => void)[] = [];
    await this.#registry.begin(connection);
    try {
      const pinned = await this.#registry.commit(connection, async (state, sequence) => {
        const made: Branch[] = [];
        for (const { request, signal, resolve, reject } of batch) {
          try {
            if (signal.aborted) throw canceled();
            if (request.ofSchema === true) refuseTakenSchema(state, request.name);
            refuseTakenName(state, request.name);
            if (made.some(({ name }) => name === request.name)) throw takenName(request.name);
            const parent = parentId(state, request.parent);
            const grants = grantsOfChild(state.branches.get(parent), request.access);
            const branch = { ...this.#newBranch(request, parent, sequence - 1), grants };
            made.push(branch);
            answers.push(() => resolve(branch));
          } catch (error) {
            answers.push(() => reject(error));
          }
        }
        if (made.length === 0) return undefined;
        await recordHistory(
          connection,
          ...made.map((branch) => ({ action: "create", branch, actor: branch.owner, detail: null }) as const),
        );
        return { changes: made.map((branch) => ({ change: "putBranch", branch }) as const), written: [] };
      });
      if (pinned === undefined) await rollbackQuietly(connection);
    } catch (error) {
      await rollbackQuietly(connection);
      throw error;
    }
    for (const answer of answers) answer();
  }

  #newBranch(request: NewBranch, parent: HeadId, pin: number): Branch {
    const { name, owner, agent, description, ttlMs, isolation, ofSchema } = request;
    const id = ofSchema === true ? headId(name.slice(SCHEMA_PREFIX.length)) : this.#registry.newBranchId();
    const createdAtMs = Date.now();
    return {
      id,
      name,
      schemaName: `${SCHEMA_PREFIX}${id}`,
      parent,
      pin,
      earlierPins: [],
      comingPin: null,
      owner,
      grants: null,
      agent,
      description,
      createdAtMs,
      expiresAtMs: ttlMs === null ? null : createdAtMs + ttlMs,
      status: "active",
      protected: false,
      held: null,
      terms: { ...NO_TERMS, ...request.terms },
      released: false,
      isolation,
      tablePins: new Map(),
    };
  }
}

function parentId(state: RegistryState, name: string | undefined): HeadId {
  if (name === undefined || name === MAIN) return MAIN;
  const parent = requireBranch(state, name);
  requireReadable(state, parent, Date.now());
  return parent.id;
}

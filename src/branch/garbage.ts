/**
 * What only pins that are gone have read, where the end of their branch could not remove it: closed versions with the tables
 * kept for them, and entries of logs, which pins that are left read past. No pin is ever made inside an interval that
 * has ended, so what nobody reads now nobody will read.
 */
import type { BranchContext } from "./branch-context.js";
import { removeVersions } from "./release.js";
import { MAIN, relationKey, type HeadId, type RelationName, type Version } from "./model.js";
import { keepingLock } from "./preserve.js";
import { isLogged, type LoggedVersion, type RegistryState } from "./registry-state.js";
import { trimLog } from "./row-log.js";
import { physicalName } from "./system-schema.js";
import { Transaction } from "./transaction.js";

export class Garbage {
  readonly #context: BranchContext;
  /** For which readers each log was last looked through: as long as they are the same it has nothing to give. */
  readonly #trimmed = new Map<string, string>();

  constructor(context: BranchContext) {
    this.#context = context;
  }

  /** Returns how many versions and entries of logs went. */
  async remove(signal: AbortSignal): Promise<number> {
    let removed = 0;
    const { state } = this.#context.registry;
    const heads = [...state.branches.values()].flatMap(({ id, released }) => (released ? [] : [id]));
    for (const head of [MAIN, ...heads]) {
      for (const relation of closedRelations(state, head)) {
        if (signal.aborted) return removed;
        if (this.#isUsed(state, head, relation)) continue;
        removed += await this.#removeOf(head, relation, signal);
      }
    }
    return removed;
  }

  #isUsed(state: RegistryState, head: HeadId, relation: RelationName): boolean {
    const versions = closedOf(state, head, relation);
    if (versions.some((version) => !state.isPinned(version))) return false;
    return [...readersOfLogs(versions)].every(([log, readers]) => this.#trimmed.get(log) === textOf(readers));
  }

  /**
   * Atomic  one transaction, while nobody else adds to what is kept of the relation
   * Crash   before its commit everything is as it was; it changes nothing that anybody reads
   */
  async #removeOf(head: HeadId, relation: RelationName, signal: AbortSignal): Promise<number> {
    const { locks, registry } = this.#context;
    const owner = {};
    await locks.acquire(keepingLock(head, relation), owner, signal);
    try {
      using connection = await registry.database.connect("data");
      const transaction = await Transaction.begin(this.#context, connection, MAIN, signal, "goes ahead");
      try {
        const { state } = transaction;
        const gone = closedOf(state, head, relation).filter((version) => !state.isPinned(version));
        const isGone = ({ id }: Version): boolean => gone.some((version) => version.id === id);
        await removeVersions(transaction, head, isGone);
        const logs = readersOfLogs(closedOf(transaction.state, head, relation));
        let removed = gone.length;
        for (const readers of logs.values()) removed += await trimLog(connection, readers);
        await transaction.commit();
        for (const [log, readers] of logs) this.#trimmed.set(log, textOf(readers));
        return removed;
      } catch (error) {
        await transaction.rollback();
        throw error;
      }
    } finally {
      locks.releaseAll(owner);
    }
  }
}

/** Those that have versions which ended. */
function closedRelations(state: RegistryState, head: HeadId): RelationName[] {
  const closed = state.versionsOf(head).filter(({ to }) => to !== null);
  return [...new Map(closed.map((version) => [relationKey(version), version])).values()];
}

function closedOf(state: RegistryState, head: HeadId, relation: RelationName): Version[] {
  const key = relationKey(relation);
  return state.versionsOf(head).filter((version) => version.to !== null && relationKey(version) === key);
}

/** Who reads through each log. */
function readersOfLogs(versions: readonly Version[]): Map<string, LoggedVersion[]> {
  const readers = new Map<string, LoggedVersion[]>();
  for (const version of versions.filter(isLogged)) {
    const log = physicalName(version.layer.log);
    readers.set(log, [...(readers.get(log) ?? []), version]);
  }
  return readers;
}

function textOf(readers: readonly LoggedVersion[]): string {
  return readers.map(({ id, to }) => `${id}:${to}`).join(" ");
}

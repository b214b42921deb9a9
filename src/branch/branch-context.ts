/** What branch storage needs to work: shared by all sessions. */
import { LockTable } from "./locks.js";
import type { Registry } from "./registry.js";
import { LayeredStorage, type TableStorage } from "./storage.js";

export interface BranchContext {
  readonly registry: Registry;
  readonly locks: LockTable;
  readonly storage: TableStorage;
}

export function createBranchContext(registry: Registry): BranchContext {
  const locks = new LockTable();
  return { registry, locks, storage: new LayeredStorage(registry, locks) };
}

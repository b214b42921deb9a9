/** What the parts of branch storage share, for all sessions of a server. */
import { BranchSchemas } from "./branch-schemas.js";
import { BranchCreator } from "./creation.js";
import { NO_TEXTS, type DefinitionTexts } from "./definition-texts.js";
import { KnownDefinitions } from "./known-definitions.js";
import { LockTable } from "./locks.js";
import type { Registry } from "./registry.js";
import { LayeredStorage, type TableStorage } from "./storage.js";
import { Turns } from "./turns.js";

export interface BranchContext {
  readonly registry: Registry;
  readonly locks: LockTable;
  readonly storage: TableStorage;
  readonly definitions: KnownDefinitions;
  readonly schemas: BranchSchemas;
  readonly creator: BranchCreator;
  readonly turns: Turns;
  /** Definitions that clients wrote, as those know them who read SQL. */
  readonly texts: DefinitionTexts;
  /** For how long a merge can be undone. */
  readonly undoRetentionMs: number;
}

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

export function createBranchContext(registry: Registry, undoRetentionMs = WEEK_MS): BranchContext {
  const locks = new LockTable();
  const definitions = new KnownDefinitions(registry);
  return {
    registry,
    locks,
    definitions,
    storage: new LayeredStorage(registry, locks, definitions),
    schemas: new BranchSchemas(registry, locks),
    creator: new BranchCreator(registry),
    turns: new Turns(),
    texts: NO_TEXTS,
    undoRetentionMs,
  };
}

/** What the parts of branch storage share, for all sessions of a server. */
import { BranchActivity } from "./activity.js";
import { BranchBudgets } from "./budgets.js";
import { BranchSchemas } from "./branch-schemas.js";
import { BranchCreator } from "./creation.js";
import { NO_TEXTS, type DefinitionTexts } from "./definition-texts.js";
import type { HistoryLimits } from "./history.js";
import { KnownDefinitions } from "./known-definitions.js";
import { LockTable } from "./locks.js";
import { CommitRaces } from "./commit-races.js";
import type { Registry } from "./registry.js";
import { LayeredStorage, type TableStorage } from "./storage.js";
import { WriteHistory } from "./write-history.js";
import { RowRooms } from "./row-rooms.js";
import { TakenOver } from "./taken-over.js";
import { Turns } from "./turns.js";

export interface BranchContext {
  readonly registry: Registry;
  readonly locks: LockTable;
  readonly storage: TableStorage;
  readonly definitions: KnownDefinitions;
  readonly schemas: BranchSchemas;
  readonly creator: BranchCreator;
  readonly turns: Turns;
  readonly rooms: RowRooms;
  /** Definitions that clients wrote, as those know them who read SQL. */
  readonly texts: DefinitionTexts;
  readonly activity: BranchActivity;
  readonly budgets: BranchBudgets;
  readonly races: CommitRaces;
  readonly takenOver: TakenOver;
  readonly writes: WriteHistory;
  readonly retention: Retention;
}

/** For how long what is over is kept. */
export interface Retention {
  /** What a merge changed, so that it can be undone. */
  readonly undoMs: number;
  /** A branch that was discarded, or that expired, so that it can be brought back. */
  readonly discardedMs: number;
  readonly expiredMs: number;
  /** Of more such branches the first ones are released before their time. */
  readonly maxDeleted: number;
  /** Entries of `duckbranch.history`. */
  readonly history: HistoryLimits;
}

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/** Unless told otherwise branches go at once. */
const RETENTION: Retention = {
  undoMs: WEEK_MS,
  discardedMs: 0,
  expiredMs: 0,
  maxDeleted: 100,
  history: { ageMs: 13 * WEEK_MS, entries: 1_000_000 },
};

export function createBranchContext(registry: Registry, retention: Partial<Retention> = {}): BranchContext {
  const locks = new LockTable();
  const definitions = new KnownDefinitions(registry);
  const activity = new BranchActivity();
  return {
    registry,
    locks,
    definitions,
    storage: new LayeredStorage(registry, locks, definitions),
    schemas: new BranchSchemas(registry, locks),
    creator: new BranchCreator(registry),
    writes: new WriteHistory(),
    turns: new Turns(),
    rooms: new RowRooms(),
    texts: NO_TEXTS,
    activity,
    races: new CommitRaces(),
    takenOver: new TakenOver(),
    budgets: new BranchBudgets(registry, definitions, activity),
    retention: { ...RETENTION, ...retention },
  };
}

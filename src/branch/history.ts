/** Who did what to which branch: append-only rows of `duckbranch.history`. */
import type { Connection } from "../engine/connection.js";
import { appendRecords } from "../engine/record-writer.js";
import type { Branch } from "./model.js";
import { systemTable } from "./system-names.js";

export interface HistoryEntry {
  readonly action:
    | "create"
    | "alter"
    | "discard"
    | "expire"
    | "undelete"
    | "release"
    | "merge"
    | "sync"
    | "conflict"
    | "abandon"
    | "undo";
  readonly branch: Branch;
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

export const HISTORY = systemTable("history", {
  happened_at: "TIMESTAMPTZ NOT NULL",
  action: "VARCHAR NOT NULL",
  branch_id: "VARCHAR",
  branch_name: "VARCHAR",
  actor: "VARCHAR",
  detail: "JSON",
});

/** Atomic: the caller's transaction. */
export async function recordHistory(
  connection: Connection,
  ...entries: readonly HistoryEntry[]
): Promise<void> {
  const now = Date.now();
  await appendRecords(
    connection,
    HISTORY,
    entries.map(({ action, branch, actor, detail }) => ({
      happened_at: now,
      action,
      branch_id: branch.id,
      branch_name: branch.name,
      actor,
      detail: detail === null ? null : JSON.stringify(detail),
    })),
  );
}

/** Who did what to which branch: append-only rows of `duckbranch.history`. */
import { optionalNumberCell, type Connection } from "../engine/connection.js";
import { appendRecords } from "../engine/record-writer.js";
import type { Branch } from "./model.js";
import type { Registry } from "./registry.js";
import { SYSTEM, systemTable } from "./system-names.js";

export interface HistoryEntry {
  readonly action:
    | "create"
    | "alter"
    | "write"
    | "grant"
    | "revoke"
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

/** What is kept of it. */
export interface HistoryLimits {
  readonly ageMs: number;
  readonly entries: number;
}

/** Removes entries that are too old, and the oldest of too many. Atomic: a transaction of its own. */
export async function sweepHistory(
  registry: Registry,
  { ageMs, entries }: HistoryLimits,
  nowMs: number,
): Promise<void> {
  const before = await registry.database.onSpare(async (connection) => {
    const [row] = await connection.rows(
      `SELECT epoch_ms(min(happened_at)) AS oldest, epoch_ms((SELECT happened_at FROM ${SYSTEM}.history ORDER BY happened_at DESC LIMIT 1 OFFSET ${entries})) AS excess
       FROM ${SYSTEM}.history`,
    );
    const oldest = row === undefined ? null : optionalNumberCell(row, "oldest");
    const excess = row === undefined ? null : optionalNumberCell(row, "excess");
    const limit = Math.max(nowMs - ageMs, excess === null ? 0 : excess + 1);
    return oldest !== null && oldest < limit ? limit : undefined;
  });
  if (before === undefined) return;
  await registry.maintain(async (connection) => {
    await connection.run(
      `DELETE FROM ${SYSTEM}.history WHERE happened_at < make_timestamptz(?::BIGINT * 1000)`,
      [BigInt(before)],
    );
  });
}

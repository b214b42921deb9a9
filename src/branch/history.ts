/** Who did what to which branch: append-only rows of `duckbranch.history`. */
import type { Connection } from "../engine/connection.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { Branch } from "./model.js";
import { SYSTEM_SCHEMA } from "./system-schema.js";

export interface HistoryEntry {
  readonly action: "create" | "alter" | "discard" | "expire" | "merge" | "conflict" | "abandon";
  readonly branch: Branch;
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

/** Atomic: the caller's transaction. */
export async function recordHistory(
  connection: Connection,
  ...entries: readonly HistoryEntry[]
): Promise<void> {
  await connection.run(
    `INSERT INTO ${DATA_CATALOG}.${SYSTEM_SCHEMA}.history VALUES ${entries.map(() => "(now(), ?, ?, ?, ?, ?)").join(", ")}`,
    entries.flatMap(({ action, branch, actor, detail }) => [
      action,
      branch.id,
      branch.name,
      actor,
      detail === null ? null : JSON.stringify(detail),
    ]),
  );
}

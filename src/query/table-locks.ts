/**
 * LOCK TABLE. Reads and writes take no locks here: every transaction has a snapshot, and the later of two that write the same
 * rows fails with 40001. So those who lock a table wait for each other, as PostgreSQL's modes have it, and one that locked it
 * and wrote fails with 40001 at COMMIT where others changed the table behind its back, whom PostgreSQL would have kept waiting.
 */
import { MAIN } from "../branch/model.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { SessionStatement } from "../sql/analysis.js";
import { formatName } from "../sql/names.js";
import type { LockMode } from "./advisory-locks.js";
import { resolveName } from "./relation-names.js";
import { readsOf } from "./serializable.js";
import type { SessionCore } from "./session-core.js";

/** What any reader or writer takes: it keeps away only those who lock, and no snapshot needs it. */
const HARMLESS: ReadonlySet<string> = new Set(["access share", "row share", "row exclusive"]);

/**
 * Locks tables that exist until the transaction ends, one after the other.
 *
 * Errors  55P03 with NOWAIT or after lock_timeout, 40P01 when the wait would close a circle, 57014 when `signal` fires
 */
export async function lockTables(
  core: SessionCore,
  { relations, mode, nowait }: Extract<SessionStatement, { verb: "lock" }>,
  signal: AbortSignal,
): Promise<void> {
  if (HARMLESS.has(mode)) return;
  const limitMs = Number(core.settings.get("lock_timeout"));
  for (const parts of relations) {
    const key = lockKey(core, parts);
    if (key === undefined) continue;
    const lockMode: LockMode = mode === "share" ? "shared" : "exclusive";
    const isHeld = await core.waits.lockTable(key, lockMode, nowait ? undefined : { signal, limitMs });
    if (!isHeld)
      throw new SqlError(
        SQLSTATE.lockNotAvailable,
        `could not obtain lock on relation "${parts.at(-1) ?? ""}"`,
      );
    await noteLocked(core, parts);
  }
}

/** A temporary table is nobody else's. */
function lockKey(core: SessionCore, parts: readonly string[]): string | undefined {
  const meaning = resolveName(core.scope(core.transactions.current), parts);
  if (meaning.kind === "temporary") return undefined;
  const name = "relation" in meaning ? [meaning.relation.schema, meaning.relation.name] : parts;
  return `table ${core.head === MAIN ? "" : core.head} ${formatName(name)}`;
}

/** With a snapshot from before the lock, what its last holder wrote elsewhere was not seen either. */
async function noteLocked(core: SessionCore, parts: readonly string[]): Promise<void> {
  const { current } = core.transactions;
  if (current !== undefined) return core.transactions.noteReads("anything");
  const [analysis] = await core.services.analyse(`SELECT 1 FROM ${formatName(parts)}`);
  if (analysis?.kind !== "relational") return;
  core.transactions.noteReads(await readsOf(current, core.scope(current), analysis));
}

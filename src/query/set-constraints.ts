/** SET CONSTRAINTS, of foreign keys: unique keys may be said to be deferrable, and are held at each statement. */
import type { HeadId } from "../branch/model.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { SessionStatement } from "../sql/analysis.js";
import { runDeferredChecks } from "./deferred-references.js";
import type { SessionCore } from "./session-core.js";

/** Errors: 42809 for a foreign key that cannot wait, 0A000 for another constraint that is to, 23503 for what has waited */
export async function setConstraints(
  core: SessionCore,
  { names, deferred }: Extract<SessionStatement, { verb: "setConstraints" }>,
  signal: AbortSignal,
): Promise<void> {
  const { constraintModes: modes } = core.transactions;
  const mode = deferred ? "deferred" : "immediate";
  for (const name of names)
    if (await isForeignKey(core, core.head, name, signal)) modes.named.set(name, mode);
    else if (deferred)
      throw notSupported(`constraint "${name}" cannot be deferred`, "SET CONSTRAINTS ALL is accepted");
  if (names.length === 0) {
    modes.all = mode;
    modes.named.clear();
  }
  const { current } = core.transactions;
  if (!deferred && current !== undefined) await runDeferredChecks(current, names);
}

async function isForeignKey(
  core: SessionCore,
  head: HeadId,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { context, view, state } = await core.transactions.need(head, signal);
  const keys = (await context.definitions.foreignKeys(view, state, head)).filter((key) => key.name === name);
  if (keys.some(({ deferrable }) => deferrable === "not"))
    throw new SqlError(SQLSTATE.wrongObjectType, `constraint "${name}" is not deferrable`);
  return keys.length > 0;
}

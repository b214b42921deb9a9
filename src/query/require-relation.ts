/** Asks whether a name means a relation, for statements that name one and do nothing with it. */
import { formatName } from "../sql/names.js";
import { resolveStatement } from "./resolve.js";
import type { SessionCore } from "./session-core.js";

/** Errors: 42P01 for a name that means nothing on the session's head, 42501 for one of another head. */
export async function requireRelation(core: SessionCore, parts: readonly string[]): Promise<void> {
  const [analysis] = await core.services.analyse(`SELECT 1 FROM ${formatName(parts)}`);
  if (analysis?.kind !== "relational") return;
  const sql = await resolveStatement(core.resolveServices, core.scope(core.transactions.current), analysis);
  (await core.connection.prepare(sql)).close();
}

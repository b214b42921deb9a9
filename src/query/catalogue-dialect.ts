/** What of PostgreSQL's dialect depends on the catalogue, in the order in which a statement that runs is translated. */
import type { RelationalStatement } from "../sql/analysis.js";
import { withDependentColumns } from "./dependent-columns.js";
import { withInsertForm } from "./insert-forms.js";
import { withComparedLiterals } from "./keyed-literals.js";
import { withNarrowOperands } from "./narrow-operands.js";
import { withReadValues } from "./query-labels.js";
import type { SessionCore } from "./session-core.js";
import type { ExecuteInput } from "./start-statement.js";
import { withUncastLiterals } from "./uncast-literals.js";
import { withUnitedLiterals } from "./united-literals.js";

/** What DuckDB needs to be told otherwise, and the catalogue has to be asked for. */
export async function inDialect(
  core: SessionCore,
  statement: RelationalStatement,
  { parameters, declaredOids }: ExecuteInput,
): Promise<RelationalStatement> {
  const timeZone = core.settings.get("TimeZone");
  const wide = await withNarrowOperands(core, statement);
  const compared = withComparedLiterals(wide, declaredOids, { timeZone });
  const formed = await withInsertForm(core, await withDependentColumns(core, compared), parameters);
  return await withUncastLiterals(core, withUnitedLiterals(core, await withReadValues(core, formed)));
}

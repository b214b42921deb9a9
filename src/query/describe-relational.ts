/** Describes statements over relations: what their parameters and columns are, and what is wrong with them as they stand. */
import type { EngineType } from "../engine/types.js";
import { OID } from "../pgtypes/oids.js";
import { inferParameterOid } from "../pgtypes/parameters.js";
import type { RelationalStatement, RelationalVerb } from "../sql/analysis.js";
import { withOwnParameters } from "../sql/parameter-subset.js";
import { announced, findSources } from "./announced-columns.js";
import { hasGaps } from "./declared-parameters.js";
import type { StatementShape } from "./deferred-columns.js";
import { findingDefaults } from "./describe.js";
import { withDescribedTargets } from "./describe-targets.js";
import { withDependentColumns } from "./dependent-columns.js";
import { withInsertForm } from "./insert-forms.js";
import { requireLiterals } from "./literal-values.js";
import type { ParameterHint } from "./parameter-types.js";
import { withNarrowOperands, withNarrowSteps } from "./narrow-operands.js";
import { requireRelational } from "./permissions.js";
import { planColumn } from "./results.js";
import { resolveStatement } from "./resolve.js";
import type { SessionCore } from "./session-core.js";
import { withTextTypes } from "./stored-parameters.js";
import type { StatementDescription } from "./types.js";
import { withUncastLiterals } from "./uncast-literals.js";
import { withUnitedLiterals } from "./united-literals.js";
import { asNumerics, withSpecialNumerics } from "./special-numerics.js";
import { describeSteps, hasSteps, type StepServices } from "./with-steps.js";

/** A statement without parameters or rows of its own that is longer is not read twice: it says what is wrong when it runs. */
const MAX_CHECKED_LENGTH = 32_768;

/** Verbs whose statements DuckDB prepares: what it finds wrong then is wrong at Parse. */
const PREPARED_VERBS: ReadonlySet<RelationalVerb> = new Set([
  "select",
  "insert",
  "update",
  "delete",
  "merge",
]);

/** Types of parameters and result. Nothing runs, nothing is forked. */
export async function describeRelational(
  core: SessionCore,
  written: RelationalStatement,
  clientOids: readonly number[],
): Promise<StatementDescription> {
  const special = withSpecialNumerics(written);
  if (special !== undefined) {
    const { parameterOids, columns } = await describeRelational(core, special.statement, clientOids);
    return { parameterOids, columns: columns && asNumerics(columns, special.columns) };
  }
  await requireRelational(core, written);
  if (hasSteps(written)) {
    const oids = await withTextTypes(core, written, clientOids);
    const describe: StepServices["describe"] = async (step, own) => await describeRelational(core, step, own);
    return await describeSteps(core, await withNarrowSteps(core, written), oids, describe);
  }
  const isPrepared = PREPARED_VERBS.has(written.verb) && written.text.length <= MAX_CHECKED_LENGTH;
  const grouped = await withDependentColumns(core, await withNarrowOperands(core, written));
  if (isPrepared) await requireLiterals(core, grouped);
  await findSources(core, grouped.sources);
  const united = withUnitedLiterals(core, grouped);
  const statement = await withUncastLiterals(core, await withInsertForm(core, united));
  const declaredOids = await withTextTypes(core, statement, clientOids);
  const scope = core.scope(core.transactions.current);
  const hasRows = statement.verb === "select" || statement.returning;
  if (statement.verb === "explain") {
    const parameterOids = Array.from(
      { length: statement.parameterCount },
      (_, i) => declaredOids[i] || OID.text,
    );
    return { parameterOids, columns: [planColumn(statement.explainedAsJson === true)] };
  }
  if (!hasRows && statement.parameterCount === 0 && !isPrepared)
    return { parameterOids: declaredOids, columns: null };
  await core.types.refresh();
  const engineTypes = await core.types.engineTypesOf(declaredOids);
  const hints = declaredOids.map((oid, i) => ({ oid, parameter: undefined, engineType: engineTypes[i] }));
  const { columns, types } = await withDescribedTargets(core, scope, statement, async (targets) => {
    const sql = await resolveStatement(core.resolveServices, scope, statement, targets);
    return await findingDefaults(core, scope, statement, async () => {
      return await shapeOf(core, statement, sql, hints);
    });
  });
  const parameterTypes = await core.types.identifyTypes(types);
  const count = Math.max(statement.parameterCount, parameterTypes.length, declaredOids.length);
  const parameterOids = Array.from(
    { length: count },
    (_, i) => declaredOids[i] || inferParameterOid(parameterTypes[i]),
  );
  return { parameterOids, columns: hasRows ? await announced(core, columns, statement, declaredOids) : null };
}

async function shapeOf(
  core: SessionCore,
  statement: RelationalStatement,
  sql: string,
  hints: readonly ParameterHint[],
): Promise<Pick<StatementShape, "columns"> & { readonly types: StatementShape["parameterTypes"] }> {
  if (!hasGaps(statement)) {
    const { columns, parameterTypes } = await core.prepared.shape(sql, core.definitions, hints);
    return { columns, types: parameterTypes };
  }
  const own = withOwnParameters(sql);
  const ownHints = own.parameters.map((number) => hints[number - 1] ?? { oid: 0, parameter: undefined });
  const { columns, parameterTypes } = await core.prepared.shape(own.sql, core.definitions, ownHints);
  const types: (EngineType | undefined)[] = Array.from({ length: statement.parameterCount });
  for (const [index, number] of own.parameters.entries()) types[number - 1] = parameterTypes[index];
  return { columns, types };
}

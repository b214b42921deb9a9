/**
 * Foreign keys as a set, in a merge: looked at when all tables are written, for rows that the merge adds and keys that it takes
 * away. No action follows: what would be left without its row is a violation, whatever the strategy (MERGE.md).
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { normaliseName, quoteIdentifier as quote } from "../sql/names.js";
import type { ForeignKey } from "./foreign-keys.js";
import { takenRows, taken } from "./merge-apply.js";
import { isKeyed, type TablePlan } from "./merge-plan.js";
import type { MergeAttempt } from "./merge-types.js";
import { relationKey, type RelationKey, type RelationName } from "./model.js";
import { headRows, refuseOrphans, refuseStranded, type GoneKeys } from "./reference-checks.js";
import { requireBefore, requirePhysical } from "./rows.js";
import { columnAlias } from "./row-sql.js";
import type { Strategy } from "./strategy.js";
import { physicalName } from "./system-schema.js";

/** Rows as a merge writes them, and those that it takes away, of one table. */
export interface PlannedRows {
  readonly plan: TablePlan;
  readonly branchWins: boolean;
  /** Its definition changes: every row is another. */
  readonly isRedefined: boolean;
}

/** Rows as the merge writes them. */
export function addedRows({ plan, branchWins }: PlannedRows): string {
  const { input, planTable } = plan;
  if (isKeyed(input)) {
    const wanted = input.columns.map((name) => `p.wanted.${quote(name)} AS ${quote(name)}`).join(", ");
    return `(SELECT ${wanted} FROM ${takenRows(plan, branchWins)} AS p WHERE p.wanted IS NOT NULL)`;
  }
  return `(SELECT ${valuesOf(plan)} FROM ${planTable} WHERE ${taken(plan, branchWins)} AND wanted_count > target_count)`;
}

/** Rows of the target that the merge changes or deletes, as they were. */
function removedRows({ plan, branchWins }: PlannedRows): string {
  const { input, planTable } = plan;
  if (isKeyed(input)) {
    const before = input.columns.map((name) => `p.target_row.${quote(name)} AS ${quote(name)}`).join(", ");
    return `(SELECT ${before} FROM ${takenRows(plan, branchWins)} AS p WHERE p.target_row IS NOT NULL)`;
  }
  return `(SELECT ${valuesOf(plan)} FROM ${planTable} WHERE ${taken(plan, branchWins)} AND wanted_count < target_count)`;
}

function valuesOf({ input }: TablePlan): string {
  return input.columns.map((name, i) => `${columnAlias(i)} AS ${quote(name)}`).join(", ");
}

/**
 * Behind everything a merge has written.
 *
 * Errors  23503 for rows without what they refer to, 2BP01 for a foreign key without its table
 */
export async function requireReferences(
  attempt: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): Promise<void> {
  const { transaction, target, sync } = attempt;
  const { definitions } = transaction.context;
  const keys = await definitions.foreignKeys(transaction.view, transaction.state, target);
  if (keys.length === 0) return;
  const planned = plannedRows(attempt, strategyOf);
  const created = new Set(attempt.objects.created.map(({ source }) => relationKey(source)));
  const dropped = new Set(attempt.objects.dropped.map(relationKey).filter((name) => !created.has(name)));
  for (const key of keys) {
    if (headRows(transaction, target, key.from) === undefined) continue;
    if (dropped.has(relationKey(key.to)) || headRows(transaction, target, key.to) === undefined)
      throw withoutTable(key);
    const asked = sync === undefined ? merged(attempt, key, planned, created) : synced(attempt, key);
    if (asked.rows !== undefined) await refuseOrphans(transaction, target, key, `${asked.rows} AS c`);
    if (asked.gone !== undefined) await refuseStranded(transaction, target, key, asked.gone);
  }
}

function plannedRows(
  { plans, tables }: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): ReadonlyMap<RelationKey, PlannedRows> {
  return new Map(
    plans.map((plan, index) => {
      const { relation } = plan.input;
      const isRedefined = (tables[index]?.schema.steps.length ?? 0) > 0;
      return [
        relationKey(relation),
        { plan, branchWins: strategyOf(relation) === "branch_wins", isRedefined },
      ];
    }),
  );
}

/** What of a foreign key may be broken: rows that refer, and keys that are gone. */
interface Asked {
  readonly rows: string | undefined;
  readonly gone: GoneKeys | undefined;
}

function merged(
  { transaction, target }: MergeAttempt,
  key: ForeignKey,
  planned: ReadonlyMap<RelationKey, PlannedRows>,
  created: ReadonlySet<RelationKey>,
): Asked {
  const [child, parent] = [planned.get(relationKey(key.from)), planned.get(relationKey(key.to))];
  const isWhole = child?.isRedefined === true || created.has(relationKey(key.from));
  const rows = isWhole ? headRows(transaction, target, key.from) : child && addedRows(child);
  return { rows, gone: parent && goneKeys(parent, key) };
}

/** By the names the columns have afterwards; all keys where one of them has another name, or type. */
export function goneKeys(parent: PlannedRows, { target }: ForeignKey): GoneKeys {
  const columns = new Set(parent.plan.input.columns.map(normaliseName));
  const isThere = !parent.isRedefined && target.every((name) => columns.has(normaliseName(name)));
  return { table: isThere ? removedRows(parent) : undefined, columnOf: (name) => name };
}

/** A branch that is brought up to date has its own rows over what its parent has now. */
function synced({ transaction: { state }, target }: MergeAttempt, key: ForeignKey): Asked {
  const [child, parent] = [state.own(target, key.from), state.own(target, key.to)];
  const rows = child?.kind === "table" ? physicalName(requirePhysical(child)) : undefined;
  if (parent?.kind !== "table") return { rows, gone: undefined };
  const isOverlay = parent.layer?.kind === "overlay" && parent.layer.columns === undefined;
  const table = isOverlay ? physicalName(requireBefore(parent)) : undefined;
  return { rows, gone: { table, columnOf: (name) => name } };
}

function withoutTable({ name, from, to }: ForeignKey): SqlError {
  return new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot merge: constraint "${name}" on table "${from.name}" leads to table "${to.name}", which would not be there`,
  );
}

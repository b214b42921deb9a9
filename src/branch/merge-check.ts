/**
 * Which constraints the merged rows of all tables would break, told from the plans: nothing is written. Where a table's
 * definition stays, only rows that the merge changes are looked at, and what they collide with; what others break is not its doing.
 */
import { SQLSTATE } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import { normaliseName, quoteIdentifier as quote } from "../sql/names.js";
import { changesRows, taken, takenRows } from "./merge-apply.js";
import { mergedRows } from "./merge-image.js";
import { displayName } from "./merge-ledger.js";
import { isKeyed, type TablePlan } from "./merge-plan.js";
import { orphanMessage, referencesAbout, type SchemaReference } from "./merge-references.js";
import type { SchemaMerge } from "./merge-schema.js";
import type { MergeAttempt } from "./merge-types.js";
import { violationsOf, type Violation } from "./merge-violations.js";
import { MAIN, relationKey, type RelationKey, type RelationName } from "./model.js";
import { columnAlias, columnList } from "./row-sql.js";
import type { Strategy } from "./strategy.js";
import { physicalName } from "./system-schema.js";

const MAX_SHOWN = 20;

export interface TableViolation extends Violation {
  /** As people read it. */
  readonly table: string;
}

/** A table that a merge changes. */
interface Changed {
  readonly plan: TablePlan;
  readonly schema: SchemaMerge;
  readonly branchWins: boolean;
  /** All rows of the merged table. */
  readonly image: string;
}

type ChangedTables = ReadonlyMap<RelationKey, Changed>;

/** Of conflicts that no strategy decides the target's rows stay. */
export async function mergeViolations(
  attempt: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): Promise<readonly TableViolation[]> {
  const { connection } = attempt.transaction;
  const tables = changedTables(attempt, strategyOf);
  const found: TableViolation[] = [];
  for (const { plan, schema, branchWins, image } of tables.values()) {
    const { relation } = plan.input;
    const isWhole = schema.steps.length > 0;
    const rows = isWhole ? undefined : addedRows(plan, branchWins);
    const { definition } = schema.merged;
    const some = await violationsOf(connection, image, definition, relation.name, rows);
    found.push(...some.map((violation) => ({ ...violation, table: displayName(relation) })));
  }
  // Branches have no foreign keys.
  if (attempt.target === MAIN) found.push(...(await orphanedRows(attempt, tables)));
  return found;
}

function changedTables(
  { plans, tables }: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): ChangedTables {
  const changed = new Map<RelationKey, Changed>();
  for (const [index, plan] of plans.entries()) {
    const schema = tables[index]?.schema;
    const branchWins = strategyOf(plan.input.relation) === "branch_wins";
    if (schema === undefined || (!changesRows(plan, branchWins) && schema.steps.length === 0)) continue;
    const { input } = plan;
    const columns = input.columns.map((name) => {
      const own = quote(name);
      return { name, from: { base: own, source: own, target: own } };
    });
    const image = `(${mergedRows(plan, columns, branchWins, input.target)})`;
    changed.set(relationKey(input.relation), { plan, schema, branchWins, image });
  }
  return changed;
}

/** Rows as the merge writes them. */
function addedRows(plan: TablePlan, branchWins: boolean): string {
  const { input, planTable } = plan;
  if (isKeyed(input)) {
    const wanted = input.columns.map((name) => `p.wanted.${quote(name)} AS ${quote(name)}`).join(", ");
    return `(SELECT ${wanted} FROM ${takenRows(plan, branchWins)} AS p WHERE p.wanted IS NOT NULL)`;
  }
  const values = input.columns.map((name, i) => `${columnAlias(i)} AS ${quote(name)}`).join(", ");
  return `(SELECT ${values} FROM ${planTable} WHERE ${taken(plan, branchWins)} AND wanted_count > target_count)`;
}

/** Rows that refer to what is not there: their own doing, or that of the rows they refer to. */
async function orphanedRows(
  { transaction: { connection }, plans }: MergeAttempt,
  tables: ChangedTables,
): Promise<readonly TableViolation[]> {
  const found: TableViolation[] = [];
  const relations = plans.map(({ input }) => input.relation);
  for (const reference of await referencesAbout(connection, relations)) {
    const sql = orphanQuery(reference, tables);
    const rows = sql === undefined ? [] : await connection.rows(sql);
    const columns = reference.columns.join(", ");
    const lines = rows.map(
      (row) =>
        `Key (${columns})=(${textCell(row, "key")}) of table "${reference.from}" is not present in table "${reference.to}".`,
    );
    const { schema, from: name } = reference;
    const table = displayName(
      tables.get(relationKey({ schema, name }))?.plan.input.relation ?? { schema, name },
    );
    if (lines.length > 0)
      found.push({ code: SQLSTATE.foreignKeyViolation, message: orphanMessage(reference), lines, table });
  }
  return found;
}

/** Undefined where nothing that matters changes. */
function orphanQuery(reference: SchemaReference, tables: ChangedTables): string | undefined {
  const { schema } = reference;
  const child = tables.get(relationKey({ schema, name: reference.from }));
  const parent = tables.get(relationKey({ schema, name: reference.to }));
  const own = renamed(reference.columns, child);
  const target = renamed(reference.target, parent);
  if (own === undefined || target === undefined) return undefined;
  const keys = own.map((name, i) => `${name} AS k${i}`).join(", ");
  const targets = target.map((name, i) => `${name} AS k${i}`).join(", ");
  const same = (a: string, b: string): string => own.map((_, i) => `${a}.k${i} = ${b}.k${i}`).join(" AND ");
  const children = child?.image ?? physicalName({ schema, name: reference.from });
  const parents = parent?.image ?? physicalName({ schema, name: reference.to });
  const suspects: string[] = [];
  if (child !== undefined)
    suspects.push(`SELECT ${keys} FROM ${addedRows(child.plan, child.branchWins)} AS r`);
  if (parent !== undefined && isKeyed(parent.plan.input)) {
    const gone = takenRows(parent.plan, parent.branchWins);
    const columns = parent.plan.input.columns;
    const before = `SELECT ${columns.map((name) => `p.target_row.${quote(name)} AS ${quote(name)}`).join(", ")} FROM ${gone} AS p WHERE p.target_row IS NOT NULL`;
    suspects.push(
      `SELECT r.* FROM (SELECT ${keys} FROM ${children} AS c) AS r SEMI JOIN (SELECT ${targets} FROM (${before})) AS g ON ${same("r", "g")}`,
    );
  }
  if (suspects.length === 0) return undefined;
  const list = columnList(
    own.map((_, i) => `k${i}`),
    "s",
  );
  return `SELECT DISTINCT concat_ws(', ', ${own.map((_, i) => `CAST(s.k${i} AS VARCHAR)`).join(", ")}) AS key
    FROM (SELECT ${list} FROM (${suspects.join(" UNION ALL ")}) AS s WHERE ${own.map((_, i) => `s.k${i} IS NOT NULL`).join(" AND ")}) AS s
    ANTI JOIN (SELECT ${targets} FROM ${parents} AS r) AS p ON ${same("s", "p")} ORDER BY key LIMIT ${MAX_SHOWN}`;
}

/** By the names the columns have afterwards; undefined where one of them goes. */
function renamed(columns: readonly string[], table: Changed | undefined): readonly string[] | undefined {
  if (table === undefined) return columns.map(quote);
  const names = columns.map((column) => {
    const [, to = column] =
      [...table.schema.renamed].find(([from]) => normaliseName(from) === normaliseName(column)) ?? [];
    return table.plan.input.columns.find((name) => normaliseName(name) === normaliseName(to));
  });
  return names.every((name) => name !== undefined) ? names.map(quote) : undefined;
}

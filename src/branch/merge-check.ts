/**
 * Which constraints the merged rows of all tables would break, told from the plans: nothing is written. Where a table's
 * definition stays, only rows that the merge changes are looked at, and what they collide with; what others break is not its doing.
 */
import { SQLSTATE } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import { quoteIdentifier as quote } from "../sql/names.js";
import { foreignKeysIn, type ForeignKey } from "./foreign-keys.js";
import { changesRows } from "./merge-apply.js";
import { mergedRows, writtenRows } from "./merge-image.js";
import { displayName } from "./merge-ledger.js";
import { addedRows, goneKeys, type PlannedRows } from "./merge-references.js";
import type { SchemaMerge } from "./merge-schema.js";
import type { MergeAttempt } from "./merge-types.js";
import { violationsOf, type Violation } from "./merge-violations.js";
import { relationKey, type RelationKey, type RelationName } from "./model.js";
import { headRows } from "./reference-checks.js";
import type { Strategy } from "./strategy.js";

const MAX_SHOWN = 20;

export interface TableViolation extends Violation {
  /** As people read it. */
  readonly table: string;
}

/** A table that a merge changes. */
interface Changed extends PlannedRows {
  readonly schema: SchemaMerge;
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
  for (const table of tables.values()) {
    const { schema, image } = table;
    const { relation } = table.plan.input;
    const rows = table.isRedefined
      ? undefined
      : `(${writtenRows(`SELECT * FROM ${addedRows(table)}`, schema.columns)})`;
    const { definition } = schema.merged;
    const some = await violationsOf(connection, image, definition, relation.name, rows);
    found.push(...some.map((violation) => ({ ...violation, table: displayName(relation) })));
  }
  found.push(...(await orphanedRows(attempt, tables)));
  return found;
}

function changedTables(
  { transaction, target, plans, tables }: MergeAttempt,
  strategyOf: (table: RelationName) => Strategy,
): ChangedTables {
  const changed = new Map<RelationKey, Changed>();
  for (const [index, plan] of plans.entries()) {
    const schema = tables[index]?.schema;
    const branchWins = strategyOf(plan.input.relation) === "branch_wins";
    if (schema === undefined || (!changesRows(plan, branchWins) && schema.steps.length === 0)) continue;
    const { input } = plan;
    const from = headRows(transaction, target, input.relation) ?? input.target;
    const image = `(${mergedRows(plan, schema.columns, branchWins, from)})`;
    const isRedefined = schema.steps.length > 0;
    changed.set(relationKey(input.relation), { plan, schema, branchWins, isRedefined, image });
  }
  return changed;
}

/** Rows that refer to what is not there: their own doing, or that of the rows they refer to. */
async function orphanedRows(
  attempt: MergeAttempt,
  tables: ChangedTables,
): Promise<readonly TableViolation[]> {
  const found: TableViolation[] = [];
  for (const key of await mergedKeys(attempt, tables)) {
    const sql = orphanQuery(attempt, key, tables);
    const rows = sql === undefined ? [] : await attempt.transaction.connection.rows(sql);
    if (rows.length === 0) continue;
    const { from, to, name, columns } = key;
    const lines = rows.map(
      (row) =>
        `Key (${columns.join(", ")})=(${textCell(row, "key")}) of table "${from.name}" is not present in table "${to.name}".`,
    );
    const message = `insert or update on table "${from.name}" violates foreign key constraint "${name}"`;
    found.push({ code: SQLSTATE.foreignKeyViolation, message, lines, table: displayName(from) });
  }
  return found;
}

/** The foreign keys that hold when the merge is done. */
async function mergedKeys(
  { transaction, target, objects }: MergeAttempt,
  tables: ChangedTables,
): Promise<readonly ForeignKey[]> {
  const { definitions } = transaction.context;
  const there = await definitions.foreignKeys(transaction.view, transaction.state, target);
  const others = new Set(
    [...objects.dropped, ...objects.created.map(({ source }) => source)].map(relationKey),
  );
  const kept = there.filter(({ from }) => !tables.has(relationKey(from)) && !others.has(relationKey(from)));
  const changed = [...tables.values()].flatMap(({ plan, schema }) =>
    foreignKeysIn(schema.merged.definition, plan.input.relation),
  );
  const created = objects.created.flatMap(({ source, says }) => foreignKeysIn(says.definition, source));
  return [...kept, ...changed, ...created];
}

/** Undefined where nothing that matters changes. */
function orphanQuery(attempt: MergeAttempt, key: ForeignKey, tables: ChangedTables): string | undefined {
  const { transaction, target, source, objects } = attempt;
  // Not renamed yet, or not made.
  const placeOf = (table: RelationName): RelationName =>
    objects.renamed.find(({ to }) => relationKey(to) === relationKey(table))?.table ?? table;
  const isCreated = (table: RelationName): boolean =>
    objects.created.some((one) => relationKey(one.source) === relationKey(table));
  const rowsOfTable = (table: RelationName): string | undefined =>
    isCreated(table)
      ? headRows(transaction, source.id, table)
      : headRows(transaction, target, placeOf(table));
  const child = tables.get(relationKey(placeOf(key.from)));
  const parent = tables.get(relationKey(placeOf(key.to)));
  const children = child?.image ?? rowsOfTable(key.from);
  const parents = parent?.image ?? rowsOfTable(key.to);
  if (children === undefined || parents === undefined) return undefined;
  const same = (a: string, b: string): string =>
    key.columns.map((_, i) => `${a}.k${i} = ${b}.k${i}`).join(" AND ");
  const suspects: string[] = [];
  if (isCreated(key.from)) suspects.push(`SELECT ${named(key.columns)} FROM ${children} AS r`);
  else if (child !== undefined) {
    const rows = child.isRedefined ? child.image : addedRows(child);
    suspects.push(`SELECT ${named(key.columns)} FROM ${rows} AS r`);
  }
  if (parent !== undefined) {
    const { table } = goneKeys(parent, key);
    const among =
      table === undefined
        ? ""
        : `SEMI JOIN (SELECT ${named(key.target)} FROM ${table}) AS g ON ${same("r", "g")}`;
    suspects.push(`SELECT r.* FROM (SELECT ${named(key.columns)} FROM ${children} AS c) AS r ${among}`);
  }
  if (suspects.length === 0) return undefined;
  const keys = key.columns.map((_, i) => `s.k${i}`);
  return `SELECT DISTINCT concat_ws(', ', ${keys.map((k) => `CAST(${k} AS VARCHAR)`).join(", ")}) AS key
    FROM (SELECT * FROM (${suspects.join(" UNION ALL ")}) AS s WHERE ${keys.map((k) => `${k} IS NOT NULL`).join(" AND ")}) AS s
    ANTI JOIN (SELECT ${named(key.target)} FROM ${parents} AS r) AS p ON ${same("s", "p")} ORDER BY key LIMIT ${MAX_SHOWN}`;
}

function named(columns: readonly string[]): string {
  return columns.map((name, i) => `${quote(name)} AS k${i}`).join(", ");
}

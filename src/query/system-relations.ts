/**
 * Tables of this server that clients read with SQL: `_hatidata_branches` as in the tutorial, and the schema `duckbranch`.
 * Each is a query over the registry's own tables.
 */
import { DATA_CATALOG } from "../engine/database.js";
import { normaliseName } from "../sql/names.js";
import type { HeadId } from "../branch/model.js";
import { SYSTEM_SCHEMA } from "../branch/system-schema.js";

const SYSTEM = `${DATA_CATALOG}.${SYSTEM_SCHEMA}`;

/** Tables and their sizes per branch: only what the branch itself changed. */
const OWN_TABLES = `SELECT head_id, count(*) AS tables FROM ${SYSTEM}.version_rows WHERE to_seq IS NULL GROUP BY head_id`;

/** Not one that is kept to undo a merge. */
const IS_SOMEBODYS = "(b.held ->> 'undoes') IS NULL";

const RELATIONS: ReadonlyMap<string, string> = new Map([
  [
    "_hatidata_branches",
    `SELECT b.branch_id, b.name, b.agent_id, b.created_at, coalesce(t.tables, 0) AS modified_table_count,
       coalesce(s.bytes, 0)::BIGINT AS total_size_bytes, ${currentStatus("b")} AS status
     FROM ${SYSTEM}.branch_rows AS b LEFT JOIN (${OWN_TABLES}) AS t ON t.head_id = b.branch_id
     LEFT JOIN branch_sizes AS s ON s.branch_id = b.branch_id WHERE ${IS_SOMEBODYS}`,
  ],
  [
    "branches",
    `SELECT b.branch_id, b.name, b.schema_name, coalesce(p.name, 'main') AS parent, b.owner, b.agent_id, b.description, b.created_at,
       b.expires_at, ${currentStatus("b")} AS status, b.protected, coalesce(t.tables, 0) AS modified_table_count,
       coalesce(b.isolation, 'snapshot') AS isolation, make_timestamptz((b.held ->> 'untilMs')::BIGINT * 1000) AS undelete_until,
       if(b.grants IS NULL, 'open', 'private') AS access
     FROM ${SYSTEM}.branch_rows AS b LEFT JOIN ${SYSTEM}.branch_rows AS p ON p.branch_id = b.parent_id
     LEFT JOIN (${OWN_TABLES}) AS t ON t.head_id = b.branch_id WHERE ${IS_SOMEBODYS}`,
  ],
  [
    "branch_tables",
    `SELECT b.branch_id, b.name AS branch, if(v.schema_name = 'main', 'public', v.schema_name) AS table_schema, v.name AS table_name, v.kind,
       CASE WHEN v.physical_name IS NULL THEN NULL WHEN v.layer ->> 'kind' = 'overlay' THEN 'overlay' ELSE 'materialised' END AS state
     FROM ${SYSTEM}.version_rows AS v JOIN ${SYSTEM}.branch_rows AS b ON b.branch_id = v.head_id WHERE v.to_seq IS NULL AND ${IS_SOMEBODYS}`,
  ],
  [
    "grants",
    `SELECT b.branch_id, b.name AS branch, unnest(from_json(b.grants -> p.privilege, '["VARCHAR"]')) AS grantee, p.privilege
     FROM ${SYSTEM}.branch_rows AS b, (VALUES ('read'), ('write')) AS p(privilege) WHERE b.grants IS NOT NULL`,
  ],
  ["merges", `SELECT * FROM ${SYSTEM}.merges`],
  ["conflicts", `SELECT * FROM ${SYSTEM}.conflicts`],
  ["history", `SELECT * FROM ${SYSTEM}.history`],
]);

/** Of a hidden branch, or into one. */
const HIDDEN_MERGES = `SELECT merge_id FROM ${SYSTEM}.merges WHERE branch_id IN $ OR coalesce(synced_id, '') IN $
  OR target IN (SELECT name FROM ${SYSTEM}.branch_rows WHERE branch_id IN $)`;

/** Which rows stay where some branches, `$`, are hidden. */
const HIDDEN_BY: ReadonlyMap<string, string> = new Map([
  ["branch_tables", "branch_id NOT IN $"],
  ["grants", "branch_id NOT IN $"],
  [
    "history",
    `coalesce(branch_id, '') NOT IN $ AND coalesce(detail ->> 'merge_id', '') NOT IN (${HIDDEN_MERGES})`,
  ],
  ["merges", `merge_id NOT IN (${HIDDEN_MERGES})`],
  ["conflicts", `merge_id NOT IN (${HIDDEN_MERGES})`],
]);

/** A branch past its time is expired whether or not the sweeper has come by: see isExpired. */
function currentStatus(alias: string): string {
  return `CASE WHEN ${alias}.status IN ('active', 'conflicted') AND NOT ${alias}.protected AND ${alias}.expires_at <= now()
    AND ${alias}.branch_id NOT IN (SELECT parent_id FROM ${SYSTEM}.branch_rows WHERE held IS NULL AND NOT released)
    THEN 'expired' ELSE ${alias}.status END`;
}

export function isSystemRelation(parts: readonly string[]): boolean {
  return RELATIONS.has(normaliseName(parts.at(-1) ?? ""));
}

/** True when reading it needs the branches' sizes measured first. */
function needsSizes(name: string): boolean {
  return normaliseName(name) === "_hatidata_branches";
}

export interface BranchSize {
  readonly branchId: string;
  readonly bytes: number;
}

/** Columns that are told of visible branches only; the branches themselves are listed. */
const HIDDEN_COLUMNS: ReadonlyMap<string, readonly string[]> = new Map([
  ["_hatidata_branches", ["agent_id", "modified_table_count", "total_size_bytes"]],
  ["branches", ["parent", "agent_id", "modified_table_count", "description"]],
]);

/** Of branches that the session's user may not see it is said that there are such, and whose they are. */
function without(sql: string, name: string, hidden: readonly HeadId[]): string {
  if (hidden.length === 0) return sql;
  // Ids are hexadecimal digits: nothing to quote.
  const ids = hidden.map((id) => `'${id}'`).join(", ");
  const columns = HIDDEN_COLUMNS.get(name);
  if (columns !== undefined) {
    const shown = columns.map((column) => `if(branch_id IN (${ids}), NULL, ${column}) AS ${column}`);
    return `SELECT * REPLACE (${shown.join(", ")}) FROM (${sql})`;
  }
  const condition = HIDDEN_BY.get(name);
  if (condition === undefined) return sql;
  return `SELECT * FROM (${sql}) WHERE ${condition.replaceAll("$", `(${ids})`)}`;
}

/** SQL that stands where the relation's name stood (without an alias). Sizes are measured where they are shown. */
export async function systemRelation(
  name: string,
  sizes: () => Promise<readonly BranchSize[]>,
  hidden: readonly HeadId[],
): Promise<string> {
  return systemRelationSql(name, needsSizes(name) ? await sizes() : [], hidden);
}

function systemRelationSql(name: string, sizes: readonly BranchSize[], hidden: readonly HeadId[]): string {
  const whole = RELATIONS.get(normaliseName(name));
  if (whole === undefined) throw new RangeError(`no system relation "${name}"`);
  const sql = without(whole, normaliseName(name), hidden);
  if (!needsSizes(name)) return `(${sql})`;
  // Ids are hexadecimal digits and sizes numbers: nothing to quote.
  const rows = [...sizes.map((size) => `('${size.branchId}', ${size.bytes})`), "(NULL, 0)"];
  return `(WITH branch_sizes(branch_id, bytes) AS (VALUES ${rows.join(", ")}) ${sql})`;
}

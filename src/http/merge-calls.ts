/** Merges, their conflicts and what becomes of them, as SQL statements. */
import { z } from "zod";
import { branchId, getBranch, type EndedBranch } from "./branch-calls.js";
import {
  preview,
  tableConflicts,
  type MergePreview,
  type PreviewOptions,
  type Conflicts,
  type MergeOptions,
  type MergeResult,
  type resolveRequest,
} from "./branch-schemas.js";
import { HttpError } from "./http-error.js";
import type { RequestWork } from "./request-work.js";
import { quotedColumn, quotedName, quotedTable, quotedText } from "./sql-text.js";
import { type JsonRow, readRows } from "./statements.js";

/** Rows of a report per table; all are in duckbranch.conflicts. */
const MAX_REPORTED_ROWS = 100;
const MAX_TABLES = 10_000;
const MERGE_ID = /^[\w-]{1,64}$/;

const mergeRow = z.object({
  status: z.string(),
  merge_id: z.string().nullable(),
  branch: z.string(),
  target: z.string(),
  tables_merged: z.number(),
  rows_affected: z.number(),
  rows_inserted: z.number(),
  rows_updated: z.number(),
  rows_deleted: z.number(),
  conflicts_resolved: z.number(),
  has_conflicts: z.boolean(),
  conflicts: z.array(tableConflicts),
});

/** Errors: 40002 for conflicts that the strategy `abort` met, 22023 for an unknown strategy, 3D000. */
export async function mergeBranch(
  work: RequestWork,
  name: string,
  options: MergeOptions,
): Promise<MergeResult> {
  const id = await branchId(work, name);
  return await mergeResult(work, id, await readRows(work, mergeStatement(name, options)));
}

function mergeStatement(
  name: string,
  { strategy, into, granularity, keyless, token, merge_id, exceptions = {} }: MergeOptions,
): string {
  const parts = [
    `MERGE BRANCH ${quotedName(name)}`,
    ...(into === undefined ? [] : [`INTO ${quotedName(into)}`]),
    ...(strategy === undefined ? [] : [`USING ${quotedName(strategy)}`]),
    ...Object.entries(exceptions).map(([what, other]) => `EXCEPT ${quotedName(other)} FOR ${excepted(what)}`),
    withOptions({ granularity, keyless, token, merge_id }),
  ];
  return parts.join(" ");
}

/** `products`, `schema:sales`, `column:products.price` */
function excepted(what: string): string {
  const [, kind, name = what] = /^(schema|column):(.+)$/s.exec(what) ?? [];
  if (kind === "column") return `COLUMN ${quotedColumn(name)}`;
  return kind === "schema" ? `SCHEMA ${quotedTable(name)}` : quotedTable(name);
}

/** What a merge would do. Errors: as for merges, but for conflicts and what constraints refuse: those are told */
export async function previewMerge(
  work: RequestWork,
  name: string,
  options: PreviewOptions,
): Promise<MergePreview> {
  const rows = await readRows(work, `EXPLAIN ${mergeStatement(name, options)}`);
  const tables = rows.map(({ table_name: table, conflicts, conflict_rows, ...row }) => ({
    ...row,
    table,
    conflicts: { row_count: conflicts, rows: conflict_rows ?? [] },
  }));
  return preview.parse({ tables, token: rows[0]?.["token"] ?? null });
}

/** Brings a branch up to date with what it was made from. Errors: as for merges */
export async function syncBranch(
  work: RequestWork,
  name: string,
  options: Omit<MergeOptions, "into">,
): Promise<MergeResult> {
  const { branch_id: id, parent } = await getBranch(work, name);
  return await mergeResult(
    work,
    id,
    await readRows(work, mergeStatement(parent, { ...options, into: name })),
  );
}

function withOptions(options: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${quotedText(value)}`],
  );
  return given.length === 0 ? "" : `WITH (${given.join(", ")})`;
}

/** A strategy for a table, or one for each of some of its rows. */
type Resolution = z.output<typeof resolveRequest>["resolutions"][string];

export async function resolveMerge(
  work: RequestWork,
  name: string,
  mergeId: string,
  resolutions: Readonly<Record<string, Resolution>>,
): Promise<MergeResult> {
  const id = await requireMerge(work, name, mergeId);
  const tables = Object.entries(resolutions).flatMap(([table, said]) => {
    if (typeof said === "string") return [`${quotedTable(table)} ${quotedText(said)}`];
    return said.map(
      ({ key, strategy }) =>
        `${quotedTable(table)} ROW ${quotedText(JSON.stringify(key))} ${quotedText(strategy)}`,
    );
  });
  if (tables.length === 0) throw new HttpError(400, "resolutions name no table");
  return await mergeResult(
    work,
    id,
    await readRows(work, `RESOLVE MERGE ${quotedText(mergeId)} WITH (${tables.join(", ")})`),
  );
}

/** Gives up a merge that waits to be resolved; the one there is, when none is named. */
export async function abandonMerge(
  work: RequestWork,
  name: string,
  mergeId: string | undefined,
): Promise<EndedBranch> {
  const abandoned = mergeId ?? (await openMerge(work, await branchId(work, name)));
  if (abandoned === undefined) throw new HttpError(404, `branch "${name}" has no merge that waits`);
  const id = await requireMerge(work, name, abandoned);
  await readRows(work, `ABANDON MERGE ${quotedText(abandoned)}`);
  const { branch_id, name: found, status } = await getBranch(work, id);
  return { branch_id, name: found, status };
}

/** The merge named, or the branch's last one that was done. */
export async function undoMerge(
  work: RequestWork,
  name: string,
  mergeId: string | undefined,
  strategy: string | undefined,
): Promise<MergeResult> {
  const undone = mergeId ?? (await lastMerge(work, name));
  const id = await requireMerge(work, name, undone);
  const using = strategy === undefined ? "" : ` USING ${quotedName(strategy)}`;
  return await mergeResult(work, id, await readRows(work, `UNDO MERGE ${quotedText(undone)}${using}`));
}

async function lastMerge(work: RequestWork, name: string): Promise<string> {
  const [row] = await readRows(
    work,
    `SELECT merge_id FROM duckbranch.merges WHERE branch_id = $1 AND synced_id IS NULL AND status = 'merged' ORDER BY created_at DESC LIMIT 1`,
    [await branchId(work, name)],
  );
  if (row === undefined) throw new HttpError(404, `branch "${name}" has no merge that could be undone`);
  return String(row["merge_id"]);
}

/** The branch's id. Errors: HttpError 404 for a merge that is not this branch's. */
async function requireMerge(work: RequestWork, name: string, mergeId: string): Promise<string> {
  const id = await branchId(work, name);
  const [found] = MERGE_ID.test(mergeId)
    ? await readRows(
        work,
        "SELECT 1 AS found FROM duckbranch.merges WHERE merge_id = $1 AND coalesce(synced_id, branch_id) = $2",
        [mergeId, id],
      )
    : [];
  if (found === undefined) throw new HttpError(404, `branch "${name}" has no merge "${mergeId}"`);
  return id;
}

async function mergeResult(work: RequestWork, id: string, rows: readonly JsonRow[]): Promise<MergeResult> {
  const row = mergeRow.parse(rows[0]);
  return { ...row, branch_id: id, tables: await mergedTables(work, row) };
}

/** By the ledger: names are joined by commas in the answer, and may have some in them. */
async function mergedTables(work: RequestWork, row: z.output<typeof mergeRow>): Promise<string[]> {
  if (row.merge_id === null) return [];
  const [merge] = await readRows(work, "SELECT tables_merged FROM duckbranch.merges WHERE merge_id = $1", [
    row.merge_id,
  ]);
  return z.array(z.string()).nullish().parse(merge?.["tables_merged"]) ?? [];
}

/** What a merge waits for, else what one into the parent would meet now: counts, and the first rows of each table. */
export async function branchConflicts(work: RequestWork, name: string): Promise<Conflicts> {
  const id = await branchId(work, name);
  const mergeId = (await openMerge(work, id)) ?? null;
  const found = mergeId === null ? await foreseen(work, name) : await recorded(work, mergeId);
  return { has_conflicts: found.length > 0, merge_id: mergeId, conflicts: found };
}

async function openMerge(work: RequestWork, id: string): Promise<string | undefined> {
  const [open] = await readRows(
    work,
    "SELECT merge_id FROM duckbranch.merges WHERE coalesce(synced_id, branch_id) = $1 AND status = 'conflicted' ORDER BY created_at DESC LIMIT 1",
    [id],
  );
  return open === undefined ? undefined : String(open["merge_id"]);
}

async function foreseen(work: RequestWork, name: string): Promise<Conflicts["conflicts"]> {
  const tables = await readRows(work, `EXPLAIN MERGE BRANCH ${quotedName(name)}`);
  return tables.flatMap((row) => {
    const count = Number(row["conflicts"]);
    const rows = tableConflicts.shape.rows.parse(row["conflict_rows"] ?? []);
    return count > 0 ? [{ table: String(row["table_name"]), row_count: count, rows }] : [];
  });
}

async function recorded(work: RequestWork, mergeId: string): Promise<Conflicts["conflicts"]> {
  const rows = await readRows(
    work,
    `SELECT table_name, count(*) OVER (PARTITION BY table_name) AS row_count, kind, key AS pk, main_value, branch_value, base_value
     FROM duckbranch.conflicts WHERE merge_id = $1
     QUALIFY row_number() OVER (PARTITION BY table_name) <= ${MAX_REPORTED_ROWS} ORDER BY table_name LIMIT ${MAX_TABLES}`,
    [mergeId],
  );
  const byTable = new Map<string, Conflicts["conflicts"][number]>();
  for (const { table_name: table, row_count: count, kind, ...values } of rows) {
    const name = String(table);
    const conflicts = byTable.get(name) ?? { table: name, row_count: Number(count), rows: [] };
    const { pk, main_value, branch_value } = values;
    conflicts.rows.push({ ...values, pk, main_value, branch_value, kind: String(kind) });
    byTable.set(name, conflicts);
  }
  return [...byTable.values()];
}

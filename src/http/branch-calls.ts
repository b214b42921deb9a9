/** What the API does with branches, as the SQL statements that do it: nothing is decided here that SQL would decide otherwise. */
import { z } from "zod";
import { SQLSTATE, SqlError } from "../core/errors.js";
import {
  branch,
  branchTerms,
  seenBranch,
  discarded,
  expiring,
  type Branch,
  type BranchDetails,
  type CreateBranch,
  type DiscardedBranch,
  type ExpiringBranches,
  type ExtendBranch,
  type UndeleteBranch,
} from "./branch-schemas.js";
import { HttpError } from "./http-error.js";
import type { RequestWork } from "./request-work.js";
import { quotedName, quotedText } from "./sql-text.js";
import type { JsonValue } from "./parameters.js";
import { type JsonRow, readRows } from "./statements.js";

const MAX_LISTED = 10_000;
const STATUSES: readonly string[] = ["active", "conflicted", "merged", "discarded", "expired"];
const ENDED: readonly string[] = ["discarded", "expired"];

const BRANCH_COLUMNS = `branch_id, name, schema_name, parent, isolation, status, owner, agent_id, description, created_at, expires_at,
  undelete_until, protected, modified_table_count`;

/** As clients know it. */
const TABLE_NAME =
  "CASE table_schema WHEN 'public' THEN table_name ELSE table_schema || '.' || table_name END";

/** A statement of ours that answers with one row. */
async function onlyRow(work: RequestWork, sql: string, values: readonly string[] = []): Promise<JsonRow> {
  const [row] = await readRows(work, sql, values);
  if (row === undefined) throw new Error("a statement about a branch gave no row");
  return row;
}

export async function createBranch(work: RequestWork, request: CreateBranch): Promise<BranchDetails> {
  const { name, parent, description, agent_id: agent, isolation } = request;
  const options = { description, agent, isolation, ...ttlOption(request), ...termsOptions(request) };
  const given = writtenOptions(options);
  const from = parent === undefined ? "" : ` FROM ${quotedName(parent)}`;
  const made = given.length === 0 ? "" : ` WITH (${given.join(", ")})`;
  await readRows(work, `CREATE BRANCH ${quotedName(name)}${from}${made}`);
  return await getBranch(work, name);
}

/** As the options of CREATE and ALTER BRANCH. */
function termsOptions(request: Partial<CreateBranch>): Readonly<Record<string, string | undefined>> {
  const { idle_ttl_seconds: idle, max_rows: rows, max_bytes: bytes, max_seconds: seconds } = request;
  const idleTtl = idle === undefined ? undefined : `${Math.ceil(idle)} seconds`;
  const limits = Object.entries({ max_rows: rows, max_bytes: bytes, max_seconds: seconds });
  return {
    idle_ttl: idleTtl,
    ...Object.fromEntries(limits.map(([name, value]) => [name, value?.toString()])),
  };
}

function writtenOptions(options: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(options).flatMap(([option, value]) =>
    value === undefined ? [] : [`${option} ${quotedText(value)}`],
  );
}

/** Errors: HttpError 400 for both of them. */
function ttlOption(request: {
  readonly ttl_hours?: number | undefined;
  readonly ttl_seconds?: number | undefined;
}): { readonly ttl_seconds?: string } {
  const { ttl_hours: hours, ttl_seconds: seconds } = request;
  if (hours !== undefined && seconds !== undefined)
    throw new HttpError(400, "give ttl_hours or ttl_seconds, not both");
  const total = hours === undefined ? seconds : hours * 3600;
  return total === undefined ? {} : { ttl_seconds: String(Math.ceil(total)) };
}

/** Which part of a list is wanted: all of it where nothing is said. */
export interface Part {
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

/** ` LIMIT 10 OFFSET 20`, or nothing. */
function written({ limit, offset }: Part): string {
  return `${limit === undefined ? "" : ` LIMIT ${limit}`}${offset === undefined ? "" : ` OFFSET ${offset}`}`;
}

/** Branches that still exist, or those of one status; newest first. */
export async function listBranches(
  work: RequestWork,
  status: string | undefined,
  part: Part = {},
): Promise<readonly Branch[]> {
  if (status !== undefined && !STATUSES.includes(status))
    throw new HttpError(400, `there is no status "${status}": ${STATUSES.join(", ")}`);
  if (status !== undefined) {
    const ofStatus = `WHERE status = $1 ORDER BY created_at DESC, branch_id${written(part)}`;
    return await describedBranches(work, ofStatus, [status]);
  }
  const existing = await readRows(work, `SHOW BRANCHES${written(part)}`);
  const ids = existing.map(({ branch_id: id }) => String(id));
  if (ids.length === 0) return [];
  const found = new Map(
    (await describedBranches(work, "WHERE branch_id = ANY($1)", [ids])).map((one) => [one.branch_id, one]),
  );
  return ids.flatMap((id) => found.get(id) ?? []);
}

async function describedBranches(
  work: RequestWork,
  which: string,
  values: readonly JsonValue[],
): Promise<readonly Branch[]> {
  const rows = await readRows(work, `SELECT ${BRANCH_COLUMNS} FROM duckbranch.branches ${which}`, values);
  return z.array(branch).parse(rows);
}

export async function getBranch(work: RequestWork, nameOrId: string): Promise<BranchDetails> {
  const row = await onlyRow(work, `DESCRIBE BRANCH ${quotedName(nameOrId)}`);
  const { total_size_bytes: bytes, ...described } = row;
  const found = seenBranch.parse(described);
  const tables = await readRows(
    work,
    `SELECT ${TABLE_NAME} AS name FROM duckbranch.branch_tables WHERE branch_id = $1 ORDER BY name LIMIT ${MAX_LISTED}`,
    [found.branch_id],
  );
  return {
    ...found,
    ...branchTerms.parse(row),
    modified_tables: tables.map(({ name }) => String(name)),
    total_size_bytes: Number(bytes),
  };
}

/** Those of each branch that changed any. */
export async function changedTables(work: RequestWork): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await readRows(
    work,
    `SELECT branch_id, list(${TABLE_NAME} ORDER BY table_schema, table_name) AS names FROM duckbranch.branch_tables GROUP BY branch_id`,
  );
  const listed = z.array(z.object({ branch_id: z.string(), names: z.array(z.string()) })).parse(rows);
  return new Map(listed.map(({ branch_id: id, names }) => [id, names]));
}

export interface EndedBranch {
  readonly branch_id: string;
  readonly name: string;
  readonly status: string;
}

export async function discardBranch(
  work: RequestWork,
  nameOrId: string,
  { immediate, cascade }: Readonly<Record<"immediate" | "cascade", boolean>>,
): Promise<DiscardedBranch> {
  const sql = `SELECT * FROM branch_discard($1, immediate => ${immediate}, cascade => ${cascade})`;
  return discarded.parse(await onlyRow(work, sql, [nameOrId]));
}

export async function undeleteBranch(
  work: RequestWork,
  nameOrId: string,
  { name, ...time }: UndeleteBranch,
): Promise<BranchDetails> {
  const { ttl_seconds: seconds } = ttlOption(time);
  const given = [
    ...(name === undefined ? [] : [`new_name => ${quotedText(name)}`]),
    ...(seconds === undefined ? [] : [`ttl_seconds => ${quotedText(seconds)}`]),
  ];
  const call = ["$1", ...given].join(", ");
  const found = await onlyRow(work, `SELECT * FROM branch_undelete(${call})`, [nameOrId]);
  return await getBranch(work, String(found["branch_id"]));
}

export async function extendBranch(
  work: RequestWork,
  nameOrId: string,
  request: ExtendBranch,
): Promise<BranchDetails> {
  const options = writtenOptions({ ...ttlOption(request), ...termsOptions(request) });
  if (options.length === 0) throw new HttpError(400, "give ttl_hours, ttl_seconds or a limit");
  await readRows(work, `ALTER BRANCH ${quotedName(nameOrId)} SET (${options.join(", ")})`);
  return await getBranch(work, nameOrId);
}

/** What the sweeper is going to end within some hours; all that will ever end when left out. */
export async function expiringBranches(
  work: RequestWork,
  withinHours: number | undefined,
  part: Part,
): Promise<ExpiringBranches> {
  const within =
    withinHours === undefined ? "" : ` WITHIN ${quotedText(`${Math.ceil(withinHours * 3600)} seconds`)}`;
  const branches = await readRows(work, `SHOW EXPIRING BRANCHES${within}${written(part)}`);
  return expiring.parse({ branches });
}

/** The id of a branch, whether it still exists or not. Errors: 3D000. */
export async function branchId(work: RequestWork, nameOrId: string): Promise<string> {
  const rows = await readRows(
    work,
    `SELECT branch_id, status FROM duckbranch.branches WHERE branch_id = $1 OR name = $1
     ORDER BY branch_id = $1 DESC, created_at DESC LIMIT 100`,
    [nameOrId],
  );
  const found = rows.find(({ status }) => !ENDED.includes(String(status))) ?? rows[0];
  if (found === undefined)
    throw new SqlError(SQLSTATE.invalidCatalogName, `branch "${nameOrId}" does not exist`);
  return String(found["branch_id"]);
}

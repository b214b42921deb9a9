/** Requests and answers about branches and merges. */
import { z } from "zod";

const strategy = z.string().describe("branch_wins, main_wins, manual or abort");
const time = z.string().describe("ISO 8601");

export const branch = z
  .object({
    branch_id: z.string(),
    name: z.string(),
    schema_name: z.string(),
    parent: z.string().nullable().describe("null: of somebody else's private branch"),
    isolation: z.string(),
    status: z.string(),
    owner: z.string(),
    agent_id: z.string().nullable(),
    description: z.string().nullable(),
    created_at: time,
    expires_at: time.nullable(),
    undelete_until: time.nullable().describe("Of a deleted branch: until then it can be brought back"),
    protected: z.boolean(),
    modified_table_count: z.number().int().nullable().describe("null: of somebody else's private branch"),
  })
  .meta({ id: "Branch" });

const agreed = z.number().nullable();

/** What it may take, and for how long it may be left alone; null: no limit. */
const terms = {
  idle_ttl_seconds: agreed,
  max_rows: agreed,
  max_bytes: agreed,
  max_seconds: agreed,
};

export const branchTerms = z.object(terms);

/** Of one that is open to who asks. */
export const seenBranch = branch.extend({ parent: z.string() });

export const branchDetails = seenBranch
  .extend({ ...terms, modified_tables: z.array(z.string()), total_size_bytes: z.number().int() })
  .meta({ id: "BranchDetails" });

export const branchList = z.object({ branches: z.array(branch) }).meta({ id: "BranchList" });

const limit = z.number().int().nonnegative().optional();

const wantedTerms = {
  idle_ttl_seconds: z.number().positive().optional().describe("Ends it when nothing was run on it so long"),
  max_rows: limit.describe("Rows of its own; more are refused (53400)"),
  max_bytes: limit.describe("Their bytes"),
  max_seconds: limit.describe("Time of its statements in all; then it takes no writes"),
};

const timeToLive = {
  ttl_hours: z.number().positive().optional(),
  ttl_seconds: z.number().positive().optional(),
};

export const createRequest = z
  .strictObject({
    name: z.string().min(1),
    parent: z.string().optional().describe("main when left out"),
    description: z.string().optional(),
    agent_id: z.string().optional(),
    isolation: z.enum(["snapshot", "live"]).optional(),
    ...timeToLive,
    ...wantedTerms,
  })
  .meta({ id: "CreateBranch" });

export const undeleteRequest = z
  .strictObject({
    name: z.string().min(1).optional().describe("Another name, where its own was taken"),
    ...timeToLive,
  })
  .meta({ id: "UndeleteBranch" });

export const discarded = z
  .object({
    branch_id: z.string(),
    name: z.string(),
    status: z.string(),
    undelete_until: time.nullable().describe("null: its data are gone"),
  })
  .meta({ id: "DiscardedBranch" });

export const extendRequest = z.strictObject({ ...timeToLive, ...wantedTerms }).meta({ id: "ExtendBranch" });

export const renameRequest = z.strictObject({ name: z.string().min(1) }).meta({ id: "RenameBranch" });

const access = z.enum(["open", "private"]);

export const accessRequest = z.strictObject({ access }).meta({ id: "BranchAccess" });

const privilege = z.enum(["read", "write"]);
const grantee = z.string().min(1).describe("A user, the holder of a key, or public: everybody");

export const grantRequest = z.strictObject({ grantee, privilege }).meta({ id: "Grant" });

export const grants = z
  .object({
    branch_id: z.string(),
    owner: z.string(),
    access: access.describe(
      "open: everybody's; private: the owner's, theirs who were granted it, administrators'",
    ),
    grants: z.array(z.object({ grantee: z.string(), privilege })),
  })
  .meta({ id: "Grants" });

export const expiring = z
  .object({
    branches: z.array(
      z.object({
        branch_id: z.string(),
        name: z.string(),
        parent: z.string(),
        agent_id: z.string().nullable(),
        expires_at: time,
        reason: z.string().describe("age or idle"),
        changed_rows: z.number().int().describe("Rows that are not merged, also those of tables it made"),
        modified_tables: z.string(),
        children: z.number().int().describe("Branches made from it, which it waits for"),
        total_size_bytes: z.number().int(),
      }),
    ),
  })
  .meta({ id: "ExpiringBranches" });

export const mergeRequest = z
  .strictObject({
    strategy: strategy.optional().describe("abort when left out"),
    into: z.string().optional().describe("Where to; what the branch was made from when left out"),
    granularity: z.enum(["row", "cell"]).optional(),
    keyless: z.enum(["row_identity", "strict", "append"]).optional(),
    token: z.string().optional().describe("Do exactly what EXPLAIN MERGE has shown under it, or nothing"),
    merge_id: z
      .string()
      .regex(/^[\w-]{1,64}$/)
      .optional()
      .describe(
        "An id for this merge: asked for again under it, the answer is what came of it, and nothing is merged twice",
      ),
    exceptions: z
      .record(z.string(), strategy)
      .optional()
      .describe("Strategies of single tables, by name, of `schema:name`, and of `column:table.name`"),
  })
  .meta({ id: "MergeRequest" });

export const syncRequest = mergeRequest.omit({ into: true }).meta({ id: "SyncRequest" });

export const previewRequest = mergeRequest
  .omit({ token: true, merge_id: true })
  .meta({ id: "PreviewRequest" });

/** A number beyond those that JSON holds exactly might be another row's. */
const keyValue = z.unknown().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
  message: "a number that JSON cannot hold exactly",
});

const rowResolution = z.strictObject({ key: z.record(z.string(), keyValue), strategy });

export const resolveRequest = z
  .strictObject({
    merge_id: z.string(),
    resolutions: z
      .record(z.string(), z.union([strategy, z.array(rowResolution)]))
      .describe("By table: a strategy, or one for each of some rows"),
  })
  .meta({ id: "ResolveRequest" });

export const abandonRequest = z
  .strictObject({ merge_id: z.string().optional().describe("The one that waits when left out") })
  .meta({ id: "AbandonRequest" });

export const undoRequest = z
  .strictObject({
    merge_id: z.string().optional().describe("The branch's last merge when left out"),
    strategy: strategy.optional(),
  })
  .meta({ id: "UndoRequest" });

const conflictRow = z.looseObject({
  pk: z.unknown(),
  kind: z.string(),
  main_value: z.unknown(),
  branch_value: z.unknown(),
});

export const tableConflicts = z.object({
  table: z.string(),
  row_count: z.number().int(),
  rows: z.array(conflictRow).describe("The first of them"),
});

export const preview = z
  .object({
    tables: z.array(
      z.object({
        table: z.string(),
        rows_to_insert: z.number().int(),
        rows_to_update: z.number().int(),
        rows_to_delete: z.number().int(),
        already_equal: z.number().int(),
        conflicts: tableConflicts.omit({ table: true }),
        schema_changes: z.string(),
        violations: z.string().describe("What main's constraints would refuse"),
        settled_by_policy: z.string(),
      }),
    ),
    token: z.string().nullable().describe("Given to a merge: exactly this, or nothing (40001)"),
  })
  .meta({ id: "MergePreview" });

export const mergeResult = z
  .object({
    status: z.string().describe("merged, up_to_date, conflicted or undone"),
    merge_id: z.string().nullable(),
    branch_id: z.string(),
    branch: z.string(),
    target: z.string(),
    tables_merged: z.number().int(),
    tables: z.array(z.string()),
    rows_affected: z.number().int(),
    rows_inserted: z.number().int(),
    rows_updated: z.number().int(),
    rows_deleted: z.number().int(),
    conflicts_resolved: z.number().int(),
    has_conflicts: z.boolean(),
    conflicts: z.array(tableConflicts),
  })
  .meta({ id: "MergeResult" });

export const ended = z
  .object({ branch_id: z.string(), name: z.string(), status: z.string() })
  .meta({ id: "EndedBranch" });

export const conflicts = z
  .object({
    has_conflicts: z.boolean(),
    merge_id: z.string().nullable().describe("The merge that waits to be resolved, if one does"),
    conflicts: z.array(tableConflicts),
  })
  .meta({ id: "Conflicts" });

export type Branch = z.output<typeof branch>;
export type BranchDetails = z.output<typeof branchDetails>;
export type ExtendBranch = z.output<typeof extendRequest>;
export type ExpiringBranches = z.output<typeof expiring>;
export type CreateBranch = z.output<typeof createRequest>;
export type DiscardedBranch = z.output<typeof discarded>;
export type UndeleteBranch = z.output<typeof undeleteRequest>;
export type GrantRequest = z.output<typeof grantRequest>;
export type Grants = z.output<typeof grants>;
export type BranchAccess = z.output<typeof accessRequest>["access"];
export type MergeOptions = z.output<typeof mergeRequest>;
export type PreviewOptions = z.output<typeof previewRequest>;
export type MergePreview = z.output<typeof preview>;
export type MergeResult = z.output<typeof mergeResult>;
export type Conflicts = z.output<typeof conflicts>;

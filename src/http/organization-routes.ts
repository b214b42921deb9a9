/**
 * The paths of HatiData's published clients, below `/v1/organizations/{org}`: the same branches as the other routes, in the
 * words of those clients. There is one organisation; what it is called does not matter, and it may be empty.
 */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { inSession, type Api } from "./api.js";
import { changedTables, createBranch, discardBranch, getBranch, listBranches } from "./branch-calls.js";
import type { Branch } from "./branch-schemas.js";
import * as shapes from "./branch-schemas.js";
import { branchConflicts, mergeBranch } from "./merge-calls.js";
import type { RequestWork, WorkServices } from "./request-work.js";
import { objectErrors } from "./schemas.js";
import { quotedName } from "./sql-text.js";
import { readRows } from "./statements.js";

const tags = ["HatiData"];
const PREFIX = "/v1/organizations/:org/branches";
const inOrganization = z.object({ org: z.string() });
const ofBranch = z.object({ org: z.string(), branch: z.string().min(1).describe("Name or id") });

const organizationBranch = z
  .object({
    id: z.string(),
    name: z.string(),
    agent_id: z.string().nullable(),
    tables: z.array(z.string()).describe("As asked for at its creation; else those it changed"),
    description: z.string().nullable(),
    status: z.string(),
    created_at: z.string(),
    expires_at: z.string().nullable(),
  })
  .meta({ id: "OrganizationBranch" });

/** What published clients send, and nothing else: a mistyped field would be one that is quietly left out. */
const createRequest = z.strictObject({
  agent_id: z.string().nullish(),
  tables: z.array(z.string()).nullish().describe("A branch has all tables, whichever are named"),
  description: z.string().nullish(),
  name: z.string().min(1).nullish().describe("Made up when left out"),
  ttl_hours: z.number().positive().nullish(),
  ttl_seconds: z.number().positive().nullish(),
});

const merged = z.object({
  status: z.string(),
  branch_id: z.string(),
  conflicts: z.number().int().describe("Rows in conflict"),
  merge_id: z.string().nullable(),
});
const changes = z.object({ added: z.number().int(), removed: z.number().int(), changed: z.number().int() });
const cost = z.object({ storage_bytes: z.number().int(), compute_credits: z.number() });
const analytics = z.object({ total_branches: z.number().int(), active_branches: z.number().int() });

export function addOrganizationRoutes(api: Api, services: WorkServices): void {
  api.post(
    PREFIX,
    {
      schema: {
        tags,
        params: inOrganization,
        body: createRequest,
        response: { ...objectErrors, 201: organizationBranch },
      },
    },
    async (request, reply) => {
      const { tables, ...given } = request.body;
      const made = await inSession(services, request, reply, {}, async (work) =>
        createBranch(work, {
          name: given.name ?? `${given.agent_id ?? "branch"}-${randomBytes(4).toString("hex")}`,
          agent_id: given.agent_id ?? undefined,
          description: given.description ?? undefined,
          ttl_hours: given.ttl_hours ?? undefined,
          ttl_seconds: given.ttl_seconds ?? undefined,
        }),
      );
      return await reply.code(201).send(shown(made, tables ?? []));
    },
  );
  api.get(
    PREFIX,
    {
      schema: {
        tags,
        params: inOrganization,
        response: { ...objectErrors, 200: z.array(organizationBranch) },
      },
    },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) => {
        const branches = await listBranches(work, undefined);
        const changed = await changedTables(work);
        return branches.map((branch) => shown(branch, changed.get(branch.branch_id) ?? []));
      }),
  );
  api.get(
    `${PREFIX}/analytics`,
    { schema: { tags, params: inOrganization, response: { ...objectErrors, 200: analytics } } },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) => {
        const branches = await listBranches(work, undefined);
        const active = branches.filter(({ status }) => status === "active");
        return { total_branches: branches.length, active_branches: active.length };
      }),
  );
  addOne(api, services);
}

function addOne(api: Api, services: WorkServices): void {
  const path = `${PREFIX}/:branch`;
  api.get(
    path,
    { schema: { tags, params: ofBranch, response: { ...objectErrors, 200: organizationBranch } } },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) => {
        const found = await getBranch(work, request.params.branch);
        return shown(found, found.modified_tables);
      }),
  );
  api.delete(
    path,
    { schema: { tags, params: ofBranch, response: { ...objectErrors, 200: shapes.ended } } },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        discardBranch(work, request.params.branch, { immediate: false, cascade: false }),
      ),
  );
  api.post(
    `${path}/merge`,
    {
      schema: {
        tags,
        params: ofBranch,
        body: z.strictObject({ strategy: z.string().nullish() }),
        response: { ...objectErrors, 200: merged },
      },
    },
    async (request, reply) => {
      const strategy = request.body.strategy ?? undefined;
      const result = await inSession(services, request, reply, {}, async (work) =>
        mergeBranch(work, request.params.branch, { strategy }),
      );
      const rows = result.conflicts.reduce((sum, { row_count: count }) => sum + count, 0);
      return {
        status: result.status,
        branch_id: result.branch_id,
        conflicts: rows,
        merge_id: result.merge_id,
      };
    },
  );
  api.get(
    `${path}/diff`,
    {
      schema: {
        tags,
        params: ofBranch,
        response: { ...objectErrors, 200: z.object({ tables: z.record(z.string(), changes) }) },
      },
    },
    async (request, reply) => ({
      tables: await inSession(services, request, reply, {}, async (work) =>
        tableChanges(work, request.params.branch),
      ),
    }),
  );
  api.get(
    `${path}/conflicts`,
    { schema: { tags, params: ofBranch, response: { ...objectErrors, 200: shapes.conflicts } } },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        branchConflicts(work, request.params.branch),
      ),
  );
  api.get(
    `${path}/cost`,
    { schema: { tags, params: ofBranch, response: { ...objectErrors, 200: cost } } },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) => {
        const { total_size_bytes: bytes } = await getBranch(work, request.params.branch);
        return { storage_bytes: bytes, compute_credits: 0 };
      }),
  );
}

/** Rows by what a merge would do with them. Those in conflict are changed, too; what each side made of them the conflicts tell. */
async function tableChanges(
  work: RequestWork,
  name: string,
): Promise<Record<string, z.output<typeof changes>>> {
  const tables = await readRows(work, `EXPLAIN MERGE BRANCH ${quotedName(name)}`);
  const counted = tables.map((row) => [
    String(row["table_name"]),
    {
      added: Number(row["rows_to_insert"]),
      removed: Number(row["rows_to_delete"]),
      changed: Number(row["rows_to_update"]) + Number(row["conflicts"]),
    },
  ]);
  return Object.fromEntries(counted);
}

function shown(branch: Branch, tables: readonly string[]): z.output<typeof organizationBranch> {
  const { branch_id: id, name, agent_id, description, status, created_at, expires_at } = branch;
  return { id, name, agent_id, tables: [...tables], description, status, created_at, expires_at };
}

/** Branches: made, listed, looked at, compared, merged, ended. */
import { z } from "zod";
import { inSession, type Api } from "./api.js";
import {
  createBranch,
  discardBranch,
  expiringBranches,
  extendBranch,
  getBranch,
  listBranches,
  undeleteBranch,
} from "./branch-calls.js";
import { addKeepingRoutes } from "./keeping-routes.js";
import * as shapes from "./branch-schemas.js";
import {
  abandonMerge,
  branchConflicts,
  mergeBranch,
  previewMerge,
  resolveMerge,
  syncBranch,
  undoMerge,
} from "./merge-calls.js";
import { answerQuery } from "./query-routes.js";
import type { WorkServices } from "./request-work.js";
import { objectErrors, queryAnswers } from "./schemas.js";
import { quotedName, quotedTable } from "./sql-text.js";

/** What the statements take, too. */
const MAX_COUNT = 1_000_000_000_000;
const params = z.object({ branch: z.string().min(1).describe("Name or id") });
const tags = ["branches"];
const flag = z.enum(["true", "false"]).optional();
const count = z.coerce.number().int().nonnegative().max(MAX_COUNT).optional();
const part = { limit: count.describe("As many at most"), offset: count.describe("Behind so many") };

export function addBranchRoutes(api: Api, services: WorkServices): void {
  addLife(api, services);
  addKeepingRoutes(api, services);
  addMerges(api, services);
  const diffQuery = z.strictObject({
    against: z.string().optional().describe("A branch, or main; what it was made from when left out"),
    table: z.string().optional(),
    row_format: z.enum(["object", "array"]).default("object"),
  });
  api.get(
    "/v1/branches/:branch/diff",
    {
      schema: {
        tags,
        summary: "What it changed, row by row",
        params,
        querystring: diffQuery,
        response: queryAnswers,
      },
    },
    async (request, reply) => {
      const { against, table, row_format: shape } = request.query;
      const beside = against === undefined ? "" : ` AGAINST ${quotedName(against)}`;
      const only = table === undefined ? "" : ` TABLE ${quotedTable(table)}`;
      const sql = `DIFF BRANCH ${quotedName(request.params.branch)}${beside}${only}`;
      await answerQuery(services, request, reply, {}, { sql, params: [], shape });
      return reply;
    },
  );
}

function addLife(api: Api, services: WorkServices): void {
  api.post(
    "/v1/branches",
    {
      schema: {
        tags,
        summary: "Make a branch",
        body: shapes.createRequest,
        response: { ...objectErrors, 201: shapes.branchDetails },
      },
    },
    async (request, reply) => {
      const made = await inSession(services, request, reply, {}, async (work) =>
        createBranch(work, request.body),
      );
      return await reply.code(201).send(made);
    },
  );
  api.get(
    "/v1/branches",
    {
      schema: {
        tags,
        summary: "Branches that still exist, or those of a status",
        querystring: z.strictObject({ status: z.string().optional(), ...part }),
        response: { ...objectErrors, 200: shapes.branchList },
      },
    },
    async (request, reply) => {
      const { status, ...wanted } = request.query;
      const branches = await inSession(services, request, reply, {}, async (work) =>
        listBranches(work, status, wanted),
      );
      return { branches: [...branches] };
    },
  );
  api.get(
    "/v1/expiring",
    {
      schema: {
        tags,
        summary: "Branches whose time will be over, and what would be lost with them",
        querystring: z.strictObject({ within_hours: z.coerce.number().positive().optional(), ...part }),
        response: { ...objectErrors, 200: shapes.expiring },
      },
    },
    async (request, reply) => {
      const { within_hours: within, ...wanted } = request.query;
      return await inSession(services, request, reply, {}, async (work) =>
        expiringBranches(work, within, wanted),
      );
    },
  );
  api.get(
    "/v1/branches/:branch",
    {
      schema: {
        tags,
        summary: "One branch",
        params,
        response: { ...objectErrors, 200: shapes.branchDetails },
      },
    },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) => getBranch(work, request.params.branch)),
  );
  api.delete(
    "/v1/branches/:branch",
    {
      schema: {
        tags,
        summary: "End it without merging; it can be brought back for some time",
        params,
        querystring: z.strictObject({
          immediate: flag.describe("true: for ever, also of one that was discarded before"),
          cascade: flag.describe("true: with the branches that were made from it"),
        }),
        response: { ...objectErrors, 200: shapes.discarded },
      },
    },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        discardBranch(work, request.params.branch, {
          immediate: request.query.immediate === "true",
          cascade: request.query.cascade === "true",
        }),
      ),
  );
  api.post(
    "/v1/branches/:branch/undelete",
    {
      schema: {
        tags,
        summary: "Bring back one that was discarded or has expired",
        params,
        body: shapes.undeleteRequest,
        response: { ...objectErrors, 200: shapes.branchDetails },
      },
    },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        undeleteBranch(work, request.params.branch, request.body),
      ),
  );
  api.post(
    "/v1/branches/:branch/extend",
    {
      schema: {
        tags,
        summary: "Let it live for so long from now on",
        params,
        body: shapes.extendRequest,
        response: { ...objectErrors, 200: shapes.branchDetails },
      },
    },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        extendBranch(work, request.params.branch, request.body),
      ),
  );
}

function addMerges(api: Api, services: WorkServices): void {
  const response = { ...objectErrors, 200: shapes.mergeResult };
  api.post(
    "/v1/branches/:branch/merge",
    { schema: { tags, summary: "Merge it", params, body: shapes.mergeRequest, response } },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        mergeBranch(work, request.params.branch, request.body),
      ),
  );
  api.post(
    "/v1/branches/:branch/preview",
    {
      schema: {
        tags,
        summary: "What a merge would do; changes nothing",
        params,
        body: shapes.previewRequest,
        response: { ...objectErrors, 200: shapes.preview },
      },
    },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        previewMerge(work, request.params.branch, request.body),
      ),
  );
  api.post(
    "/v1/branches/:branch/sync",
    {
      schema: {
        tags,
        summary: "Bring it up to date with what it was made from",
        params,
        body: shapes.syncRequest,
        response,
      },
    },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        syncBranch(work, request.params.branch, request.body),
      ),
  );
  api.post(
    "/v1/branches/:branch/resolve",
    {
      schema: {
        tags,
        summary: "Decide the conflicts of a merge",
        params,
        body: shapes.resolveRequest,
        response,
      },
    },
    async (request, reply) => {
      const { merge_id: mergeId, resolutions } = request.body;
      return await inSession(services, request, reply, {}, async (work) =>
        resolveMerge(work, request.params.branch, mergeId, resolutions),
      );
    },
  );
  api.post(
    "/v1/branches/:branch/undo",
    { schema: { tags, summary: "Take a merge back", params, body: shapes.undoRequest, response } },
    async (request, reply) => {
      const { merge_id: mergeId, strategy } = request.body;
      return await inSession(services, request, reply, {}, async (work) =>
        undoMerge(work, request.params.branch, mergeId, strategy),
      );
    },
  );
  api.post(
    "/v1/branches/:branch/abandon",
    {
      schema: {
        tags,
        summary: "Give up a merge that waits to be resolved",
        params,
        body: shapes.abandonRequest,
        response: { ...objectErrors, 200: shapes.ended },
      },
    },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        abandonMerge(work, request.params.branch, request.body.merge_id),
      ),
  );
  api.get(
    "/v1/branches/:branch/conflicts",
    {
      schema: {
        tags,
        summary: "What a merge waits for, or would meet",
        params,
        response: { ...objectErrors, 200: shapes.conflicts },
      },
    },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        branchConflicts(work, request.params.branch),
      ),
  );
}

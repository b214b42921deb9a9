/** Names, owners' grants and protection of branches. */
import { z } from "zod";
import { inSession, type Api } from "./api.js";
import * as shapes from "./branch-schemas.js";
import { branchGrants, changeAccess, grant, protectBranch, renameBranch, revoke } from "./keeping-calls.js";
import type { WorkServices } from "./request-work.js";
import { objectErrors } from "./schemas.js";

const params = z.object({ branch: z.string().min(1).describe("Name or id") });
const tags = ["branches"];
const details = { ...objectErrors, 200: shapes.branchDetails };
const grants = { ...objectErrors, 200: shapes.grants };

export function addKeepingRoutes(api: Api, services: WorkServices): void {
  addNaming(api, services);
  addGrants(api, services);
}

function addNaming(api: Api, services: WorkServices): void {
  api.post(
    "/v1/branches/:branch/rename",
    {
      schema: {
        tags,
        summary: "Give it another name",
        params,
        body: shapes.renameRequest,
        response: details,
      },
    },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        renameBranch(work, request.params.branch, request.body.name),
      ),
  );
  for (const [action, isProtected, summary] of [
    ["protect", true, "Keep it from being dropped, and merged by others than administrators"],
    ["unprotect", false, "End that; for administrators"],
  ] as const)
    api.post(
      `/v1/branches/:branch/${action}`,
      { schema: { tags, summary, params, body: z.strictObject({}), response: details } },
      async (request, reply) =>
        await inSession(services, request, reply, {}, async (work) =>
          protectBranch(work, request.params.branch, isProtected),
        ),
    );
}

function addGrants(api: Api, services: WorkServices): void {
  api.get(
    "/v1/branches/:branch/grants",
    { schema: { tags, summary: "Whose it is, and who may use it", params, response: grants } },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        branchGrants(work, request.params.branch),
      ),
  );
  api.post(
    "/v1/branches/:branch/access",
    {
      schema: {
        tags,
        summary: "Close it to all but its owner and theirs who were granted it, or open it",
        params,
        body: shapes.accessRequest,
        response: grants,
      },
    },
    async (request, reply) =>
      await inSession(services, request, reply, {}, async (work) =>
        changeAccess(work, request.params.branch, request.body.access),
      ),
  );
  for (const [action, change, summary] of [
    ["grant", grant, "Let somebody read, or read and write it; closes an open branch to all others"],
    ["revoke", revoke, "Take that back; it stays closed"],
  ] as const)
    api.post(
      `/v1/branches/:branch/${action}`,
      { schema: { tags, summary, params, body: shapes.grantRequest, response: grants } },
      async (request, reply) =>
        await inSession(services, request, reply, {}, async (work) =>
          change(work, request.params.branch, request.body),
        ),
    );
}

/** Requests to each path of the HTTP API, and the scopes each takes. */
import type { Operation } from "./operations.js";

interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Of merges it is given the ids, by their status. */
  readonly body?: (merges: ReadonlyMap<string, string>) => unknown;
  readonly needs: Operation["needs"];
}

const BRANCH = "/v1/branches";
const OF_HATIDATA = "/v1/organizations/acme/branches";

function get(path: string, needs: Operation["needs"] = []): HttpRequest {
  return { method: "GET", path, needs };
}

function post(path: string, needs: Operation["needs"], body: unknown = {}): HttpRequest {
  return { method: "POST", path, needs, body: () => body };
}

/** Those that would change something are about what is not there, but for merges: those have to be. */
export const REQUESTS: readonly HttpRequest[] = [
  get("/health"),
  get("/v1/health"),
  get("/ready"),
  get("/metrics"),
  post("/v1/query", ["data:read"], { sql: "SELECT * FROM t" }),
  post("/v1/query", [], { sql: "SELECT 1" }),
  post("/v1/write", ["main:write"], { sql: "INSERT INTO t SELECT 1, 1 WHERE false" }),
  post(`${BRANCH}/side/query`, ["data:read"], { sql: "SELECT * FROM t" }),
  post(`${BRANCH}/side/write`, ["data:write"], { sql: "INSERT INTO t SELECT 1, 1 WHERE false" }),
  get("/v1/databases/main/tables"),
  post(BRANCH, ["branches:create"], { name: "side" }),
  get(BRANCH),
  get("/v1/expiring"),
  get(`${BRANCH}/side`),
  { method: "DELETE", path: `${BRANCH}/nothing`, needs: ["branches:discard"] },
  post(`${BRANCH}/nothing/undelete`, ["branches:discard"]),
  post(`${BRANCH}/nothing/extend`, ["branches:create"], { ttl_hours: 1 }),
  post(`${BRANCH}/nothing/rename`, ["branches:create"], { name: "other" }),
  post(`${BRANCH}/nothing/protect`, ["branches:create"]),
  post(`${BRANCH}/nothing/unprotect`, ["admin"]),
  get(`${BRANCH}/side/grants`),
  post(`${BRANCH}/nothing/access`, ["branches:create"], { access: "open" }),
  // Whose branch it is decides.
  post(`${BRANCH}/nothing/grant`, [], { grantee: "me", privilege: "read" }),
  post(`${BRANCH}/nothing/revoke`, [], { grantee: "me", privilege: "read" }),
  post(`${BRANCH}/done/merge`, ["branches:merge"]),
  post(`${BRANCH}/side/preview`, ["data:read"]),
  post(`${BRANCH}/side/sync`, ["data:write"]),
  {
    method: "POST",
    path: `${BRANCH}/open/resolve`,
    needs: ["branches:merge"],
    body: (merges) => ({ merge_id: merges.get("conflicted"), resolutions: { nothing: "main_wins" } }),
  },
  {
    method: "POST",
    path: `${BRANCH}/done/undo`,
    needs: ["branches:merge"],
    body: (merges) => ({ merge_id: merges.get("merged") }),
  },
  {
    method: "POST",
    path: `${BRANCH}/open/abandon`,
    needs: ["branches:merge"],
    body: (merges) => ({ merge_id: merges.get("conflicted") }),
  },
  get(`${BRANCH}/side/conflicts`, ["data:read"]),
  get(`${BRANCH}/side/diff`, ["data:read"]),
  post(OF_HATIDATA, ["branches:create"], { name: "side" }),
  get(OF_HATIDATA),
  get(`${OF_HATIDATA}/analytics`),
  get(`${OF_HATIDATA}/side`),
  { method: "DELETE", path: `${OF_HATIDATA}/nothing`, needs: ["branches:discard"] },
  post(`${OF_HATIDATA}/done/merge`, ["branches:merge"], { strategy: "main_wins" }),
  get(`${OF_HATIDATA}/side/diff`, ["data:read"]),
  get(`${OF_HATIDATA}/side/conflicts`, ["data:read"]),
  get(`${OF_HATIDATA}/side/cost`),
];

/** As the OpenAPI document has it. */
export function patternOf(path: string): string {
  return path
    .replace(/\/branches\/(?!analytics$)[^/]+/, "/branches/{branch}")
    .replace("/organizations/acme", "/organizations/{org}")
    .replace("/databases/main", "/databases/{database}");
}

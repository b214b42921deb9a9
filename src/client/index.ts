/** `duckbranch/client`: the HTTP API for TypeScript and JavaScript, by fetch; no dependencies. */
export { DuckbranchClient } from "./client.js";
export { DuckbranchError } from "./errors.js";
export type { ClientOptions } from "./transport.js";
export type * from "./types.js";

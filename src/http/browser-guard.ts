/**
 * Keeps web pages out: a page of somebody else's, open on this machine, can send requests to loopback, and where everybody is
 * let in it would be let in too.
 *
 * Limits  only what browsers say of themselves can be looked at: programs say nothing, and are let through
 */
import type { IncomingHttpHeaders } from "node:http";
import { HttpError } from "./http-error.js";

/** Requests a page of another origin did not cause: `none` is a person, in the address bar. */
const OWN_SITES: ReadonlySet<string> = new Set(["same-origin", "none"]);
const LOCAL_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * `trusting`: whoever reaches this server is let in. Then only names of this machine may stand in Host: a name that somebody
 * else's name server made point here (DNS rebinding) must not be of use.
 *
 * Errors  HttpError 403
 */
export function refusePages(headers: IncomingHttpHeaders, trusting: boolean): void {
  const { host = "", origin, "sec-fetch-site": site } = headers;
  if (trusting && !LOCAL_NAME.test(nameOf(host)))
    throw new HttpError(403, `host "${host}" is not this machine`);
  if (origin !== undefined && originHost(origin) !== host.toLowerCase())
    throw new HttpError(403, "requests of web pages from other origins are refused");
  if (typeof site === "string" && !OWN_SITES.has(site))
    throw new HttpError(403, "requests of web pages from other sites are refused");
}

/** Without the port. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "");
}

/** Undefined for `null`, the origin of files and sandboxed frames. */
function originHost(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1];
}

/**
 * Who sends a request: the wire's users, passwords and keys. A key alone is taken as PostgreSQL clients of HatiData send
 * theirs: as the password of the user `agent`.
 */
import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { SQLSTATE, SqlError } from "../core/errors.js";
import { fullAccess, type Principal } from "../core/scopes.js";
import type { AuthenticationPolicy, Peer } from "../session/authentication.js";
import { KEY_USER } from "../users/credentials.js";

interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Where nobody has to say who they are. */
const DEFAULT_USER = "duckbranch";
/** RFC 7617 has none in names and passwords, and logs and settings would break on them. */
const CONTROL = /\p{Cc}/u;

/**
 * Who it is, once the password or key is known to be right. Failures delay the verdict, as on the wire.
 *
 * Errors  28000 no credentials, or in clear text where others could listen; 28P01 wrong ones
 */
export async function principalOf(
  policy: AuthenticationPolicy,
  headers: IncomingHttpHeaders,
  peer: Omit<Peer, "encryption"> & { readonly isEncrypted: boolean },
): Promise<Principal> {
  const given = credentialsOf(headers);
  switch (policy.kind) {
    case "trust":
      return fullAccess(given?.user ?? DEFAULT_USER);
    case "password":
      break;
    default:
      return policy satisfies never;
  }
  if (given === undefined) throw new SqlError(SQLSTATE.invalidAuthorization, "user and password are needed");
  if (!peer.isEncrypted && !peer.isLoopback)
    throw new SqlError(SQLSTATE.invalidAuthorization, "passwords in clear text are taken over TLS only", {
      hint: "use https",
    });
  return await checkPassword(policy, given, peer.address);
}

/** Whose part of the port's places a request takes. A name that nobody has proved is worth nothing. */
export function partyOf(
  policy: AuthenticationPolicy,
  principal: Principal | undefined,
  address: string,
): string {
  const isProved = policy.kind === "password" && policy.credentials.provesNames;
  return principal === undefined || !isProved ? `address ${address}` : `user ${principal.name}`;
}

async function checkPassword(
  { credentials, throttle }: Extract<AuthenticationPolicy, { readonly kind: "password" }>,
  { user, password }: Credentials,
  address: string,
): Promise<Principal> {
  const delayMs = throttle.delayMs(address, user);
  if (delayMs > 0) await delay(delayMs);
  const principal = password === "" ? undefined : await credentials.principalBy(user, password);
  if (principal === undefined) {
    throttle.failed(address, user);
    throw new SqlError(SQLSTATE.invalidPassword, `password authentication failed for user "${user}"`);
  }
  throttle.succeeded(user);
  return principal;
}

/** Undefined where there are none that can be read. */
function credentialsOf(headers: IncomingHttpHeaders): Credentials | undefined {
  const { authorization = "", "x-api-key": key } = headers;
  const [, scheme = "", value = ""] = /^(\S+)\s+(\S+)\s*$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case "basic":
      return readBasic(value);
    case "bearer":
    case "apikey":
      return { user: KEY_USER, password: value };
    default:
      return typeof key === "string" ? { user: KEY_USER, password: key } : undefined;
  }
}

function readBasic(value: string): Credentials | undefined {
  const text = Buffer.from(value, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 1 || CONTROL.test(text)
    ? undefined
    : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

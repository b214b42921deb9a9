/**
 * Who sends a request: the wire's users and passwords. Keys of HatiData's clients are taken as its PostgreSQL clients use them:
 * as the password of the user `agent`.
 */
import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { AuthenticationPolicy, Peer } from "../session/authentication.js";
import { isPasswordOf } from "../users/scram-verifier.js";

interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Where nobody has to say who they are. */
const DEFAULT_USER = "duckbranch";
const KEY_USER = "agent";
/** RFC 7617 has none in names and passwords, and logs and settings would break on them. */
const CONTROL = /\p{Cc}/u;

/**
 * The user's name, once the password is known to be right. Failures delay the verdict, as on the wire.
 *
 * Errors  28000 no credentials, or in clear text where others could listen; 28P01 wrong ones
 */
export async function userOf(
  policy: AuthenticationPolicy,
  headers: IncomingHttpHeaders,
  peer: Omit<Peer, "encryption"> & { readonly isEncrypted: boolean },
): Promise<string> {
  const given = credentialsOf(headers);
  switch (policy.kind) {
    case "trust":
      return given?.user ?? DEFAULT_USER;
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
  await checkPassword(policy, given, peer.address);
  return given.user;
}

async function checkPassword(
  { credentials, throttle }: Extract<AuthenticationPolicy, { readonly kind: "password" }>,
  { user, password }: Credentials,
  address: string,
): Promise<void> {
  const delayMs = throttle.delayMs(address, user);
  if (delayMs > 0) await delay(delayMs);
  const isRight = password !== "" && (await isPasswordOf(await credentials.verifierOf(user), password));
  if (!isRight) {
    throttle.failed(address, user);
    throw new SqlError(SQLSTATE.invalidPassword, `password authentication failed for user "${user}"`);
  }
  throttle.succeeded(user);
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

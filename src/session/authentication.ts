/** Proves who the client is, before a session exists. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { fullAccess, type Principal } from "../core/scopes.js";
import type { Credentials } from "../users/credentials.js";
import {
  decodePassword,
  decodeSaslInitialResponse,
  decodeSaslResponse,
} from "../wire/authentication-messages.js";
import {
  writeAuthenticationCleartextPassword,
  writeAuthenticationOk,
  writeAuthenticationSasl,
  writeAuthenticationSaslContinue,
  writeAuthenticationSaslFinal,
} from "../wire/backend-messages.js";
import { FRONTEND_TAG } from "../wire/frontend-tags.js";
import { type ClientChannel, ClientGoneError } from "./client-channel.js";
import type { ClientOutput } from "./client-output.js";
import type { LoginThrottle } from "./login-throttle.js";
import { SCRAM_MECHANISM, SCRAM_PLUS_MECHANISM, ScramExchange } from "./scram.js";

/** How a client proves itself. Clear text is for clients that know nothing better. */
export type AuthenticationMethod = "scram" | "cleartext";

/** Whom to let in: everyone (the server then listens on loopback only), or who knows the user's password. */
export type AuthenticationPolicy =
  | { readonly kind: "trust" }
  | {
      readonly kind: "password";
      readonly method: AuthenticationMethod;
      readonly credentials: Credentials;
      readonly throttle: LoginThrottle;
    };

type PasswordPolicy = Extract<AuthenticationPolicy, { readonly kind: "password" }>;

/** Who is at the other end, and how well the way there is protected. */
export interface Peer {
  readonly address: string;
  readonly isLoopback: boolean;
  readonly encryption: Encryption | undefined;
}

export interface Encryption {
  /** Hash of the certificate shown to the client (tls-server-end-point); undefined where its kind has none. */
  readonly endpointHash: Buffer | undefined;
}

/** What authentication asks of the connection. */
export interface AuthenticationChannel extends ClientChannel {
  readonly peer: Peer;
  /** Waits, or returns early when the connection ends. */
  pause(ms: number): Promise<void>;
}

/**
 * Authenticates one client and writes AuthenticationOk (not flushed). Gives who it is.
 *
 * Errors  28P01 wrong password or unknown user, 28000 a way in that is not offered, 08P01 unexpected or malformed
 *         message: all fatal; ClientGoneError
 */
export async function authenticate(
  policy: AuthenticationPolicy,
  user: string,
  channel: AuthenticationChannel,
  output: ClientOutput,
): Promise<Principal> {
  const principal = await principalOf(policy, user, channel, output);
  writeAuthenticationOk(output.writer);
  return principal;
}

async function principalOf(
  policy: AuthenticationPolicy,
  user: string,
  channel: AuthenticationChannel,
  output: ClientOutput,
): Promise<Principal> {
  switch (policy.kind) {
    case "trust":
      return fullAccess(user);
    case "password":
      return await checkPassword(policy, user, channel, output);
    default:
      return policy satisfies never;
  }
}

async function checkPassword(
  policy: PasswordPolicy,
  user: string,
  channel: AuthenticationChannel,
  output: ClientOutput,
): Promise<Principal> {
  const method = (await policy.credentials.asksForKey(user)) ? "cleartext" : policy.method;
  switch (method) {
    case "scram":
      await authenticateScram(policy, user, channel, output);
      return policy.credentials.principalOf(user);
    case "cleartext":
      return await authenticateCleartext(policy, user, channel, output);
    default:
      return method satisfies never;
  }
}

async function authenticateScram(
  policy: PasswordPolicy,
  user: string,
  channel: AuthenticationChannel,
  output: ClientOutput,
): Promise<void> {
  const endpointHash = channel.peer.encryption?.endpointHash;
  const mechanisms = [...(endpointHash === undefined ? [] : [SCRAM_PLUS_MECHANISM]), SCRAM_MECHANISM];
  writeAuthenticationSasl(output.writer, mechanisms);
  await output.flush();
  const { mechanism, data } = decodeSaslInitialResponse(await nextPassword(channel, "SASL response"));
  if (!mechanisms.includes(mechanism)) {
    throw new SqlError(
      SQLSTATE.protocolViolation,
      "client selected an invalid SASL authentication mechanism",
    );
  }
  const binding = { endpointHash, chosen: mechanism === SCRAM_PLUS_MECHANISM };
  const exchange = new ScramExchange(await policy.credentials.verifierOf(user), binding);
  const first = data ?? (await askForFirst(channel, output));
  writeAuthenticationSaslContinue(output.writer, exchange.first(first));
  await output.flush();
  const answer = decodeSaslResponse(await nextPassword(channel, "SASL response"));
  const final = await judge(policy, user, channel, async () => exchange.final(answer));
  writeAuthenticationSaslFinal(output.writer, final);
}

/** A client need not send its first data with the choice of mechanism. */
async function askForFirst(channel: AuthenticationChannel, output: ClientOutput): Promise<string> {
  writeAuthenticationSaslContinue(output.writer, "");
  await output.flush();
  return decodeSaslResponse(await nextPassword(channel, "SASL response"));
}

/** Never where others could listen. */
async function authenticateCleartext(
  policy: PasswordPolicy,
  user: string,
  channel: AuthenticationChannel,
  output: ClientOutput,
): Promise<Principal> {
  if (channel.peer.encryption === undefined && !channel.peer.isLoopback) {
    throw new SqlError(SQLSTATE.invalidAuthorization, "passwords in clear text are taken over TLS only", {
      hint: "connect with sslmode=require; a key need not be sent where its beginning, dbk_…, is the user",
    });
  }
  writeAuthenticationCleartextPassword(output.writer);
  await output.flush();
  const password = decodePassword(await nextPassword(channel, "password response"));
  if (password === "") throw new SqlError(SQLSTATE.invalidPassword, "empty password returned by client");
  return await judge(policy, user, channel, async () => await policy.credentials.principalBy(user, password));
}

/** Gives the outcome of a proof, later the more attempts failed before. Undefined is the wrong password. */
async function judge<Outcome>(
  { throttle }: PasswordPolicy,
  user: string,
  channel: AuthenticationChannel,
  check: () => Promise<Outcome | undefined>,
): Promise<Outcome> {
  const { address } = channel.peer;
  const delayMs = throttle.delayMs(address, user);
  if (delayMs > 0) await channel.pause(delayMs);
  const outcome = await check();
  if (outcome === undefined) {
    throttle.failed(address, user);
    throw new SqlError(SQLSTATE.invalidPassword, `password authentication failed for user "${user}"`);
  }
  throttle.succeeded(user);
  return outcome;
}

async function nextPassword(channel: ClientChannel, expected: string): Promise<Buffer> {
  const frame = await channel.nextFrame(true);
  if (frame === undefined) throw new ClientGoneError();
  if (frame.tag === FRONTEND_TAG.password) return frame.body;
  throw new SqlError(SQLSTATE.protocolViolation, `expected ${expected}, got message type ${frame.tag}`);
}

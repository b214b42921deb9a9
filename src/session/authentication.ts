/** Proves who the client is, before a session exists. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { decodeSaslInitialResponse, decodeSaslResponse } from "../wire/authentication-messages.js";
import {
  writeAuthenticationOk,
  writeAuthenticationSasl,
  writeAuthenticationSaslContinue,
  writeAuthenticationSaslFinal,
} from "../wire/backend-messages.js";
import { FRONTEND_TAG } from "../wire/frontend-tags.js";
import { type ClientChannel, ClientGoneError } from "./client-channel.js";
import type { ClientOutput } from "./client-output.js";
import { SCRAM_MECHANISM, ScramExchange, type ScramVerifier } from "./scram.js";

/** Whom to let in: everyone (the server then listens on loopback only), or who knows the password. */
export type AuthenticationPolicy =
  | { readonly kind: "trust" }
  | { readonly kind: "scram"; readonly verifier: ScramVerifier };

/**
 * Authenticates one client and writes AuthenticationOk (not flushed).
 *
 * Errors  28P01 wrong password, 08P01 unexpected or malformed message: all fatal; ClientGoneError
 */
export async function authenticate(
  policy: AuthenticationPolicy,
  user: string,
  channel: ClientChannel,
  output: ClientOutput,
): Promise<void> {
  switch (policy.kind) {
    case "trust":
      break;
    case "scram":
      await authenticateScram(policy.verifier, user, channel, output);
      break;
  }
  writeAuthenticationOk(output.writer);
}

async function authenticateScram(
  verifier: ScramVerifier,
  user: string,
  channel: ClientChannel,
  output: ClientOutput,
): Promise<void> {
  writeAuthenticationSasl(output.writer, [SCRAM_MECHANISM]);
  await output.flush();
  const initial = decodeSaslInitialResponse(await nextPassword(channel));
  if (initial.mechanism !== SCRAM_MECHANISM) {
    throw new SqlError(
      SQLSTATE.protocolViolation,
      "client selected an invalid SASL authentication mechanism",
    );
  }
  const exchange = new ScramExchange(verifier);
  writeAuthenticationSaslContinue(output.writer, exchange.first(initial.data));
  await output.flush();
  const final = exchange.final(decodeSaslResponse(await nextPassword(channel)));
  if (final === undefined) {
    throw new SqlError(SQLSTATE.invalidPassword, `password authentication failed for user "${user}"`);
  }
  writeAuthenticationSaslFinal(output.writer, final);
}

async function nextPassword(channel: ClientChannel): Promise<Buffer> {
  const frame = await channel.nextFrame(true);
  if (frame === undefined) throw new ClientGoneError();
  if (frame.tag === FRONTEND_TAG.password) return frame.body;
  throw new SqlError(SQLSTATE.protocolViolation, `expected SASL response, got message type ${frame.tag}`);
}

/** The phase before authentication: requests for encryption, cancel requests, and what the client asks for. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { SessionRequest } from "../query/types.js";
import { writeNegotiateProtocolVersion } from "../wire/backend-messages.js";
import { parseStartupOptions } from "../wire/startup-options.js";
import { decodeStartupPacket, type StartupMessage, type StartupPacket } from "../wire/startup-packets.js";
import type { ClientOutput } from "./client-output.js";

/** What start-up asks of the connection. */
export interface StartupChannel {
  /** Body of the next untagged packet; undefined when there will be none. Errors: SqlError 08P01. */
  nextStartup(): Promise<Buffer | undefined>;
  send(bytes: Uint8Array): Promise<void>;
  /** Bytes the client sent behind the last packet. */
  readonly unreadBytes: number;
}

export type StartupOutcome =
  | { readonly kind: "startup"; readonly message: StartupMessage }
  | { readonly kind: "cancel"; readonly processId: number; readonly secret: Buffer }
  | { readonly kind: "gone" };

const NO = Buffer.from("N");

/**
 * Answers requests until the client starts up, cancels or leaves. Encryption is declined, each kind at most once.
 *
 * Errors  08P01, 0A000, 22021: all fatal
 */
export async function receiveStartup(channel: StartupChannel): Promise<StartupOutcome> {
  const declined = new Set<StartupPacket["type"]>();
  for (;;) {
    const body = await channel.nextStartup();
    if (body === undefined) return { kind: "gone" };
    const packet = decodeStartupPacket(body);
    switch (packet.type) {
      case "startup":
        return { kind: "startup", message: packet };
      case "cancelRequest":
        return { kind: "cancel", processId: packet.processId, secret: packet.secret };
      case "sslRequest":
      case "gssRequest":
        await declineEncryption(channel, packet.type, declined);
    }
  }
}

/** Bytes sent behind the request, before its answer, could have been put there by someone in between. */
async function declineEncryption(
  channel: StartupChannel,
  type: "sslRequest" | "gssRequest",
  declined: Set<StartupPacket["type"]>,
): Promise<void> {
  if (channel.unreadBytes > 0 || declined.has(type)) {
    const name = type === "sslRequest" ? "SSL" : "GSSAPI encryption";
    throw new SqlError(SQLSTATE.protocolViolation, `received unencrypted data after ${name} request`, {
      detail:
        "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
    });
  }
  declined.add(type);
  await channel.send(NO);
}

/** Answers a client that asks for more than protocol 3.0: it goes on with 3.0 or leaves. */
export function negotiateVersion(message: StartupMessage, output: ClientOutput): void {
  if (message.minorVersion === 0 && message.protocolOptions.length === 0) return;
  writeNegotiateProtocolVersion(output.writer, message.protocolOptions);
}

/**
 * What the session is asked for. Settings inside `options` come first: one sent as a parameter of its own wins.
 *
 * Errors  28000 without a user, 0A000 for replication, 42601 for options that cannot be read
 */
export function sessionRequestOf(message: StartupMessage): SessionRequest {
  const { user = "", database, options, replication, ...own } = Object.fromEntries(message.parameters);
  if (user === "") {
    throw new SqlError(SQLSTATE.invalidAuthorization, "no PostgreSQL user name specified in startup packet");
  }
  if (replication !== undefined && !isFalse(replication)) {
    throw new SqlError(SQLSTATE.featureNotSupported, "replication connections are not supported");
  }
  const settings = options === undefined ? [] : parseStartupOptions(options);
  const parameters = new Map([...settings, ...Object.entries(own)]);
  return { user, database: database === "" ? undefined : database, parameters };
}

function isFalse(value: string): boolean {
  return ["false", "off", "no", "0", "f", "n"].includes(value.toLowerCase());
}

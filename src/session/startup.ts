/** The phase before authentication: requests for encryption, cancel requests, and what the client asks for. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Principal } from "../core/scopes.js";
import type { SessionRequest } from "../query/types.js";
import { writeNegotiateProtocolVersion } from "../wire/backend-messages.js";
import { parseStartupOptions } from "../wire/startup-options.js";
import {
  decodeStartupPacket,
  GSS_MINOR,
  REQUEST_MAJOR,
  SSL_MINOR,
  type StartupMessage,
  unsupportedVersion,
} from "../wire/startup-packets.js";
import type { Peer } from "./authentication.js";
import type { ClientOutput } from "./client-output.js";

/** What start-up asks of the connection. */
export interface StartupChannel {
  /** Body of the next untagged packet; undefined when there will be none. Errors: SqlError 08P01. */
  nextStartup(): Promise<Buffer | undefined>;
  send(bytes: Uint8Array): Promise<void>;
  /** Bytes the client sent behind the last packet. */
  readonly unreadBytes: number;
  /** Whether a request for TLS would be granted. */
  readonly canEncrypt: boolean;
  /** Grants it: everything behind the answer is encrypted. */
  encrypt(): void;
}

export type StartupOutcome =
  | { readonly kind: "startup"; readonly message: StartupMessage }
  | { readonly kind: "cancel"; readonly processId: number; readonly secret: Buffer }
  | { readonly kind: "gone" };

type EncryptionRequest = "sslRequest" | "gssRequest";

const NO = Buffer.from("N");

const NO_REPLICATION = new Set(["false", "off", "no", "0", "f", "n"]);
const REPLICATION = new Set(["true", "on", "yes", "1", "t", "y", "database"]);

/**
 * Answers requests until the client starts up, cancels or leaves. TLS is granted where the server has it, GSSAPI never;
 * each may be asked for once, and nothing behind TLS.
 *
 * Errors  08P01, 0A000, 22021: all fatal
 */
export async function receiveStartup(channel: StartupChannel): Promise<StartupOutcome> {
  const open = new Set<EncryptionRequest>(["sslRequest", "gssRequest"]);
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
        await answerRequest(channel, packet.type, open);
    }
  }
}

async function answerRequest(
  channel: StartupChannel,
  type: EncryptionRequest,
  open: Set<EncryptionRequest>,
): Promise<void> {
  if (!open.delete(type)) {
    throw unsupportedVersion(REQUEST_MAJOR, type === "sslRequest" ? SSL_MINOR : GSS_MINOR);
  }
  const granted = type === "sslRequest" && channel.canEncrypt;
  const injected = channel.unreadBytes > 0;
  if (!granted) await channel.send(NO);
  // Sent before the answer, they could have been put there by someone in between (CVE-2021-23214).
  if (injected) throw unencryptedData(type);
  if (!granted) return;
  channel.encrypt();
  open.clear();
}

function unencryptedData(type: EncryptionRequest): SqlError {
  const name = type === "sslRequest" ? "SSL" : "GSSAPI encryption";
  return new SqlError(SQLSTATE.protocolViolation, `received unencrypted data after ${name} request`, {
    detail:
      "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
  });
}

/** Answers a client that asks for more than protocol 3.0: it goes on with 3.0 or leaves. */
export function negotiateVersion(message: StartupMessage, output: ClientOutput): void {
  if (message.minorVersion === 0 && message.protocolOptions.length === 0) return;
  writeNegotiateProtocolVersion(output.writer, message.protocolOptions);
}

/**
 * Refuses a client that goes on in plain text where the server wants TLS.
 *
 * Errors  28000, in PostgreSQL's words for a server with `hostssl` entries only: clients know them
 */
export function requireEncryption({ user, database }: Identity, peer: Peer): void {
  if (peer.encryption !== undefined) return;
  throw new SqlError(
    SQLSTATE.invalidAuthorization,
    `no pg_hba.conf entry for host "${peer.address}", user "${user}", database "${database}", no encryption`,
    { hint: "this server takes connections over TLS only: sslmode=require" },
  );
}

/** Who the client says it is, and where it wants to go. */
export interface Identity {
  readonly user: string;
  /** The user's name if the client names none. */
  readonly database: string;
}

/** Errors: 28000 without a user, 0A000 for replication, 22023 for a value of it that says neither. */
export function identityOf({ parameters }: StartupMessage): Identity {
  const user = parameters.get("user") ?? "";
  if (user === "") {
    throw new SqlError(SQLSTATE.invalidAuthorization, "no PostgreSQL user name specified in startup packet");
  }
  refuseReplication(parameters.get("replication") ?? "false");
  return { user, database: parameters.get("database") || user };
}

/**
 * What the session of somebody who has proved who they are is asked for. Settings inside `options` come first: one sent as a parameter of its own wins.
 *
 * Errors  42601 for options that cannot be read
 */
export function sessionRequestOf(message: StartupMessage, principal: Principal): SessionRequest {
  const { user = "", database, options, replication: _, ...own } = Object.fromEntries(message.parameters);
  const settings = options === undefined ? [] : parseStartupOptions(options);
  const parameters = new Map([...settings, ...Object.entries(own)]);
  // The user's name is what clients send when they are told no database.
  const isNone = database === "" || database === user;
  return { user: principal.name, principal, database: isNone ? undefined : database, parameters };
}

function refuseReplication(value: string): void {
  const folded = value.toLowerCase();
  if (NO_REPLICATION.has(folded)) return;
  if (REPLICATION.has(folded)) {
    throw new SqlError(SQLSTATE.featureNotSupported, "replication connections are not supported");
  }
  throw new SqlError(
    SQLSTATE.invalidParameterValue,
    `invalid value for parameter "replication": "${value}"`,
    { hint: 'Valid values are: "false", 0, "true", 1, "database".' },
  );
}

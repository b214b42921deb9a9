/**
 * The untagged packets a client sends before authentication, as a closed union, and their decoder.
 *
 * Source  https://www.postgresql.org/docs/15/protocol-message-formats.html
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { BodyReader } from "./body-reader.js";

export const REQUEST_MAJOR = 1234;
const CANCEL_MINOR = 5678;
export const SSL_MINOR = 5679;
export const GSS_MINOR = 5680;
const PROTOCOL_MAJOR = 3;

export interface StartupMessage {
  readonly type: "startup";
  /** The minor version the client asks for; this server speaks 3.0. */
  readonly minorVersion: number;
  /** Name and value pairs as sent, protocol options (`_pq_.…`) left out. The last one of a name wins. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Names that begin with `_pq_.`: this server knows none of them. */
  readonly protocolOptions: readonly string[];
}

export type StartupPacket =
  | StartupMessage
  | { readonly type: "sslRequest" }
  | { readonly type: "gssRequest" }
  /** The secret may have any length. */
  | { readonly type: "cancelRequest"; readonly processId: number; readonly secret: Buffer };

/** Decodes the body of one start-up packet. Throws SqlError 08P01, 0A000 (other major version) or 22021. */
export function decodeStartupPacket(body: Buffer): StartupPacket {
  const reader = new BodyReader(body);
  const major = reader.uint16();
  const minor = reader.uint16();
  if (major === REQUEST_MAJOR) return decodeRequest(minor, reader);
  if (major !== PROTOCOL_MAJOR) throw unsupportedVersion(major, minor);
  return decodeStartup(minor, reader);
}

function decodeRequest(minor: number, reader: BodyReader): StartupPacket {
  switch (minor) {
    case CANCEL_MINOR:
      return decodeCancel(reader);
    case SSL_MINOR:
      reader.end();
      return { type: "sslRequest" };
    case GSS_MINOR:
      reader.end();
      return { type: "gssRequest" };
    default:
      throw unsupportedVersion(REQUEST_MAJOR, minor);
  }
}

/** A cancel request is never answered, so a malformed one is one that fits no connection: process ids are positive. */
function decodeCancel(reader: BodyReader): StartupPacket {
  const processId = reader.remaining < 4 ? 0 : reader.int32();
  return { type: "cancelRequest", processId, secret: reader.rest() };
}

function decodeStartup(minorVersion: number, reader: BodyReader): StartupMessage {
  const parameters = new Map<string, string>();
  const protocolOptions: string[] = [];
  for (;;) {
    if (reader.remaining === 0) throw missingTerminator();
    const name = reader.cstring();
    if (name === "") break;
    if (reader.remaining === 0) throw missingTerminator();
    const value = reader.cstring();
    if (name.startsWith("_pq_.")) protocolOptions.push(name);
    else parameters.set(name, value);
  }
  if (reader.remaining !== 0) throw missingTerminator();
  return { type: "startup", minorVersion, parameters, protocolOptions };
}

function missingTerminator(): SqlError {
  return new SqlError(
    SQLSTATE.protocolViolation,
    "invalid startup packet layout: expected terminator as last byte",
  );
}

/** What PostgreSQL also says to a request for encryption that comes again. */
export function unsupportedVersion(major: number, minor: number): SqlError {
  return new SqlError(
    SQLSTATE.featureNotSupported,
    `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.0`,
  );
}

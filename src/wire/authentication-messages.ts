/** The bodies of the messages with tag `p`. Which one a body is follows from the phase, never from its content. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { BodyReader, decodeUtf8 } from "./body-reader.js";

/** The client's choice of a SASL mechanism, and its first data. */
export interface SaslInitialResponse {
  readonly mechanism: string;
  /** Undefined where the client waits to be asked for it. */
  readonly data: string | undefined;
}

/** Decodes SASLInitialResponse. Throws SqlError 08P01 or 22021. */
export function decodeSaslInitialResponse(body: Buffer): SaslInitialResponse {
  const reader = new BodyReader(body);
  const mechanism = reader.cstring();
  const length = reader.int32();
  const data = length === -1 ? undefined : decodeUtf8(reader.bytes(length));
  reader.end();
  return { mechanism, data };
}

/** Decodes SASLResponse. Throws SqlError 22021. */
export function decodeSaslResponse(body: Buffer): string {
  return decodeUtf8(body);
}

/** Decodes PasswordMessage. Throws SqlError 08P01 or 22021. */
export function decodePassword(body: Buffer): string {
  if (body.length === 0 || body.indexOf(0) !== body.length - 1) {
    throw new SqlError(SQLSTATE.protocolViolation, "invalid password packet size");
  }
  return decodeUtf8(body.subarray(0, -1));
}

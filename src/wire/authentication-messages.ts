/** The bodies of the messages with tag `p`. Which one a body is follows from the phase, never from its content. */
import { BodyReader, decodeUtf8 } from "./body-reader.js";

/** The client's choice of a SASL mechanism, and its first data. */
export interface SaslInitialResponse {
  readonly mechanism: string;
  readonly data: string;
}

/** Decodes SASLInitialResponse. Throws SqlError 08P01 or 22021. */
export function decodeSaslInitialResponse(body: Buffer): SaslInitialResponse {
  const reader = new BodyReader(body);
  const mechanism = reader.cstring();
  const length = reader.int32();
  const data = length === -1 ? Buffer.alloc(0) : reader.bytes(length);
  reader.end();
  return { mechanism, data: decodeUtf8(data) };
}

/** Decodes SASLResponse. Throws SqlError 22021. */
export function decodeSaslResponse(body: Buffer): string {
  return decodeUtf8(body);
}

/** Decodes PasswordMessage. Throws SqlError 08P01 or 22021. */
export function decodePassword(body: Buffer): string {
  const reader = new BodyReader(body);
  const password = reader.cstring();
  reader.end();
  return password;
}

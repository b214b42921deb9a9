/** What readers of binary COPY fields are, and the errors they share, in the words of PostgreSQL's receive functions. */
import { SQLSTATE, SqlError } from "../core/errors.js";

/** Reads one field that is not NULL as PostgreSQL's text of the same value. */
export type BinaryReader = (bytes: Uint8Array) => string;

export function missingData(): SqlError {
  return new SqlError(SQLSTATE.protocolViolation, "insufficient data left in message");
}

export function badFormat(message = "incorrect binary data format"): SqlError {
  return new SqlError(SQLSTATE.invalidBinaryRepresentation, message);
}

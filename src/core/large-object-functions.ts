/** PostgreSQL's functions for large objects, by the numbers clients call them by (FunctionCall, pg_proc). */

/** One function's signature: types by their OIDs. */
export interface LargeObjectFunction {
  readonly oid: number;
  readonly name: string;
  readonly argumentOids: readonly number[];
  readonly resultOid: number;
}

const BYTEA = 17;
const INT8 = 20;
const INT4 = 23;
const OID = 26;

function signature(
  oid: number,
  name: string,
  argumentOids: readonly number[],
  resultOid: number,
): LargeObjectFunction {
  return { oid, name, argumentOids, resultOid };
}

/** Without those that read and write files of the server. */
export const LARGE_OBJECT_FUNCTIONS: readonly LargeObjectFunction[] = [
  signature(715, "lo_create", [OID], OID),
  signature(952, "lo_open", [OID, INT4], INT4),
  signature(953, "lo_close", [INT4], INT4),
  signature(954, "loread", [INT4, INT4], BYTEA),
  signature(955, "lowrite", [INT4, BYTEA], INT4),
  signature(956, "lo_lseek", [INT4, INT4, INT4], INT4),
  signature(957, "lo_creat", [INT4], OID),
  signature(958, "lo_tell", [INT4], INT4),
  signature(964, "lo_unlink", [OID], INT4),
  signature(1004, "lo_truncate", [INT4, INT4], INT4),
  signature(3170, "lo_lseek64", [INT4, INT8, INT4], INT8),
  signature(3171, "lo_tell64", [INT4], INT8),
  signature(3172, "lo_truncate64", [INT4, INT8], INT4),
  signature(3457, "lo_from_bytea", [OID, BYTEA], OID),
  signature(3458, "lo_get", [OID], BYTEA),
  signature(3459, "lo_get", [OID, INT8, INT4], BYTEA),
];

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [BYTEA, "bytea"],
  [INT8, "int8"],
  [INT4, "int4"],
  [OID, "oid"],
]);

/** The name to write in a cast. */
export function largeObjectType(oid: number): string {
  return TYPE_NAMES.get(oid) ?? "text";
}

/**
 * The FunctionCall message: a function by its number, with values and no SQL. libpq's and pgjdbc's large objects are built on
 * it, so these are the functions it takes.
 */
import { LARGE_OBJECT_FUNCTIONS, type LargeObjectFunction } from "../core/large-object-functions.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { BoundParameter } from "../query/types.js";
import { writeFunctionCallResponse } from "../wire/backend-messages.js";
import { formatCode, type FormatCode, type FunctionCallMessage } from "../wire/frontend-messages.js";
import type { ClientContext } from "./client-context.js";
import { openRows } from "./send-result.js";
import { refuseFailedBlock, type StatementRunner } from "./statement-runner.js";

/** Of a DataRow with one cell: tag, length, number of cells; then the cell with its length. */
const CELL_AT = 7;
const NULL_LENGTH = -1;

/** Atomic: a transaction of its own, unless a block is open. Errors: 42883, 0A000 for other functions, 08P01. */
export async function callFunction(
  context: ClientContext,
  runner: StatementRunner,
  message: FunctionCallMessage,
): Promise<void> {
  refuseFailedBlock(context);
  const called = functionOf(message);
  const format = formatCode(message.resultFormat);
  const places = called.argumentOids.map((_, at) => `$${at + 1}`);
  const [parsed] = await context.session.parse(`SELECT pg_catalog.${called.name}(${places.join(", ")})`);
  if (parsed === undefined) throw new Error("a call that is no statement");
  const result = await runner.run(parsed, parametersOf(message), called.argumentOids);
  if (result.kind !== "rows") throw new Error("a function without a result");
  const source = openRows(context, result, [format]);
  try {
    const row = await source.read(1, true);
    if (row === undefined) throw new Error("a function without a row");
    writeFunctionCallResponse(context.output.writer, onlyCell(row.bytes));
  } finally {
    await source.close();
  }
}

function functionOf({ functionOid, values }: FunctionCallMessage): LargeObjectFunction {
  const called = LARGE_OBJECT_FUNCTIONS.find(({ oid }) => oid === functionOid);
  if (called === undefined)
    throw notSupported(
      `function call messages are not supported for the function with OID ${functionOid}`,
      "use SELECT",
    );
  const expected = called.argumentOids.length;
  if (expected === values.length) return called;
  throw new SqlError(
    SQLSTATE.protocolViolation,
    `function call message contains ${values.length} arguments but function requires ${expected}`,
  );
}

function parametersOf({ formats, values }: FunctionCallMessage): BoundParameter[] {
  if (formats.length > 1 && formats.length !== values.length)
    throw new SqlError(
      SQLSTATE.protocolViolation,
      `function call message contains ${formats.length} argument formats but ${values.length} arguments`,
    );
  const format = (at: number): FormatCode =>
    formatCode((formats.length === 1 ? formats[0] : formats[at]) ?? 0);
  return values.map((bytes, at) => ({ format: format(at) === 1 ? "binary" : "text", bytes }));
}

/** Null for NULL. */
function onlyCell(row: Uint8Array): Buffer | null {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  const length = bytes.readInt32BE(CELL_AT);
  return length === NULL_LENGTH ? null : bytes.subarray(CELL_AT + 4, CELL_AT + 4 + length);
}

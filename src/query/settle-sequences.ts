/** What a statement leaves to be done with sequences when it has run, before its transaction ends. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { textCell } from "../engine/connection.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { findSequence } from "./sequence-names.js";
import type { SessionCore } from "./session-core.js";
import { keyOf, type SequenceRequest } from "./session-sequences.js";
import { planSet } from "./set-sequences.js";

/** What an entry of the journal costs, roughly. */
const REQUEST_BYTES = 200;

/** Does what setval() asked for, and forgets values of sequences that were dropped. */
export async function settleSequences(core: SessionCore, { verb }: RelationalStatement): Promise<void> {
  for (const request of core.sequences.takeRequests()) await setSequence(core, request);
  if (verb === "drop" && !core.sequences.isEmpty) await forgetDropped(core);
}

async function setSequence(core: SessionCore, request: SequenceRequest): Promise<void> {
  if ((await apply(core, request)) === "drawn") return;
  // Made anew, it is where it was when the transaction is rolled back.
  const repeat = async (): Promise<void> => {
    await apply(core, request);
  };
  core.transactions.record({ kind: "repeatable", bytes: REQUEST_BYTES, readsOthers: false, repeat });
}

async function apply(
  core: SessionCore,
  { parts, value, isCalled }: SequenceRequest,
): Promise<"drawn" | "made anew"> {
  const transaction = core.transactions.current;
  if (transaction === undefined)
    throw new SqlError(SQLSTATE.internalError, "setval() ran outside a transaction");
  const scope = core.scope(transaction);
  const sequence = await findSequence(core.connection, scope, parts);
  if (sequence === undefined)
    throw new SqlError(SQLSTATE.undefinedTable, `relation "${parts.join(".")}" does not exist`);
  const steps = await planSet(transaction, scope, sequence, { value, isCalled });
  for (const { sql } of steps) await core.connection.run(sql);
  if (isCalled) core.sequences.noteSet(sequence, value);
  return steps.length > 1 ? "made anew" : "drawn";
}

async function forgetDropped({ connection, sequences }: SessionCore): Promise<void> {
  const rows = await connection.rows(
    "SELECT database_name || '.' || schema_name AS place, sequence_name AS name FROM duckdb_sequences()",
  );
  sequences.keepOnly(new Set(rows.map((row) => keyOf(textCell(row, "place"), textCell(row, "name")))));
}

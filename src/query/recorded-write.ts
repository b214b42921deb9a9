/**
 * Runs a statement that writes inside a transaction block and records how to do the same again, for a rollback to a
 * savepoint behind it. A statement that would not do the same is recorded as one that cannot be repeated.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Transaction } from "../branch/transaction.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { namesMoment } from "../sql/repetition.js";
import type { JournalEntry } from "./block-journal.js";
import { insertAgain, InsertCapture, requireSame, type InsertedRows } from "./insert-capture.js";
import type { PlanContext, PlannedStatement } from "./plan-context.js";
import { noteChangedRows } from "./row-changes.js";
import { planStatement } from "./plan-statement.js";
import type { Outcome } from "./relational-runner.js";
import type { ExecuteInput } from "./start-statement.js";
import type { SessionCore } from "./session-core.js";
import { targetTable } from "./target-table.js";
import type { StatementResult } from "./types.js";

/** Runs planned steps; an INSERT's rows are captured when asked for. */
export type RunSteps = (
  planned: readonly PlannedStatement[],
  capture: InsertCapture | undefined,
) => Promise<Outcome>;

/** Changes rows by inserting, so that defaults of columns matter. */
const INSERTING_VERBS = new Set(["insert", "merge"]);
/** What an entry holds beside the text and the parameters. */
const ENTRY_BYTES = 500;

const FINAL_NOT_DETERMINISTIC = "a statement before it might not do the same again";

interface RecordedWrite {
  readonly statement: RelationalStatement;
  readonly input: ExecuteInput;
  readonly run: RunSteps;
  readonly runBound: NonNullable<PlanContext["runBound"]>;
}

export async function runRecorded(
  core: SessionCore,
  transaction: Transaction,
  write: RecordedWrite,
): Promise<StatementResult> {
  const { statement, input, run, runBound } = write;
  const planned = await planStatement(core.planContext(transaction, runBound), transaction, statement);
  const way = await wayToRepeat(core, transaction, statement, input);
  // Its rows are asked for by RETURNING.
  if (way.kind === "rows")
    await noteChangedRows(core.planContext(transaction), transaction, statement, false);
  const outcome = await run(planned, way.kind === "rows" ? way.capture : undefined);
  if (!changesNothingTransactional(statement)) {
    core.transactions.record(entryOf(core, write, way.kind, outcome));
  }
  return outcome.result;
}

/** SELECT nextval(…): sequences do not take part in transactions. */
function changesNothingTransactional(statement: RelationalStatement): boolean {
  return statement.verb === "select" && statement.certain && !statement.names.some(isWritten);
}

function isWritten(name: NameReference): boolean {
  return ["write", "create", "drop", "alter"].includes(name.role);
}

type Way =
  | { readonly kind: "statement" }
  | { readonly kind: "rows"; readonly capture: InsertCapture }
  | { readonly kind: "never" };

const STATEMENT: Way = { kind: "statement" };
const NEVER: Way = { kind: "never" };

/** Whether the same statement does the same again, or the rows it inserted have to be kept, or neither. */
export async function wayToRepeat(
  core: SessionCore,
  transaction: Transaction,
  statement: RelationalStatement,
  input: ExecuteInput,
): Promise<Way> {
  const { deterministic, insertsRows } = statement.repetition;
  const isSame = deterministic && !input.parameters.some(isMoment);
  if (!isSame && !insertsRows) return NEVER;
  if (!INSERTING_VERBS.has(statement.verb)) return STATEMENT;
  // A statement in front of BEGIN, in one message with it, has no time spent on it.
  if (!core.transactions.inBlock) return NEVER;
  const target = statement.names.find((name) => name.role === "write");
  if (target === undefined) return NEVER;
  const table = await targetTable(core.planContext(transaction), transaction, target);
  const shape = await core.targetShapes.of(transaction, table, !isSame);
  if (isSame && shape.constantDefaults) return STATEMENT;
  if (!insertsRows || shape.columns === undefined) return NEVER;
  return { kind: "rows", capture: new InsertCapture(shape.columns) };
}

function isMoment({ bytes }: ExecuteInput["parameters"][number]): boolean {
  return bytes !== null && bytes.length < 32 && namesMoment(Buffer.from(bytes).toString("latin1"));
}

function entryOf(
  core: SessionCore,
  { statement, input, run, runBound }: RecordedWrite,
  way: Way["kind"],
  outcome: Outcome,
): JournalEntry {
  const { inserted, tag } = outcome;
  if (way === "never" || (way === "rows" && inserted === undefined)) {
    return { kind: "final", reason: FINAL_NOT_DETERMINISTIC };
  }
  // A sequence made in this block starts anew with it: only the statement itself brings it to where it was.
  const asRows = inserted !== undefined && core.transactions.current?.definitionsChanged === false;
  return {
    kind: "repeatable",
    bytes: ENTRY_BYTES + bytesOf(statement, input, inserted),
    readsOthers: !statement.certain || statement.names.some((name) => name.role === "read"),
    repeat: async () => {
      const transaction = core.transactions.current;
      if (transaction === undefined) throw new SqlError(SQLSTATE.internalError, "no transaction to write in");
      const planned = await planStatement(core.planContext(transaction, runBound), transaction, statement);
      if (asRows) {
        const target = statement.names.find((name) => name.role === "write");
        if (target === undefined) throw new SqlError(SQLSTATE.internalError, "an INSERT without a target");
        const { sql } = await targetTable(core.planContext(transaction), transaction, target);
        await insertAgain(core.connection, sql, inserted);
        return await planned.at(-1)?.guard?.();
      }
      const capture = inserted === undefined ? undefined : new InsertCapture(inserted.columns);
      const again = await run(planned, capture);
      if (again.tag !== tag) requireSame([again.tag], [tag]);
      if (inserted !== undefined) requireSame(again.inserted?.hashes ?? [], inserted.hashes);
    },
  };
}

function bytesOf(
  statement: RelationalStatement,
  { parameters }: ExecuteInput,
  inserted: InsertedRows | undefined,
): number {
  const bound = parameters.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
  const kept = inserted?.values.flat().reduce((sum, value) => sum + 20 + 2 * (value?.length ?? 0), 0) ?? 0;
  return 2 * statement.text.length + bound + kept;
}

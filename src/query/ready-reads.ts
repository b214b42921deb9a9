/**
 * Reads that a session runs again and again with nothing new but the values of their parameters: prepared statements that
 * give few rows for certain and are alone in their transaction. What was found out about one is kept with all that it
 * depends on, so that the next run is bind, run, take the rows. It halves the work done on the event loop for a point query.
 */
import type { Moment } from "../branch/registry.js";
import { SQLSTATE } from "../core/errors.js";
import type { PreparedStatement } from "../engine/connection.js";
import { classifyFailure } from "../engine/failure.js";
import type { DataChunk, EngineType } from "../engine/types.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { commandTag, heldRows } from "./results.js";
import type { SessionCore } from "./session-core.js";
import { bindParameters, type ExecuteInput } from "./start-statement.js";
import type { BoundParameter, ResultColumn, StatementResult } from "./types.js";

/** How DuckDB was given a statement, and what it was given for the parameters. */
export interface PreparedRead {
  readonly prepared: PreparedStatement;
  /** Where DuckDB infers them. */
  readonly parameterTypes: readonly (EngineType | undefined)[];
  /** Those of the values; the types of the columns may follow them. */
  readonly boundTypes: readonly EngineType[];
  /** Declared by the client, or by casts in the text. */
  readonly oids: readonly number[];
}

interface ReadyRead extends PreparedRead {
  readonly columns: readonly ResultColumn[];
  /** As the client declared them: one list per prepared statement. */
  readonly declaredOids: readonly number[];
  readonly moment: Moment;
  readonly revision: readonly number[];
}

export class ReadyReads {
  readonly #known = new WeakMap<RelationalStatement, ReadyRead>();

  /** Remembers a read that has just been run as `moment` describes the registry, and does nothing but read. */
  add(
    core: SessionCore,
    statement: RelationalStatement,
    read: PreparedRead & Pick<ReadyRead, "columns" | "declaredOids" | "moment">,
  ): void {
    this.#known.set(statement, { ...read, revision: revisionOf(core) });
  }

  find(
    core: SessionCore,
    statement: RelationalStatement,
    declaredOids: readonly number[],
  ): ReadyRead | undefined {
    const known = this.#known.get(statement);
    const revision = revisionOf(core);
    const isReady =
      known !== undefined &&
      known.declaredOids === declaredOids &&
      !known.prepared.isClosed &&
      core.transactions.isAlone &&
      core.services.context.registry.isStill(known.moment) &&
      known.revision.every((number, index) => number === revision[index]);
    return isReady ? known : undefined;
  }
}

/** Everything of the session that decides what a text means and how its columns are announced. */
function revisionOf({ settings, types, prepared }: SessionCore): readonly number[] {
  return [settings.revision, types.changes, prepared.generation];
}

/** Undefined when the statement has to be run from the beginning: nothing was done but reading. */
export async function runReadyRead(
  core: SessionCore,
  statement: RelationalStatement,
  input: ExecuteInput,
): Promise<StatementResult | undefined> {
  const ready = core.readyReads.find(core, statement, input.declaredOids);
  if (ready === undefined) return undefined;
  const { registry } = core.services.context;
  core.requireHead(ready.moment.state, false);
  core.waits.beginStatement();
  if (!isBoundAlike(core, ready, input.parameters)) return undefined;
  let chunks: readonly DataChunk[];
  try {
    chunks = await ready.prepared.chunks();
  } catch (error) {
    const failure = classifyFailure(error);
    if (failure.code === SQLSTATE.queryCanceled || registry.isStill(ready.moment)) throw failure;
    return undefined;
  }
  // Behind DuckDB's snapshot: the text meant then what it means to us, and its columns are those of before.
  if (!registry.isStill(ready.moment)) return undefined;
  const { columns } = ready;
  return { kind: "rows", columns, ...heldRows(chunks), tag: (rows) => commandTag(statement, rows) };
}

/** Binds; false for values of other types than those the columns are known for. */
function isBoundAlike(
  core: SessionCore,
  { prepared, parameterTypes, oids, boundTypes }: ReadyRead,
  parameters: readonly BoundParameter[],
): boolean {
  const input = { parameters, declaredOids: oids };
  const types = bindParameters(prepared, parameterTypes, input, core.settings.get("TimeZone"), false);
  return types.length === boundTypes.length && types.every((type, index) => type === boundTypes[index]);
}

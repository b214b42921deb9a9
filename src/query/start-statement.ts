/** Starts a statement's final text on the session's connection, with what its client bound. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { PreparedStatement } from "../engine/connection.js";
import { isUnbounded } from "../core/unbounded-numeric.js";
import { parseNumeric, requireKept } from "../pgtypes/parse-numbers.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { EngineType } from "../engine/types.js";
import type { ResultStream } from "../engine/result-stream.js";
import { elementOidOf } from "../pgtypes/oids.js";
import { decodeParameter } from "../pgtypes/parameters.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { requireDimensions, withArrayDepths } from "./array-depths.js";
import { hasGaps } from "./declared-parameters.js";
import { givesFewRows } from "./few-rows.js";
import { withOwnDigits } from "./own-digits.js";
import { withOwnParameters } from "../sql/parameter-subset.js";
import type { BoundRun } from "./plan-context.js";
import type { ParameterHint } from "./parameter-types.js";
import type { PreparedRead } from "./ready-reads.js";
import type { SessionCore } from "./session-core.js";
import type { BoundParameter } from "./types.js";

/** What a client bound to a statement. */
export interface ExecuteInput {
  readonly parameters: readonly BoundParameter[];
  readonly declaredOids: readonly number[];
}

/** A statement that runs. */
export interface StartedStatement {
  readonly stream: ResultStream;
  /** As it was prepared, if it can be run so again and gives few rows for certain. */
  readonly again: PreparedRead | undefined;
}

/** What a text gives: any number of rows, or one, as a count. */
export type Given = "rows" | "row";

/** `sql` is the statement's final text. Rows that are few for certain are made whole. */
export async function startStatement(
  core: SessionCore,
  statement: RelationalStatement,
  sql: string,
  input: ExecuteInput,
  given: Given = "rows",
): Promise<ResultStream> {
  return (await startRepeatable(core, statement, sql, input, given)).stream;
}

/** As `startStatement`, and says what it found out on the way. */
export async function startRepeatable(
  core: SessionCore,
  statement: RelationalStatement,
  sql: string,
  input: ExecuteInput,
  given: Given = "rows",
): Promise<StartedStatement> {
  return hasGaps(statement)
    ? { stream: await startSubset(core, statement, sql, input, given), again: undefined }
    : await startCounted(core, statement, sql, input, given);
}

async function startCounted(
  core: SessionCore,
  statement: RelationalStatement,
  sql: string,
  input: ExecuteInput,
  given: Given,
): Promise<StartedStatement> {
  await core.types.refresh();
  if (input.parameters.length === 0) {
    const isWhole = given === "row" || (await givesFewRows(core, statement, undefined));
    return { stream: await core.connection.stream(sql, isWhole), again: undefined };
  }
  const hints = hintsOf(input, await core.types.engineTypesOf(input.declaredOids));
  const deep = withArrayDepths(sql, hints);
  const stores = STORING.has(statement.verb);
  const exact = withOwnDigits(deep, hints, stores);
  const text = exact ?? deep;
  const prepared = await core.prepared.get(text, core.definitions, hints);
  const isWhole = given === "row" || (await givesFewRows(core, statement, prepared));
  const parameterTypes = await core.types.identifyTypes(core.prepared.parameterTypes(prepared));
  const boundTypes = bindParameters(prepared, parameterTypes, input, core.settings.get("TimeZone"), stores);
  const stream = await prepared.stream(isWhole);
  // Another value of an array, of a numeric, or of a parameter DuckDB was told the type of, may need another text.
  const isSame =
    exact === undefined &&
    core.prepared.isClosed(text, hints) &&
    input.declaredOids.every((oid) => !elementOidOf(oid));
  const again =
    isWhole && isSame ? { prepared, parameterTypes, boundTypes, oids: input.declaredOids } : undefined;
  return { stream, again };
}

/** Starts SQL that names some of the statement's parameters. */
export async function startSubset(
  core: SessionCore,
  statement: RelationalStatement,
  text: string,
  input: ExecuteInput,
  given: Given = "rows",
): Promise<ResultStream> {
  const { sql, parameters } = withOwnParameters(text);
  return (await startCounted(core, statement, sql, inputOf(parameters, input), given)).stream;
}

/** What was bound to some of a statement's parameters, by their numbers from 1. */
export function inputOf(numbers: readonly number[], input: ExecuteInput): ExecuteInput {
  return {
    parameters: numbers.map((number) => input.parameters[number - 1] ?? { format: "text", bytes: null }),
    declaredOids: numbers.map((number) => input.declaredOids[number - 1] ?? 0),
  };
}

/** How a planner runs SQL of its own with a statement's parameters. */
export function boundRun(core: SessionCore, statement: RelationalStatement, input: ExecuteInput): BoundRun {
  const start = async (sql: string, given?: Given): Promise<ResultStream> =>
    await startSubset(core, statement, sql, input, given);
  return {
    change: async (sql) => await (await start(sql, "row")).changedRows(),
    firstRow: async (sql) => {
      const stream = await start(sql, "row");
      const [row = []] = (await stream.next())?.getRows() ?? [];
      while ((await stream.next()) !== undefined);
      return row;
    },
  };
}

function hintsOf(
  { parameters, declaredOids }: ExecuteInput,
  engineTypes: readonly (string | undefined)[],
): ParameterHint[] {
  return parameters.map((parameter, i) => ({
    oid: declaredOids[i] ?? 0,
    parameter,
    engineType: engineTypes[i],
  }));
}

/** Gives the types of the values. */
export function bindParameters(
  prepared: PreparedStatement,
  inferred: readonly (EngineType | undefined)[],
  input: ExecuteInput,
  timeZone: string,
  stores: boolean,
): readonly EngineType[] {
  if (inferred.length > input.parameters.length) {
    throw new SqlError(
      SQLSTATE.protocolViolation,
      `bind message supplies ${input.parameters.length} parameters, but the statement requires ${inferred.length}`,
    );
  }
  const bound = inferred.map((type, i) => {
    const parameter = input.parameters[i] ?? { format: "text", bytes: null };
    return decodeParameter(parameter, input.declaredOids[i] ?? 0, type, { timeZone });
  });
  if (stores) {
    for (const [i, { type, value }] of bound.entries()) {
      if (isNumeric(type) && isBareNumeric(inferred[i]) && value !== null)
        requireKept(parseNumeric(String(value)));
      requireDimensions(type, inferred[i]);
    }
  }
  const types = bound.map((b) => b.type);
  prepared.bind(
    bound.map((b) => b.value),
    types,
  );
  return types;
}

/** What is bound may become a column's value. */
const STORING: ReadonlySet<string> = new Set(["insert", "update", "merge"]);

function isNumeric(type: EngineType): boolean {
  return type.typeId === EngineTypeId.DECIMAL;
}

/** numeric without a precision and a scale. */
export function isBareNumeric(type: EngineType | undefined): boolean {
  return type !== undefined && type.typeId === EngineTypeId.DECIMAL && isUnbounded(type);
}

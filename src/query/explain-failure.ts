/** What a client is told of a statement's failure: DuckDB's words made PostgreSQL's, with place and object. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { classifyFailure } from "../engine/failure.js";
import type { NameReference, RelationalStatement, StatementAnalysis } from "../sql/analysis.js";
import { characterPosition, tokenise } from "../sql/lexer.js";
import { isSymbol, isWord } from "../sql/token-reader.js";
import { withPosition } from "./error-position.js";
import { placeOfLiteral } from "./literal-place.js";
import { hideRows } from "./hidden-rows.js";
import { resolveName } from "./relation-names.js";
import type { SessionCore } from "./session-core.js";
import type { BoundParameter } from "./types.js";
import { rememberedTemporary } from "./table-behind.js";
import { labelError } from "./uncast-literals.js";
import type { WrittenRows } from "./violated-key.js";
import { describeColumn, describeViolation, placeOfName, type FailedTarget } from "./violations.js";

/** `source` is the client's whole text, which positions count in. */
export async function explainFailure(
  core: SessionCore,
  analysis: StatementAnalysis,
  thrown: unknown,
  source: string,
  parameters: readonly BoundParameter[] = [],
): Promise<SqlError> {
  const explained = await explain(core, analysis, thrown, source, parameters);
  return hideRows(explained, core.identity.principal);
}

async function explain(
  core: SessionCore,
  analysis: StatementAnalysis,
  thrown: unknown,
  source: string,
  parameters: readonly BoundParameter[],
): Promise<SqlError> {
  const error = classifyFailure(thrown);
  if (analysis.kind !== "relational") return withPosition(error, source);
  if (analysis.steps !== undefined && error.position !== undefined) {
    // The place is one in the statement's own text.
    const before = source.slice(0, offsetOf(analysis.text, source) ?? 0);
    return error.with({ position: error.position + characterPosition(before, before.length) - 1 });
  }
  const coerced = describeAssignment(
    foldedColumn(await describeEnum(core, error, analysis), analysis),
    analysis,
  );
  const named = describeIndex(describeColumn(coerced, analysis), analysis);
  const place = placeOfName(named, analysis) ?? placeOfLiteral(named, analysis);
  const offset = place === undefined ? undefined : offsetOf(analysis.text, source);
  if (place !== undefined && offset !== undefined)
    return named.with({ position: characterPosition(source, offset + place) });
  const target = analysis.names.find(({ role }) => role === "write");
  const written = { statement: analysis, parameters };
  return withPosition(
    target === undefined ? named : await explainViolation(core, target, named, written),
    source,
  );
}

/** What a constraint of the written table says of a row; any other error as it is. */
export async function explainViolation(
  core: SessionCore,
  target: NameReference,
  error: SqlError,
  written?: WrittenRows,
): Promise<SqlError> {
  const failed = failedTarget(core, target);
  if (failed === undefined) return error;
  const connect = async (): Promise<Connection> =>
    await core.services.context.registry.database.connect("data");
  return hideRows(await describeViolation(error, failed, connect, written), core.identity.principal);
}

/** Where the statement begins in the client's text; undefined when it stands there more than once. */
function offsetOf(text: string, source: string): number | undefined {
  const at = source.indexOf(text);
  return at === -1 || source.includes(text, at + 1) ? undefined : at;
}

function failedTarget(core: SessionCore, name: NameReference): FailedTarget | undefined {
  const meaning = resolveName(core.scope(undefined), name.parts);
  switch (meaning.kind) {
    case "temporary":
      return {
        relation: { schema: "main", name: meaning.name },
        version: undefined,
        temporary: true,
        definition: rememberedTemporary(core, meaning.name),
      };
    case "relation":
      return { relation: meaning.relation, version: meaning.version, temporary: false };
    case "unknown":
      return { relation: meaning.relation, version: undefined, temporary: false };
    case "catalog":
    case "system":
      return undefined;
    default:
      return meaning satisfies never;
  }
}

/** A column that the client wrote without quotes is called in small letters. */
function foldedColumn(error: SqlError, { text }: RelationalStatement): SqlError {
  const name = /^column "(.*)" does not exist$/s.exec(error.message)?.[1];
  if (name === undefined || name === name.toLowerCase()) return error;
  const isQuoted = tokenise(text).some((token) => token.kind === "quoted" && token.value === name);
  return isQuoted ? error : error.with({ message: `column "${name.toLowerCase()}" does not exist` });
}

/** Rows that have a key twice: the index is called by the name that the statement gives. */
function describeIndex(error: SqlError, { verb, names }: RelationalStatement): SqlError {
  const name = names.find(({ role }) => role === "create")?.parts.at(-1);
  if (verb !== "createIndex" || error.code !== SQLSTATE.uniqueViolation || name === undefined) return error;
  return error.with({ message: `could not create unique index "${name}"` });
}

/** A value without a cast that its column cannot take. Drivers know the case by its routine, and prepare anew. */
function describeAssignment(error: SqlError, { verb, text }: RelationalStatement): SqlError {
  const types = /^cannot cast type (.*) to (.*)$/s.exec(error.message);
  const assigns = verb === "insert" || verb === "update";
  if (error.code !== SQLSTATE.cannotCoerce || types === null || !assigns) return error;
  if (tokenise(text).some((token) => isSymbol(token, "::") || isWord(token, "cast"))) return error;
  const message = `column is of type ${types[2]} but expression is of type ${types[1]}`;
  return new SqlError(SQLSTATE.datatypeMismatch, message, {
    hint: "You will need to rewrite or cast the expression.",
    routine: "transformAssignedExpr",
    cause: error.cause,
  });
}

/** The enum's name in the message: DuckDB's failure does not tell which it was. */
async function describeEnum(
  core: SessionCore,
  error: SqlError,
  statement: RelationalStatement,
): Promise<SqlError> {
  const label = /^invalid input value for enum: "(.*)"$/s.exec(error.message)?.[1];
  return (label === undefined ? undefined : await labelError(core, statement, label)) ?? error;
}

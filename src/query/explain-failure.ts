/** What a client is told of a statement's failure: DuckDB's words made PostgreSQL's, with place and object. */
import type { SqlError } from "../core/errors.js";
import { classifyFailure } from "../engine/failure.js";
import type { NameReference, RelationalStatement, StatementAnalysis } from "../sql/analysis.js";
import { characterPosition } from "../sql/lexer.js";
import { withPosition } from "./error-position.js";
import { resolveName } from "./relation-names.js";
import type { SessionCore } from "./session-core.js";
import { labelError } from "./uncast-literals.js";
import { describeColumn, describeViolation, placeOfName, type FailedTarget } from "./violations.js";

/** `source` is the client's whole text, which positions count in. */
export async function explainFailure(
  core: SessionCore,
  analysis: StatementAnalysis,
  thrown: unknown,
  source: string,
): Promise<SqlError> {
  const error = classifyFailure(thrown);
  if (analysis.kind !== "relational") return withPosition(error, source);
  if (analysis.steps !== undefined && error.position !== undefined) {
    // The place is one in the statement's own text.
    const before = source.slice(0, offsetOf(analysis.text, source) ?? 0);
    return error.with({ position: error.position + characterPosition(before, before.length) - 1 });
  }
  const named = describeColumn(await describeEnum(core, error, analysis), analysis);
  const place = placeOfName(named, analysis);
  const offset = place === undefined ? undefined : offsetOf(analysis.text, source);
  if (place !== undefined && offset !== undefined)
    return named.with({ position: characterPosition(source, offset + place) });
  const target = analysis.names.find(({ role }) => role === "write");
  const failed = target === undefined ? undefined : failedTarget(core, target);
  const described =
    failed === undefined
      ? named
      : await describeViolation(
          named,
          failed,
          async () => await core.services.context.registry.database.connect("data"),
        );
  return withPosition(described, source);
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
      return { relation: { schema: "main", name: meaning.name }, version: undefined, temporary: true };
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

/** The enum's name in the message: DuckDB's failure does not tell which it was. */
async function describeEnum(
  core: SessionCore,
  error: SqlError,
  statement: RelationalStatement,
): Promise<SqlError> {
  const label = /^invalid input value for enum: "(.*)"$/s.exec(error.message)?.[1];
  return (label === undefined ? undefined : await labelError(core, statement, label)) ?? error;
}

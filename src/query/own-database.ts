/**
 * Names with the database before the schema, `"main/pricing".public.orders`, as dbt and some BI tools write them: where it
 * is the session's own, its text is blanked out before the statement is read. Blanks keep every position, and a
 * definition is kept without the database, so that it means the same on every head.
 */
import { MAIN } from "../branch/model.js";
import type { NameReference, RelationalStatement, StatementAnalysis, TextSpan } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { normaliseName } from "../sql/names.js";
import { nameAt } from "../sql/token-reader.js";
import type { SessionCore } from "./session-core.js";

type Place = Pick<SessionCore, "head" | "branchName" | "identity">;

/**
 * True for a name of the database the session is on: of a branch `database/branch` or `database@branch`. On a branch
 * `main` stays the head main.
 */
export function isOwnDatabase({ head, branchName, identity }: Place, name: string): boolean {
  const folded = normaliseName(name);
  const databases = [MAIN, normaliseName(identity.database)];
  if (head === MAIN) return databases.includes(folded);
  if (folded === MAIN) return false;
  const branch = normaliseName(branchName);
  const isConnected =
    head === identity.head && [...databases, normaliseName(identity.databaseName)].includes(folded);
  return (
    isConnected || databases.some((start) => [`${start}/${branch}`, `${start}@${branch}`].includes(folded))
  );
}

/** The statement as it reads without its own database's name; a promise only where it says that name. */
export function withoutDatabase(
  core: Place & Pick<SessionCore, "services">,
  analysis: StatementAnalysis,
): StatementAnalysis | Promise<StatementAnalysis> {
  const isQualified = ({ parts }: NameReference): boolean =>
    parts.length > 2 && isOwnDatabase(core, parts[0] ?? "");
  const names = [...namesOf(analysis)].filter(isQualified);
  if (names.length === 0) return analysis;
  return readAgain(core, analysis, names);
}

async function readAgain(
  core: Pick<SessionCore, "services">,
  analysis: StatementAnalysis,
  names: readonly NameReference[],
): Promise<StatementAnalysis> {
  const places = isInOnePiece(analysis) ? names : mentions(analysis.text, names);
  const [read] = await core.services.analyse(blanked(analysis.text, places));
  return read ?? analysis;
}

function* namesOf(analysis: StatementAnalysis): Generator<NameReference> {
  if (analysis.kind === "relational") yield* namesOfRelational(analysis);
  if (analysis.kind === "copy") {
    if (analysis.target !== undefined) yield analysis.target;
    if (analysis.query !== undefined) yield* namesOfRelational(analysis.query);
  }
  if (analysis.kind === "session" && analysis.statement.verb === "declareCursor")
    yield* namesOfRelational(analysis.statement.query);
}

function* namesOfRelational({ names, parts, steps }: RelationalStatement): Generator<NameReference> {
  yield* names;
  for (const part of parts ?? []) yield* namesOfRelational(part);
  for (const { statement } of steps ?? []) yield* namesOfRelational(statement);
}

/** The positions of its names are those of its text. Only what is not has to be looked through: a text may be long. */
function isInOnePiece(analysis: StatementAnalysis): boolean {
  return analysis.kind === "relational" && analysis.parts === undefined && analysis.steps === undefined;
}

/** Where the text says one of these names. */
function mentions(text: string, names: readonly NameReference[]): TextSpan[] {
  const wanted = new Set(names.map(({ parts }) => JSON.stringify(parts.slice(0, 3))));
  const tokens = tokenise(text);
  return tokens.flatMap((_, index) => {
    const name = nameAt(tokens, index);
    return name !== undefined && wanted.has(JSON.stringify(name.parts.slice(0, 3))) ? [name] : [];
  });
}

/** The first part of each name, and the point behind it, become blanks. */
function blanked(text: string, places: readonly TextSpan[]): string {
  let result = "";
  let from = 0;
  for (const { start, end } of places.toSorted((left, right) => left.start - right.start)) {
    const second = tokenise(text.slice(start, end))[2];
    if (start < from || second === undefined) continue;
    result += text.slice(from, start) + " ".repeat(second.start);
    from = start + second.start;
  }
  return result + text.slice(from);
}

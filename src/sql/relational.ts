/**
 * Reads a statement over relations: PostgreSQL's parser first, then DuckDB's dialect. Everything it cannot name with a
 * position makes the statement uncertain; callers refuse what is uncertain and may write.
 */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { RelationalStatement, WithStep } from "./analysis.js";
import { dialectEdits } from "./dialect/passes.js";
import { readDialect, type SerializeSelect } from "./duckdb-dialect.js";
import { readExplain } from "./explain.js";
import { partsOf, type Part } from "./expansions.js";
import { tokenise, type Token } from "./lexer.js";
import { stepsOf, type StepText } from "./modifying-ctes.js";
import { refuseDeepNesting } from "./nesting.js";
import { parsePostgres } from "./pg-parser.js";
import { plainReading, type Reading } from "./reading.js";
import { References } from "./references.js";
import { repetitionOf } from "./repetition.js";
import { withRecordQueries } from "./record-sets.js";
import { withSingleAssignments } from "./row-assignments.js";
import { isWord } from "./token-reader.js";
import { readLargeInsert } from "./large-insert.js";
import { querySources } from "./read-sources.js";
import { readTree } from "./tree-statements.js";

/** A text above this size is not handed to a parser when a reader of its own is enough. UTF-16 units. */
const LARGE_TEXT = 64 * 1024;

/** Reads one statement. Throws SqlError: 42601 for a syntax error, 0A000 and others for what is refused. */
export async function readRelational(
  text: string,
  tokens: readonly Token[],
  serializeSelect: SerializeSelect | undefined,
): Promise<RelationalStatement> {
  const first = tokens[0];
  if (isWord(first, "explain"))
    return readExplain(text, tokens, (inner) => readRelational(...inner, serializeSelect));
  return await readStatement(text, tokens, serializeSelect, true);
}

/** `whole`: the statement may be made of parts; a part is not cut again. */
async function readStatement(
  text: string,
  tokens: readonly Token[],
  serializeSelect: SerializeSelect | undefined,
  whole: boolean,
): Promise<RelationalStatement> {
  const references = new References(text, tokens);
  const reading = await read(references, serializeSelect, whole);
  if (typeof reading === "string")
    return await readStatement(reading, tokenise(reading), serializeSelect, whole);
  if (reading.steps !== undefined) return withSteps(references, reading.steps, reading.sources);
  return reading.parts === undefined ? assemble(references, reading) : composite(references, reading.parts);
}

/** As its client sees it, the statement is the one behind WITH; it writes what its steps write. */
function withSteps(
  { text, tokens }: References,
  steps: readonly WithStep[],
  sources: RelationalStatement["sources"],
): RelationalStatement {
  const main = steps.at(-1)?.statement;
  return {
    ...plainReading(main?.verb ?? "select", main?.tag ?? "SELECT", true),
    kind: "relational",
    text,
    steps,
    returning: main?.returning ?? false,
    columnNames: main?.columnNames,
    sources,
    certain: steps.every(({ statement }) => statement.certain),
    names: [],
    edits: [],
    parameterCount: highestParameter(tokens),
  };
}

/** A statement that is run in parts: it writes what they write, and names nothing itself. */
function composite(references: References, parts: readonly RelationalStatement[]): RelationalStatement {
  const { text, tokens } = references;
  const last = parts.at(-1);
  return {
    ...plainReading(last?.verb ?? "select", last?.tag ?? "SELECT", true),
    kind: "relational",
    text,
    parts,
    certain: parts.every((part) => part.certain),
    names: [],
    edits: [],
    parameterCount: highestParameter(tokens),
  };
}

async function readParts(
  parts: readonly Part[],
  serializeSelect: SerializeSelect | undefined,
): Promise<RelationalStatement[]> {
  const statements: RelationalStatement[] = [];
  for (const { text, ifAdded } of parts) {
    const statement = await readStatement(text, tokenise(text), serializeSelect, false);
    statements.push({ ...statement, ifAdded });
  }
  return statements;
}

async function readSteps(
  texts: readonly StepText[],
  serializeSelect: SerializeSelect | undefined,
): Promise<WithStep[]> {
  const steps: WithStep[] = [];
  for (const { text, ...step } of texts)
    steps.push({ ...step, statement: await readStatement(text, tokenise(text), serializeSelect, false) });
  return steps;
}

/** A text is another form of the statement, to be read in its place. */
async function read(
  references: References,
  serializeSelect: SerializeSelect | undefined,
  whole: boolean,
): Promise<Reading | string> {
  if (references.text.length > LARGE_TEXT) {
    const reading = readLargeInsert(references);
    if (reading !== undefined) return reading;
  }
  refuseDeepNesting(references.tokens);
  const other = withRecordQueries(references);
  if (other !== undefined) return other;
  const outcome = await parsePostgres(references.text);
  if (outcome.kind === "tree") {
    const steps = whole ? stepsOf(outcome, references.text, references.tokens) : undefined;
    if (steps !== undefined) {
      const sources = outcome.type === "SelectStmt" ? querySources(outcome.node) : undefined;
      return {
        ...plainReading("select", "", true, { sources }),
        steps: await readSteps(steps, serializeSelect),
      };
    }
    const single = withSingleAssignments(outcome, references);
    if (single !== undefined) return single;
    const parts = whole ? partsOf(outcome, references) : undefined;
    if (parts === undefined) return { ...readTree(outcome, references), repetition: repetitionOf(outcome) };
    return { ...plainReading("select", "", true), parts: await readParts(parts, serializeSelect) };
  }
  return readDialect(references, outcome.error, serializeSelect);
}

function assemble(references: References, reading: Reading): RelationalStatement {
  const { text, tokens, types } = references;
  if (references.setsSequence) refuseOtherSequences(references, reading);
  // What is taken out of the text takes its names with it.
  const names = references.names
    .filter((name) => !references.edits.some((edit) => edit.start <= name.start && name.end <= edit.end))
    .toSorted((left, right) => left.start - right.start);
  return {
    kind: "relational",
    text,
    ...reading,
    writes: reading.writes || references.writesSequence,
    certain: references.certain,
    names,
    edits: dialectEdits({ text, tokens, types }, names, [
      ...references.edits,
      ...reading.sequenceColumns.map(({ start, end }) => ({ start, end, text: text.slice(start, end) })),
    ]),
    parameterCount: highestParameter(tokens),
  };
}

/** setval() is done when its statement has run: what looks at the sequence in the same statement would not see it. */
function refuseOtherSequences({ names }: References, { verb }: Reading): void {
  const others = names.filter(
    ({ role, parts }) => role === "function" && SEQUENCE_READERS.has(parts.at(-1) ?? ""),
  );
  if (verb !== "select") throw notSupported("setval() is supported in SELECT only");
  if (others.length > 0)
    throw notSupported("setval() together with other functions of sequences is not supported");
}

const SEQUENCE_READERS = new Set(["nextval", "currval", "lastval"]);

/** PostgreSQL's: the protocol counts parameters in sixteen bits. */
const MAX_PARAMETER = 65_535;

/** The highest $n; 0 without any. Throws 42P02 for a number that no parameter can have. */
export function highestParameter(tokens: readonly Token[]): number {
  return tokens.reduce((highest, { kind, value }) => {
    if (kind !== "parameter") return highest;
    const number = Number(value);
    if (number < 1 || number > MAX_PARAMETER)
      throw new SqlError(SQLSTATE.undefinedParameter, `there is no parameter $${value}`);
    return Math.max(highest, number);
  }, 0);
}

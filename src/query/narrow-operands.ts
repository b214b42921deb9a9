/**
 * Values that PostgreSQL makes wider, or narrower, than DuckDB, which takes a number for what stands beside it. The text is
 * given what PostgreSQL would put there, and read again: what is kept of a definition says it too.
 *
 *   real * 0.1, real = 0.1          ⇒  real * CAST(0.1 AS double precision), …
 *   smallint * 2, coalesce(smallint, 2)  ⇒  smallint * CAST(2 AS integer), …
 *   date - date                     ⇒  duckbranch_days(date) - duckbranch_days(date)    an integer
 *   time - time                     ⇒  duckbranch_clock(time) - duckbranch_clock(time)  an interval
 *   interval / 2                    ⇒  duckbranch_divided_interval(interval, 2)
 *   timestamptz::time               ⇒  duckbranch_local(timestamptz)::time
 *   text[] @> '{a}'                 ⇒  text[] @> CAST('{a}' AS text[])
 *   unnest(int[][])                 ⇒  unnest(duckbranch_flat(int[][]))
 *   sum(real)                       ⇒  duckbranch_real_sum(sum(real))    a real
 */
import type { RelationalStatement, TextEdit, TextSpan, WithStep } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import type { FunctionForm } from "../sql/definition-forms.js";
import type { NarrowOperand, NarrowOperation, NarrowQuery } from "../sql/narrow-operands.js";
import type { QuerySources, WrittenType } from "../sql/result-sources.js";
import { sourceColumns } from "../sql/source-types.js";
import { applyEdits } from "../sql/splice.js";
import { typesOfSources } from "./announced-columns.js";
import type { SessionCore } from "./session-core.js";

/** What is written around a span; an operator in it becomes a comma. */
interface Wrap extends TextSpan {
  readonly before: string;
  readonly behind: string;
  readonly sign?: TextSpan;
}

/** An operand, and the name of its type; undefined for what is not known, and arrays. */
interface Typed extends NarrowOperand {
  readonly type: string | undefined;
  readonly array: WrittenType | undefined;
}

/** Of a query's operands. */
type Types = readonly (WrittenType | undefined)[] | undefined;

const VERBS: ReadonlySet<string> = new Set([
  "select",
  "explain",
  "insert",
  "update",
  "delete",
  "merge",
  "createTableAs",
  "createView",
  "createTable",
  "alterTable",
]);
const WIDER: ReadonlySet<string> = new Set(["int2", "int4", "int8", "numeric"]);

/** What was made of a statement last. The same object, so that what others know of it is found again. */
const MADE = new WeakMap<
  RelationalStatement,
  { readonly text: string; readonly made: RelationalStatement }
>();

/** The statement with operands of PostgreSQL's types; as it is where none differs. */
export async function withNarrowOperands(
  core: SessionCore,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  if (statement.narrow.length === 0 || !VERBS.has(statement.verb)) return statement;
  const types = new Map<NarrowQuery, Types>();
  for (const query of statement.narrow) types.set(query, await typesOfSources(core, query.sources));
  const text = narrowedText(statement, (query) => types.get(query));
  if (text === undefined) return statement;
  const before = MADE.get(statement);
  if (before?.text === text) return before.made;
  const made = await readAgain(core, statement, text);
  MADE.set(statement, { text, made });
  return made;
}

/** The body of a function, over its arguments. */
export function narrowedBody(body: RelationalStatement, form: FunctionForm): string | undefined {
  const outputs = form.arguments.map(({ name = "", type }) => {
    return { kind: "value", name, value: { kind: "type", type: { ...type, typmod: -1 } } } as const;
  });
  const query: QuerySources = { relations: [], outputs, others: [] };
  const relation = { name: "", columns: [], merged: [], source: { kind: "query", query } } as const;
  const outer: QuerySources = { relations: [relation], outputs: [], others: [] };
  return narrowedText(body, ({ sources }) =>
    sourceColumns({ ...sources, outer }, () => undefined)?.map(({ type }) => type),
  );
}

/** Undefined where nothing has to be said. */
function narrowedText(
  { text, narrow }: RelationalStatement,
  typesOf: (query: NarrowQuery) => Types,
): string | undefined {
  const wraps = narrow.flatMap((query) => {
    const types = typesOf(query);
    if (types === undefined) return [];
    return query.operations.flatMap((operation) => {
      const operands = operation.operands.map((operand): Typed => {
        const type = types[operand.output];
        return type?.isArray === true
          ? { ...operand, type: undefined, array: type }
          : { ...operand, type: type?.name, array: undefined };
      });
      return wrapsOf(text, operation, operands);
    });
  });
  return wraps.length === 0 ? undefined : wrapped(text, wraps);
}

/** Each step of WITH is read again by itself. */
export async function withNarrowSteps<Stepped extends RelationalStatement>(
  core: SessionCore,
  whole: Stepped & { readonly steps: readonly WithStep[] },
): Promise<Stepped & { readonly steps: readonly WithStep[] }> {
  const steps: WithStep[] = [];
  for (const step of whole.steps)
    steps.push({ ...step, statement: await withNarrowOperands(core, step.statement) });
  return steps.every(({ statement }, at) => statement === whole.steps[at]?.statement)
    ? whole
    : { ...whole, steps };
}

/** What clients are told of the result stays what the statement's own text says. */
async function readAgain(
  core: SessionCore,
  statement: RelationalStatement,
  text: string,
): Promise<RelationalStatement> {
  const [read] = await core.services.analyse(text);
  if (read?.kind !== "relational") throw new Error("a statement became another one");
  const { columnNames, sources, materialized } = statement;
  const query = read.query && {
    ...read.query,
    ...(statement.query?.sources && { sources: statement.query.sources }),
  };
  return { ...read, columnNames, sources, query, narrow: [], ...(materialized && { materialized }) };
}

/** Spans lie in one another, or apart: what opens at one place is closed the other way round. */
function wrapped(text: string, wraps: readonly Wrap[]): string {
  const own = [...new Map(wraps.map((wrap) => [JSON.stringify(wrap), wrap])).values()];
  const opening = own.toSorted((one, other) => other.end - one.end);
  const closing = own.toReversed().toSorted((one, other) => other.start - one.start);
  const edits: TextEdit[] = [];
  for (const { start, before } of opening) edits.push({ start, end: start, text: before });
  for (const { end, behind } of closing) edits.push({ start: end, end, text: behind });
  for (const { sign } of own) if (sign !== undefined) edits.push({ ...sign, text: "," });
  return applyEdits(text, edits);
}

function wrapsOf(text: string, operation: NarrowOperation, operands: readonly Typed[]): readonly Wrap[] {
  const { kind } = operation;
  const types = new Set(operands.map(({ type }) => type ?? ""));
  if (kind === "clock")
    return types.has("timestamptz")
      ? [...around(operands, "duckbranch_local(", ")"), ...labelled(text, operation, "", "")]
      : [];
  if (kind === "sum")
    return types.has("float4") ? labelled(text, operation, "duckbranch_real_sum(", ")") : [];
  if (kind === "choice") return asIntegers(operands);
  if (kind === "elements") return operands.flatMap(flattened);
  if (kind === "array") return asArray(operands);
  if (kind === "division" && operands[0]?.type === "interval") return dividedInterval(operation);
  const macro = kind === "difference" ? subtractedAs(operands) : undefined;
  if (macro !== undefined) return around(operands, macro, ")");
  if (types.has("float4") && operands.some(isWider)) return asDoubles(text, kind, operands);
  if (kind === "comparison") return [];
  return kind === "division" ? asInteger(operands) : asIntegers(operands);
}

/** Around each of them; around none where one has no place. */
function around(operands: readonly Typed[], before: string, behind: string): readonly Wrap[] {
  return operands.every(({ span }) => span !== undefined)
    ? operands.flatMap(({ span }) => (span === undefined ? [] : [{ ...span, before, behind }]))
    : [];
}

/** A column that is this call keeps its name. In brackets, which may be a sub-query's, nothing can be called anything. */
function labelled(
  text: string,
  { call, label }: NarrowOperation,
  before: string,
  behind: string,
): readonly Wrap[] {
  if (call === undefined) return [];
  const isNamed = label !== undefined && !/^\s*\)/.test(text.slice(call.end));
  const name = isNamed ? ` AS ${quoteIdentifier(label)}` : "";
  return [{ start: call.start, end: call.end, before, behind: `${behind}${name}` }];
}

function dividedInterval({ call, sign }: NarrowOperation): readonly Wrap[] {
  return call === undefined || sign === undefined
    ? []
    : [{ ...call, before: "duckbranch_divided_interval(", behind: ")", sign }];
}

/** Type ⇒ what its values are subtracted as. */
const SUBTRACTED: ReadonlyMap<string, string> = new Map([
  ["date", "duckbranch_days("],
  ["time", "duckbranch_clock("],
]);

/** A string beside a date or a time is one. */
function subtractedAs(operands: readonly Typed[]): string | undefined {
  const types = new Set(operands.flatMap(({ kind, type }) => (kind === "untyped" ? [] : [type ?? ""])));
  const [type = ""] = types;
  return types.size === 1 ? SUBTRACTED.get(type) : undefined;
}

function flattened(operand: Typed): readonly Wrap[] {
  const more = (operand.array?.dimensions ?? 1) - 1;
  return more > 0 ? around([operand], "duckbranch_flat(".repeat(more), ")".repeat(more)) : [];
}

function asArray(operands: readonly Typed[]): readonly Wrap[] {
  const type = operands.find(({ array }) => array !== undefined)?.array;
  const strings = operands.filter(({ kind }) => kind === "untyped");
  if (type === undefined || type.dimensions !== undefined) return [];
  const name = /^[a-z]\w*$/.test(type.name) ? type.name : quoteIdentifier(type.name);
  return around(strings, "CAST(", ` AS ${name}[])`);
}

function isWider({ type }: Typed): boolean {
  return WIDER.has(type ?? "");
}

/** What a real can be is compared as it is. */
function isExact(text: string, { kind, span }: Typed): boolean {
  if (kind !== "number" || span === undefined) return false;
  const value = Number(text.slice(span.start, span.end));
  return Math.fround(value) === value;
}

/** PostgreSQL has operators of a real and a double: what is neither becomes a double, or the reals where it has no place. */
function asDoubles(text: string, kind: NarrowOperation["kind"], operands: readonly Typed[]): readonly Wrap[] {
  const wider = operands.filter(isWider);
  const others = kind === "comparison" ? wider.filter((operand) => !isExact(text, operand)) : wider;
  const found = around(others, ...DOUBLE);
  if (found.length > 0 || others.length === 0) return found;
  return around(
    operands.filter(({ type }) => type === "float4"),
    ...DOUBLE,
  );
}

const DOUBLE = ["CAST(", " AS double precision)"] as const;

/** DuckDB's literals of whole numbers are smallints beside smallints. */
function asIntegers(operands: readonly Typed[]): readonly Wrap[] {
  const isSmall = operands.some(({ type }) => type === "int2");
  return isSmall ? around(operands.filter(isWhole), "CAST(", " AS integer)") : [];
}

/** What is divided by a literal is checked otherwise: it stays one. */
function asInteger(operands: readonly Typed[]): readonly Wrap[] {
  return operands.some(isWhole)
    ? around(
        operands.filter(({ type }) => type === "int2"),
        "duckbranch_integer(",
        ")",
      )
    : [];
}

function isWhole({ kind, type }: Typed): boolean {
  return kind === "number" && type === "int4";
}

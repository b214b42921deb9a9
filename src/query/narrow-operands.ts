/**
 * Values that PostgreSQL makes wider, or narrower, than DuckDB, which takes a number for what stands beside it.
 *
 *   real * 0.1, real = ANY (ARRAY[0.1])  ⇒  CAST(real AS DOUBLE) * 0.1, …    double precision in PostgreSQL
 *   smallint * 2, max(smallint) * 2      ⇒  CAST(smallint AS INTEGER) * 2, max(smallint) * CAST(2 AS INTEGER)
 *   date - date                          ⇒  duckbranch_days(date) - duckbranch_days(date)    an integer
 *   sum(real)                            ⇒  duckbranch_real_sum(…)    a real
 */
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import type { NarrowOperand, NarrowOperation, NarrowQuery } from "../sql/narrow-operands.js";
import type { WrittenType } from "../sql/result-sources.js";
import { sortEdits } from "../sql/splice.js";
import { typesOfSources } from "./announced-columns.js";
import type { SessionCore } from "./session-core.js";

/** Names of types of a query's operands; undefined for what is not known, and arrays. */
type Types = readonly (string | undefined)[];

const VERBS: ReadonlySet<string> = new Set(["select", "insert", "update", "delete", "merge"]);
const WIDER: ReadonlySet<string> = new Set(["int2", "int4", "int8", "numeric"]);

/** What was made of a statement last. The same object, so that what others know of it is found again. */
const MADE = new WeakMap<RelationalStatement, { readonly key: string; readonly made: RelationalStatement }>();

/** The statement with operands of PostgreSQL's types; as it is where none differs. */
export async function withNarrowOperands(
  core: SessionCore,
  statement: RelationalStatement,
): Promise<RelationalStatement> {
  if (statement.narrow.length === 0 || !VERBS.has(statement.verb)) return statement;
  const found: TextEdit[] = [];
  for (const query of statement.narrow) {
    const types = (await typesOfSources(core, query.sources))?.map(nameOf);
    if (types !== undefined) found.push(...editsOf(statement, query, types));
  }
  if (found.length === 0) return statement;
  const key = JSON.stringify(found);
  const before = MADE.get(statement);
  if (before?.key === key) return before.made;
  const made = { ...statement, edits: merged(statement.edits, found) };
  MADE.set(statement, { key, made });
  return made;
}

function nameOf(type: WrittenType | undefined): string | undefined {
  return type?.isArray === false ? type.name : undefined;
}

/** Around one operand alone: what opens in front of it comes behind others, what closes behind it before them. */
function merged(given: readonly TextEdit[], found: readonly TextEdit[]): TextEdit[] {
  const own = [...new Map(found.map((edit) => [JSON.stringify(edit), edit])).values()];
  const kept = given.filter(
    (edit) =>
      !own.some((other) => other.start < other.end && isSamePlace(edit, other)) && !isReplacedSum(edit, own),
  );
  const closing = own.filter((edit) => edit.start === edit.end && edit.text.endsWith(")"));
  const others = own.filter((edit) => !closing.includes(edit));
  return sortEdits([...closing, ...kept, ...others]);
}

const SUM = "duckbranch_sum(";
const REAL_SUM = "duckbranch_real_sum(";

function isReplacedSum({ start, text }: TextEdit, own: readonly TextEdit[]): boolean {
  return text === SUM && own.some((edit) => edit.text === REAL_SUM && edit.start === start);
}

function editsOf(statement: RelationalStatement, query: NarrowQuery, types: Types): TextEdit[] {
  const { operations, sums } = query;
  const ofSums = sums
    .filter(({ output, start }) => types[output] === "float4" && hasSum(statement, start))
    .map(({ start }) => ({ start, end: start, text: REAL_SUM }));
  return [...operations.flatMap((operation) => operationEdits(statement, operation, types)), ...ofSums];
}

function hasSum({ edits }: RelationalStatement, start: number): boolean {
  return edits.some((edit) => edit.start === start && edit.text === SUM);
}

function operationEdits(
  statement: RelationalStatement,
  { kind, operands }: NarrowOperation,
  types: Types,
): readonly TextEdit[] {
  const typeOf = ({ output }: NarrowOperand): string | undefined => types[output];
  const reals = operands.filter((operand) => typeOf(operand) === "float4");
  const wider = operands.filter((operand) => WIDER.has(typeOf(operand) ?? ""));
  if (reals.length > 0 && wider.length > 0) return firstOf(statement, [reals, wider], "DOUBLE");
  if (kind === "comparison") return [];
  const small = operands.filter((operand) => typeOf(operand) === "int2");
  const whole = operands.filter((operand) => operand.kind === "integer");
  if (small.length === 1 && whole.length === 1) return firstOf(statement, [small, whole], "INTEGER");
  return kind === "difference" ? daysBetween(statement, operands, typeOf) : [];
}

/** All operands of one side as this type: of the first side of which that can be said. Calls are left as they are if possible. */
function firstOf(
  statement: RelationalStatement,
  sides: readonly (readonly NarrowOperand[])[],
  type: string,
): readonly TextEdit[] {
  const hasCall = (side: readonly NarrowOperand[]): boolean => side.some(({ kind }) => kind === "call");
  for (const side of [...sides.filter((one) => !hasCall(one)), ...sides.filter(hasCall)]) {
    const casts = side.map((operand) => wrapped(statement, operand, "CAST(", ` AS ${type})`));
    if (casts.every((edits) => edits !== undefined)) return casts.flat();
  }
  return [];
}

/** A string beside a date is one. */
function daysBetween(
  statement: RelationalStatement,
  operands: readonly NarrowOperand[],
  typeOf: (operand: NarrowOperand) => string | undefined,
): readonly TextEdit[] {
  const areDates = operands.every((operand) => typeOf(operand) === "date" || operand.kind === "string");
  if (!areDates || operands.length !== 2) return [];
  const days = operands.map((operand) => wrapped(statement, operand, "duckbranch_days(", ")"));
  return days.every((edits) => edits !== undefined) ? days.flat() : [];
}

/** Undefined where it cannot be told what else is made of the operand. */
function wrapped(
  statement: RelationalStatement,
  { kind, start, end }: NarrowOperand,
  before: string,
  behind: string,
): readonly TextEdit[] | undefined {
  if (start === end) return undefined;
  const place = { start, end };
  const inside = statement.edits.filter((edit) => edit.start < end && start < edit.end);
  const [own] = inside;
  const isWhole =
    inside.length === 0 || (inside.length === 1 && own !== undefined && isSamePlace(own, place));
  const isNamed = statement.names.some((name) => name.start < end && start < name.end);
  if (kind !== "call" && isWhole && !isNamed)
    return [{ ...place, text: `${before}${own?.text ?? statement.text.slice(start, end)}${behind}` }];
  // Its relation's name is replaced. Other statements are cut into parts, between which an insertion would be lost.
  if (statement.verb !== "select" || (kind !== "call" && own !== undefined)) return undefined;
  // What opens at its start or inside, and closes at its end: which of the two is inside cannot be told.
  const opens = statement.edits.some((edit) => edit.start >= start && edit.start < end);
  const closes = statement.edits.some((edit) => edit.start === end && edit.end === end);
  if (kind === "call" && opens && closes) return undefined;
  return [
    { start, end: start, text: before },
    { start: end, end, text: behind },
  ];
}

function isSamePlace(
  one: { readonly start: number; readonly end: number },
  other: { readonly start: number; readonly end: number },
): boolean {
  return one.start === other.start && one.end === other.end;
}

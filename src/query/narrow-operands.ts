/**
 * Values that PostgreSQL makes wider, or narrower, than DuckDB, which takes a number for what stands beside it.
 *
 *   real * 0.1, real = ANY (ARRAY[0.1])  ⇒  CAST(real AS DOUBLE) * 0.1, …    double precision in PostgreSQL
 *   smallint * 2, max(smallint) * 2      ⇒  CAST(smallint AS INTEGER) * 2, max(smallint) * CAST(2 AS INTEGER)
 *   date - date                          ⇒  duckbranch_days(date) - duckbranch_days(date)    an integer
 *   time - time                          ⇒  duckbranch_clock(time) - duckbranch_clock(time)  an interval
 *   interval / 2                         ⇒  duckbranch_divided_interval(interval, 2)
 *   timestamptz::time                    ⇒  CAST(timestamptz AS TIMESTAMP)::time
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
  { kind, operands, sign }: NarrowOperation,
  types: Types,
): readonly TextEdit[] {
  const typeOf = ({ output }: NarrowOperand): string | undefined => types[output];
  const [first, second] = operands;
  if (first === undefined) return [];
  if (kind === "clock")
    return typeOf(first) === "timestamptz"
      ? (wrapped(statement, first, "CAST(", " AS TIMESTAMP)") ?? [])
      : [];
  if (kind === "division" && typeOf(first) === "interval" && second !== undefined)
    return dividedInterval(statement, first, second, sign);
  const reals = operands.filter((operand) => typeOf(operand) === "float4");
  const wider = operands.filter((operand) => WIDER.has(typeOf(operand) ?? ""));
  if (reals.length > 0 && wider.length > 0) return firstOf(statement, [reals, wider], "DOUBLE");
  if (kind === "comparison") return [];
  const small = operands.filter((operand) => typeOf(operand) === "int2");
  const whole = operands.filter((operand) => operand.kind === "integer");
  if (small.length === 1 && whole.length === 1) return firstOf(statement, [small, whole], "INTEGER");
  return kind === "difference" ? difference(statement, operands, typeOf) : [];
}

/** All operands of one side as this type: of the first side of which that can be said. Calls are left as they are if possible. */
function firstOf(
  statement: RelationalStatement,
  sides: readonly (readonly NarrowOperand[])[],
  type: string,
): readonly TextEdit[] {
  for (const side of [...sides.filter((one) => !hasCall(one)), ...sides.filter(hasCall)]) {
    const casts = side.map((operand) => wrapped(statement, operand, "CAST(", ` AS ${type})`));
    if (casts.every((edits) => edits !== undefined)) return casts.flat();
  }
  return [];
}

function hasCall(side: readonly NarrowOperand[]): boolean {
  return side.some(({ kind }) => kind === "call");
}

/** Type ⇒ what its values are subtracted as. */
const SUBTRACTED: ReadonlyMap<string, string> = new Map([
  ["date", "duckbranch_days("],
  ["time", "duckbranch_clock("],
]);

/** A string beside a date or a time is one. */
function difference(
  statement: RelationalStatement,
  operands: readonly NarrowOperand[],
  typeOf: (operand: NarrowOperand) => string | undefined,
): readonly TextEdit[] {
  const types = new Set(operands.filter(({ kind }) => kind !== "string").map(typeOf));
  const [type = ""] = types;
  const macro = SUBTRACTED.get(type);
  if (macro === undefined || types.size !== 1 || operands.length !== 2) return [];
  const parts = operands.map((operand) => wrapped(statement, operand, macro, ")"));
  return parts.every((edits) => edits !== undefined) ? parts.flat() : [];
}

function dividedInterval(
  statement: RelationalStatement,
  interval: NarrowOperand,
  divisor: NarrowOperand,
  sign: NarrowOperation["sign"],
): readonly TextEdit[] {
  const before = wrapped(statement, interval, "duckbranch_divided_interval(", "");
  const behind = wrapped(statement, divisor, "", ")");
  const isCall = statement.edits.some((edit) => isSamePlace(edit, sign) && edit.text === ",");
  if (before === undefined || behind === undefined || sign.start === sign.end || isCall) return [];
  return [...before, { ...sign, text: "," }, ...behind].filter(
    (edit) => edit.text !== "" || edit.end > edit.start,
  );
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
  const [opening, closing] = [
    { start, end: start, text: before },
    { start: end, end, text: behind },
  ];
  if (kind !== "call") return [opening, closing];
  const atStart = statement.edits.filter((edit) => edit.start === start && edit.end === start);
  if (atStart.length > 0 && atStart.every(({ text }) => AGGREGATE.test(text)))
    return [
      { ...opening, around: "opens" },
      { ...closing, around: "closes" },
    ];
  // What opens at its start or inside, and closes at its end: which of the two is inside cannot be told.
  const opens = statement.edits.some((edit) => edit.start >= start && edit.start < end);
  const closes = statement.edits.some((edit) => edit.start === end && edit.end === end);
  return opens && closes ? undefined : [opening, closing];
}

/** What src/sql/dialect/sums.ts puts in front of sum() and avg(). */
const AGGREGATE = /^duckbranch_(?:sum\(|window_average\(|(?:distinct_)?(?:filtered_)?)$/;

function isSamePlace(
  one: { readonly start: number; readonly end: number },
  other: { readonly start: number; readonly end: number },
): boolean {
  return one.start === other.start && one.end === other.end;
}

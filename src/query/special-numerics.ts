/**
 * NaN and the infinities of numeric, which DuckDB's decimals have not. Where a query shows one as it is, and does nothing
 * else with it, it goes through DuckDB as double precision and comes out as the numeric it was; anywhere else it is refused.
 *
 *   SELECT $1::numeric     ⇒  SELECT CAST($1 AS DOUBLE)       for a value that is none of the decimals
 *   SELECT 'NaN'::numeric  ⇒  SELECT CAST('NaN' AS DOUBLE)
 */
import { DOUBLE, withAlias } from "../engine/vector-values.js";
import type { BoundParameter } from "../pgtypes/client-values.js";
import { OID } from "../pgtypes/oids.js";
import { specialNumeric, specialNumericOf } from "../pgtypes/special-numeric.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { quoteLiteral } from "../sql/names.js";
import { sortEdits } from "../sql/splice.js";
import { closingBracket, isSymbol, isWord } from "../sql/token-reader.js";
import type { ExecuteInput } from "./start-statement.js";
import type { ResultColumn } from "./types.js";

const NUMERIC = withAlias(DOUBLE, "numeric");
const NO_INPUT: ExecuteInput = { parameters: [], declaredOids: [] };

/** A column that is one value, cast to numeric or as it is. */
interface ShownValue {
  readonly column: number;
  readonly value: Token;
  readonly isCast: boolean;
  readonly start: number;
  readonly end: number;
}

/** A statement whose special values are in DuckDB's form, and which of its columns they are. */
export interface SpecialStatement {
  readonly statement: RelationalStatement;
  readonly input: ExecuteInput;
  readonly columns: ReadonlySet<number>;
}

/** Undefined for a statement without such values, and for one that does more with them than to show them. */
export function withSpecialNumerics(
  statement: RelationalStatement,
  input: ExecuteInput = NO_INPUT,
): SpecialStatement | undefined {
  if (statement.verb !== "select" || MADE.has(statement)) return undefined;
  const given = input.parameters.map((parameter, index) =>
    isNumericOid(input.declaredOids[index]) ? specialNumericOf(parameter) : undefined,
  );
  if (given.every((value) => value === undefined) && !mayHaveLiterals(statement)) return undefined;
  const tokens = tokenise(statement.text);
  const shown = shownValues(tokens).filter(({ value, isCast }) => {
    if (value.kind === "string") return isCast && specialNumeric(value.value) !== undefined;
    const index = Number(value.value) - 1;
    const isNumeric = isCast || input.declaredOids[index] === OID.numeric;
    return isNumeric && given[index] !== undefined && isNowhereElse(tokens, value);
  });
  return shown.length === 0 ? undefined : inDoubles(statement, input, shown, given);
}

/** The result's columns, those of such values as numeric. */
export function asNumerics(
  columns: readonly ResultColumn[],
  special: ReadonlySet<number>,
): readonly ResultColumn[] {
  return columns.map((column, at) => (special.has(at) ? { ...column, type: NUMERIC, typmod: -1 } : column));
}

const MAYBE = /'\s*[+-]?(?:nan|inf|infinity)\s*'\s*(?:::|as\b)/i;

/** Statements read once more are the same object. */
const WITHOUT_LITERALS = new WeakSet<RelationalStatement>();

function mayHaveLiterals(statement: RelationalStatement): boolean {
  if (WITHOUT_LITERALS.has(statement)) return false;
  if (MAYBE.test(statement.text)) return true;
  WITHOUT_LITERALS.add(statement);
  return false;
}

/** What this file made: it still says the literals. */
const MADE = new WeakSet<RelationalStatement>();

/** Of a parameter that is a numeric, or may become one by its cast. */
function isNumericOid(oid = 0): boolean {
  return oid === 0 || oid === OID.unknown || oid === OID.numeric;
}

function inDoubles(
  statement: RelationalStatement,
  { parameters, declaredOids }: ExecuteInput,
  shown: readonly ShownValue[],
  given: readonly (string | undefined)[],
): SpecialStatement {
  const kept = statement.edits.filter(
    (edit) => !shown.some(({ start, end }) => edit.start < end && start < edit.end),
  );
  const edits = shown.map(({ value, start, end }) => {
    const written =
      value.kind === "string" ? quoteLiteral(specialNumeric(value.value) ?? "") : `$${value.value}`;
    return { start, end, text: `CAST(${written} AS DOUBLE)` };
  });
  const numbers = new Set(
    shown.flatMap(({ value }) => (value.kind === "parameter" ? [Number(value.value) - 1] : [])),
  );
  const asText = (parameter: BoundParameter, index: number): BoundParameter =>
    numbers.has(index) ? { format: "text", bytes: Buffer.from(given[index] ?? "") } : parameter;
  const made = { ...statement, edits: sortEdits([...kept, ...edits]), narrow: [] };
  MADE.add(made);
  return {
    statement: made,
    input: {
      parameters: parameters.map(asText),
      declaredOids: parameters.map((_, index) =>
        numbers.has(index) ? OID.float8 : (declaredOids[index] ?? 0),
      ),
    },
    columns: new Set(shown.map(({ column }) => column)),
  };
}

function isNowhereElse(tokens: readonly Token[], value: Token): boolean {
  return tokens.every((token) => token === value || token.kind !== value.kind || token.value !== value.value);
}

/** Words behind a list of columns. Set operations put a column together with others. */
const BEHIND: ReadonlySet<string> = new Set(["from", "where", "order", "limit", "offset", "fetch", ";"]);
const UNITED = ["union", "intersect", "except", "into", "distinct", "group"];

/** Columns of a query that is the whole statement; none where a star stands for some. */
function shownValues(tokens: readonly Token[]): readonly ShownValue[] {
  const isPlain =
    isWord(tokens[0], "select") && !tokens.some((token) => UNITED.some((word) => isWord(token, word)));
  if (!isPlain) return [];
  const items = listItems(tokens);
  if (items.some((item) => item.some((token) => token.value === "*"))) return [];
  return items.flatMap((item, column) => shownValue(item, column) ?? []);
}

function listItems(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const items: Token[][] = [[]];
  for (let at = 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (
      token === undefined ||
      ((token.kind === "word" || token.kind === "symbol") && BEHIND.has(token.value))
    )
      break;
    const close = isSymbol(token, "(") || isSymbol(token, "[") ? closingBracket(tokens, at) : undefined;
    if (isSymbol(token, ",")) items.push([]);
    else items.at(-1)?.push(...tokens.slice(at, (close ?? at) + 1));
    at = close ?? at;
  }
  return items;
}

/** `$1`, `$1::numeric`, `CAST($1 AS numeric)`, and a name for it. */
function shownValue(item: readonly Token[], column: number): ShownValue | undefined {
  const isCall =
    isWord(item[0], "cast") && isSymbol(item[1], "(") && isWord(item[3], "as") && isSymbol(item[5], ")");
  const isSuffix = isSymbol(item[1], "::") || item[1]?.value === "::";
  const [value, type] = isCall ? [item[2], item[4]] : [item[0], isSuffix ? item[2] : undefined];
  const isCast = isWord(type, "numeric") || isWord(type, "decimal");
  const length = isCall ? 6 : isSuffix ? 3 : 1;
  const [first, last, name] = [item[0], item[length - 1], item.slice(length)];
  if (value === undefined || first === undefined || last === undefined) return undefined;
  if (value.kind !== "parameter" && value.kind !== "string") return undefined;
  if (type !== undefined && !isCast) return undefined;
  const isNamed = isWord(name[0], "as") ? name.length === 2 : name.length === 0 || isLoneName(name);
  return isNamed ? { column, value, isCast, start: first.start, end: last.end } : undefined;
}

function isLoneName(tokens: readonly Token[]): boolean {
  return tokens.length === 1 && (tokens[0]?.kind === "word" || tokens[0]?.kind === "quoted");
}

import { SQLSTATE, SqlError } from "../../core/errors.js";
import type { TextEdit } from "../analysis.js";
import { isReserved } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import { behindFactor } from "./operand.js";
import { operandStart } from "./operand-start.js";
import type { DialectPass } from "./pass.js";

/** A division writes its sides several times, `%` twice: how the text grows. */
const DIVISION_COPIES = 8;
const REMAINDER_COPIES = 2;
/** Measured when a division wrote its sides twice: 64 copies took 44 ms to bind, 256 1.7 s. */
const MAX_COPIES = 128;
/** Copies in one statement. */
const MAX_TOTAL = 4096;

/**
 * Divisions of intervals, and those of which a side is divided itself, or a window of an aggregate; others are checked by the operator
 * (src/catalog/expressions/numbers.ts).
 *
 *   interval '1 day' / a  ⇒  duckbranch_divided_interval(interval '1 day', a)
 *   a / b / c             ⇒  duckbranch_divided(a / b, c)
 *   a / sum(sum(b)) OVER () ⇒  duckbranch_divided(a, sum(sum(b)) OVER ())
 *
 * Reason  the operator writes its sides several times, the function once, which costs more per row; only where the text
 *         says that the left side is an interval is it known in time. Throws 54001 where the copies would still grow beyond reason
 */
export const divisionsPass: DialectPass = ({ tokens }) => {
  if (!tokens.some(isDivision)) return [];
  const edits: TextEdit[] = [];
  const cost = new DivisionCost();
  tokens.forEach((token, index) => {
    const interval = isSymbol(token, "/") ? intervalStart(tokens, index) : undefined;
    const isAgain =
      isSymbol(token, "/") &&
      (cost.isDivided || dividesAgain(tokens, index + 1) || dividesByWindow(tokens, index + 1));
    const again = isAgain ? againEdits(tokens, index) : [];
    const ofInterval =
      interval === undefined ? [] : callEdits(tokens, interval, index, "duckbranch_divided_interval");
    if (ofInterval.length > 0) edits.push(...ofInterval);
    else if (again.length > 0) edits.push(...again);
    else cost.add(token);
  });
  return edits;
};

function againEdits(tokens: readonly Token[], index: number): TextEdit[] {
  const first = termStart(tokens, index);
  return first === undefined ? [] : callEdits(tokens, first, index, "duckbranch_divided");
}

function callEdits(tokens: readonly Token[], first: number, index: number, macro: string): TextEdit[] {
  const behind = behindFactor(tokens, index + 1);
  const [begin, sign, last] = [tokens[first], tokens[index], tokens[(behind ?? 0) - 1]];
  if (begin === undefined || sign === undefined || last === undefined) return [];
  return [
    { start: begin.start, end: begin.start, text: `${macro}(` },
    { start: sign.start, end: sign.end, text: "," },
    { start: last.end, end: last.end, text: ")" },
  ];
}

/** The first token of what a division at `index` divides: `a * b` of `a * b / c`. */
function termStart(tokens: readonly Token[], index: number): number | undefined {
  let first = operandStart(tokens, index - 1);
  while (
    first !== undefined &&
    FACTORS.has(tokens[first - 1]?.value ?? "") &&
    tokens[first - 1]?.kind === "operator"
  )
    first = operandStart(tokens, first - 2);
  return first;
}

const FACTORS = new Set(["*", "/", "%", "//", "^", "**"]);

function isDivision(token: Token): boolean {
  return token.kind === "operator" && (token.value === "/" || token.value === "%");
}

/** The right side holds a division: in its brackets, or between the brackets of its call. */
function dividesAgain(tokens: readonly Token[], index: number): boolean {
  const open = isSymbol(tokens[index], "(")
    ? index
    : isSymbol(tokens[index + 1], "(")
      ? index + 1
      : undefined;
  const close = open === undefined ? undefined : closingBracket(tokens, open);
  return close !== undefined && tokens.slice(index, close).some(isDivision);
}

/** What is divided by is a window function of an aggregate: each copy of it takes DuckDB as long to bind as a division. */
function dividesByWindow(tokens: readonly Token[], index: number): boolean {
  const factor = tokens.slice(index, behindFactor(tokens, index) ?? index);
  const over = factor.findIndex((token) => isWord(token, "over"));
  const calls = factor.filter((token, at) => at < over && isSymbol(factor[at + 1], "(") && isName(token));
  return calls.length > 1;
}

function isName({ kind, value }: Token): boolean {
  return kind === "quoted" || (kind === "word" && !isReserved(value));
}

const UNITS = ["year", "month", "day", "hour", "minute", "second"];

/** Where `interval '1' [day]` or `…::interval` just before the index begins. */
function intervalStart(tokens: readonly Token[], index: number): number | undefined {
  const last = UNITS.includes(tokens[index - 1]?.value ?? "") ? index - 2 : index - 1;
  if (tokens[last]?.kind === "string") return isWord(tokens[last - 1], "interval") ? last - 1 : undefined;
  const isCast = isWord(tokens[last], "interval") && isSymbol(tokens[last - 1], "::");
  return isCast ? operandStart(tokens, last) : undefined;
}

interface Level {
  sum: number;
  term: number;
}

/** How large the expressions grow: a term per open bracket, multiplied by each division in it. */
class DivisionCost {
  private readonly levels: Level[] = [{ sum: 0, term: 1 }];
  private total = 0;

  /** What has been read of the current term holds a division. */
  get isDivided(): boolean {
    return (this.levels.at(-1)?.term ?? 1) > 1;
  }

  add(token: Token): void {
    const level = this.levels.at(-1);
    if (level === undefined) return;
    if (isDivision(token)) this.divide(level, token.value === "/" ? DIVISION_COPIES : REMAINDER_COPIES);
    else if (isSymbol(token, "(") || isSymbol(token, "[")) this.levels.push({ sum: 0, term: 1 });
    else if (isSymbol(token, ")") || isSymbol(token, "]")) this.close();
    else if (endsTerm(token)) Object.assign(level, { sum: level.sum + level.term - 1, term: 1 });
  }

  private divide(level: Level, copies: number): void {
    this.total += level.term;
    level.term *= copies;
    if (level.term > MAX_COPIES || this.total > MAX_TOTAL) {
      throw new SqlError(SQLSTATE.statementTooComplex, "statement has too many divisions in one expression");
    }
  }

  private close(): void {
    const inner = this.levels.length > 1 ? this.levels.pop() : undefined;
    const outer = this.levels.at(-1);
    if (inner !== undefined && outer !== undefined) outer.term += inner.sum + inner.term - 1;
  }
}

function endsTerm(token: Token): boolean {
  if (token.kind === "word") return isReserved(token.value);
  if (token.kind === "operator") return !["*", "//", "^", "::", "**"].includes(token.value);
  return isSymbol(token, ",") || isSymbol(token, ";");
}

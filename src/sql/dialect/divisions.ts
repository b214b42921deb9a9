import { SQLSTATE, SqlError } from "../../core/errors.js";
import type { TextEdit } from "../analysis.js";
import { isReserved } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { isSymbol, isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * Each checked division writes its left side twice: `a / b / c / …` doubles with every step, and DuckDB needs more than
 * twice the time to bind it. Measured: 6 in a row 44 ms, 8 1.7 s, 10 17 s.
 */
const MAX_COPIES = 128;
/** Copies in one statement. */
const MAX_TOTAL = 1024;

/**
 * Divisions by a number that is not zero; others are checked by the operator itself (src/catalog/expressions).
 *
 *   a / 2                 ⇒  a // 2
 *   interval '1 day' / a  ⇒  interval '1 day' /@ a
 *
 * Reason  DuckDB's `//` has PostgreSQL's types and needs no check here, but takes no intervals; only where the text says
 *         that the left side is one is it known in time. Throws 54001 for a chain of divisions that would
 *         grow beyond reason when the checks are written out
 */
export const divisionsPass: DialectPass = ({ tokens }) => {
  const edits: TextEdit[] = [];
  const cost = new DivisionCost();
  tokens.forEach((token, index) => {
    if (isSymbol(token, "/") && isInterval(tokens, index)) {
      edits.push({ start: token.start, end: token.end, text: "/@" });
    } else if (isNumberDivision(tokens, index)) {
      edits.push({ start: token.start, end: token.end, text: "//" });
    } else cost.add(token);
  });
  return edits;
};

function isNumberDivision(tokens: readonly Token[], index: number): boolean {
  const [sign, number, behind] = [tokens[index], tokens[index + 1], tokens[index + 2]];
  if (sign?.kind !== "operator" || sign.value !== "/" || number?.kind !== "number") return false;
  const goesOn =
    (behind?.kind === "operator" && ["^", "**", "::"].includes(behind.value)) || isSymbol(behind, ".");
  return !goesOn && Number(number.value.replaceAll("_", "")) !== 0;
}

const UNITS = ["year", "month", "day", "hour", "minute", "second"];

/** `interval '1' [day]` or `…::interval` just before the index. */
function isInterval(tokens: readonly Token[], index: number): boolean {
  const last = UNITS.includes(tokens[index - 1]?.value ?? "") ? index - 2 : index - 1;
  if (tokens[last]?.kind === "string") return isWord(tokens[last - 1], "interval");
  return isWord(tokens[last], "interval") && isSymbol(tokens[last - 1], "::");
}

interface Level {
  sum: number;
  term: number;
}

/** How large the expressions grow: a term per open bracket, doubled by each division in it. */
class DivisionCost {
  private readonly levels: Level[] = [{ sum: 0, term: 1 }];
  private total = 0;

  add(token: Token): void {
    const level = this.levels.at(-1);
    if (level === undefined) return;
    if (token.kind === "operator" && (token.value === "/" || token.value === "%")) this.divide(level);
    else if (isSymbol(token, "(") || isSymbol(token, "[")) this.levels.push({ sum: 0, term: 1 });
    else if (isSymbol(token, ")") || isSymbol(token, "]")) this.close();
    else if (endsTerm(token)) Object.assign(level, { sum: level.sum + level.term - 1, term: 1 });
  }

  private divide(level: Level): void {
    this.total += level.term;
    level.term *= 2;
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

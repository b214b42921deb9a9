import { isReserved } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord } from "../token-reader.js";
import { behindOperand } from "./operand.js";
import { operandStart } from "./operand-start.js";
import type { DialectEdit, DialectPass } from "./pass.js";

/** Word behind which a condition begins ⇒ the macro of its kind: src/catalog/expressions/conditions.ts. */
const OPENERS: ReadonlyMap<string, string> = new Map([
  ["where", "where"],
  ["having", "having"],
  ["and", "and"],
  ["or", "or"],
  ["not", "not"],
]);
/** What may stand in front of the left side of AND and OR when nothing else belongs to that side. */
const BEFORE = new Set("select where having on and or when then else distinct all returning".split(" "));
/** What ends a condition. */
const BEHIND = new Set(
  `and or then group having order limit offset fetch union intersect except returning window for qualify left right
   inner full cross join natural on where when from as`.split(/\s+/),
);
/** Words that begin something else: EXISTS (…), WHEN NOT MATCHED, WHERE CURRENT OF. */
const NO_OPERANDS = new Set(["exists", "matched", "current"]);
/** Their texts are kept as they are written. */
const DEFINITIONS = new Set(["create", "alter", "comment"]);

/**
 * Conditions are boolean.
 *
 *   WHERE a AND NOT f(b)  ⇒  WHERE duckbranch_boolean_where(a) AND NOT duckbranch_boolean_not(f(b))
 *
 * Reason  DuckDB takes any number for one, and any text, which fails at the first that is none. Only what can be told from tokens
 *         alone: names, numbers, calls and sub-queries, not what operators give
 */
export const booleanOperandsPass: DialectPass = ({ tokens }) => {
  const first = tokens[0];
  if (first?.kind === "word" && DEFINITIONS.has(first.value)) return [];
  const found = new Map<number, DialectEdit[]>();
  const add = (operand: Operand | undefined): void => {
    if (operand !== undefined && !found.has(operand.first))
      found.set(operand.first, wrapped(tokens, operand));
  };
  const conditions = conditionsOf(tokens);
  const begun = new Set(conditions.map(({ index }) => index));
  for (const place of conditions) {
    add(rightOperand(tokens, place.index + 1, place.kind));
    if (place.kind === "and" || place.kind === "or") add(leftOperand(tokens, place, begun));
  }
  return [...found.values()].flat();
};

interface Operand {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
  readonly kind: string;
}

interface Condition {
  readonly index: number;
  readonly kind: string;
}

/** What is open at a level of brackets. */
interface Level {
  readonly isFilter: boolean;
  /** BETWEENs whose AND has not come yet. */
  betweens: number;
  hasJoin: boolean;
  /** Of each CASE whether it compares a value. */
  readonly cases: boolean[];
}

function conditionsOf(tokens: readonly Token[]): readonly Condition[] {
  const conditions: Condition[] = [];
  const levels: Level[] = [levelAt(tokens, -1)];
  for (const [index, token] of tokens.entries()) {
    if (token.kind === "symbol" && "([{".includes(token.value)) levels.push(levelAt(tokens, index));
    else if (token.kind === "symbol" && ")]}".includes(token.value)) levels.pop();
    const kind = token.kind === "word" ? conditionAt(tokens, index, levels.at(-1)) : undefined;
    if (kind !== undefined) conditions.push({ index, kind });
  }
  return conditions;
}

function levelAt(tokens: readonly Token[], open: number): Level {
  return { isFilter: isWord(tokens[open - 1], "filter"), betweens: 0, hasJoin: false, cases: [] };
}

/** The kind of condition that begins behind this word. */
function conditionAt(tokens: readonly Token[], index: number, level: Level | undefined): string | undefined {
  const word = tokens[index]?.value ?? "";
  if (level === undefined || isSymbol(tokens[index - 1], ".")) return undefined;
  if (word === "between") level.betweens += 1;
  else if (word === "join") level.hasJoin = true;
  else if (word === "case") level.cases.push(!isWord(tokens[index + 1], "when"));
  else if (word === "end") level.cases.pop();
  else if (word === "when") return level.cases.at(-1) === false ? "when" : undefined;
  else if (word === "on") return level.hasJoin && !isWord(tokens[index - 1], "distinct") ? "on" : undefined;
  else if (word === "and" && level.betweens > 0) level.betweens -= 1;
  else if (word === "where" && level.isFilter) return "filter";
  else return OPENERS.get(word);
  return undefined;
}

function rightOperand(tokens: readonly Token[], first: number, kind: string): Operand | undefined {
  const end = isPlain(tokens, first) ? behindOperand(tokens, first) : undefined;
  return end === undefined || !ends(tokens[end]) ? undefined : { first, end, kind };
}

function leftOperand(
  tokens: readonly Token[],
  { index: end, kind }: Condition,
  begun: ReadonlySet<number>,
): Operand | undefined {
  const first = operandStart(tokens, end - 1);
  if (first === undefined || !isPlain(tokens, first) || !begins(tokens[first - 1])) return undefined;
  // BETWEEN's own AND begins none.
  if (isWord(tokens[first - 1], "and") && !begun.has(first - 1)) return undefined;
  return behindOperand(tokens, first) === end ? { first, end, kind } : undefined;
}

/** A name, number, call or sub-query; what else stands in brackets is looked at in there. */
function isPlain(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  if (isSymbol(token, "("))
    return isWord(tokens[index + 1], "select") && closingBracket(tokens, index) !== undefined;
  if (token?.kind === "number" || token?.kind === "quoted") return true;
  return token?.kind === "word" && !isReserved(token.value) && !NO_OPERANDS.has(token.value);
}

function begins(token: Token | undefined): boolean {
  return isSymbol(token, "(") || isSymbol(token, ",") || (token?.kind === "word" && BEFORE.has(token.value));
}

function ends(token: Token | undefined): boolean {
  if (token === undefined || [")", ",", ";"].some((symbol) => isSymbol(token, symbol))) return true;
  return token.kind === "word" && BEHIND.has(token.value);
}

function wrapped(tokens: readonly Token[], { first, end, kind }: Operand): DialectEdit[] {
  const [begin, last] = [tokens[first], tokens[end - 1]];
  if (begin === undefined || last === undefined) return [];
  return [
    { start: begin.start, end: begin.start, text: `duckbranch_boolean_${kind}(` },
    { start: last.end, end: last.end, text: ")" },
  ];
}

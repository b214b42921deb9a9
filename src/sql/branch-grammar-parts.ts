/** The pieces branch statements share: names, options, table lists, merge ids. */
import type { Argument, BranchOption, Page, RowStrategy } from "./branch-command.js";
import { isName, type TokenReader } from "./token-reader.js";

/** A branch, head or strategy: an identifier (folded unless quoted) or a string literal. */
export function readBranchName(tokens: TokenReader): Argument {
  const token = tokens.peek();
  if (token?.kind !== "string" && !isName(token)) throw tokens.syntaxError();
  return value(tokens.next().value);
}

/**
 * A merge id: a string, a name, or an unquoted run of digits, letters and hyphens without blanks, such as a UUID that
 * begins with a digit.
 */
export function readMergeId(tokens: TokenReader): Argument {
  const first = tokens.peek();
  if (first?.kind === "string" || first?.kind === "quoted") return value(tokens.next().value);
  if (first?.kind !== "number" && first?.kind !== "word") throw tokens.syntaxError();
  let last = tokens.next();
  for (let token = tokens.peek(); token !== undefined && token.start === last.end; token = tokens.peek()) {
    if (token.kind !== "number" && token.kind !== "word" && token.value !== "-") break;
    last = tokens.next();
  }
  return value(tokens.text.slice(first.start, last.end).toLowerCase());
}

/** `(name 'value', …)`, also with = or => between. */
export function readOptions(tokens: TokenReader): BranchOption[] {
  const options: BranchOption[] = [];
  tokens.expectSymbol("(");
  do {
    const name = tokens.identifier().toLowerCase();
    if (options.some((option) => option.name === name)) throw tokens.syntaxError(tokens.position - 1);
    options.push({ name, value: readOptionValue(tokens) });
  } while (tokens.acceptSymbol(","));
  tokens.expectSymbol(")");
  return options;
}

/** `(table 'strategy', table ROW '{"key": 1}' 'strategy', …)` */
export function readTableStrategies(tokens: TokenReader): RowStrategy[] {
  const strategies: RowStrategy[] = [];
  tokens.expectSymbol("(");
  do {
    const table = tokens.qualifiedName().parts;
    const key = tokens.accept("row") ? readLiteral(tokens) : undefined;
    strategies.push({ table, key, strategy: readOptionValue(tokens) });
  } while (tokens.acceptSymbol(","));
  tokens.expectSymbol(")");
  return strategies;
}

function readOptionValue(tokens: TokenReader): Argument {
  if (!tokens.acceptSymbol("=")) tokens.acceptSymbol("=>");
  return readLiteral(tokens);
}

/** A string, a number with or without a sign, or a word. */
function readLiteral(tokens: TokenReader): Argument {
  const sign = tokens.acceptSymbol("-") ? "-" : "";
  const token = tokens.peek();
  if (token?.kind === "number") return value(sign + tokens.next().value);
  if (sign !== "" || (token?.kind !== "string" && !isName(token))) throw tokens.syntaxError();
  return value(tokens.next().value);
}

/** `LIMIT n`, `OFFSET n`, in any order. */
export function readPage(tokens: TokenReader): Page {
  const first = tokens.accept("offset") ? readLiteral(tokens) : undefined;
  const limit = tokens.accept("limit") ? readLiteral(tokens) : undefined;
  return { limit, offset: first ?? (tokens.accept("offset") ? readLiteral(tokens) : undefined) };
}

/** One of these words, or 42601. */
export function readWord<Word extends string>(tokens: TokenReader, words: readonly Word[]): Word {
  const found = words.find((word) => tokens.isAt(word));
  if (found === undefined) throw tokens.syntaxError();
  tokens.next();
  return found;
}

export function value(text: string | null): Argument {
  return { kind: "value", value: text };
}

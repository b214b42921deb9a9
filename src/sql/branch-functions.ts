/**
 * Branch statements in function form, for drivers and tools that refuse unknown grammar: `SELECT branch_create('x')`
 * or `SELECT * FROM branch_list()`. Such a call stands alone in its statement; anything else around it is refused.
 */
import { SQLSTATE, SqlError, notSupported } from "../core/errors.js";
import type { AnswerShape, Argument, BranchCommand } from "./branch-command.js";
import { value } from "./branch-grammar-parts.js";
import { commandOf, functionVerb, type FunctionArguments } from "./branch-function-commands.js";
import { characterPosition } from "./lexer.js";
import { isName, isSymbol, isWord, type TokenReader } from "./token-reader.js";

/** Reads the function form; undefined when the statement calls no branch function. Throws 42601, 42883 or 0A000. */
export function readBranchFunction(tokens: TokenReader): BranchCommand | undefined {
  const start = tokens.position;
  if (!tokens.accept("select")) return undefined;
  const shape: AnswerShape = tokens.isAtSymbol("*") && isWord(tokens.peek(1), "from") ? "relation" : "scalar";
  if (shape === "relation") tokens.moveTo(start + 3);
  const called = tokens.peek();
  const isCall = called?.kind === "word" && isSymbol(tokens.peek(1), "(");
  const verb = isCall ? functionVerb(called.value) : undefined;
  if (called === undefined || verb === undefined) {
    tokens.moveTo(start);
    refuseElsewhere(tokens);
    return undefined;
  }
  tokens.next();
  const given = readArguments(tokens);
  const label = readLabel(tokens);
  if (!tokens.atEnd) {
    tokens.moveTo(start);
    if (verb === "current") return undefined;
    throw mustStandAlone(called.value);
  }
  const head = { shape, functionName: shape === "scalar" ? (label ?? called.value) : called.value };
  try {
    return { ...head, ...commandOf(verb, given, called.value) };
  } catch (error) {
    if (!(error instanceof SqlError) || error.position !== undefined) throw error;
    const { code, message, hint } = error;
    throw new SqlError(code, message, {
      hint,
      position: characterPosition(tokens.text, called.start),
      cause: error,
    });
  }
}

/** A branch function anywhere else in a statement would never reach DuckDB with a meaning. */
function refuseElsewhere(tokens: TokenReader): void {
  tokens.tokens.forEach((token, index) => {
    if (token.kind !== "word" || !isSymbol(tokens.tokens[index + 1], "(")) return;
    if (isSymbol(tokens.tokens[index - 1], ".")) return;
    const verb = functionVerb(token.value);
    if (verb !== undefined && verb !== "current") throw mustStandAlone(token.value);
  });
}

function mustStandAlone(name: string): SqlError {
  return notSupported(
    `${name}() must be the only call of its statement`,
    `Write SELECT ${name}(...) or SELECT * FROM ${name}(...).`,
  );
}

function readArguments(tokens: TokenReader): FunctionArguments {
  const positional: Argument[] = [];
  const named = new Map<string, Argument>();
  tokens.expectSymbol("(");
  while (!tokens.acceptSymbol(")")) {
    if (positional.length + named.size > 0) tokens.expectSymbol(",");
    const isNamed = isName(tokens.peek()) && (tokens.isAtSymbol("=>", 1) || tokens.isAtSymbol(":=", 1));
    if (!isNamed && named.size > 0) throw tokens.syntaxError();
    if (!isNamed) positional.push(readArgument(tokens));
    else {
      const name = tokens.next().value.toLowerCase();
      if (named.has(name)) throw tokens.syntaxError(tokens.position - 1);
      tokens.next();
      named.set(name, readArgument(tokens));
    }
  }
  return { positional, named };
}

/** A literal or a parameter, possibly with a cast that says text: drivers add `::text` or `::varchar`. */
function readArgument(tokens: TokenReader): Argument {
  const sign = tokens.acceptSymbol("-") ? "-" : "";
  const token = tokens.next();
  const argument = literal(token.kind, token.value, sign);
  if (argument === undefined) throw tokens.syntaxError(tokens.position - 1);
  while (tokens.acceptSymbol("::")) {
    tokens.qualifiedName();
  }
  return argument;
}

function literal(kind: string, text: string, sign: string): Argument | undefined {
  if (kind === "number") return value(sign + text);
  if (sign !== "") return undefined;
  if (kind === "string") return value(text);
  if (kind === "parameter") return parameter(text);
  if (kind !== "word") return undefined;
  if (text === "null") return value(null);
  return text === "true" || text === "false" ? value(text) : undefined;
}

function parameter(digits: string): Argument {
  const index = Number(digits);
  if (index < 1 || index > 65_535)
    throw new SqlError(SQLSTATE.undefinedParameter, `there is no parameter $${digits}`);
  return { kind: "parameter", index };
}

function readLabel(tokens: TokenReader): string | undefined {
  if (tokens.accept("as")) return tokens.identifier();
  return isName(tokens.peek()) && !isWord(tokens.peek(), "from") ? tokens.identifier() : undefined;
}

/** From a statement's first words to its target, in DuckDB's dialect; the rest goes to `TokenWalker`. */
import { notSupported } from "../core/errors.js";
import type { References } from "./references.js";
import { plainReading, type Reading } from "./reading.js";
import { Scope } from "./scope.js";
import { readTokenDefinition } from "./token-definitions.js";
import { QUERY_WORDS } from "./token-from.js";
import { TokenReader, isSymbol, isWord } from "./token-reader.js";
import { TokenWalker } from "./token-walker.js";

/** Undefined when the statement begins with no word DuckDB knows: then it is a syntax error. */
export function readTokens(references: References): Reading | undefined {
  const walker = new TokenWalker(references);
  const scope = new Scope();
  const start = walker.readWith(0, references.tokens.length, scope);
  const reader = new TokenReader(references.text, references.tokens);
  reader.moveTo(start);
  const first = references.tokens[start];
  switch (first?.kind === "word" ? first.value : "") {
    case "insert":
      return readInsert(reader, references, walker, scope);
    case "update":
      return readUpdate(reader, references, walker, scope);
    case "delete":
      return readDelete(reader, references, walker, scope);
    case "merge":
      return readMerge(reader, references, walker, scope);
    default:
      if (start === 0) {
        const definition = readTokenDefinition(reader, references, walker);
        if (definition !== undefined) return definition;
      }
      return readQuery(references, walker, start, scope);
  }
}

function readQuery(
  references: References,
  walker: TokenWalker,
  start: number,
  scope: Scope,
): Reading | undefined {
  const first = references.tokens.slice(start).find((token) => !isSymbol(token, "("));
  if (first?.kind !== "word" || !QUERY_WORDS.includes(first.value)) return undefined;
  walker.visitBody(start, references.tokens.length, scope);
  return plainReading("select", "SELECT", false);
}

/** INSERT [OR REPLACE | OR IGNORE] INTO t [AS a] [(columns)] [BY NAME | BY POSITION] query … */
function readInsert(reader: TokenReader, references: References, walker: TokenWalker, scope: Scope): Reading {
  reader.expect("insert");
  const orReplace = reader.accept("or", "replace");
  if (!orReplace) reader.accept("or", "ignore");
  reader.expect("into");
  readTarget(reader, references, scope, false);
  scope.addAlias("excluded");
  const end = references.tokens.length;
  if (isSymbol(reader.peek(), "(") && !startsQuery(reader)) reader.parenthesised();
  if (reader.accept("by")) readWordOf(reader, ["name", "position"]);
  if (reader.isAt("overriding")) throw notSupported("OVERRIDING is not supported");
  if (!reader.isAtSymbol("(") && !INSERT_SOURCES.some((word) => reader.isAt(word)))
    throw reader.syntaxError();
  const query = walker.readWith(reader.position, end, scope);
  refuseConstraintTarget(references);
  // DO UPDATE SET is part of INSERT, not a statement of its own.
  walker.visitModification(query, end, scope);
  return plainReading("insert", "INSERT", true, { orReplace, returning: hasReturning(references) });
}

const INSERT_SOURCES = [...QUERY_WORDS, "default"];

function startsQuery(reader: TokenReader): boolean {
  const inside = reader.peek(1);
  return isSymbol(inside, "(") || (inside?.kind === "word" && QUERY_WORDS.includes(inside.value));
}

function refuseConstraintTarget(references: References): void {
  references.tokens.forEach((token, index) => {
    const isTarget = isWord(token, "on") && isWord(references.tokens[index + 1], "constraint");
    if (isTarget && isWord(references.tokens[index - 1], "conflict")) {
      throw notSupported(
        "ON CONFLICT ON CONSTRAINT is not supported",
        "Name the constraint's columns instead.",
      );
    }
  });
}

function readUpdate(reader: TokenReader, references: References, walker: TokenWalker, scope: Scope): Reading {
  reader.expect("update");
  reader.accept("only");
  readTarget(reader, references, scope);
  if (!reader.isAt("set")) throw reader.syntaxError();
  walker.visitModification(reader.position, references.tokens.length, scope);
  return plainReading("update", "UPDATE", true, { returning: hasReturning(references) });
}

function readDelete(reader: TokenReader, references: References, walker: TokenWalker, scope: Scope): Reading {
  reader.expect("delete", "from");
  reader.accept("only");
  readTarget(reader, references, scope);
  const end = references.tokens.length;
  const rest = reader.isAt("using") ? walker.readClause(reader.position, end, scope) : reader.position;
  walker.visitModification(reader.position, end, scope);
  const follows = references.tokens[rest];
  if (follows !== undefined && !["where", "returning"].some((word) => isWord(follows, word)))
    references.doubt();
  return plainReading("delete", "DELETE", true, { returning: hasReturning(references) });
}

function readMerge(reader: TokenReader, references: References, walker: TokenWalker, scope: Scope): Reading {
  reader.expect("merge", "into");
  readTarget(reader, references, scope);
  if (!reader.isAt("using")) throw reader.syntaxError();
  const rest = walker.readSource(reader.position, references.tokens.length, scope);
  if (!isWord(references.tokens[rest], "on") && !isWord(references.tokens[rest], "using")) references.doubt();
  walker.visitModification(reader.position, references.tokens.length, scope);
  return plainReading("merge", "MERGE", true, { returning: hasReturning(references) });
}

/** The table that is written, with its alias; a CTE of its name does not hide it. INSERT wants AS in front of one. */
function readTarget(reader: TokenReader, references: References, scope: Scope, bareAlias = true): void {
  const name = references.nameAtIndex(reader.position);
  if (name === undefined) throw reader.syntaxError();
  reader.moveTo(name.next);
  const isBare = bareAlias && !TARGET_FOLLOWERS.some((word) => reader.isAt(word));
  const isNamed = reader.accept("as") || isBare;
  const next = reader.peek();
  const alias =
    isNamed && (next?.kind === "word" || next?.kind === "quoted") ? reader.next().value : undefined;
  references.addRelation("write", name, alias);
  if (alias === undefined) scope.addTable(name.parts);
  else scope.addAlias(alias);
}

/** Words that may follow a target without being its alias. */
const TARGET_FOLLOWERS = ["set", "using", "where", "returning", "from", "on"];

function hasReturning(references: References): boolean {
  let depth = 0;
  return references.tokens.some((token) => {
    if (token.kind === "symbol")
      depth += "([{".includes(token.value) ? 1 : ")]}".includes(token.value) ? -1 : 0;
    return depth === 0 && isWord(token, "returning");
  });
}

function readWordOf(reader: TokenReader, words: readonly string[]): void {
  if (reader.acceptAny(words) === undefined) throw reader.syntaxError();
}

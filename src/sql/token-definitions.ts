/** CREATE, ALTER, DROP, COMMENT and TRUNCATE in DuckDB's dialect, from tokens. */
import { isReserved } from "./builtin-names.js";
import { readForeignKeys } from "./foreign-keys.js";
import { readComment, readDrop, readNameBehind } from "./named-objects.js";
import { plainReading, type Reading } from "./reading.js";
import type { References } from "./references.js";
import { Scope } from "./scope.js";
import { isSymbol, isWord, splitAtCommas, type TokenReader } from "./token-reader.js";
import { readType } from "./token-types.js";
import type { TokenWalker } from "./token-walker.js";
import { queryRange } from "./tree-definitions.js";

/** What CREATE … said before the kind of object. */
interface CreateHead {
  readonly orReplace: boolean;
  readonly temporary: boolean;
}

/** Undefined when the statement is no definition. Throws 42601 for a malformed beginning. */
export function readTokenDefinition(
  reader: TokenReader,
  references: References,
  walker: TokenWalker,
): Reading | undefined {
  if (reader.isAt("drop")) return readDrop(references);
  if (reader.isAt("comment", "on")) return readComment(references);
  if (reader.accept("alter")) return readAlter(reader, references, walker);
  if (!reader.accept("create")) return undefined;
  const orReplace = reader.accept("or", "replace");
  reader.acceptAny(["local", "global"]);
  const temporary = reader.acceptAny(["temp", "temporary"]) !== undefined;
  if (!temporary) reader.acceptAny(["unlogged", "persistent"]);
  return readCreate(reader, references, walker, { orReplace, temporary });
}

function readCreate(
  reader: TokenReader,
  references: References,
  walker: TokenWalker,
  head: CreateHead,
): Reading | undefined {
  if (reader.accept("table")) return readTable(reader, references, walker, head);
  if (reader.accept("view")) return readView(reader, references, walker, head);
  if (reader.accept("macro") || reader.accept("function")) return readMacro(reader, references, walker, head);
  if (reader.accept("type")) return readTypeDefinition(reader, references, walker, head);
  if (reader.accept("sequence")) {
    const ifNotExists = readName(reader, references, "sequence");
    return plainReading("createSequence", "CREATE SEQUENCE", true, { ...head, ifNotExists });
  }
  if (reader.accept("schema")) {
    const ifNotExists = readName(reader, references, "schema");
    reader.expectEnd();
    return plainReading("createSchema", "CREATE SCHEMA", true, { ...head, ifNotExists });
  }
  return undefined;
}

/** [IF NOT EXISTS] name; whether the words were there. */
function readName(
  reader: TokenReader,
  references: References,
  object: "table" | "view" | "sequence" | "schema" | "type" | "macro",
): boolean {
  const ifNotExists = reader.accept("if", "not", "exists");
  references.addName("create", reader.qualifiedName(), object);
  return ifNotExists;
}

function readTable(
  reader: TokenReader,
  references: References,
  walker: TokenWalker,
  head: CreateHead,
): Reading {
  const ifNotExists = readName(reader, references, "table");
  let columns: string[] = [];
  if (reader.isAtSymbol("(")) {
    const { open, close } = reader.parenthesised();
    if (reader.isAt("as")) columns = namesBetween(references, open + 1, close);
    else readColumns(references, walker, open + 1, close);
  }
  if (!reader.accept("as")) {
    walker.visitExpression(reader.position, references.tokens.length, new Scope());
    const foreignKeys = readForeignKeys(references);
    return plainReading("createTable", "CREATE TABLE", true, { ...head, ifNotExists, foreignKeys });
  }
  const range = queryRange(references);
  const end = references.tokens.findLastIndex((token) => token.end === range?.end) + 1;
  walker.visitQuery(reader.position, end, new Scope());
  const query = range === undefined ? undefined : { ...range, columns };
  const tag = end === references.tokens.length ? "SELECT" : "CREATE TABLE AS";
  return plainReading("createTableAs", tag, true, { ...head, ifNotExists, query });
}

/** `name type constraints…`, a table constraint or LIKE t, between commas. */
function readColumns(references: References, walker: TokenWalker, from: number, close: number): void {
  const { tokens } = references;
  for (const [first, end] of splitAtCommas(tokens, from, close)) {
    const token = tokens[first];
    // PostgreSQL reserves the word: it is no column's name.
    if (isWord(token, "like")) {
      readLike(references, first + 1);
      continue;
    }
    const isConstraint = token?.kind === "word" && isReserved(token.value);
    const isGenerated = isWord(tokens[first + 1], "as") || isWord(tokens[first + 1], "generated");
    const rest = isConstraint || isGenerated ? first : (readType(references, first + 1) ?? end);
    readReferenced(references, rest, end);
    walker.visitConstraint(rest, end, new Scope());
  }
}

/** REFERENCES t (columns) */
function readReferenced(references: References, from: number, end: number): void {
  for (let index = from; index < end; index += 1) {
    if (!isWord(references.tokens[index], "references")) continue;
    const name = references.nameAtIndex(index + 1);
    if (name === undefined) references.doubt();
    else references.addName("read", name, "table");
  }
}

/** LIKE t INCLUDING … */
function readLike(references: References, at: number): void {
  const name = references.nameAtIndex(at);
  if (name === undefined) references.doubt();
  else references.addRelation("read", name, undefined);
}

function readView(
  reader: TokenReader,
  references: References,
  walker: TokenWalker,
  head: CreateHead,
): Reading {
  const ifNotExists = readName(reader, references, "view");
  let columns: string[] = [];
  if (reader.isAtSymbol("(")) {
    const { open, close } = reader.parenthesised();
    columns = namesBetween(references, open + 1, close);
  }
  reader.expect("as");
  const range = queryRange(references);
  walker.visitQuery(reader.position, references.tokens.length, new Scope());
  const query = range === undefined ? undefined : { ...range, columns };
  return plainReading("createView", "CREATE VIEW", true, { ...head, ifNotExists, query });
}

/** name(parameters) AS expression | AS TABLE query, and further overloads behind commas. */
function readMacro(
  reader: TokenReader,
  references: References,
  walker: TokenWalker,
  head: CreateHead,
): Reading {
  const ifNotExists = readName(reader, references, "macro");
  const { tokens } = references;
  for (const [first, end] of splitAtCommas(tokens, reader.position, tokens.length)) {
    const as = tokens.findIndex((token, index) => index >= first && isWord(token, "as"));
    if (as < 0 || as >= end || !isSymbol(tokens[first], "(")) references.doubt();
    else if (isWord(tokens[as + 1], "table")) walker.visitQuery(as + 2, end, new Scope());
    else walker.visitExpression(as + 1, end, new Scope());
  }
  return plainReading("createMacro", "CREATE FUNCTION", true, { ...head, ifNotExists });
}

function readTypeDefinition(
  reader: TokenReader,
  references: References,
  walker: TokenWalker,
  head: CreateHead,
): Reading {
  const ifNotExists = readName(reader, references, "type");
  reader.expect("as");
  if (reader.accept("enum")) walker.visitExpression(reader.position, references.tokens.length, new Scope());
  else if (readType(references, reader.position) !== references.tokens.length) references.doubt();
  return plainReading("createType", "CREATE TYPE", true, { ...head, ifNotExists });
}

/** ALTER TABLE t action, where the action is in DuckDB's own words. */
function readAlter(reader: TokenReader, references: References, walker: TokenWalker): Reading | undefined {
  const kind = reader.acceptAny(["table", "view"]);
  if (kind === undefined) return undefined;
  readNameBehind(references, kind, "alter");
  const ifExists = reader.accept("if", "exists");
  reader.accept("only");
  reader.qualifiedName();
  readReferenced(references, reader.position, references.tokens.length);
  // Types of new columns are user types only where nothing says so: only built-in looking actions are certain.
  readActionType(reader, references);
  walker.visitConstraint(reader.position, references.tokens.length, new Scope());
  return plainReading("alterTable", `ALTER ${kind.toUpperCase()}`, true, { ifExists });
}

/** ADD [COLUMN] [IF NOT EXISTS] a.b type, or ALTER [COLUMN] a [SET DATA] TYPE type. */
function readActionType(reader: TokenReader, references: References): void {
  if (reader.accept("add")) {
    reader.accept("column");
    reader.accept("if", "not", "exists");
  } else if (reader.accept("alter")) reader.accept("column");
  else return;
  reader.qualifiedName();
  reader.accept("set", "data");
  reader.accept("type");
  if (reader.isAt("set") || reader.isAt("drop") || reader.atEnd) return;
  reader.moveTo(readType(references, reader.position) ?? references.tokens.length);
}

function namesBetween(references: References, from: number, close: number): string[] {
  return splitAtCommas(references.tokens, from, close).map(
    ([first]) => references.tokens[first]?.value ?? "",
  );
}

/** COPY … FROM STDIN and COPY … TO STDOUT, in PostgreSQL's present and older option syntax. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { CopyOption, CopyOptionValue, NameReference } from "./analysis.js";
import { characterPosition } from "./lexer.js";
import { sliceTokens, type TokenReader } from "./token-reader.js";

export interface CopyReading {
  readonly direction: "in" | "out";
  readonly target: NameReference | undefined;
  /** The text between the parentheses of COPY (query) TO STDOUT. */
  readonly queryText: string | undefined;
  readonly columns: readonly string[];
  readonly options: readonly CopyOption[];
  /** The condition behind WHERE of COPY … FROM. */
  readonly where: string | undefined;
}

/** Options that stand alone in the older syntax. */
const OLD_FLAGS = ["binary", "csv", "header", "freeze"];
/** Options with a string in the older syntax; AS may stand between, but not before ENCODING's. */
const OLD_VALUES = ["delimiter", "null", "quote", "escape", "encoding"];
const NONE: CopyOptionValue = { kind: "none" };

/** Reads what follows COPY. Throws 42601; 0A000 for files and programs. */
export function readCopy(tokens: TokenReader): CopyReading {
  const binary = readBinary(tokens);
  const source = tokens.isAtSymbol("(") ? readQuery(tokens) : readTable(tokens);
  const isIn = tokens.accept("from");
  if (!isIn) tokens.expect("to");
  if (isIn && source.queryText !== undefined) throw tokens.syntaxError(tokens.position - 1);
  readEndpoint(tokens, isIn ? "stdin" : "stdout");
  const delimiter = source.queryText === undefined ? readDelimiters(tokens) : [];
  const options = [...binary, ...delimiter, ...readOptions(tokens)];
  const where = source.queryText === undefined ? readWhere(tokens, isIn) : undefined;
  tokens.expectEnd();
  const target =
    source.target === undefined ? undefined : ({ ...source.target, role: isIn ? "write" : "read" } as const);
  return { direction: isIn ? "in" : "out", ...source, target, options, where };
}

function option(tokens: TokenReader, name: string, value: CopyOptionValue, index: number): CopyOption {
  const start = tokens.tokens[index]?.start ?? tokens.text.length;
  return { name, value, position: characterPosition(tokens.text, start) };
}

/** `COPY BINARY t …`; a table may have the name, too. */
function readBinary(tokens: TokenReader): CopyOption[] {
  const next = tokens.peek(1);
  const isOption = tokens.isAt("binary") && (next?.kind === "word" || next?.kind === "quoted");
  if (!isOption || tokens.isAt("binary", "from") || tokens.isAt("binary", "to")) return [];
  tokens.next();
  return [option(tokens, "format", { kind: "text", text: "binary" }, tokens.position - 1)];
}

type Source = Pick<CopyReading, "target" | "queryText" | "columns">;

function readQuery(tokens: TokenReader): Source {
  const { open, close } = tokens.parenthesised();
  const queryText = sliceTokens(tokens.text, tokens.tokens, open + 1, close);
  if (queryText === "") throw tokens.syntaxError(close);
  return { target: undefined, queryText, columns: [] };
}

function readTable(tokens: TokenReader): Source {
  const name = tokens.qualifiedName();
  const columns: string[] = [];
  if (tokens.acceptSymbol("(")) {
    do columns.push(tokens.identifier());
    while (tokens.acceptSymbol(","));
    tokens.expectSymbol(")");
  }
  const target: NameReference = { role: "read", ...name, alias: undefined, aliasAt: undefined };
  return { target, queryText: undefined, columns };
}

/** STDIN and STDOUT are the only places data may come from or go to; PostgreSQL takes either word on either side. */
function readEndpoint(tokens: TokenReader, expected: "stdin" | "stdout"): void {
  const isProgram = tokens.accept("program");
  const isStandard = tokens.isAt("stdin") || tokens.isAt("stdout");
  if (isProgram && isStandard) {
    const position = characterPosition(tokens.text, tokens.peek()?.start ?? 0);
    throw new SqlError(SQLSTATE.syntaxError, "STDIN/STDOUT not allowed with PROGRAM", { position });
  }
  if (tokens.peek()?.kind === "string") {
    throw notSupported(
      "COPY to or from files and programs is not supported",
      `Use COPY ... ${expected === "stdin" ? "FROM STDIN" : "TO STDOUT"}; psql's \\copy does so.`,
    );
  }
  if (!isStandard) throw tokens.syntaxError();
  tokens.next();
}

/** `[USING] DELIMITERS 'x'`, older than all the rest. */
function readDelimiters(tokens: TokenReader): CopyOption[] {
  const at = tokens.position;
  if (!tokens.accept("using", "delimiters") && !tokens.accept("delimiters")) return [];
  return [option(tokens, "delimiter", { kind: "text", text: tokens.string() }, at)];
}

function readWhere(tokens: TokenReader, isIn: boolean): string | undefined {
  if (!tokens.isAt("where")) return undefined;
  if (!isIn) {
    const position = characterPosition(tokens.text, tokens.peek()?.start ?? 0);
    throw new SqlError(SQLSTATE.syntaxError, "WHERE clause not allowed with COPY TO", { position });
  }
  tokens.next();
  if (tokens.atEnd) throw tokens.syntaxError();
  const condition = sliceTokens(tokens.text, tokens.tokens, tokens.position, tokens.tokens.length);
  tokens.moveTo(tokens.tokens.length);
  return condition;
}

function readOptions(tokens: TokenReader): CopyOption[] {
  tokens.accept("with");
  return tokens.isAtSymbol("(") ? readList(tokens) : readOldOptions(tokens);
}

/** `(FORMAT csv, HEADER, FORCE_QUOTE (a, b))` */
function readList(tokens: TokenReader): CopyOption[] {
  const options: CopyOption[] = [];
  tokens.expectSymbol("(");
  do {
    const at = tokens.position;
    const name = tokens.identifier();
    options.push(option(tokens, name, readListValue(tokens), at));
  } while (tokens.acceptSymbol(","));
  tokens.expectSymbol(")");
  return options;
}

function readListValue(tokens: TokenReader): CopyOptionValue {
  if (tokens.isAtSymbol(",") || tokens.isAtSymbol(")")) return NONE;
  if (tokens.acceptSymbol("*")) return { kind: "star" };
  if (!tokens.acceptSymbol("(")) return readScalar(tokens);
  const names: string[] = [];
  do {
    const value = readScalar(tokens);
    if (value.kind !== "text") throw tokens.syntaxError(tokens.position - 1);
    names.push(value.text);
  } while (tokens.acceptSymbol(","));
  tokens.expectSymbol(")");
  return { kind: "names", names };
}

function readScalar(tokens: TokenReader): Extract<CopyOptionValue, { kind: "text" | "number" }> {
  const sign = tokens.acceptSymbol("-") ? "-" : tokens.acceptSymbol("+") ? "+" : "";
  const token = tokens.peek();
  if (token?.kind === "number") return { kind: "number", text: `${sign}${tokens.next().value}` };
  const isText = token?.kind === "word" || token?.kind === "quoted" || token?.kind === "string";
  if (!isText || sign !== "") throw tokens.syntaxError();
  return { kind: "text", text: tokens.next().value };
}

function readOldOptions(tokens: TokenReader): CopyOption[] {
  const options: CopyOption[] = [];
  while (!tokens.atEnd && !tokens.isAt("where")) {
    const at = tokens.position;
    const flag = tokens.acceptAny(OLD_FLAGS);
    if (flag === "csv" || flag === "binary")
      options.push(option(tokens, "format", { kind: "text", text: flag }, at));
    else if (flag !== undefined) options.push(option(tokens, flag, NONE, at));
    else if (tokens.accept("force")) options.push(readOldForce(tokens, at));
    else options.push(readOldValue(tokens, at));
  }
  return options;
}

function readOldValue(tokens: TokenReader, at: number): CopyOption {
  const name = tokens.acceptAny(OLD_VALUES);
  if (name === undefined) throw tokens.syntaxError();
  if (name !== "encoding") tokens.accept("as");
  return option(tokens, name, { kind: "text", text: tokens.string() }, at);
}

/** FORCE QUOTE, FORCE NULL and FORCE NOT NULL with a list of columns; FORCE QUOTE also with `*`. */
function readOldForce(tokens: TokenReader, at: number): CopyOption {
  const isNot = tokens.accept("not");
  const what = isNot ? "not_null" : tokens.acceptAny(["quote", "null"]);
  if (isNot) tokens.expect("null");
  if (what === undefined) throw tokens.syntaxError();
  if (what === "quote" && tokens.acceptSymbol("*"))
    return option(tokens, "force_quote", { kind: "star" }, at);
  const names: string[] = [];
  do names.push(tokens.identifier());
  while (tokens.acceptSymbol(","));
  return option(tokens, `force_${what}`, { kind: "names", names }, at);
}

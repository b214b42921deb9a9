/** COPY … FROM STDIN and COPY … TO STDOUT, in PostgreSQL's present and older option syntax. */
import { notSupported } from "../core/errors.js";
import type { NameReference } from "./analysis.js";
import { sliceTokens, type TokenReader } from "./token-reader.js";

export interface CopyReading {
  readonly direction: "in" | "out";
  readonly target: NameReference | undefined;
  /** The text between the parentheses of COPY (query) TO STDOUT. */
  readonly queryText: string | undefined;
  readonly columns: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

/** Options that stand alone in the older syntax. */
const OLD_FLAGS = ["binary", "csv", "header", "freeze"];
/** Options with a string in the older syntax; AS may stand between. */
const OLD_VALUES = ["delimiter", "delimiters", "null", "quote", "escape", "encoding", "default"];

/** Reads what follows COPY. Throws 42601; 0A000 for files and programs. */
export function readCopy(tokens: TokenReader): CopyReading {
  const isBinary = tokens.isAt("binary") && tokens.peek(1)?.kind !== "symbol" && tokens.accept("binary");
  const source = tokens.isAtSymbol("(") ? readQuery(tokens) : readTable(tokens);
  const isIn = tokens.accept("from");
  if (!isIn) tokens.expect("to");
  if (isIn && source.queryText !== undefined) throw tokens.syntaxError(tokens.position - 1);
  readEndpoint(tokens, isIn ? "stdin" : "stdout");
  const options = readOptions(tokens);
  if (isBinary) options.set("format", "binary");
  if (tokens.isAt("where")) throw notSupported("COPY ... FROM ... WHERE is not supported");
  tokens.expectEnd();
  const target =
    source.target === undefined ? undefined : ({ ...source.target, role: isIn ? "write" : "read" } as const);
  return { direction: isIn ? "in" : "out", ...source, target, options };
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
  const isFile = tokens.peek()?.kind === "string" || tokens.isAt("program");
  if (isFile) {
    throw notSupported(
      "COPY to or from files and programs is not supported",
      `Use COPY ... ${expected === "stdin" ? "FROM STDIN" : "TO STDOUT"}; psql's \\copy does so.`,
    );
  }
  if (tokens.acceptAny(["stdin", "stdout"]) === undefined) throw tokens.syntaxError();
}

function readOptions(tokens: TokenReader): Map<string, string> {
  tokens.accept("with");
  return tokens.isAtSymbol("(") ? readList(tokens) : readOldOptions(tokens);
}

/** `(FORMAT csv, HEADER, FORCE_QUOTE (a, b))` */
function readList(tokens: TokenReader): Map<string, string> {
  const options = new Map<string, string>();
  tokens.expectSymbol("(");
  do {
    const name = tokens.identifier().toLowerCase();
    if (options.has(name)) throw tokens.syntaxError(tokens.position - 1);
    options.set(name, readListValue(tokens));
  } while (tokens.acceptSymbol(","));
  tokens.expectSymbol(")");
  return options;
}

function readListValue(tokens: TokenReader): string {
  if (tokens.isAtSymbol(",") || tokens.isAtSymbol(")")) return "true";
  if (!tokens.isAtSymbol("(")) return tokens.next().value;
  const { open, close } = tokens.parenthesised();
  return tokens.listTexts(open + 1, close).join(", ");
}

function readOldOptions(tokens: TokenReader): Map<string, string> {
  const options = new Map<string, string>();
  while (!tokens.atEnd && !tokens.isAt("where")) {
    const flag = tokens.acceptAny(OLD_FLAGS);
    if (flag === "csv" || flag === "binary") options.set("format", flag);
    else if (flag !== undefined) options.set(flag, "true");
    else if (tokens.accept("force")) readOldForce(tokens, options);
    else {
      const name = tokens.acceptAny(OLD_VALUES);
      if (name === undefined) throw tokens.syntaxError();
      tokens.accept("as");
      options.set(name === "delimiters" ? "delimiter" : name, tokens.string());
    }
  }
  return options;
}

/** FORCE QUOTE, FORCE NULL and FORCE NOT NULL with a list of columns or `*`. */
function readOldForce(tokens: TokenReader, options: Map<string, string>): void {
  const isNot = tokens.accept("not");
  const what = isNot ? "not_null" : tokens.acceptAny(["quote", "null"]);
  if (isNot) tokens.expect("null");
  if (what === undefined) throw tokens.syntaxError();
  if (tokens.acceptSymbol("*")) options.set(`force_${what}`, "*");
  else {
    const columns: string[] = [];
    do columns.push(tokens.identifier());
    while (tokens.acceptSymbol(","));
    options.set(`force_${what}`, columns.join(", "));
  }
}

/**
 * DO blocks that only raise messages: what tests of notices and migration scripts send. There is no procedural language
 * behind it; every other block is refused whole, before anything of it happened.
 */
import { notSupported, SQLSTATE, SqlError, type SqlState } from "../core/errors.js";
import type { SessionStatement } from "./analysis.js";
import type { RaisedMessage } from "./raised-message.js";
import { isWord, TokenReader } from "./token-reader.js";

const LEVELS = ["debug", "log", "info", "notice", "warning", "exception"] as const;
const OPTIONS = ["message", "detail", "hint", "errcode"] as const;

/** Behind DO. Errors: 0A000 for any other block, 42601 for a RAISE whose parameters do not fit its format. */
export function readDo(tokens: TokenReader): SessionStatement {
  readLanguage(tokens);
  const body = tokens.string();
  readLanguage(tokens);
  const reader = new TokenReader(body);
  if (!reader.accept("begin")) throw otherBlock();
  const messages: RaisedMessage[] = [];
  while (!reader.accept("end")) {
    if (!reader.accept("null")) messages.push(readRaise(reader));
    if (!reader.acceptSymbol(";")) throw otherBlock();
  }
  reader.acceptSymbol(";");
  if (!reader.atEnd) throw otherBlock();
  return { verb: "do", messages };
}

function readLanguage(tokens: TokenReader): void {
  if (!tokens.accept("language")) return;
  const name = tokens.identifier();
  if (name !== "plpgsql") throw new SqlError(SQLSTATE.undefinedObject, `language "${name}" does not exist`);
}

function readRaise(reader: TokenReader): RaisedMessage {
  const line = lineOf(reader);
  if (!reader.accept("raise")) throw otherBlock();
  const level = reader.acceptAny(LEVELS) ?? "exception";
  const format = reader.peek()?.kind === "string" ? reader.string() : undefined;
  const values: string[] = [];
  while (reader.acceptSymbol(",")) values.push(readValue(reader));
  const options = readOptions(reader);
  const message = options.get("message") ?? (format === undefined ? undefined : formatted(format, values));
  if (message === undefined) throw otherBlock();
  return {
    level: LEVELS.find((known) => known === level) ?? "exception",
    message,
    detail: options.get("detail"),
    hint: options.get("hint"),
    code: codeOf(options.get("errcode")),
    line,
  };
}

/** `USING DETAIL = 'text', ERRCODE = '23505'` */
function readOptions(reader: TokenReader): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  if (!reader.accept("using")) return options;
  do {
    const name = reader.acceptAny(OPTIONS);
    if (name === undefined || !(reader.acceptSymbol("=") || reader.acceptSymbol(":="))) throw otherBlock();
    options.set(name, readValue(reader));
  } while (reader.acceptSymbol(","));
  return options;
}

/** A literal as RAISE shows it; expressions would need somebody to compute them. */
function readValue(reader: TokenReader): string {
  const token = reader.next();
  const behind = reader.peek();
  const isAlone = behind?.value === ";" || behind?.value === "," || isWord(behind, "using");
  if (isAlone && (token.kind === "string" || token.kind === "number")) return token.value;
  if (isAlone && isWord(token, "null")) return "<NULL>";
  throw otherBlock();
}

function formatted(format: string, values: readonly string[]): string {
  const rest = [...values];
  const text = format.replaceAll(/%%|%/g, (found) => {
    if (found === "%%") return "%";
    const value = rest.shift();
    if (value === undefined) throw wrongCount("few");
    return value;
  });
  if (rest.length > 0) throw wrongCount("many");
  return text;
}

function wrongCount(what: "few" | "many"): SqlError {
  return new SqlError(SQLSTATE.syntaxError, `too ${what} parameters specified for RAISE`);
}

function codeOf(text: string | undefined): SqlState | undefined {
  if (text === undefined) return undefined;
  const code = Object.values(SQLSTATE).find((known) => known === text);
  if (code === undefined) throw notSupported(`RAISE with the error code "${text}" is not supported`);
  return code;
}

/** Of the next token in the block, counted from 1. */
function lineOf(reader: TokenReader): number {
  return reader.text.slice(0, reader.peek()?.start).split("\n").length;
}

function otherBlock(): SqlError {
  return notSupported(
    "DO is not supported",
    "a block that only raises messages is: BEGIN RAISE NOTICE 'text'; END",
  );
}

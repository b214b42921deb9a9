/** SET, SHOW and RESET. Which settings exist, and what they do, is the session's business. */
import { notSupported } from "../core/errors.js";
import type { SessionStatement } from "./analysis.js";
import type { TokenReader } from "./token-reader.js";
import { readTransactionModes } from "./transaction-modes.js";

type SetValues = readonly string[] | "default";

/** Settings that are written with words of their own instead of a name. */
const SPOKEN_NAMES: readonly (readonly [words: readonly string[], name: string])[] = [
  [["time", "zone"], "timezone"],
  [["session", "authorization"], "session_authorization"],
  [["transaction", "isolation", "level"], "transaction_isolation"],
  [["xml", "option"], "xmloption"],
];

/** Reads what follows SET. */
export function readSet(tokens: TokenReader): SessionStatement {
  if (tokens.accept("session", "characteristics", "as", "transaction")) return readCharacteristics(tokens);
  if (tokens.accept("transaction")) return readSetTransaction(tokens);
  if (tokens.accept("constraints")) return readConstraints(tokens);
  if (tokens.isAt("variable")) throw notSupported("SET VARIABLE is not supported");
  const local = readScope(tokens);
  if (local && tokens.accept("transaction")) return readSetTransaction(tokens);
  const [name, values] = readAssignment(tokens);
  return { verb: "set", name, values, local };
}

/** SESSION, LOCAL and DuckDB's GLOBAL are scopes only when a setting's name follows. */
function readScope(tokens: TokenReader): boolean {
  const next = tokens.peek(1);
  const isFollowedByName = next?.kind === "word" && next.value !== "to" && next.value !== "authorization";
  if (!isFollowedByName) return false;
  if (tokens.isAt("global")) throw notSupported("SET GLOBAL is not supported");
  return tokens.acceptAny(["session", "local"]) === "local";
}

function readSetTransaction(tokens: TokenReader): SessionStatement {
  if (tokens.atEnd) throw tokens.syntaxError();
  return { verb: "setTransaction", modes: readTransactionModes(tokens) };
}

function readCharacteristics(tokens: TokenReader): SessionStatement {
  if (tokens.atEnd) throw tokens.syntaxError();
  return { verb: "setTransactionDefaults", modes: readTransactionModes(tokens) };
}

function readConstraints(tokens: TokenReader): SessionStatement {
  const names: string[] = [];
  if (!tokens.accept("all")) {
    do names.push(tokens.qualifiedName().parts.at(-1) ?? "");
    while (tokens.acceptSymbol(","));
  }
  const mode = tokens.acceptAny(["deferred", "immediate"]);
  if (mode === undefined) throw tokens.syntaxError();
  return { verb: "setConstraints", names, deferred: mode === "deferred" };
}

function readAssignment(tokens: TokenReader): [name: string, values: SetValues] {
  if (tokens.accept("time", "zone")) return ["timezone", readTimeZone(tokens)];
  if (tokens.accept("session", "authorization")) return ["session_authorization", readValues(tokens)];
  if (tokens.accept("names")) return ["client_encoding", tokens.atEnd ? "default" : readValues(tokens)];
  for (const [word, name] of [
    ["role", "role"],
    ["schema", "search_path"],
  ] as const) {
    const isBare = tokens.isAt(word) && !tokens.isAtSymbol("=", 1) && tokens.peek(1)?.value !== "to";
    if (isBare && tokens.accept(word)) return [name, readValues(tokens)];
  }
  if (tokens.accept("xml", "option")) return ["xmloption", readValues(tokens)];
  const name = readSettingName(tokens);
  if (!tokens.acceptSymbol("=")) tokens.expect("to");
  return [name, readValues(tokens)];
}

function readTimeZone(tokens: TokenReader): SetValues {
  if (tokens.accept("local")) return "default";
  if (!tokens.accept("interval")) return readValues(tokens);
  const value = tokens.string();
  if (tokens.accept("hour")) tokens.expect("to", "minute");
  return [`INTERVAL '${value}'`];
}

function readValues(tokens: TokenReader): SetValues {
  if (tokens.accept("default")) return "default";
  const values = [readValue(tokens)];
  while (tokens.acceptSymbol(",")) values.push(readValue(tokens));
  return values;
}

function readValue(tokens: TokenReader): string {
  const sign = tokens.acceptSymbol("-") ? "-" : "";
  if (sign === "") tokens.acceptSymbol("+");
  const token = tokens.peek();
  const isNumber = token?.kind === "number";
  const isText = token?.kind === "string" || token?.kind === "word" || token?.kind === "quoted";
  if (!isNumber && (sign !== "" || !isText)) throw tokens.syntaxError();
  return sign + tokens.next().value;
}

/** Custom settings have dots: `app.user_id`. */
function readSettingName(tokens: TokenReader): string {
  return tokens.qualifiedName().parts.join(".");
}

/** Reads what follows SHOW. */
export function readShow(tokens: TokenReader): SessionStatement {
  if (tokens.accept("all", "tables")) return { verb: "show", name: "all tables" };
  return { verb: "show", name: readSpokenName(tokens) };
}

/** Reads what follows RESET. */
export function readReset(tokens: TokenReader): SessionStatement {
  return { verb: "reset", name: readSpokenName(tokens) };
}

function readSpokenName(tokens: TokenReader): string {
  for (const [words, name] of SPOKEN_NAMES) if (tokens.accept(...words)) return name;
  return readSettingName(tokens);
}

/**
 * Statements about the session: recognised by their first words, read by hand, never sent to a parser or to DuckDB.
 */
import type { SessionStatement } from "./analysis.js";
import { readClose, readFetch } from "./cursor-grammar.js";
import { readAnalyze, readCluster, readLock, readReindex, readVacuum } from "./maintenance-grammar.js";
import { readDo } from "./raise-grammar.js";
import { readReset, readSet, readShow } from "./setting-grammar.js";
import { sliceTokens, type TokenReader } from "./token-reader.js";
import { readTransactionModes } from "./transaction-modes.js";

type Reader = (tokens: TokenReader) => SessionStatement;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["begin", (tokens) => readBegin(tokens)],
  ["start", (tokens) => readStart(tokens)],
  ["commit", (tokens) => readEnd(tokens, "commit")],
  ["end", (tokens) => readEnd(tokens, "commit")],
  ["abort", (tokens) => readEnd(tokens, "rollback")],
  ["rollback", (tokens) => readRollback(tokens)],
  ["savepoint", (tokens) => ({ verb: "savepoint", name: tokens.identifier() })],
  ["release", (tokens) => readRelease(tokens)],
  ["set", readSet],
  ["show", readShow],
  ["reset", readReset],
  ["discard", (tokens) => readDiscard(tokens)],
  ["prepare", (tokens) => readPrepare(tokens)],
  ["execute", (tokens) => readExecute(tokens)],
  ["deallocate", (tokens) => readDeallocate(tokens)],
  ["listen", (tokens) => ({ verb: "listen", channel: tokens.identifier(), payload: "" })],
  ["unlisten", (tokens) => readUnlisten(tokens)],
  ["notify", (tokens) => readNotify(tokens)],
  ["fetch", (tokens) => readFetch(tokens, false)],
  ["move", (tokens) => readFetch(tokens, true)],
  ["close", readClose],
  ["vacuum", readVacuum],
  ["analyze", readAnalyze],
  ["analyse", readAnalyze],
  ["cluster", readCluster],
  ["reindex", readReindex],
  ["lock", readLock],
  ["do", readDo],
  ["checkpoint", () => ({ verb: "maintenance", tag: "CHECKPOINT", relations: [], outsideBlock: false })],
]);

/** Reads a session statement; undefined when the text is none. Throws 42601, or 0A000 for forms that are refused. */
export function readSessionStatement(tokens: TokenReader): SessionStatement | undefined {
  const first = tokens.peek();
  if (first?.kind !== "word") return undefined;
  if (tokens.accept("create", "extension")) return readCreateExtension(tokens);
  const reader = READERS.get(first.value);
  if (reader === undefined) return undefined;
  tokens.next();
  const statement = reader(tokens);
  tokens.expectEnd();
  return statement;
}

/** What follows the name, a schema or a version, changes nothing in the answer. */
function readCreateExtension(tokens: TokenReader): SessionStatement {
  const ifNotExists = tokens.accept("if", "not", "exists");
  const name = tokens.identifier();
  tokens.moveTo(tokens.tokens.length);
  return { verb: "createExtension", name, ifNotExists };
}

function readBegin(tokens: TokenReader): SessionStatement {
  tokens.acceptAny(["work", "transaction"]);
  return { verb: "begin", tag: "BEGIN", modes: readTransactionModes(tokens) };
}

function readStart(tokens: TokenReader): SessionStatement {
  tokens.expect("transaction");
  return { verb: "begin", tag: "START TRANSACTION", modes: readTransactionModes(tokens) };
}

function readEnd(tokens: TokenReader, verb: "commit" | "rollback"): SessionStatement {
  const tag = verb === "commit" ? "COMMIT PREPARED" : "ROLLBACK PREPARED";
  if (tokens.accept("prepared")) return { verb: "finishPrepared", tag, identifier: tokens.string() };
  tokens.acceptAny(["work", "transaction"]);
  return { verb, chain: readChain(tokens) };
}

function readChain(tokens: TokenReader): boolean {
  if (!tokens.accept("and")) return false;
  const isChained = !tokens.accept("no");
  tokens.expect("chain");
  return isChained;
}

function readRollback(tokens: TokenReader): SessionStatement {
  const start = tokens.position;
  tokens.acceptAny(["work", "transaction"]);
  if (tokens.accept("to")) {
    if (tokens.isAt("savepoint") && tokens.peek(1) !== undefined) tokens.next();
    return { verb: "rollbackTo", name: tokens.identifier() };
  }
  tokens.moveTo(start);
  return readEnd(tokens, "rollback");
}

function readRelease(tokens: TokenReader): SessionStatement {
  if (tokens.isAt("savepoint") && tokens.peek(1) !== undefined) tokens.next();
  return { verb: "releaseSavepoint", name: tokens.identifier() };
}

function readDiscard(tokens: TokenReader): SessionStatement {
  const what = tokens.acceptAny(["all", "plans", "temporary", "temp", "sequences"]);
  switch (what) {
    case "all":
    case "plans":
    case "temp":
    case "sequences":
      return { verb: "discard", what };
    case "temporary":
      return { verb: "discard", what: "temp" };
    default:
      throw tokens.syntaxError();
  }
}

function readPrepare(tokens: TokenReader): SessionStatement {
  if (tokens.isAt("transaction") && tokens.peek(1)?.kind === "string") {
    tokens.moveTo(tokens.position + 2);
    return { verb: "prepareTransaction" };
  }
  const name = tokens.identifier();
  let typeNames: string[] = [];
  if (tokens.isAtSymbol("(")) {
    const { open, close } = tokens.parenthesised();
    typeNames = tokens.listTexts(open + 1, close);
  }
  tokens.expect("as");
  const body = sliceTokens(tokens.text, tokens.tokens, tokens.position, tokens.tokens.length);
  const first = tokens.peek();
  if (body === "" || (first?.kind === "word" && READERS.has(first.value))) throw tokens.syntaxError();
  tokens.moveTo(tokens.tokens.length);
  const text = sliceTokens(tokens.text, tokens.tokens, 0, tokens.tokens.length);
  return { verb: "prepare", name, typeNames, body, text };
}

function readExecute(tokens: TokenReader): SessionStatement {
  const name = tokens.identifier();
  if (!tokens.isAtSymbol("(")) return { verb: "execute", name, argumentTexts: [] };
  const { open, close } = tokens.parenthesised();
  const argumentTexts = tokens.listTexts(open + 1, close);
  if (argumentTexts.includes("")) throw tokens.syntaxError(close);
  return { verb: "execute", name, argumentTexts };
}

function readDeallocate(tokens: TokenReader): SessionStatement {
  if (tokens.isAt("prepare") && tokens.peek(1) !== undefined) tokens.next();
  return { verb: "deallocate", name: tokens.accept("all") ? undefined : tokens.identifier() };
}

function readUnlisten(tokens: TokenReader): SessionStatement {
  return { verb: "unlisten", channel: tokens.acceptSymbol("*") ? "*" : tokens.identifier(), payload: "" };
}

function readNotify(tokens: TokenReader): SessionStatement {
  const channel = tokens.identifier();
  return { verb: "notify", channel, payload: tokens.acceptSymbol(",") ? tokens.string() : "" };
}

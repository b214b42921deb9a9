/** The transaction modes of BEGIN, START TRANSACTION and SET TRANSACTION. */
import { notSupported } from "../core/errors.js";
import type { IsolationRequest, TransactionModes } from "./analysis.js";
import type { TokenReader } from "./token-reader.js";

/** Reads modes in any order, with or without commas, up to the end of the statement. */
export function readTransactionModes(tokens: TokenReader): TransactionModes {
  let access: IsolationRequest | undefined;
  let isolation: string | undefined;
  let deferrable: boolean | undefined;
  while (!tokens.atEnd) {
    if (tokens.accept("isolation", "level")) isolation = readLevel(tokens);
    else if (tokens.accept("read", "only")) access = "read only";
    else if (tokens.accept("read", "write")) access = "read write";
    else if (tokens.isAt("snapshot")) throw notSupported("SET TRANSACTION SNAPSHOT is not supported");
    else if (tokens.accept("not", "deferrable")) deferrable = false;
    else {
      tokens.expect("deferrable");
      deferrable = true;
    }
    if (tokens.acceptSymbol(",") && tokens.atEnd) throw tokens.syntaxError();
  }
  return { access, isolation, deferrable };
}

function readLevel(tokens: TokenReader): string {
  if (tokens.accept("serializable")) return "serializable";
  if (tokens.accept("repeatable", "read")) return "repeatable read";
  if (tokens.accept("read", "committed")) return "read committed";
  tokens.expect("read", "uncommitted");
  return "read uncommitted";
}

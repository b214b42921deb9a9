/** MERGE BRANCH name [INTO head] [USING strategy] [EXCEPT strategy FOR t, … [, EXCEPT …]] [WITH (…)] */
import type { BranchCommand, TableStrategy } from "./branch-command.js";
import { readBranchName, readOptions } from "./branch-grammar-parts.js";
import type { TokenReader } from "./token-reader.js";

export function readMerge(tokens: TokenReader, verb: "merge" | "explainMerge"): BranchCommand {
  const name = readBranchName(tokens);
  const into = tokens.accept("into") ? readBranchName(tokens) : undefined;
  const strategy = tokens.accept("using") ? readBranchName(tokens) : undefined;
  const exceptions = readExceptions(tokens);
  const options = tokens.accept("with") ? readOptions(tokens) : [];
  return { shape: "statement", functionName: undefined, verb, name, into, strategy, exceptions, options };
}

function readExceptions(tokens: TokenReader): TableStrategy[] {
  const exceptions: TableStrategy[] = [];
  while (tokens.accept("except")) {
    const strategy = readBranchName(tokens);
    tokens.expect("for");
    do exceptions.push({ table: tokens.qualifiedName().parts, strategy });
    while (tokens.isAtSymbol(",") && !isException(tokens) && tokens.acceptSymbol(","));
    if (isException(tokens)) tokens.acceptSymbol(",");
  }
  return exceptions;
}

/** `, EXCEPT strategy FOR` begins the next exception; a table called except must be quoted. */
function isException(tokens: TokenReader): boolean {
  const word = tokens.peek(1);
  return tokens.isAtSymbol(",") && word?.kind === "word" && word.value === "except";
}

/** MERGE BRANCH name [INTO head] [USING strategy] [EXCEPT strategy FOR [SCHEMA | COLUMN] t, … [, EXCEPT …]] [WITH (…)] */
import type { BranchCommand, MergeException } from "./branch-command.js";
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

function readExceptions(tokens: TokenReader): MergeException[] {
  const exceptions: MergeException[] = [];
  while (tokens.accept("except")) {
    const strategy = readBranchName(tokens);
    tokens.expect("for");
    do {
      const of = readKind(tokens);
      const { parts: table } = tokens.qualifiedName();
      exceptions.push(of === undefined ? { table, strategy } : { table, strategy, of });
    } while (tokens.isAtSymbol(",") && !isException(tokens) && tokens.acceptSymbol(","));
    if (isException(tokens)) tokens.acceptSymbol(",");
  }
  return exceptions;
}

/** SCHEMA name or COLUMN table.name; a table may be called so, too. */
function readKind(tokens: TokenReader): MergeException["of"] {
  const next = tokens.peek(1);
  const isName =
    next?.kind === "quoted" || (next?.kind === "word" && !["except", "with"].includes(next.value));
  if (!isName) return undefined;
  if (tokens.accept("schema")) return "schema";
  return tokens.accept("column") ? "column" : undefined;
}

/** `, EXCEPT strategy FOR` begins the next exception; a table called except must be quoted. */
function isException(tokens: TokenReader): boolean {
  const word = tokens.peek(1);
  return tokens.isAtSymbol(",") && word?.kind === "word" && word.value === "except";
}

/**
 * The branch statements of the README, by recursive descent over tokens. Names and options are only read here: whether
 * a branch, strategy or option exists is the branch service's to say.
 */
import type { Argument, BranchCommand, TableName } from "./branch-command.js";
import {
  readBranchName,
  readMergeId,
  readOptions,
  readPage,
  readTableStrategies,
  readWord,
} from "./branch-grammar-parts.js";
import { readMerge } from "./branch-merge-grammar.js";
import type { TokenReader } from "./token-reader.js";

type Reader = (tokens: TokenReader) => BranchCommand;

const STATEMENT = { shape: "statement", functionName: undefined } as const;

/** By their first words; no beginning is part of another, and DISCARD is another word for DROP. */
const STATEMENTS: readonly (readonly [words: readonly string[], read: Reader])[] = [
  [["create", "branch"], readCreate],
  [["use", "branch"], (tokens) => ({ ...STATEMENT, verb: "use", name: readBranchName(tokens) })],
  [["show", "branches"], (tokens) => ({ ...STATEMENT, verb: "list", page: readPage(tokens) })],
  [
    ["show", "expiring", "branches"],
    (tokens) => ({
      ...STATEMENT,
      verb: "expiring",
      within: tokens.accept("within") ? readBranchName(tokens) : undefined,
      page: readPage(tokens),
    }),
  ],
  [
    ["keep", "branch"],
    (tokens) => ({
      ...STATEMENT,
      verb: "keep",
      newName: tokens.accept("as") ? readBranchName(tokens) : undefined,
    }),
  ],
  [["describe", "branch"], (tokens) => ({ ...STATEMENT, verb: "describe", name: readBranchName(tokens) })],
  [["diff", "branch"], readDiff],
  [["explain", "merge", "branch"], (tokens) => readMerge(tokens, "explainMerge")],
  [["merge", "branch"], (tokens) => readMerge(tokens, "merge")],
  [["resolve", "merge"], readResolve],
  [["abandon", "merge"], (tokens) => ({ ...STATEMENT, verb: "abandon", mergeId: readMergeId(tokens) })],
  [["undo", "merge"], readUndo],
  [["alter", "branch"], readAlter],
  [["drop", "branch"], readDrop],
  [["discard", "branch"], readDrop],
  [["undelete", "branch"], readUndelete],
  [["grant", "read", "on", "branch"], (tokens) => readGrant(tokens, "grant", "read")],
  [["grant", "write", "on", "branch"], (tokens) => readGrant(tokens, "grant", "write")],
  [["revoke", "read", "on", "branch"], (tokens) => readGrant(tokens, "revoke", "read")],
  [["revoke", "write", "on", "branch"], (tokens) => readGrant(tokens, "revoke", "write")],
];

/** Reads a branch statement; undefined when the text is none. Throws 42601 with a position. */
export function readBranchStatement(tokens: TokenReader): BranchCommand | undefined {
  for (const [words, read] of STATEMENTS) {
    if (!tokens.isAt(...words)) continue;
    // A table may be called branch: DESCRIBE branch.
    if (words[0] === "describe" && tokens.tokens.length === 2) return undefined;
    tokens.accept(...words);
    const command = read(tokens);
    tokens.expectEnd();
    return command;
  }
  return undefined;
}

function readCreate(tokens: TokenReader): BranchCommand {
  const ifNotExists = tokens.accept("if", "not", "exists");
  const name = readBranchName(tokens);
  const parent = tokens.accept("from") ? readBranchName(tokens) : undefined;
  const options = tokens.accept("with") ? readOptions(tokens) : [];
  return { ...STATEMENT, verb: "create", name, parent, ifNotExists, options };
}

/** UNDO MERGE id [USING strategy] */
function readUndo(tokens: TokenReader): BranchCommand {
  const mergeId = readMergeId(tokens);
  const strategy = tokens.accept("using") ? readBranchName(tokens) : undefined;
  return { ...STATEMENT, verb: "undo", mergeId, strategy };
}

function readDiff(tokens: TokenReader): BranchCommand {
  const name = readBranchName(tokens);
  const against = tokens.accept("against") ? readBranchName(tokens) : undefined;
  const table: TableName | undefined = tokens.accept("table") ? tokens.qualifiedName().parts : undefined;
  return { ...STATEMENT, verb: "diff", name, against, table };
}

function readResolve(tokens: TokenReader): BranchCommand {
  const mergeId = readMergeId(tokens);
  tokens.expect("with");
  const resolutions = readTableStrategies(tokens);
  return { ...STATEMENT, verb: "resolve", mergeId, resolutions, resolutionsJson: undefined };
}

function readAlter(tokens: TokenReader): BranchCommand {
  const name: Argument = readBranchName(tokens);
  const action = readWord(tokens, ["set", "rename", "protect", "unprotect"]);
  switch (action) {
    case "set":
      return { ...STATEMENT, verb: "alterSet", name, options: readOptions(tokens) };
    case "rename":
      tokens.expect("to");
      return { ...STATEMENT, verb: "rename", name, newName: readBranchName(tokens) };
    case "protect":
    case "unprotect":
      break;
  }
  return { ...STATEMENT, verb: action, name };
}

function readDrop(tokens: TokenReader): BranchCommand {
  const ifExists = tokens.accept("if", "exists");
  const name = readBranchName(tokens);
  const cascade = tokens.accept("cascade");
  return { ...STATEMENT, verb: "drop", name, ifExists, cascade, immediate: tokens.accept("immediate") };
}

/** UNDELETE BRANCH name [AS name] [WITH (ttl '…')] */
function readUndelete(tokens: TokenReader): BranchCommand {
  const name = readBranchName(tokens);
  const newName = tokens.accept("as") ? readBranchName(tokens) : undefined;
  const options = tokens.accept("with") ? readOptions(tokens) : [];
  return { ...STATEMENT, verb: "undelete", name, newName, options };
}

/** … name TO who, … name FROM who */
function readGrant(
  tokens: TokenReader,
  verb: "grant" | "revoke",
  privilege: "read" | "write",
): BranchCommand {
  const name = readBranchName(tokens);
  tokens.expect(verb === "grant" ? "to" : "from");
  return { ...STATEMENT, verb, name, privilege, grantee: readBranchName(tokens) };
}

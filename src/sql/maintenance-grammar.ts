/** VACUUM, ANALYZE, CLUSTER, REINDEX, CHECKPOINT and LOCK TABLE: what is there, and which tables they name. */
import type { SessionStatement } from "./analysis.js";
import type { TokenReader } from "./token-reader.js";

type Maintenance = Extract<SessionStatement, { readonly verb: "maintenance" }>;

const VACUUM_WORDS = ["full", "freeze", "verbose", "analyze", "analyse"];
const LOCK_MODES: readonly (readonly string[])[] = [
  ["access", "share"],
  ["row", "share"],
  ["row", "exclusive"],
  ["share", "update", "exclusive"],
  ["share", "row", "exclusive"],
  ["share"],
  ["exclusive"],
  ["access", "exclusive"],
];

export function readVacuum(tokens: TokenReader): Maintenance {
  skipOptions(tokens);
  while (tokens.acceptAny(VACUUM_WORDS) !== undefined);
  return { verb: "maintenance", tag: "VACUUM", relations: readRelations(tokens), outsideBlock: true };
}

export function readAnalyze(tokens: TokenReader): Maintenance {
  skipOptions(tokens);
  tokens.accept("verbose");
  return { verb: "maintenance", tag: "ANALYZE", relations: readRelations(tokens), outsideBlock: false };
}

export function readCluster(tokens: TokenReader): Maintenance {
  skipOptions(tokens);
  tokens.accept("verbose");
  const relations = tokens.atEnd ? [] : [tokens.qualifiedName().parts];
  if (relations.length > 0 && tokens.accept("using")) tokens.identifier();
  return { verb: "maintenance", tag: "CLUSTER", relations, outsideBlock: relations.length === 0 };
}

export function readReindex(tokens: TokenReader): Maintenance {
  skipOptions(tokens);
  const what = tokens.acceptAny(["table", "index", "schema", "database", "system"]);
  if (what === undefined) throw tokens.syntaxError();
  const concurrently = tokens.accept("concurrently");
  const name = tokens.qualifiedName().parts;
  const isOfMany = what !== "table" && what !== "index";
  return {
    verb: "maintenance",
    tag: "REINDEX",
    relations: what === "table" ? [name] : [],
    outsideBlock: concurrently || isOfMany,
  };
}

export function readLock(tokens: TokenReader): SessionStatement {
  tokens.accept("table");
  const relations = [readLocked(tokens)];
  while (tokens.acceptSymbol(",")) relations.push(readLocked(tokens));
  let mode = "access exclusive";
  if (tokens.accept("in")) {
    const words = LOCK_MODES.find((candidate) => tokens.accept(...candidate));
    if (words === undefined) throw tokens.syntaxError();
    mode = words.join(" ");
    tokens.expect("mode");
  }
  return { verb: "lock", relations, mode, nowait: tokens.accept("nowait") };
}

function readLocked(tokens: TokenReader): readonly string[] {
  tokens.accept("only");
  const { parts } = tokens.qualifiedName();
  tokens.acceptSymbol("*");
  return parts;
}

function skipOptions(tokens: TokenReader): void {
  if (tokens.isAtSymbol("(")) tokens.parenthesised();
}

function readRelations(tokens: TokenReader): (readonly string[])[] {
  const relations: (readonly string[])[] = [];
  while (!tokens.atEnd) {
    relations.push(tokens.qualifiedName().parts);
    if (tokens.isAtSymbol("(")) tokens.parenthesised();
    if (!tokens.acceptSymbol(",")) break;
  }
  return relations;
}

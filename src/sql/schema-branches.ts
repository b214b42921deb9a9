/**
 * Branches as HatiData's tools say them: a schema is made, a view of each of main's tables in it, and it is dropped.
 * Anything else said of such a schema is nobody's here, and is refused where it would be planned.
 */
import type { BranchCommand } from "./branch-command.js";
import { value } from "./branch-grammar-parts.js";
import { isName, type TokenReader } from "./token-reader.js";

const STATEMENT = { shape: "statement", functionName: undefined } as const;
const SCHEMA = /^branch_[0-9a-f]{12}$/;

/** Reads one of them; undefined, and nothing read, when the text is none. */
export function readSchemaBranch(tokens: TokenReader): BranchCommand | undefined {
  const start = tokens.position;
  const command = readMade(tokens) ?? readDropped(tokens) ?? readShown(tokens);
  if (command !== undefined && tokens.atEnd) return command;
  tokens.moveTo(start);
  return undefined;
}

/** CREATE SCHEMA [IF NOT EXISTS] "branch_0123456789ab" */
function readMade(tokens: TokenReader): BranchCommand | undefined {
  if (!tokens.accept("create", "schema")) return undefined;
  const ifNotExists = tokens.accept("if", "not", "exists");
  const schema = readSchema(tokens);
  if (schema === undefined) return undefined;
  const names = { name: value(schema), parent: value("main") };
  return { ...STATEMENT, verb: "create", ...names, ifNotExists, options: [], asSchema: true };
}

/** DROP SCHEMA [IF EXISTS] "branch_0123456789ab" CASCADE: what is in it goes, not branches made from it. */
function readDropped(tokens: TokenReader): BranchCommand | undefined {
  if (!tokens.accept("drop", "schema")) return undefined;
  const ifExists = tokens.accept("if", "exists");
  const schema = readSchema(tokens);
  if (schema === undefined || !tokens.accept("cascade")) return undefined;
  const how = { ifExists, cascade: false, immediate: false };
  return { ...STATEMENT, verb: "drop", name: value(schema), ...how, asSchema: true };
}

/** CREATE [OR REPLACE] VIEW [IF NOT EXISTS] "branch_0123456789ab".t AS SELECT * FROM [main.]t */
function readShown(tokens: TokenReader): BranchCommand | undefined {
  if (!tokens.accept("create")) return undefined;
  tokens.accept("or", "replace");
  if (!tokens.accept("view")) return undefined;
  tokens.accept("if", "not", "exists");
  const schema = readSchema(tokens);
  if (schema === undefined || !tokens.acceptSymbol(".")) return undefined;
  const [table, ...rest] = readName(tokens);
  if (table === undefined || rest.length > 0 || !tokens.accept("as", "select")) return undefined;
  if (!tokens.acceptSymbol("*") || !tokens.accept("from")) return undefined;
  const [name, qualifier, ...more] = readName(tokens).toReversed();
  const isMains = qualifier === undefined || qualifier === "main" || qualifier === "public";
  if (name !== table || !isMains || more.length > 0) return undefined;
  return { ...STATEMENT, verb: "show", name: value(schema), table };
}

function readName(tokens: TokenReader): readonly string[] {
  return isName(tokens.peek()) ? tokens.qualifiedName().parts : [];
}

function readSchema(tokens: TokenReader): string | undefined {
  return isName(tokens.peek()) && SCHEMA.test(tokens.peek()?.value ?? "") ? tokens.next().value : undefined;
}

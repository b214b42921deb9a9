/**
 * The parts of MERGE INTO by position, read from the tokens outside brackets. Undefined for forms not known here: what only
 * DuckDB's dialect has and takes from the source's columns by their names.
 *
 * Errors  0A000 for a join as the source
 */
import { notSupported } from "../core/errors.js";
import type { RelationalStatement, TextSpan } from "./analysis.js";
import { tokenise, type Token } from "./lexer.js";
import { isName, isSymbol, isWord } from "./token-reader.js";
import { outsideBrackets } from "./write-spans.js";

interface MergeClause {
  readonly kind: "matched" | "notMatched" | "notMatchedBySource";
  /** The condition behind AND. */
  readonly condition: TextSpan | undefined;
  readonly action: "update" | "delete" | "insert" | "nothing";
  /** Those that an INSERT lists. */
  readonly columns: readonly string[];
  /** INSERT VALUES without a list of columns: where one can be put, and how many values there are. */
  readonly bareInsert: { readonly at: number; readonly values: number } | undefined;
}

export interface MergeSpans {
  /** WITH … in front of the verb; empty without. */
  readonly with: TextSpan;
  /** Behind the target's name and alias. */
  readonly behindTarget: number;
  /** What the statement calls its target. */
  readonly alias: string;
  readonly source: TextSpan;
  /** Where the source's own name would stand. */
  readonly sourceName: number;
  /** What the statement calls its source. */
  readonly sourceAlias: string;
  /** The condition behind ON. */
  readonly on: TextSpan;
  /** The first WHEN and all behind it. */
  readonly clauses: readonly MergeClause[];
  readonly firstWhen: number;
  readonly tokens: readonly Token[];
}

export function mergeSpans({ text, verb, names }: RelationalStatement): MergeSpans | undefined {
  const target = names.find(({ role }) => role === "write");
  if (verb !== "merge" || target === undefined) return undefined;
  const all = tokenise(text);
  const tokens = outsideCases(outsideBrackets(all));
  const verbAt = tokens.findLast((token) => token.end <= target.start && isWord(token, "merge"));
  const usingAt = tokens.findIndex((token) => token.start >= target.end && isWord(token, "using"));
  const using = tokens[usingAt];
  const whens = tokens.flatMap((token, at) => (at > usingAt && isWhen(tokens, at) ? [at] : []));
  const [firstWhen] = whens;
  if (verbAt === undefined || using === undefined || firstWhen === undefined) return undefined;
  const onAt = tokens.findLastIndex(
    (token, at) => at > usingAt && at < firstWhen && isWord(token, "on") && tokens[at - 1]?.value !== ".",
  );
  const [on, when] = [tokens[onAt], tokens[firstWhen]];
  if (on === undefined || when === undefined) return undefined;
  const clauses = whens.map((at, index) => readClause(tokens.slice(at, whens[index + 1]), all));
  const known = clauses.flatMap((clause) => clause ?? []);
  if (known.length < clauses.length) return undefined;
  const sourceAlias = nameOfSource(tokens.slice(usingAt + 1, onAt));
  if (sourceAlias === undefined) {
    throw notSupported(
      "MERGE with a source that is not one table or query with a name is not supported",
      "USING (SELECT ... FROM ...) AS name",
    );
  }
  return {
    with: { start: 0, end: verbAt.start },
    behindTarget: tokens[usingAt - 1]?.end ?? target.end,
    alias: target.alias ?? target.parts.at(-1) ?? "",
    source: { start: using.end, end: on.start },
    sourceName: tokens[usingAt + 1]?.start ?? using.end,
    sourceAlias,
    on: { start: on.end, end: when.start },
    clauses: known,
    firstWhen: when.start,
    tokens: all,
  };
}

/** Without what stands between CASE and END, where WHEN is another word. */
function outsideCases(tokens: readonly Token[]): Token[] {
  let depth = 0;
  return tokens.filter((token, at) => {
    const isColumn = tokens[at - 1]?.value === ".";
    if (isWord(token, "case") && !isColumn) depth++;
    const isInside = depth > 0;
    if (isInside && isWord(token, "end") && !isColumn) depth--;
    return !isInside;
  });
}

function isWhen(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at + 1];
  return isWord(tokens[at], "when") && (isWord(next, "matched") || isWord(next, "not"));
}

/** The name of a table, of a function's rows or of a query in brackets; undefined for anything else. */
function nameOfSource(tokens: readonly Token[]): string | undefined {
  let at = 0;
  let name: string | undefined;
  if (isWord(tokens[at], "only")) at++;
  if (isBracket(tokens[at])) at += 2;
  else {
    for (;;) {
      const part = tokens[at++];
      if (part === undefined || !isName(part)) return undefined;
      name = part.value;
      if (tokens[at]?.value !== ".") break;
      at++;
    }
    if (isBracket(tokens[at])) at += 2;
    else if (tokens[at]?.value === "*") at++;
  }
  if (at < tokens.length) {
    if (isWord(tokens[at], "as")) at++;
    const alias = tokens[at++];
    if (alias === undefined || !isName(alias)) return undefined;
    name = alias.value;
    if (isBracket(tokens[at])) at += 2;
  }
  return at === tokens.length ? name : undefined;
}

/** Behind it stands the closing one: what is inside was left out. */
function isBracket(token: Token | undefined): boolean {
  return isSymbol(token, "(");
}

/** WHEN [NOT] MATCHED [BY …] [AND condition] THEN action. */
function readClause(tokens: readonly Token[], all: readonly Token[]): MergeClause | undefined {
  const thenAt = tokens.findIndex((token) => isWord(token, "then"));
  const then = tokens[thenAt];
  const andAt = tokens.findIndex((token, at) => at < thenAt && isWord(token, "and"));
  const kind = kindOf(tokens.slice(1, andAt === -1 ? thenAt : andAt).map(({ value }) => value));
  const action = readAction(tokens.slice(thenAt + 1), all);
  if (then === undefined || kind === undefined || action === undefined) return undefined;
  const and = tokens[andAt];
  const condition = and === undefined ? undefined : { start: and.end, end: then.start };
  return { kind, condition, ...action };
}

function kindOf(words: readonly string[]): MergeClause["kind"] | undefined {
  switch (words.join(" ")) {
    case "matched":
      return "matched";
    case "not matched":
    case "not matched by target":
      return "notMatched";
    case "not matched by source":
      return "notMatchedBySource";
    default:
      return undefined;
  }
}

function readAction(
  tokens: readonly Token[],
  all: readonly Token[],
): Pick<MergeClause, "action" | "columns" | "bareInsert"> | undefined {
  const [verb, second, third] = tokens;
  const none = { columns: [], bareInsert: undefined };
  if (isWord(verb, "delete")) return { action: "delete", ...none };
  if (isWord(verb, "do") && isWord(second, "nothing")) return { action: "nothing", ...none };
  if (isWord(verb, "update"))
    return isWord(second, "set") && third?.value !== "*" ? { action: "update", ...none } : undefined;
  if (verb === undefined || !isWord(verb, "insert")) return undefined;
  if (isWord(second, "default") && isWord(third, "values")) return { action: "insert", ...none };
  if (isBracket(second)) {
    const columns = all.filter(({ start, end, kind }) => {
      const isListed =
        second !== undefined && third !== undefined && start > second.start && end <= third.start;
      return isListed && (kind === "word" || kind === "quoted");
    });
    if (!tokens.some((token) => isWord(token, "values"))) return undefined;
    return { action: "insert", columns: columns.map(({ value }) => value), bareInsert: undefined };
  }
  if (!isWord(second, "values") || !isBracket(third) || third === undefined) return undefined;
  return { action: "insert", columns: [], bareInsert: { at: verb.end, values: countItems(all, third) } };
}

/** How many items stand in a bracket. */
function countItems(tokens: readonly Token[], open: Token): number {
  let depth = 0;
  let commas = 0;
  for (const token of tokens.slice(tokens.indexOf(open))) {
    if (token.kind !== "symbol") continue;
    if ("([{".includes(token.value)) depth++;
    else if (")]}".includes(token.value)) depth--;
    else if (token.value === "," && depth === 1) commas++;
    if (depth === 0) break;
  }
  return commas + 1;
}

/**
 * CREATE UNIQUE INDEX … WHERE: DuckDB has no partial index, but a unique one over expressions, in which rows are NULL that the
 * index has nothing to do with.
 *
 *   CREATE UNIQUE INDEX i ON t (a, lower(b) DESC) INCLUDE (c) WHERE d > 0
 *     ⇒  CREATE UNIQUE INDEX i ON t ((CASE WHEN (d > 0) THEN (a) END), (CASE WHEN (d > 0) THEN (lower(b)) END) DESC) INCLUDE (c)
 */
import { notSupported } from "../core/errors.js";
import { normaliseName, quoteIdentifier } from "./names.js";
import { applyEdits } from "./splice.js";
import {
  closingBracket,
  isSymbol,
  isWord,
  nameAt,
  sliceTokens,
  splitAtCommas,
  type TokenReader,
} from "./token-reader.js";

export interface PartialUnique {
  readonly text: string;
  /** WHERE, as it was written. */
  readonly where: string;
  /** The keys as they are told: columns by their names, expressions in brackets. */
  readonly keys: readonly string[];
  /** What an index without a name is called after, key by key. */
  readonly names: readonly string[];
}

/** What an expression of a key is over, as DuckDB prints it: `(CASE WHEN … THEN (email) ELSE NULL END)` ⇒ `email`; else undefined. */
export function partialKey(expression: string): string | undefined {
  const [, key] =
    /^\(*CASE\s+WHEN .* THEN \((.*)\) ELSE (?:NULL|CAST\(NULL AS [^()]*(?:\([^()]*\))?\)) END\)*$/s.exec(
      expression,
    ) ?? [];
  return key;
}

/** Undefined for any other statement. */
export function partialUnique({ text, tokens }: TokenReader): PartialUnique | undefined {
  const isUnique = isWord(tokens[0], "create") && isWord(tokens[1], "unique") && isWord(tokens[2], "index");
  const on = tokens.findIndex((token, at) => at > 2 && isWord(token, "on") && !isSymbol(tokens[at - 1], "."));
  if (!isUnique || on < 0) return undefined;
  const open = tokens.findIndex((token, at) => at > on && isSymbol(token, "("));
  const close = closingBracket(tokens, open);
  if (open < 0 || close === undefined) return undefined;
  const at = outsideOfBrackets(tokens, close + 1, "where");
  const [word, first] = [tokens[at ?? -1], tokens[(at ?? -1) + 1]];
  if (at === undefined || word === undefined || first === undefined) return undefined;
  const where = sliceTokens(text, tokens, at + 1, tokens.length);
  const elements = splitAtCommas(tokens, open + 1, close).map(([from, to]) =>
    elementOf(text, tokens, from, to),
  );
  const edits = elements.map(({ start, end, expression }) => ({
    start,
    end,
    text: `(CASE WHEN (${where}) THEN (${expression}) END)`,
  }));
  return {
    text: applyEdits(text, [...edits, { start: word.start, end: text.length, text: "" }]),
    where,
    keys: elements.map(({ key }) => key),
    names: elements.map(({ name }) => name),
  };
}

/** Instead of an index over parts of documents, which DuckDB refuses: one over the documents, told as it was written. */
export type DocumentIndex = Omit<PartialUnique, "where">;

/**
 *   CREATE INDEX ON t ((doc ->> 'a'), b)  ⇒  CREATE INDEX ON t (doc, b)
 *
 * Undefined for any other statement. Errors: 0A000 for a unique one, which would hold the documents apart and not their parts
 */
export function documentIndex({ text, tokens }: TokenReader): DocumentIndex | undefined {
  const isUnique = isWord(tokens[1], "unique");
  if (!isWord(tokens[0], "create") || !isWord(tokens[isUnique ? 2 : 1], "index")) return undefined;
  const on = tokens.findIndex((token, at) => at > 1 && isWord(token, "on") && !isSymbol(tokens[at - 1], "."));
  const open = tokens.findIndex((token, at) => at > on && isSymbol(token, "("));
  const close = closingBracket(tokens, open);
  if (on < 0 || close === undefined) return undefined;
  const elements = splitAtCommas(tokens, open + 1, close).map(([from, to]) => ({
    ...elementOf(text, tokens, from, to),
    document: documentIn(tokens, from, to),
  }));
  const documents = elements.filter(({ document }) => document !== undefined);
  if (documents.length === 0) return undefined;
  if (isUnique) throw notSupported("unique indexes over parts of documents are not supported");
  return {
    text: applyEdits(
      text,
      documents.map(({ start, end, document = "" }) => ({ start, end, text: document })),
    ),
    keys: elements.map(({ key }) => key),
    names: elements.map(({ name }) => name),
  };
}

/** The column in front of the first `->` or `->>` of a key. */
function documentIn(tokens: Tokens, from: number, to: number): string | undefined {
  const arrow = tokens.findIndex(
    ({ kind, value }, at) => at > from && at < to && kind === "operator" && /^->>?$/.test(value),
  );
  const column = isSymbol(tokens[arrow - 2], "(") ? tokens[arrow - 1] : undefined;
  if (column?.kind === "quoted") return quoteIdentifier(column.value);
  return column?.kind === "word" ? column.value : undefined;
}

type Tokens = TokenReader["tokens"];

function outsideOfBrackets(tokens: Tokens, from: number, word: string): number | undefined {
  for (let at = from; at < tokens.length; at++) {
    if (isSymbol(tokens[at], "(")) at = closingBracket(tokens, at) ?? tokens.length;
    else if (isWord(tokens[at], word)) return at;
  }
  return undefined;
}

interface Element {
  readonly start: number;
  readonly end: number;
  readonly expression: string;
  readonly key: string;
  readonly name: string;
}

/** What stands in front of COLLATE, operator class, direction and place of NULLs. */
function elementOf(text: string, tokens: Tokens, from: number, to: number): Element {
  const isExpression = isSymbol(tokens[from], "(");
  const name = isExpression ? undefined : nameAt(tokens, from);
  const next = name?.next ?? from;
  const isColumn = name !== undefined && !isSymbol(tokens[next], "(");
  const end = isColumn ? next : Math.min((closingBracket(tokens, next) ?? to - 1) + 1, to);
  const expression = sliceTokens(text, tokens, from, end);
  const first = tokens[from];
  const column = first?.kind === "quoted" ? first.value : normaliseName(first?.value ?? "");
  return {
    start: first?.start ?? 0,
    end: tokens[end - 1]?.end ?? 0,
    expression,
    key: isColumn ? column : isExpression ? expression : `(${expression})`,
    name: isColumn ? column : (name?.parts.at(-1) ?? "expr"),
  };
}

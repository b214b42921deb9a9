/**
 * `SELECT lo_open(…)`: a large object function that is all its statement selects. Its arguments become a query of their own,
 * whose rows say what to call it with; so they may be expressions, parameters, and columns of a table.
 *
 * `SELECT lo_unlink(photo) FROM people`  ⇒  `SELECT (photo)::oid FROM people`
 */
import {
  largeObjectType,
  LARGE_OBJECT_FUNCTIONS,
  type LargeObjectFunction,
} from "../core/large-object-functions.js";
import type { RelationalStatement, TextSpan } from "./analysis.js";
import type { Token } from "./lexer.js";
import { isName, isSymbol, isWord, sliceTokens, type TokenReader } from "./token-reader.js";

/** What is run for both. */
export type LargeObjectStatement =
  | {
      readonly verb: "largeObject";
      readonly called: LargeObjectFunction;
      readonly label: string;
      /** Its rows are the calls, its columns their arguments. */
      readonly query: RelationalStatement;
    }
  | {
      readonly verb: "insertLargeObjects";
      readonly text: string;
      readonly places: readonly TextSpan[];
      /** The statement as it would be with objects that are there. */
      readonly query: RelationalStatement;
    };

/** A call, and the query that gives its arguments. */
export interface LargeObjectCall {
  readonly called: LargeObjectFunction;
  readonly label: string;
  readonly argumentsText: string;
}

const NAMES: ReadonlySet<string> = new Set(LARGE_OBJECT_FUNCTIONS.map(({ name }) => name));

/** Undefined for any other statement; the reader is then where it was. */
export function readLargeObjectCall(tokens: TokenReader): LargeObjectCall | undefined {
  const start = tokens.position;
  const call = readCall(tokens);
  if (call === undefined) tokens.moveTo(start);
  return call;
}

function readCall(tokens: TokenReader): LargeObjectCall | undefined {
  if (!tokens.accept("select")) return undefined;
  if (tokens.isAt("pg_catalog") && isSymbol(tokens.peek(1), ".")) tokens.moveTo(tokens.position + 2);
  const name = tokens.peek();
  if (name?.kind !== "word" || !NAMES.has(name.value) || !isSymbol(tokens.peek(1), "(")) return undefined;
  tokens.next();
  const { open, close } = tokens.parenthesised();
  const args = tokens.listTexts(open + 1, close);
  const called = LARGE_OBJECT_FUNCTIONS.find(
    (known) => known.name === name.value && known.argumentOids.length === args.length,
  );
  const label = readLabel(tokens);
  if (called === undefined || !(tokens.atEnd || isWord(tokens.peek(), "from"))) return undefined;
  const values = args.map((text, at) => `(${text})::${largeObjectType(called.argumentOids[at] ?? 0)}`);
  const rest = sliceTokens(tokens.text, tokens.tokens, tokens.position, tokens.tokens.length);
  return { called, label: label ?? called.name, argumentsText: `SELECT ${values.join(", ")} ${rest}` };
}

function readLabel(tokens: TokenReader): string | undefined {
  if (tokens.accept("as")) return tokens.identifier();
  return isName(tokens.peek()) && !isWord(tokens.peek(), "from") ? tokens.identifier() : undefined;
}

/** An INSERT of VALUES in which new objects stand: where each call stands in the text. */
export interface LargeObjectInsert {
  readonly places: readonly TextSpan[];
  /** The same with a number for each. */
  readonly described: string;
}

/**
 * `INSERT INTO people VALUES (1, lo_creat(-1))`: each such call makes one object. Undefined for other statements, and for
 * those that select, where nobody could say how many.
 */
export function readLargeObjectInsert(tokens: TokenReader): LargeObjectInsert | undefined {
  const all = tokens.tokens;
  if (!isWord(all[0], "insert") || all.some((token) => isWord(token, "select"))) return undefined;
  const places = all.flatMap((_, at) => creationAt(all, at) ?? []);
  if (places.length === 0) return undefined;
  return { places, described: withNumbers(tokens.text, places, () => 0) };
}

/** The text with a number in each place. */
export function withNumbers(
  text: string,
  places: readonly TextSpan[],
  numberAt: (index: number) => number,
): string {
  const ends = [0, ...places.map(({ end }) => end)];
  const parts = places.map(({ start }, at) => `${text.slice(ends[at], start)}(${numberAt(at)})`);
  return parts.join("") + text.slice(ends.at(-1));
}

/** `lo_creat(-1)`, whose argument means nothing, and `lo_create(0)`. */
function creationAt(tokens: readonly Token[], at: number): TextSpan | undefined {
  const name = tokens[at];
  if (name === undefined || !isSymbol(tokens[at + 1], "(") || isSymbol(tokens[at - 1], ".")) return undefined;
  const number = isSymbol(tokens[at + 2], "-") ? at + 3 : at + 2;
  const end = tokens[number + 1];
  if (tokens[number]?.kind !== "number" || end === undefined || !isSymbol(end, ")")) return undefined;
  const isFree = isWord(name, "lo_creat") || (isWord(name, "lo_create") && tokens[number]?.value === "0");
  return isFree ? { start: name.start, end: end.end } : undefined;
}

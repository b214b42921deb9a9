import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import type { DialectPass } from "./pass.js";
import { operandEnd } from "./operand.js";
import { operandStart } from "./operand-start.js";
import { isSymbol, isWord } from "../token-reader.js";

/** Operators that bind looser than `->` in PostgreSQL. */
const LOOSER = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);
/** What a lambda of DuckDB's dialect, `x -> x > 1`, does not end with. */
const KEYS: ReadonlySet<Token["kind"]> = new Set(["string", "number", "parameter"]);

/**
 * `->` and `->>` with what they are applied to, in brackets.
 *
 *   id > 0 AND j ->> 'a' = 'x'      ⇒  id > 0 AND (j ->> 'a') = 'x'
 *   NOT j -> 'a' ->> 'b' IS NULL    ⇒  NOT (j -> 'a' ->> 'b') IS NULL
 *   j -> 'a' = '{"b": 1}'           ⇒  duckbranch_jsonb(j -> 'a') = '{"b": 1}'
 *   j -> -1                         ⇒  (j -> '$[#-1]')
 *
 * Reason  in DuckDB they bind looser than AND: it would read (id > 0 AND j) ->> 'a'. Documents are compared by the text that
 *         jsonb has, and DuckDB gives {"b":1}
 */
export const arrowsPass: DialectPass = ({ tokens }) => {
  const edits: TextEdit[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const end = isArrow(tokens[index]) ? chainEnd(tokens, index) : undefined;
    if (end === undefined) continue;
    edits.push(...placesFromEnd(tokens, index, end));
    const first = startOf(tokens, index - 1);
    const [begin, before, last] = [tokens[first ?? -1], tokens[(first ?? 0) - 1], tokens[end]];
    const goesOn = before?.kind === "operator" && !isComparison(before);
    if (begin !== undefined && last !== undefined && !goesOn) {
      const isCompared = isComparison(before) || isComparison(tokens[end + 1]);
      const isDocument =
        isCompared && tokens.findLast((token, at) => at <= end && isArrow(token))?.value === "->";
      edits.push({ start: begin.start, end: begin.start, text: isDocument ? "duckbranch_jsonb(" : "(" });
      edits.push({ start: last.end, end: last.end, text: ")" });
    }
    index = end;
  }
  return edits;
};

/** The type in front of a literal belongs to it: jsonb '{"a": 1}' -> 'a' */
function startOf(tokens: readonly Token[], last: number): number | undefined {
  const first = operandStart(tokens, last);
  const before = first === undefined ? undefined : tokens[first - 1];
  const isTyped = first === last && (isWord(before, "json") || isWord(before, "jsonb"));
  return isTyped && tokens[last]?.kind === "string" ? last - 1 : first;
}

function isComparison(token: Token | undefined): boolean {
  return token?.kind === "operator" && LOOSER.has(token.value);
}

function isArrow(token: Token | undefined): boolean {
  return token?.kind === "operator" && (token.value === "->" || token.value === "->>");
}

/** `d -> -1` */
function isFromEnd(tokens: readonly Token[], arrow: number): boolean {
  return isSymbol(tokens[arrow + 1], "-") && /^\d+$/.test(tokens[arrow + 2]?.value ?? "");
}

/** DuckDB takes only its own path for them. */
function placesFromEnd(tokens: readonly Token[], first: number, last: number): TextEdit[] {
  return tokens.slice(first, last).flatMap((token, ahead): TextEdit[] => {
    const [sign, place] = [tokens[first + ahead + 1], tokens[first + ahead + 2]];
    if (!isArrow(token) || !isFromEnd(tokens, first + ahead) || sign === undefined || place === undefined)
      return [];
    return [{ start: sign.start, end: place.end, text: ` '$[#-${place.value}]'` }];
  });
}

/** The last token of a chain whose first arrow is at `index`; undefined where it cannot be told. */
function chainEnd(tokens: readonly Token[], index: number): number | undefined {
  let end: number | undefined;
  for (let at = index; isArrow(tokens[at]); at = end + 1) {
    const isSigned = isFromEnd(tokens, at);
    const last = isSigned ? tokens[at + 2] : operandEnd(tokens, at + 1);
    const isKey = isSigned || tokens[at]?.value === "->>" || KEYS.has(tokens[at + 1]?.kind ?? "word");
    if (last === undefined || !isKey) return undefined;
    end = tokens.indexOf(last, at);
  }
  return end;
}

import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord, nameAt, splitAtCommas } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/** Columns of pg_catalog that are int2vector or oidvector. */
const VECTORS = new Set(["indkey", "indclass", "indcollation", "indoption", "proargtypes"]);
/** Columns of type name that clients take letters of: text here. */
const NAMES = new Set(["typname"]);
const BOUNDS = new Set(["array_lower", "array_upper", "generate_subscripts"]);

/**
 * int2vector, oidvector and name begin at 0, and generate_subscripts() stands in FROM too.
 *
 *   i.indkey[0]                              ⇒  i.indkey[1 + (0)]
 *   typname[0] = '_'                         ⇒  typname[1 + (0)] = '_'
 *   array_upper(i.indkey, 1)                 ⇒  (-1 + array_upper(i.indkey, 1))
 *   FROM generate_subscripts(i.indkey, 1) k  ⇒  FROM unnest(generate_subscripts(i.indkey, 1, NULL, 0)) k
 *   FROM generate_subscripts(a, 1) k         ⇒  FROM unnest(generate_subscripts(a, 1, NULL, 1)) k
 *
 * Reason  they are lists and texts here, which begin at 1; a macro that gives several rows is none of FROM's
 */
export const vectorBoundsPass: DialectPass = ({ tokens }) => {
  if (!tokens.some(isVector)) return tokens.flatMap((_, index) => edits(tokens, index, NO_ALIASES));
  const aliases = new Set(
    tokens.flatMap((token, index) =>
      isVector(tokens[index - 2]) && isWord(tokens[index - 1], "as") && token.kind === "word"
        ? [token.value]
        : [],
    ),
  );
  return tokens.flatMap((_, index) => edits(tokens, index, aliases));
};

const NO_ALIASES: ReadonlySet<string> = new Set();

function edits(tokens: readonly Token[], index: number, aliases: ReadonlySet<string>): TextEdit[] {
  return [...subscript(tokens, index, aliases), ...bound(tokens, index)];
}

/** Whether a name that ends in front of the index is a vector's. */
function isVector(token: Token | undefined): boolean {
  return token?.kind === "word" && VECTORS.has(token.value);
}

function isName(token: Token | undefined): boolean {
  return token?.kind === "word" && NAMES.has(token.value);
}

/** `aliases`: names that a vector got in the statement, as in `i.indoption AS options`. */
function subscript(tokens: readonly Token[], index: number, aliases: ReadonlySet<string>): TextEdit[] {
  const named = tokens[index - 1];
  const isAlias = named?.kind === "word" && aliases.has(named.value);
  if (!isAlias && !isVector(named) && !isName(named)) return [];
  const open = isSymbol(tokens[index], "[") ? tokens[index] : undefined;
  const last = open === undefined ? undefined : closingBracket(tokens, index);
  const close = last === undefined ? undefined : tokens[last];
  const isSlice = tokens.slice(index, last).some((token) => isSymbol(token, ":"));
  if (open === undefined || close === undefined || isSlice) return [];
  return [
    { start: open.end, end: open.end, text: "1 + (" },
    { start: close.start, end: close.start, text: ")" },
  ];
}

function bound(tokens: readonly Token[], index: number): TextEdit[] {
  if (isSymbol(tokens[index - 1], ".")) return [];
  const name = nameAt(tokens, index);
  const called = name?.parts.at(-1) ?? "";
  const open = name === undefined || !isSymbol(tokens[name.next], "(") ? undefined : name.next;
  const close = open === undefined || !BOUNDS.has(called) ? undefined : closingBracket(tokens, open);
  const last = close === undefined ? undefined : tokens[close];
  if (name === undefined || open === undefined || close === undefined || last === undefined) return [];
  const [first] = splitAtCommas(tokens, open + 1, close);
  const ofVector = isVector(tokens[(first?.[1] ?? 0) - 1]);
  if (called === "generate_subscripts" && isInFrom(tokens, index))
    return unnested(name.start, last, ofVector);
  if (!ofVector) return [];
  return [
    { start: name.start, end: name.start, text: "(-1 + " },
    { start: last.end, end: last.end, text: ")" },
  ];
}

function isInFrom(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  if (["from", "join", "lateral"].some((word) => isWord(before, word))) return true;
  if (!isSymbol(before, ",")) return false;
  // Behind a comma the nearest clause decides.
  for (let at = index - 1, depth = 0; at >= 0; at--) {
    const token = tokens[at];
    if (isSymbol(token, ")")) depth++;
    else if (isSymbol(token, "(") && depth-- === 0) return false;
    else if (depth === 0 && isWord(token, "from")) return true;
    else if (depth === 0 && ["select", "where", "by", "having"].some((word) => isWord(token, word)))
      return false;
  }
  return false;
}

/** With four arguments it is a list. */
function unnested(start: number, close: Token, ofVector: boolean): TextEdit[] {
  return [
    { start, end: start, text: "unnest(" },
    { start: close.start, end: close.start, text: ofVector ? ", NULL, 0" : ", NULL, 1" },
    { start: close.end, end: close.end, text: ")" },
  ];
}

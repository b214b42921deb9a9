/** Finds the type a string or number literal is cast to: `'x'::t`, `t 'x'`, `CAST('x' AS t)`. */
import { KEYED_TYPES } from "../../core/keyed-types.js";
import type { Brackets } from "../brackets.js";
import type { Token } from "../lexer.js";
import { isSymbol, isWord, nameAt } from "../token-reader.js";

/** Tokens `first`‥`last` are the type's name, without its modifier. */
export interface CastType {
  /** One name per type: int4, timestamptz, bool … */
  readonly name: string;
  readonly form: "suffix" | "prefix" | "call";
  readonly first: number;
  readonly last: number;
  readonly hasModifier: boolean;
  readonly isArray: boolean;
}

const CANONICAL: ReadonlyMap<string, string> = new Map([
  ["int", "int4"],
  ["integer", "int4"],
  ["smallint", "int2"],
  ["bigint", "int8"],
  ["boolean", "bool"],
  ["decimal", "numeric"],
  ["dec", "numeric"],
  ["character varying", "varchar"],
  ["char varying", "varchar"],
  ["character", "bpchar"],
  ["char", "bpchar"],
  ["double precision", "float8"],
  ["real", "float4"],
  ["timestamp with time zone", "timestamptz"],
  ["timestamp without time zone", "timestamp"],
  ["time with time zone", "timetz"],
  ["time without time zone", "time"],
  ["bit varying", "varbit"],
]);

const LONG_FORMS: readonly (readonly string[])[] = [
  ["with", "time", "zone"],
  ["without", "time", "zone"],
  ["varying"],
  ["precision"],
];

/** The type that begins at `index`, in any spelling, quoted names left alone. */
export function typeNameAt(
  tokens: readonly Token[],
  index: number,
):
  | { readonly name: string; readonly last: number; readonly behind: number; readonly hasModifier: boolean }
  | undefined {
  const span = tokens[index]?.kind === "word" ? nameAt(tokens, index) : undefined;
  const isOwn = span?.parts.length === 1 || (span?.parts.length === 2 && span.parts[0] === "pg_catalog");
  if (span === undefined || !isOwn) return undefined;
  const base = span.parts.at(-1) ?? "";
  let last = span.next - 1;
  let hasModifier = false;
  let behind = span.next;
  let form = LONG_FORMS.find((words) => words.every((word, ahead) => isWord(tokens[behind + ahead], word)));
  if (isSymbol(tokens[behind], "(")) {
    hasModifier = true;
    while (behind < tokens.length && !isSymbol(tokens[behind], ")")) behind += 1;
    behind += 1;
    form = LONG_FORMS.find((words) => words.every((word, ahead) => isWord(tokens[behind + ahead], word)));
  }
  if (form !== undefined) {
    behind += form.length;
    if (!hasModifier) last = behind - 1;
    if (!hasModifier && isSymbol(tokens[behind], "(")) {
      hasModifier = true;
      while (behind < tokens.length && !isSymbol(tokens[behind], ")")) behind += 1;
      behind += 1;
    }
  }
  const words = form === undefined ? base : `${base} ${form.join(" ")}`;
  return { name: CANONICAL.get(words) ?? words, last, behind, hasModifier };
}

/** What the literal at `index` is cast to at once. */
export function castTypeOf(tokens: readonly Token[], index: number): CastType | undefined {
  // `date '…'::text`: the type in front reads the literal.
  if (isSymbol(tokens[index + 1], "::")) return prefixed(tokens, index) ?? typed(tokens, index + 2, "suffix");
  if (isWord(tokens[index + 1], "as") && isSymbol(tokens[index - 1], "(")) {
    const isCast = isWord(tokens[index - 2], "cast") || isWord(tokens[index - 2], "try_cast");
    return isCast ? typed(tokens, index + 2, "call") : undefined;
  }
  return prefixed(tokens, index);
}

/** The array type that `ARRAY[…, 'x', …]::t[]` makes of the token at `index`, which is all of an element. */
export function elementCastOf(
  tokens: readonly Token[],
  index: number,
  brackets: Brackets,
): CastType | undefined {
  if (!isElementEdge(tokens[index - 1], "[") || !isElementEdge(tokens[index + 1], "]")) return undefined;
  const open = brackets.around(index);
  const close = open === undefined ? undefined : brackets.closing(open);
  if (open === undefined || close === undefined) return undefined;
  if (!isWord(tokens[open - 1], "array") || !isSymbol(tokens[close + 1], "::")) return undefined;
  const type = typed(tokens, close + 2, "suffix");
  return type?.isArray === true || type?.name.startsWith("_") === true ? type : undefined;
}

function isElementEdge(token: Token | undefined, bracket: string): boolean {
  return isSymbol(token, ",") || isSymbol(token, bracket);
}

function typed(tokens: readonly Token[], first: number, form: CastType["form"]): CastType | undefined {
  const type = typeNameAt(tokens, first);
  if (type === undefined) return undefined;
  const { name, last, hasModifier, behind } = type;
  return { name, form, first, last, hasModifier, isArray: isSymbol(tokens[behind], "[") };
}

/** A type in front of its literal: one to four words, with or without a modifier. */
function prefixed(tokens: readonly Token[], index: number): CastType | undefined {
  for (let first = index - 1; first >= Math.max(0, index - 7); first -= 1) {
    if (isSymbol(tokens[first - 1], ".") || isSymbol(tokens[first - 1], "::")) continue;
    const type = typeNameAt(tokens, first);
    if (type?.behind !== index || !PREFIXES.has(type.name)) continue;
    return {
      name: type.name,
      form: "prefix",
      first,
      last: type.last,
      hasModifier: type.hasModifier,
      isArray: false,
    };
  }
  return undefined;
}

/** Types that clients write in front of literals; any other word there is an alias or a keyword. */
const PREFIXES = new Set([
  ..."int2 int4 int8 bool numeric float4 float8 date time timetz timestamp timestamptz interval".split(" "),
  ...KEYED_TYPES.keys(),
]);

import { notSupported, SQLSTATE, SqlError } from "../../core/errors.js";
import type { TextEdit } from "../analysis.js";
import type { Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { closingBracket, isSymbol, isWord, splitAtCommas } from "../token-reader.js";
import { CATALOG_SCHEMA } from "./catalog-casts.js";
import type { DialectPass } from "./pass.js";

/** What is done to an argument before it goes into the text. */
const WRAPPED: Readonly<Record<string, readonly [string, string]>> = {
  s: ["coalesce(duckbranch_output(", "), '')"],
  I: [`duckbranch_named(${CATALOG_SCHEMA}.quote_ident((`, ")::VARCHAR))"],
  L: ["quote_nullable((", ")::VARCHAR)"],
};

/**
 * format() with PostgreSQL's specifiers.
 *
 *   format('%s is %L', a, b)  ⇒  format('{0} is {1}', coalesce((a)::VARCHAR, ''), quote_nullable((b)::VARCHAR))
 *   format('%2$-5s|', a, b)   ⇒  format('{1:<5}|', …)
 *
 * Reason  DuckDB's format() has {} and takes % for itself, silently. A text without % is DuckDB's. Throws 0A000 for
 *         widths that are arguments, and when it is run for a text with % that is no literal
 */
export const formatCallsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    if (!isWord(token, "format") || !isSymbol(tokens[index + 1], "(") || isSymbol(tokens[index - 1], "::"))
      return [];
    const close = closingBracket(tokens, index + 1) ?? index;
    const [first, ...rest] = splitAtCommas(tokens, index + 2, close);
    const template = first !== undefined && first[1] === first[0] + 1 ? tokens[first[0]] : undefined;
    if (template?.kind !== "string") return otherTemplate(tokens, first);
    if (!template.value.includes("%")) return [];
    return formatEdits(tokens, template, rest);
  });

/** What is no literal is known when it is run, and may be of DuckDB's own form then. */
function otherTemplate(tokens: readonly Token[], range: readonly [number, number] | undefined): TextEdit[] {
  const [first, last] = [tokens[range?.[0] ?? -1], tokens[(range?.[1] ?? 0) - 1]];
  if (first === undefined || last === undefined) return [];
  return [
    { start: first.start, end: first.start, text: "duckbranch_template(" },
    { start: last.end, end: last.end, text: ")" },
  ];
}

/** `%2$-10s`: position, width, what it is. */
const SPECIFIER = /%(?:%|(?:(\d+)\$)?(-?)(\d*)(.?))/gs;

function formatEdits(
  tokens: readonly Token[],
  template: Token,
  ranges: readonly (readonly [number, number])[],
): TextEdit[] {
  const given = ranges.map(() => new Set<string>());
  let used = 0;
  const text = template.value
    .replace(/[{}]/g, "$&$&")
    .replace(SPECIFIER, (whole, position: string, left: string, width: string, specifier: string) => {
      if (whole === "%%") return "%";
      if (WRAPPED[specifier] === undefined) throw wrongSpecifier(specifier);
      const at = position === undefined ? used : Number(position) - 1;
      if (at < 0)
        throw new SqlError(
          SQLSTATE.invalidParameterValue,
          "format specifies argument 0, but arguments are numbered from 1",
        );
      used = at + 1;
      if (given[at] === undefined)
        throw new SqlError(SQLSTATE.invalidParameterValue, "too few arguments for format()");
      given[at].add(specifier);
      return `{${at}${width === "" ? "" : `:${left === "" ? ">" : "<"}${width}`}}`;
    });
  const edits = ranges.flatMap(([first, behind], at): TextEdit[] => {
    const [from, to] = [tokens[first], tokens[behind - 1]];
    const [specifier = "s", ...others] = given[at] ?? [];
    const [before, after] = WRAPPED[specifier] ?? ["", ""];
    if (others.length > 0)
      throw notSupported("an argument of format() for two kinds of specifiers is not supported");
    if (from === undefined || to === undefined) return [];
    return [
      { start: from.start, end: from.start, text: before },
      { start: to.end, end: to.end, text: after },
    ];
  });
  return [{ start: template.start, end: template.end, text: quoteLiteral(text) }, ...edits];
}

function wrongSpecifier(specifier: string): SqlError {
  return specifier === "*"
    ? notSupported("a width of format() that is an argument is not supported")
    : new SqlError(SQLSTATE.invalidParameterValue, `unrecognized format() type specifier "${specifier}"`);
}

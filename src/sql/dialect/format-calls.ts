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
 *   format('%s is %L', a, b)  ⇒  format('{} is {}', coalesce((a)::VARCHAR, ''), quote_nullable((b)::VARCHAR))
 *
 * Reason  DuckDB's format() has {} and takes % for itself, silently. A text without % is DuckDB's. Throws 0A000 for
 *         positions and widths, and when it is run for a text with % that is no literal
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

function formatEdits(
  tokens: readonly Token[],
  template: Token,
  ranges: readonly (readonly [number, number])[],
): TextEdit[] {
  const edits: TextEdit[] = [];
  let used = 0;
  const text = template.value.replace(/[{}]/g, "$&$&").replace(/%(.?)/gs, (_, specifier: string) => {
    if (specifier === "%") return "%";
    const wrapped = WRAPPED[specifier];
    if (wrapped === undefined) throw wrongSpecifier(specifier);
    const range = ranges[used];
    used += 1;
    const [from, to] = [tokens[range?.[0] ?? -1], tokens[(range?.[1] ?? 0) - 1]];
    if (from === undefined || to === undefined)
      throw new SqlError(SQLSTATE.invalidParameterValue, "too few arguments for format()");
    edits.push({ start: from.start, end: from.start, text: wrapped[0] });
    edits.push({ start: to.end, end: to.end, text: wrapped[1] });
    return "{}";
  });
  return [{ start: template.start, end: template.end, text: quoteLiteral(text) }, ...edits];
}

function wrongSpecifier(specifier: string): SqlError {
  return /[0-9*-]/.test(specifier)
    ? notSupported("positions and widths in format() are not supported")
    : new SqlError(SQLSTATE.invalidParameterValue, `unrecognized format() type specifier "${specifier}"`);
}

/**
 * `$1::int[]` is one type for arrays of every number of dimensions; to DuckDB each is a type of its own. A value of more
 * than one has its cast written for it.
 *
 *   $1::int[]  ⇒  $1::int[][]   for '{{1,2},{3,4}}'
 */
import { elementOidOf } from "../pgtypes/oids.js";
import type { TextEdit } from "../sql/analysis.js";
import { typeNameAt } from "../sql/dialect/cast-places.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { applyEdits } from "../sql/splice.js";
import { isSymbol, isWord } from "../sql/token-reader.js";
import type { ParameterHint } from "./parameter-types.js";

/** PostgreSQL's limit. */
const MAX_DIMENSIONS = 6;

export function withArrayDepths(sql: string, hints: readonly ParameterHint[]): string {
  const depths = hints.map(depthOf);
  if (depths.every((depth) => depth < 2)) return sql;
  const tokens = tokenise(sql);
  return applyEdits(
    sql,
    tokens.flatMap((token, index): TextEdit[] => {
      const depth = token.kind === "parameter" ? (depths[Number(token.value) - 1] ?? 0) : 0;
      const end = depth < 2 ? undefined : arrayTypeEnd(tokens, index + 1);
      return end === undefined ? [] : [{ start: end, end, text: "[]".repeat(depth - 1) }];
    }),
  );
}

/** How many dimensions a bound array has; 0 for what is none, or has no value. */
function depthOf({ oid, parameter }: ParameterHint): number {
  if (elementOidOf(oid) === undefined || parameter === undefined || parameter.bytes === null) return 0;
  const bytes = Buffer.from(parameter.bytes);
  if (parameter.format === "binary")
    return bytes.length < 4 ? 0 : Math.min(bytes.readInt32BE(0), MAX_DIMENSIONS);
  const braces = /^\s*(?:(?:\[[\d:+-]+\]\s*)+=\s*)?((?:\{\s*)*)/.exec(bytes.toString("utf8"))?.[1] ?? "";
  return Math.min(braces.replaceAll(/\s/g, "").length, MAX_DIMENSIONS);
}

/** Behind the brackets of `::type[]` or `AS type[]`; undefined where another number of them, or no type, is written. */
function arrayTypeEnd(tokens: readonly Token[], index: number): number | undefined {
  if (!isSymbol(tokens[index], "::") && !isWord(tokens[index], "as")) return undefined;
  const behind = typeNameAt(tokens, index + 1)?.behind;
  if (behind === undefined || !isSymbol(tokens[behind], "[") || isSymbol(tokens[behind + 2], "["))
    return undefined;
  return isSymbol(tokens[behind + 1], "]") ? tokens[behind + 1]?.end : undefined;
}

/**
 * `$1::int[]` is one type for arrays of every number of dimensions; to DuckDB each is a type of its own. A value of more
 * than one has its cast written for it.
 *
 *   $1::int[]          ⇒  $1::int[][]                   for '{{1,2},{3,4}}'
 *   unnest($1::int[])  ⇒  unnest(flatten($1::int[][]))
 */
import { notSupported } from "../core/errors.js";
import type { EngineType } from "../engine/types.js";
import { elementOidOf } from "../pgtypes/oids.js";
import { elementTypeOf } from "../pgtypes/typed-list.js";
import type { TextEdit } from "../sql/analysis.js";
import { typeNameAt } from "../sql/dialect/cast-places.js";
import { deeperEdits } from "../sql/dialect/nested-arrays.js";
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
      const last = depth < 2 ? undefined : arrayTypeEnd(tokens, index + 1);
      return last === undefined ? [] : deeperEdits(tokens, { ...castAround(tokens, index, last), depth });
    }),
  );
}

/** All of `$1::int[]` or `CAST($1 AS int[])`, whose type ends at `last`. */
function castAround(
  tokens: readonly Token[],
  index: number,
  last: number,
): { readonly first: number; readonly last: number; readonly inner: Token | undefined } {
  const isPrefix = isWord(tokens[index + 1], "as");
  return { first: isPrefix ? index - 2 : index, last: isPrefix ? last + 1 : last, inner: tokens[last] };
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

/** The last bracket of `::type[]` or `AS type[]`; undefined where another number of them, or no type, is written. */
function arrayTypeEnd(tokens: readonly Token[], index: number): number | undefined {
  if (!isSymbol(tokens[index], "::") && !isWord(tokens[index], "as")) return undefined;
  const behind = typeNameAt(tokens, index + 1)?.behind;
  if (behind === undefined || !isSymbol(tokens[behind], "[") || isSymbol(tokens[behind + 2], "["))
    return undefined;
  return isSymbol(tokens[behind + 1], "]") ? behind + 1 : undefined;
}

/** Errors: 0A000 for an array whose inner ones DuckDB would keep as texts */
export function requireDimensions(type: EngineType, column: EngineType | undefined): void {
  const [given, kept] = [elementTypeOf(type), elementTypeOf(column)];
  if (given === undefined || kept === undefined) return;
  if (elementTypeOf(given) !== undefined && elementTypeOf(kept) === undefined)
    throw notSupported("an array of more dimensions than its column was made with is not supported");
  requireDimensions(given, kept);
}

/**
 * `$1::numeric` keeps all digits of its value, zeros at the end as well; DuckDB's decimals have a scale, and the one that
 * stands for a numeric without any would round, or show fewer. A query has the value's own scale written for it.
 *
 *   $1::DECIMAL(38, 9)  ⇒  $1::DECIMAL(38, 12)    for 0.000000000001
 *   $1::text            ⇒  regexp_replace($1::text, …)    0.5, not .5
 *
 * A value that DuckDB writes otherwise is told again in its cast to text. In a statement that stores rows, digits that the cast would round away are refused.
 */
import { isQuotient, isUnbounded, UNBOUNDED_NUMERIC } from "../core/unbounded-numeric.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { OID } from "../pgtypes/oids.js";
import { decodeParameter } from "../pgtypes/parameters.js";
import { parseNumeric, requireKept } from "../pgtypes/parse-numbers.js";
import type { TextEdit } from "../sql/analysis.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { applyEdits } from "../sql/splice.js";
import { isSymbol, isWord } from "../sql/token-reader.js";
import type { ParameterHint } from "./parameter-types.js";

const { width: WIDTH, scale: SCALE } = UNBOUNDED_NUMERIC;
const MAYBE = new RegExp(String.raw`\bDECIMAL\(${WIDTH}, ${SCALE}\)|(?:::|\bAS)\s*(?:text|varchar)\b`, "i");
/** The tokens of the type, behind `::` or AS. */
const TYPE = ["decimal", "(", String(WIDTH), ",", String(SCALE), ")"];

/**
 * The text for these values; undefined for one that casts none of them to numeric.
 *
 * Errors  0A000 where the statement stores rows and a value has more decimals than its cast keeps
 */
export function withOwnDigits(
  sql: string,
  hints: readonly ParameterHint[],
  stores: boolean,
): string | undefined {
  if (!hints.some(({ oid }) => RETOLD.has(oid)) || !MAYBE.test(sql)) return undefined;
  const tokens = tokenise(sql);
  let isCast = false;
  const edits = tokens.flatMap((token, index): TextEdit[] => {
    const hint = token.kind === "parameter" ? hints[Number(token.value) - 1] : undefined;
    const type = hint?.oid === OID.numeric ? typeBehind(tokens, index) : undefined;
    const texts = retoldText(tokens, index, RETOLD.get(hint?.oid ?? 0));
    isCast ||= type !== undefined || texts.length > 0;
    if (hint === undefined || type === undefined) return texts;
    if (stores) requireCastKept(hint);
    const text = stores ? undefined : ownType(hint);
    return text === undefined ? [] : [{ ...type, text }];
  });
  return isCast ? applyEdits(sql, edits) : undefined;
}

/** What stands around a cast to text of a value of these types, where DuckDB's text is another. */
const RETOLD: ReadonlyMap<number, readonly [open: string, close: string]> = new Map([
  // No zero in front of the point where a type has digits behind it alone.
  [OID.numeric, ["regexp_replace(", String.raw`, '^(-?)\.', '\10.')`]],
  [OID.interval, ["duckbranch_retold(", ", 'INTERVAL')"]],
]);

/** `$1::text` and `CAST($1 AS text)` */
function retoldText(
  tokens: readonly Token[],
  index: number,
  around: readonly [open: string, close: string] | undefined,
): TextEdit[] {
  const isSuffix = isSymbol(tokens[index + 1], "::");
  const isCast =
    isWord(tokens[index - 2], "cast") && isSymbol(tokens[index - 1], "(") && isWord(tokens[index + 1], "as");
  const [first, type] = [isSuffix ? tokens[index] : tokens[index - 2], tokens[index + 2]];
  const isText = isWord(type, "text") || isWord(type, "varchar");
  const last = isSuffix ? type : tokens[index + 3];
  if (around === undefined || !isText || !(isSuffix || (isCast && isSymbol(last, ")")))) return [];
  if (first === undefined || last === undefined) return [];
  return [
    { start: first.start, end: first.start, text: around[0] },
    { start: last.end, end: last.end, text: around[1] },
  ];
}

function typeBehind(tokens: readonly Token[], index: number): Pick<TextEdit, "start" | "end"> | undefined {
  const isCast = isSymbol(tokens[index + 1], "::") || isWord(tokens[index + 1], "as");
  const isType = TYPE.every((value, at) => tokens[index + 2 + at]?.value === value);
  const [first, last] = [tokens[index + 2], tokens[index + 1 + TYPE.length]];
  return isCast && isType && first !== undefined && last !== undefined
    ? { start: first.start, end: last.end }
    : undefined;
}

/** Few types for many values: the same text is prepared once. */
const USUAL_WIDTH = 18;

/** A type that shows the value's digits and no others; undefined where no decimal holds it. */
function ownType({ oid, parameter }: ParameterHint): string | undefined {
  if (parameter === undefined || parameter.bytes === null) return undefined;
  const { type } = decodeParameter(parameter, oid, undefined);
  if (type.typeId !== EngineTypeId.DECIMAL) return undefined;
  const isMarked = isUnbounded(type) || isQuotient(type);
  const width = isMarked ? type.width - 1 : Math.max(type.width, USUAL_WIDTH);
  return `DECIMAL(${width}, ${type.scale})`;
}

/** What stores rows: 0A000 for a value that the cast would round. */
function requireCastKept({ oid, parameter }: ParameterHint): void {
  if (parameter === undefined || parameter.bytes === null) return;
  const { type, value } = decodeParameter(parameter, oid, undefined);
  if (type.typeId === EngineTypeId.DECIMAL) requireKept(parseNumeric(String(value)));
}

/**
 * Literals of the types that DuckDB has nothing like (core/keyed-types.ts), as the STRUCTs they are kept as.
 *
 *   '[1,5]'::int4range      ⇒  {'pg_catalog.int4range': '1…', 'text': '[1,6)'}::STRUCT(…)
 *   inet '10.0.0.1'         ⇒  CAST({…} AS STRUCT(…))
 *   '{10.0.0.1}'::inet[]    ⇒  [{…}]::STRUCT(…)[], and so ARRAY['10.0.0.1']::inet[]
 */
import { arrayDelimiter, KEYED_TYPES, keyedTypeText, keyField, TEXT_FIELD } from "../core/keyed-types.js";
import { notSupported } from "../core/errors.js";
import { keyedTypeByOid, type NamedKeyedType } from "../pgtypes/keyed/registry.js";
import { parseArrayLiteral } from "../pgtypes/parse-array.js";
import type { InputOptions } from "../pgtypes/parse-value.js";
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { Brackets } from "../sql/brackets.js";
import { castTypeOf, elementCastOf, type CastType } from "../sql/dialect/cast-places.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { quoteLiteral } from "../sql/names.js";
import { sortEdits } from "../sql/splice.js";

const MAYBE = new RegExp(`\\b_?(?:${[...KEYED_TYPES.keys()].join("|")})\\b`, "i");

/** The statement with its literals replaced. Errors: 22P02 for a text that is no such value. */
export function withKeyedLiterals(
  statement: RelationalStatement,
  options: InputOptions,
): RelationalStatement {
  if (!MAYBE.test(statement.text)) return statement;
  const tokens = tokenise(statement.text);
  return withEdits(statement, literalsIn(tokens, options));
}

/**
 * Literals compared with parameters that a client declares to be of such a type: they are of that type as well.
 *
 *   '[1,5]' = $1            ⇒  {…} = $1
 */
export function withComparedLiterals(
  statement: RelationalStatement,
  declaredOids: readonly number[],
  options: InputOptions,
): RelationalStatement {
  const types = declaredOids.map((oid) => keyedTypeByOid(oid));
  if (types.every((type) => type === undefined)) return statement;
  const tokens = tokenise(statement.text);
  const edits = tokens.flatMap((token, index): TextEdit[] => {
    const type = token.kind === "parameter" ? types[Number(token.value) - 1] : undefined;
    const literal = type === undefined ? undefined : comparedWith(tokens, index);
    if (type === undefined || literal === undefined) return [];
    return [{ start: literal.start, end: literal.end, text: keyedLiteral(type, literal.value, options) }];
  });
  if (edits.length === 0) return statement;
  return withEdits(statement, [...edits, ...tokens.flatMap((_, index) => textEdits(tokens, index, types))]);
}

/** `$1::text` of such a parameter: DuckDB, which knows its type now, would write the STRUCT. */
function textEdits(
  tokens: readonly Token[],
  index: number,
  types: readonly (NamedKeyedType | undefined)[],
): TextEdit[] {
  const [parameter, last] = [tokens[index], tokens[index + 2]];
  const type = parameter?.kind === "parameter" ? types[Number(parameter.value) - 1] : undefined;
  const isText = castTypeOf(tokens, index)?.form === "suffix" && last?.value === "text";
  if (type === undefined || parameter === undefined || last === undefined || !isText) return [];
  const value = `CAST($${parameter.value} AS ${keyedTypeText(type.name)})`;
  return [{ start: parameter.start, end: last.end, text: `struct_extract(${value}, '${TEXT_FIELD}')` }];
}

const COMPARISONS: ReadonlySet<string> = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);

/** The literal that is all of the other operand of a comparison with this parameter. */
function comparedWith(tokens: readonly Token[], at: number): Token | undefined {
  for (const step of [-1, 1]) {
    const literal = tokens[at + 2 * step];
    const isCompared = COMPARISONS.has(tokens[at + step]?.value ?? "") && literal?.kind === "string";
    if (isCompared && isEdge(tokens[at - step]) && isEdge(tokens[at + 3 * step])) return literal;
  }
  return undefined;
}

/** Nothing that would belong to the operand. */
function isEdge(token: Token | undefined): boolean {
  if (token === undefined || token.value === "," || token.value === "(" || token.value === ")") return true;
  return token.kind === "word" && EDGE_WORDS.has(token.value);
}

const EDGE_WORDS: ReadonlySet<string> = new Set(
  "select where and or not on when then else having as from group order limit union".split(" "),
);

function literalsIn(tokens: readonly Token[], options: InputOptions): TextEdit[] {
  const brackets = new Brackets(tokens);
  return tokens.flatMap((token, index): TextEdit[] => {
    if (token.kind !== "string") return [];
    const type = castTypeOf(tokens, index);
    if (type !== undefined) return literalEdits(tokens, token, type, options);
    const element = elementTypeOf(tokens, index, brackets);
    if (element === undefined) return [];
    return [{ start: token.start, end: token.end, text: keyedLiteral(element, token.value, options) }];
  });
}

function withEdits(statement: RelationalStatement, edits: readonly TextEdit[]): RelationalStatement {
  if (edits.length === 0) return statement;
  const others = statement.edits.filter(
    (edit) => !edits.some((own) => own.start < edit.end && edit.start < own.end),
  );
  return { ...statement, edits: sortEdits([...others, ...edits]) };
}

function elementTypeOf(
  tokens: readonly Token[],
  index: number,
  brackets: Brackets,
): NamedKeyedType | undefined {
  const name = elementCastOf(tokens, index, brackets)?.name.replace(/^_/, "");
  return name === undefined ? undefined : keyedTypeByOid(KEYED_TYPES.get(name)?.oid ?? 0);
}

function literalEdits(
  tokens: readonly Token[],
  token: Token,
  cast: CastType,
  options: InputOptions,
): TextEdit[] {
  const isArray = cast.isArray || cast.name.startsWith("_");
  const name = cast.name.startsWith("_") ? cast.name.slice(1) : cast.name;
  const type = keyedTypeByOid(KEYED_TYPES.get(name)?.oid ?? 0);
  const first = tokens[cast.first];
  if (type === undefined || first === undefined) return [];
  const text = isArray ? arrayText(type, token.value, options) : keyedLiteral(type, token.value, options);
  if (cast.form !== "prefix") return [{ start: token.start, end: token.end, text }];
  return [{ start: first.start, end: token.end, text: `CAST(${text} AS ${keyedTypeText(name)})` }];
}

/** A text as a STRUCT literal. Errors: as the type's input function. */
export function keyedLiteral(type: NamedKeyedType, text: string, options: InputOptions): string {
  const value = type.read(text, options);
  return `{'${keyField(type.name)}': ${quoteLiteral(value.key)}, '${TEXT_FIELD}': ${quoteLiteral(value.text)}}`;
}

function arrayText(type: NamedKeyedType, text: string, options: InputOptions): string {
  const items = parseArrayLiteral(text, arrayDelimiter(type.name)).map((item) => {
    if (item === null) return "NULL";
    if (typeof item === "string") return keyedLiteral(type, item, options);
    throw notSupported(`arrays of ${type.name} with several dimensions are not supported`);
  });
  return `[${items.join(", ")}]`;
}

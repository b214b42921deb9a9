/**
 * Literals of the types that DuckDB has nothing like (core/keyed-types.ts), as the STRUCTs they are kept as.
 *
 *   '[1,5]'::int4range      ⇒  {'pg_catalog.int4range': '1…', 'text': '[1,6)'}::STRUCT(…)
 *   inet '10.0.0.1'         ⇒  CAST({…} AS STRUCT(…))
 *   '{10.0.0.1}'::inet[]    ⇒  [{…}]::STRUCT(…)[]
 */
import { arrayDelimiter, KEYED_TYPES, keyedTypeText, keyField, TEXT_FIELD } from "../core/keyed-types.js";
import { notSupported } from "../core/errors.js";
import { keyedTypeByOid, type NamedKeyedType } from "../pgtypes/keyed/registry.js";
import { parseArrayLiteral } from "../pgtypes/parse-array.js";
import type { InputOptions } from "../pgtypes/parse-value.js";
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { castTypeOf, type CastType } from "../sql/dialect/cast-places.js";
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
  const edits = tokens.flatMap((token, index): TextEdit[] => {
    const type = token.kind === "string" ? castTypeOf(tokens, index) : undefined;
    return type === undefined ? [] : literalEdits(tokens, token, type, options);
  });
  if (edits.length === 0) return statement;
  const others = statement.edits.filter(
    (edit) => !edits.some((own) => own.start < edit.end && edit.start < own.end),
  );
  return { ...statement, edits: sortEdits([...others, ...edits]) };
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

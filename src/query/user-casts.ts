/**
 * Casts to composite types. DuckDB's own cast of a text to a STRUCT reads another syntax, and does not fail at all of
 * PostgreSQL's: literals are read here, and a text that is computed is refused.
 *
 *   '(1,"a b")'::t        ⇒  CAST({'a': CAST('1' AS INTEGER), 'b': 'a b'} AS STRUCT(…))::t
 *   row('\x00', '{1}')::t ⇒  each literal as a value of its field's type
 *   column::t             ⇒  duckbranch_row_operand(column)::t, which fails for a text
 */
import type { CatalogComposite } from "../catalog/composite-catalog.js";
import type { TypeCatalog } from "./type-catalog.js";
import { SqlError } from "../core/errors.js";
import { FUNCTIONS_SCHEMA } from "../engine/database.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId, LIST } from "../engine/vector-values.js";
import { inferParameterOid } from "../pgtypes/parameters.js";
import { parseValue } from "../pgtypes/parse-value.js";
import { identified } from "../pgtypes/user-types.js";
import type { NameReference, RelationalStatement, TextEdit } from "../sql/analysis.js";
import { operandStart } from "../sql/dialect/operand-start.js";
import { characterPosition, tokenise, type Token } from "../sql/lexer.js";
import { sortEdits } from "../sql/splice.js";
import { closingBracket, isSymbol, isWord, splitAtCommas } from "../sql/token-reader.js";
import { valueText } from "./value-text.js";

interface CastInput {
  readonly statement: RelationalStatement;
  readonly types: TypeCatalog;
  readonly searchPath: readonly string[];
  readonly timeZone: string;
}

/** Tokens `first` ‥ `last`, and the type they are cast to. */
interface Cast {
  readonly first: number;
  readonly last: number;
  readonly type: EngineType;
}

/** The statement with the operands of such casts in DuckDB's form. Errors: those of the types' input functions. */
export function withUserCasts(input: CastInput): RelationalStatement {
  const { statement, types } = input;
  const named = statement.names.filter(({ role }) => role === "type");
  if (types.composites.isEmpty || named.length === 0) return statement;
  const tokens = tokenise(statement.text);
  const edits = named.flatMap((name): TextEdit[] => {
    const composite = types.composites.named(name.parts, input.searchPath);
    const cast = composite && castTo(tokens, name, composite, types);
    return cast === undefined ? [] : operandEdits(tokens, cast, input);
  });
  if (edits.length === 0) return statement;
  const others = statement.edits.filter(
    (edit) => !edits.some((own) => own.start < edit.end && edit.start < own.end),
  );
  return { ...statement, edits: sortEdits([...others, ...edits]) };
}

function castTo(
  tokens: readonly Token[],
  name: NameReference,
  composite: CatalogComposite,
  types: TypeCatalog,
): Cast | undefined {
  const at = tokens.findIndex(({ start }) => start === name.start);
  const behind = tokens.findIndex(({ start }) => start >= name.end);
  const own = identified(composite.type, (part) => types.identityOf(part, composite.typeName));
  const isArray = isSymbol(tokens[behind], "[") || isWord(tokens[behind], "array");
  const type = isArray ? LIST(own) : own;
  const before = tokens[at - 1];
  if (isSymbol(before, "::")) {
    const first = operandStart(tokens, at - 2);
    return first === undefined ? undefined : { first, last: at - 2, type };
  }
  const open = isWord(before, "as") ? castOpening(tokens, at - 1) : undefined;
  return open === undefined ? undefined : { first: open + 1, last: at - 2, type };
}

/** The bracket of `CAST(… AS`, given the word AS. */
export function castOpening(tokens: readonly Token[], as: number): number | undefined {
  let depth = 0;
  for (let at = as - 1; at > 0; at--) {
    if (isSymbol(tokens[at], ")")) depth++;
    else if (isSymbol(tokens[at], "(") && depth-- === 0) return isCastWord(tokens[at - 1]) ? at : undefined;
  }
  return undefined;
}

function isCastWord(token: Token | undefined): boolean {
  return isWord(token, "cast") || isWord(token, "try_cast");
}

function operandEdits(tokens: readonly Token[], cast: Cast, input: CastInput): TextEdit[] {
  const [first, last] = [tokens[cast.first], tokens[cast.last]];
  if (first === undefined || last === undefined) return [];
  if (cast.first === cast.last && first.kind === "string") return [literalEdit(first, cast.type, input)];
  if (cast.first === cast.last && (first.kind === "parameter" || isWord(first, "null"))) return [];
  const open = isWord(first, "row") ? cast.first + 1 : cast.first;
  if (isSymbol(tokens[open], "(") && closingBracket(tokens, open) === cast.last) {
    const fields = rowFields(tokens, open, cast.last);
    if (isWord(first, "row") || fields.length > 1) return fieldEdits(tokens, fields, cast.type, input);
  }
  if (isWord(first, "array")) return [];
  return [
    { start: first.start, end: first.start, text: `${FUNCTIONS_SCHEMA}.duckbranch_row_operand(` },
    { start: last.end, end: last.end, text: ")" },
  ];
}

function rowFields(
  tokens: readonly Token[],
  open: number,
  close: number,
): readonly (readonly [number, number])[] {
  return splitAtCommas(tokens, open + 1, close);
}

/** Literals among a row's fields, as values of the fields they are for. */
function fieldEdits(
  tokens: readonly Token[],
  fields: readonly (readonly [number, number])[],
  type: EngineType,
  input: CastInput,
): TextEdit[] {
  if (type.typeId !== EngineTypeId.STRUCT) return [];
  return fields.flatMap(([first, end], index): TextEdit[] => {
    const [token, entry] = [tokens[first], type.entryTypes[index]];
    const isLiteral = end === first + 1 && token?.kind === "string";
    return isLiteral && entry !== undefined ? [literalEdit(token, entry, input)] : [];
  });
}

function literalEdit(token: Token, type: EngineType, { statement, timeZone }: CastInput): TextEdit {
  try {
    const { start, end, value } = token;
    return { start, end, text: literalText(value, type, timeZone) };
  } catch (error) {
    if (!(error instanceof SqlError) || error.position !== undefined) throw error;
    throw error.with({ position: characterPosition(statement.text, token.start) });
  }
}

/** A text read as PostgreSQL's input function of a type does, for DuckDB. */
export function literalText(value: string, type: EngineType, timeZone: string): string {
  const read = parseValue(value, inferParameterOid(type), type, { timeZone });
  return `CAST(${valueText(read)} AS ${type.toString()})`;
}

import type { TextEdit } from "../analysis.js";
import { takesSequence } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { quoteLiteral } from "../names.js";
import { closingBracket, isSymbol, isWord, nameAt } from "../token-reader.js";
import { operandStart } from "./operand-start.js";
import type { DialectPass } from "./pass.js";

/** Where the catalogue's macros are; see src/catalog. */
export const CATALOG_SCHEMA = "memory.duckbranch_pg_catalog";

const LOOKUPS = new Set(["regclass", "regtype", "regnamespace", "regproc", "regrole"]);
const TEXT_TYPES = new Set(["text", "varchar", "name", "char", "bpchar"]);
/** Functions that are given an OID, and here no name. */
const OID_FUNCTIONS = new Set([
  "pg_get_functiondef",
  "col_description",
  "obj_description",
  "pg_get_indexdef",
  "pg_get_constraintdef",
  "pg_get_function_arguments",
  "pg_get_function_identity_arguments",
  "pg_get_function_result",
  "pg_table_is_visible",
  "pg_relation_is_updatable",
  "pg_column_is_updatable",
]);
const COMPARISONS = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);

/** `:: [pg_catalog .] regclass [[]]`, at the index of `::`. */
interface Cast {
  readonly type: string;
  readonly isArray: boolean;
  /** The number is meant wherever it stands. */
  readonly isOid?: true;
  readonly end: number;
  /** The index behind it. */
  readonly next: number;
}

/**
 * Casts that are look-ups in the catalogue. PostgreSQL's value is an OID shown as a name; DuckDB has no such type, so the
 * place decides: a name where it is shown, the OID where it is compared or cast on.
 *
 *   oid = 'orders'::regclass       ⇒  oid = _regclass('orders')
 *   SELECT 'orders'::regclass      ⇒  SELECT _regclass_name('orders')
 *   c.oid::pg_catalog.regclass     ⇒  _regclass_name(c.oid)
 *   a.atttypid::regtype::text      ⇒  _regtype_name(a.atttypid)::text
 *   pg_typeof(a)::oid              ⇒  _regtype(pg_typeof(a))
 *   CAST('t' AS regclass)          ⇒  _regclass('t')
 *   oid = CAST($1 AS regclass)     ⇒  oid = _regclass($1)
 *   CAST(CAST(a AS regclass) AS oid) ⇒  CAST(_regclass(a) AS oid)
 *   oid = ANY ('{a,b}'::regclass[])  ⇒  oid = ANY ([_regclass('a'), _regclass('b')])
 *
 * Reason  psql, drivers and ORMs name tables and types so
 */
export const catalogCastsPass: DialectPass = ({ tokens }) => {
  const edits: TextEdit[] = [];
  tokens.forEach((token, index) => {
    if (isSymbol(token, "::")) edits.push(...suffixCast(tokens, index));
    else if (isWord(token, "cast") && isSymbol(tokens[index + 1], "("))
      edits.push(...prefixCast(tokens, index));
  });
  return edits;
};

function suffixCast(tokens: readonly Token[], index: number): TextEdit[] {
  const cast = castAt(tokens, index + 1) ?? oidOfType(tokens, index);
  const first = cast === undefined ? undefined : operandStart(tokens, index - 1);
  const [begin, sign] = [first === undefined ? undefined : tokens[first], tokens[index]];
  if (cast === undefined || first === undefined || begin === undefined || sign === undefined) return [];
  if (isSequenceLiteral(tokens, first)) return [];
  if (cast.isArray && first === index - 1 && begin.kind === "string")
    return [{ start: begin.start, end: cast.end, text: literalArray(tokens, cast, begin.value, first - 1) }];
  const macros = macrosFor(tokens, cast, { first, last: index - 1, before: first - 1 });
  return [
    { start: begin.start, end: begin.start, text: `${macros.join("(")}(` },
    { start: sign.start, end: cast.end, text: ")".repeat(macros.length) },
  ];
}

/** `pg_typeof(x)::oid`: pg_typeof answers with a name here. */
function oidOfType(tokens: readonly Token[], index: number): Cast | undefined {
  const type = nameAt(tokens, index + 1);
  const isOid = type?.parts.at(-1) === "oid" && !isSymbol(tokens[type.next], "[");
  const first = isOid ? operandStart(tokens, index - 1) : undefined;
  if (type === undefined || first === undefined || !isWord(tokens[first], "pg_typeof")) return undefined;
  return { type: "regtype", isArray: false, isOid: true, end: type.end, next: type.next };
}

/** OIDs where they are compared, names where they are shown. */
function literalArray(tokens: readonly Token[], { type }: Cast, value: string, before: number): string {
  const isAny = ["any", "some", "all"].some((word) => isWord(tokens[before - 1], word));
  const macro = `${CATALOG_SCHEMA}._${type}`;
  const elements = value.replace(/^\{|\}$/g, "").match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [];
  const texts = elements.map((element) => {
    const name = element
      .trim()
      .replace(/^"(.*)"$/s, "$1")
      .replaceAll(/\\(.)/gs, "$1");
    const found = `${macro}(${quoteLiteral(name)})`;
    return isAny && isSymbol(tokens[before], "(") ? found : `${macro}_name(${found})`;
  });
  return `[${texts.join(", ")}]`;
}

function prefixCast(tokens: readonly Token[], index: number): TextEdit[] {
  const close = closingBracket(tokens, index + 1);
  const at = close === undefined ? -1 : typeAt(tokens, close);
  const cast = castAt(tokens, at + 1);
  const [word, as] = [tokens[index], tokens[at]];
  if (close === undefined || cast === undefined || word === undefined || as === undefined) return [];
  const operand = { first: index + 2, last: at - 1, before: index - 1 };
  const macros = macrosFor(tokens, { ...cast, next: close + 1 }, operand);
  return [
    { start: word.start, end: word.end, text: macros.join("(") },
    { start: as.start, end: cast.end, text: ")".repeat(macros.length - 1) },
  ];
}

/** The index of AS in front of a look-up type that ends at `close`; -1 when none does. */
function typeAt(tokens: readonly Token[], close: number): number {
  const most = "as pg_catalog . regclass [ ]".split(" ").length;
  for (let index = close - 1; index >= close - most && index >= 0; index -= 1) {
    if (isWord(tokens[index], "as")) return castAt(tokens, index + 1)?.next === close ? index : -1;
  }
  return -1;
}

/** A type whose casts are look-ups. */
export function isLookUp(tokens: readonly Token[], index: number): boolean {
  return castAt(tokens, index) !== undefined;
}

function castAt(tokens: readonly Token[], index: number): Cast | undefined {
  const name = nameAt(tokens, index);
  const type = name?.parts.at(-1) ?? "";
  const isKnown = name?.parts.length === 1 || (name?.parts.length === 2 && name.parts[0] === "pg_catalog");
  if (name === undefined || !isKnown || !LOOKUPS.has(type)) return undefined;
  const bracket = tokens[name.next + 1];
  const isArray = isSymbol(tokens[name.next], "[") && isSymbol(bracket, "]");
  return isArray && bracket !== undefined
    ? { type, isArray, end: bracket.end, next: name.next + 2 }
    : { type, isArray: false, end: name.end, next: name.next };
}

/** The macros around the operand, the outermost first. */
function macrosFor(
  tokens: readonly Token[],
  cast: Cast,
  /** `before`: what stands in front of the whole cast. */
  operand: { readonly first: number; readonly last: number; readonly before: number },
): readonly string[] {
  const macro = `${CATALOG_SCHEMA}._${cast.type}`;
  if (cast.isArray) return [`${macro}_names`];
  if (cast.isOid) return [macro];
  if (isSymbol(tokens[cast.next], "::")) {
    const next = nameAt(tokens, cast.next + 1)?.parts.at(-1) ?? "";
    return TEXT_TYPES.has(next) ? [`${macro}_name`] : [macro];
  }
  if (isCastAgain(tokens, operand.before, cast.next))
    return TEXT_TYPES.has(nameAt(tokens, cast.next + 1)?.parts.at(-1) ?? "") ? [`${macro}_name`] : [macro];
  if (isSymbol(tokens[operand.before], "(") && takesOid(tokens[operand.before - 1])) return [macro];
  // What pg_catalog calls regproc is kept as a name.
  if (cast.type === "regproc") return [`${macro}_name`];
  const isLiteral = operand.first === operand.last && tokens[operand.first]?.kind === "string";
  if (cast.type === "regtype" && isBesideTypeOf(tokens, operand.before, cast.next))
    return isLiteral ? [`${macro}_name`, macro] : [`${macro}_name`];
  // A name that is shown must be there, and is shown as short as it can be.
  if (isLiteral && isShown(tokens, operand.before, cast.next)) return [`${macro}_name`, macro];
  return isLiteral || isCompared(tokens, operand.before) || isCompared(tokens, cast.next)
    ? [macro]
    : [`${macro}_name`];
}

/** The name of a function whose first argument is an OID. */
function takesOid(token: Token | undefined): boolean {
  return token?.kind === "word" && OID_FUNCTIONS.has(token.value);
}

/** `CAST(CAST(a AS regclass) AS oid)`: the operand of another cast, and no column of that name. */
function isCastAgain(tokens: readonly Token[], before: number, next: number): boolean {
  return isSymbol(tokens[before], "(") && isWord(tokens[before - 1], "cast") && isWord(tokens[next], "as");
}

/** The whole of a column of the statement's own result. */
function isShown(tokens: readonly Token[], before: number, next: number): boolean {
  const isFirst = isWord(tokens[before], "select") || isSymbol(tokens[before], ",");
  const behind = tokens[next];
  const isLast =
    behind === undefined || isSymbol(behind, ",") || isWord(behind, "from") || isWord(behind, "as");
  const depth = tokens.slice(0, before + 1).reduce((sum, token) => {
    if (token.kind !== "symbol") return sum;
    return "([".includes(token.value) ? sum + 1 : ")]".includes(token.value) ? sum - 1 : sum;
  }, 0);
  // Behind FROM a comma separates relations, which a look-up is not.
  return isFirst && isLast && depth === 0;
}

/** `pg_typeof(a) = 'int'::regtype`: pg_typeof answers with a name. */
function isBesideTypeOf(tokens: readonly Token[], before: number, next: number): boolean {
  const left = isCompared(tokens, before) ? operandStart(tokens, before - 1) : undefined;
  return (
    (left !== undefined && isTypeOf(tokens, left) && tokens[before - 1] === endOfCall(tokens, left)) ||
    (isCompared(tokens, next) && isTypeOf(tokens, next + 1) && !isCastOn(tokens, next + 1))
  );
}

function isTypeOf(tokens: readonly Token[], index: number): boolean {
  return isWord(tokens[index], "pg_typeof") && isSymbol(tokens[index + 1], "(");
}

/** The last bracket of a call without a schema. */
function endOfCall(tokens: readonly Token[], index: number): Token | undefined {
  return tokens[closingBracket(tokens, index + 1) ?? -1];
}

function isCastOn(tokens: readonly Token[], index: number): boolean {
  return isSymbol(tokens[(closingBracket(tokens, index + 1) ?? -1) + 1], "::");
}

function isCompared(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  return (
    (token?.kind === "operator" && COMPARISONS.has(token.value)) ||
    isWord(token, "in") ||
    isWord(token, "not")
  );
}

/** nextval('s'::regclass) is read elsewhere. */
function isSequenceLiteral(tokens: readonly Token[], first: number): boolean {
  const call = tokens[first - 2];
  return isSymbol(tokens[first - 1], "(") && call?.kind === "word" && takesSequence(call.value);
}

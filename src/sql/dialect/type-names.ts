import type { TextEdit } from "../analysis.js";
import { KEYED_TYPES, keyedTypeText } from "../../core/keyed-types.js";
import { isBuiltinType } from "../builtin-names.js";
import { isSymbol, isWord, nameAt, type NameSpan } from "../token-reader.js";
import type { DialectPass, PassInput } from "./pass.js";

/** PostgreSQL types without a DuckDB type of that name, and what holds their values. */
const EQUIVALENTS: ReadonlyMap<string, string> = new Map([
  ["name", "VARCHAR"],
  ["char", "VARCHAR"],
  ["cstring", "VARCHAR"],
  ["unknown", "VARCHAR"],
  ["xml", "VARCHAR"],
  ...[...KEYED_TYPES.keys()].map((name) => [name, keyedTypeText(name)] as const),
  ["regprocedure", "VARCHAR"],
  ["regoper", "VARCHAR"],
  ["regoperator", "VARCHAR"],
  ["jsonb", "JSON"],
  ["jsonpath", "VARCHAR"],
  ["xid", "BIGINT"],
  ["xid8", "UBIGINT"],
  ["cid", "BIGINT"],
  ["money", "DECIMAL(19,2)"],
  ["varbit", "BIT"],
  ["int2vector", "VARCHAR"],
  ["oidvector", "VARCHAR"],
]);

/** Their meaning is a look-up in the catalogue, not a type: the catalogue layer translates them. */
const LOOKUPS = new Set(["regclass", "regtype", "regnamespace", "regproc", "regrole"]);

/**
 * Type names DuckDB does not know, and the schema pg_catalog in front of any.
 *
 *   x::pg_catalog.text  ⇒  x::text          '{}'::jsonb  ⇒  '{}'::JSON          x::_int4  ⇒  x::int4[]
 *   x float             ⇒  x DOUBLE
 *
 * Reason  psql writes pg_catalog.text in every \d; DuckDB looks for a type in a schema of that name and fails
 */
export const typeNamesPass: DialectPass = (input) => {
  // Both readers find most of them; a text may hold tens of thousands.
  const byStart = new Map([...castTypes(input), ...input.types].map((type) => [type.start, type]));
  const floats = new Map(
    input.tokens.flatMap((token, index) => (isWord(token, "float") ? [[token.start, index] as const] : [])),
  );
  return [...byStart.values()].flatMap((type) => {
    const float = floats.get(type.start);
    if (float !== undefined) return [floatEdit(input.tokens, float)];
    const text = replacement(type);
    return text === undefined ? [] : [{ start: type.start, end: type.end, text }];
  });
};

/** PostgreSQL's float is one of double precision, and takes a number of bits; DuckDB's is the smaller one. */
const MOST_BITS_OF_REAL = 24;

/** The word at this index, with what stands in brackets behind it. */
function floatEdit(tokens: PassInput["tokens"], index: number): TextEdit {
  const [name, open, bits, close] = tokens.slice(index, index + 4);
  const [start, end] = [name?.start ?? 0, name?.end ?? 0];
  if (!isSymbol(open, "(") || bits?.kind !== "number" || close === undefined || !isSymbol(close, ")"))
    return { start, end, text: "DOUBLE" };
  return { start, end: close.end, text: Number(bits.value) <= MOST_BITS_OF_REAL ? "REAL" : "DOUBLE" };
}

function replacement(type: NameSpan): string | undefined {
  const [first, second] = type.parts;
  const isQualified = type.parts.length === 2 && first === "pg_catalog";
  const name = isQualified ? second : type.parts.length === 1 ? first : undefined;
  // A keyword type of one or two words reads as pg_catalog.int4 although it is written `int`.
  const isKeyword = isQualified && type.end - type.start < "pg_catalog.".length;
  if (name === undefined || isKeyword || LOOKUPS.has(name) || !isBuiltinType(name)) return undefined;
  if (name.startsWith("_") && name.length > 1) return `${equivalent(name.slice(1)) ?? name.slice(1)}[]`;
  return equivalent(name) ?? (isQualified ? name : undefined);
}

function equivalent(name: string): string | undefined {
  return EQUIVALENTS.get(name);
}

/** For a text that only DuckDB's parser reads: the names behind `::`. */
function castTypes({ tokens }: PassInput): NameSpan[] {
  return tokens.flatMap((token, index) => {
    const isCast = isSymbol(token, "::") || (isWord(token, "as") && isWord(tokens[index + 1], "pg_catalog"));
    const name = isCast ? nameAt(tokens, index + 1) : undefined;
    return name === undefined ? [] : [name];
  });
}

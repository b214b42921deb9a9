import type { TextEdit } from "../analysis.js";
import { canBeAlias } from "../builtin-names.js";
import type { Token } from "../lexer.js";
import { closingBracket, isSymbol, isWord, nameAt } from "../token-reader.js";
import { CATALOG_SCHEMA } from "./catalog-casts.js";
import type { DialectPass } from "./pass.js";

/** Columns of pg_catalog that hold arrays, never with a NULL in them. */
const ARRAY_COLUMNS = new Set([
  "indkey",
  "indclass",
  "indcollation",
  "indoption",
  "conkey",
  "confkey",
  "proargtypes",
  "stxkeys",
  "prattrs",
]);
/** Those PostgreSQL prints without braces: a cast of them to text is written here, and nowhere else. */
export const VECTOR_COLUMNS: ReadonlySet<string> = new Set([
  "indkey",
  "indclass",
  "indcollation",
  "indoption",
  "proargtypes",
  "stxkeys",
]);
/** Columns of pg_type that name functions, and are kept as names. */
const FUNCTION_COLUMNS = new Set(["typinput", "typoutput", "typreceive", "typsend"]);
/** Columns of type regproc that hold numbers: several functions have one name. */
const NUMBERED_FUNCTIONS = new Set(["oprcode", "oprrest", "oprjoin", "aggfnoid", "aggtransfn", "aggfinalfn"]);
/** What a row's xmin is once every transaction sees it. */
const FROZEN = "2::BIGINT";
const SET_FUNCTIONS = new Set(["pg_partition_ancestors"]);
const TEXT_TYPES = new Set(["text", "varchar"]);
/** Without one of these in a statement nothing is special in it. */
const SPECIAL: ReadonlySet<string> = new Set([
  ...ARRAY_COLUMNS,
  ...VECTOR_COLUMNS,
  ...FUNCTION_COLUMNS,
  ...NUMBERED_FUNCTIONS,
  ...SET_FUNCTIONS,
  "tableoid",
  "xmin",
]);

/**
 * What is special about columns and functions of pg_catalog.
 *
 *   a.attnum = ANY (ix.indkey)              ⇒  a.attnum IN coalesce(ix.indkey)
 *   ix.indkey::varchar                      ⇒  array_to_string(ix.indkey, ' ')
 *   CAST(ix.indkey AS varchar)              ⇒  array_to_string(ix.indkey, ' ')
 *   FROM pg_proc p … p.tableoid             ⇒  _regclass('pg_proc')
 *   FROM pg_proc p … p.xmin                 ⇒  2::BIGINT
 *   p.oid = t.typreceive                    ⇒  p.oid = _type_function(t.typreceive)
 *   SELECT o.oprcode FROM                   ⇒  SELECT _regproc_name(o.oprcode) AS oprcode FROM
 *   FROM pg_partition_ancestors(1) WITH …   ⇒  FROM unnest(pg_partition_ancestors(1)) WITH …
 *
 * Reason  ANY over a column is a sub-query to DuckDB, refused in an outer join; an int2vector prints as `1 2`; tableoid and xmin
 *         are hidden in PostgreSQL, and DuckDB has no hidden columns; a macro returns a set in FROM only
 */
export const catalogColumnsPass: DialectPass = ({ tokens }) => {
  // Of statements most name none of them.
  if (!tokens.some(({ value }) => SPECIAL.has(value.toLowerCase()))) return [];
  const isHidden = tokens.some((token) => isWord(token, "tableoid") || isWord(token, "xmin"));
  const relations = isHidden ? catalogRelations(tokens) : [];
  return tokens.flatMap((_, index) => [
    ...quantified(tokens, index),
    ...printedVector(tokens, index),
    ...hiddenColumn(tokens, relations, index),
    ...setFunction(tokens, index),
    ...functionNumber(tokens, index),
    ...functionShown(tokens, index),
  ]);
};

/** A function's name where its number would be shown. */
function functionShown(tokens: readonly Token[], index: number): TextEdit[] {
  const before = tokens[index - 1];
  if (!isSymbol(before, ",") && !isWord(before, "select")) return [];
  const name = nameAt(tokens, index);
  const column = name?.parts.at(-1)?.toLowerCase() ?? "";
  const behind = name === undefined ? undefined : tokens[name.next];
  const isNamed = isWord(behind, "as");
  if (name === undefined || !NUMBERED_FUNCTIONS.has(column)) return [];
  if (!isNamed && behind !== undefined && !isSymbol(behind, ",") && !isWord(behind, "from")) return [];
  return [
    { start: name.start, end: name.start, text: `${CATALOG_SCHEMA}._regproc_name(` },
    { start: name.end, end: name.end, text: isNamed ? ")" : `) AS ${column}` },
  ];
}

/** A function's name where it is compared with an OID. */
function functionNumber(tokens: readonly Token[], index: number): TextEdit[] {
  if (isSymbol(tokens[index - 1], ".")) return [];
  const left = nameAt(tokens, index);
  const sign = left === undefined ? undefined : tokens[left.next];
  if (left === undefined || sign?.kind !== "operator" || sign.value !== "=") return [];
  const right = nameAt(tokens, left.next + 1);
  const [one, other] = [left.parts.at(-1) ?? "", right?.parts.at(-1) ?? ""];
  const named =
    one === "oid" && FUNCTION_COLUMNS.has(other)
      ? right
      : other === "oid" && FUNCTION_COLUMNS.has(one)
        ? left
        : undefined;
  if (named === undefined) return [];
  return [
    { start: named.start, end: named.start, text: `${CATALOG_SCHEMA}._type_function(` },
    { start: named.end, end: named.end, text: ")" },
  ];
}

function quantified(tokens: readonly Token[], index: number): TextEdit[] {
  const [equals, open] = [tokens[index], tokens[index + 2]];
  if (equals?.kind !== "operator" || equals.value !== "=" || !isWord(tokens[index + 1], "any")) return [];
  const name = isSymbol(open, "(") ? nameAt(tokens, index + 3) : undefined;
  const isArray =
    name !== undefined && ARRAY_COLUMNS.has(name.parts.at(-1) ?? "") && isSymbol(tokens[name.next], ")");
  return isArray && open !== undefined ? [{ start: equals.start, end: open.end, text: " IN coalesce(" }] : [];
}

function printedVector(tokens: readonly Token[], index: number): TextEdit[] {
  if (isSymbol(tokens[index - 1], ".")) return [];
  const name = nameAt(tokens, index);
  const isVector = name !== undefined && VECTOR_COLUMNS.has(name.parts.at(-1) ?? "");
  const type = isVector ? nameAt(tokens, name.next + 1) : undefined;
  if (name === undefined || type === undefined || !TEXT_TYPES.has(type.parts.at(-1) ?? "")) return [];
  const [word, open, as] = [tokens[index - 2], tokens[index - 1], tokens[name.next]];
  if (as !== undefined && open !== undefined && isWord(as, "as") && isWord(word, "cast"))
    return [
      { start: word?.start ?? open.start, end: open.end, text: "array_to_string(" },
      { start: as.start, end: type.end, text: ", ' '" },
    ];
  if (!isSymbol(as, "::")) return [];
  return [
    { start: name.start, end: name.start, text: "array_to_string(" },
    { start: name.end, end: type.end, text: ", ' ')" },
  ];
}

/** A mention of a catalogue relation, in the order of the text. */
interface Mention {
  readonly relation: string;
  readonly alias: string | undefined;
  readonly isFirst: boolean;
  readonly index: number;
  /** How many brackets it stands in. */
  readonly depth: number;
}

function hiddenColumn(tokens: readonly Token[], relations: readonly Mention[], index: number): TextEdit[] {
  const token = tokens[index];
  const isTableOid = isWord(token, "tableoid");
  if (token === undefined || !(isTableOid || isWord(token, "xmin")) || isWord(tokens[index - 1], "as"))
    return [];
  const qualifier = isSymbol(tokens[index - 1], ".") ? tokens[index - 2] : undefined;
  // Anybody's column may have the shorter name.
  if (!isTableOid && qualifier === undefined && !isCatalogOnly(tokens, index)) return [];
  // Of the query it stands in, not of one in its select list.
  const depth = depthAt(tokens, index);
  const matches = ({ relation, alias, isFirst, depth: own }: Mention): boolean =>
    qualifier === undefined ? isFirst && own <= depth : qualifier.value === (alias ?? relation);
  const found =
    relations.find((mention) => mention.index > index && matches(mention)) ?? relations.findLast(matches);
  const start = (qualifier ?? token).start;
  return found === undefined
    ? []
    : [
        {
          start,
          end: token.end,
          text: isTableOid ? `${CATALOG_SCHEMA}._regclass('${found.relation}')` : FROZEN,
        },
      ];
}

/** The FROM of the select list a name stands in begins with a relation of pg_catalog, named so, and has no comma behind it. */
function isCatalogOnly(tokens: readonly Token[], index: number): boolean {
  let depth = 0;
  const from = tokens.findIndex((token, at) => {
    if (at <= index || depth < 0) return false;
    if (isSymbol(token, "(")) depth++;
    if (isSymbol(token, ")")) depth--;
    return depth === 0 && isWord(token, "from");
  });
  const name = from < 0 ? undefined : nameAt(tokens, from + 1);
  const isOne = name !== undefined && !isSymbol(tokens[name.next], ",") && !isWord(tokens[name.next], "join");
  return isOne && name.parts.length === 2 && name.parts[0] === "pg_catalog";
}

function catalogRelations(tokens: readonly Token[]): Mention[] {
  return tokens.flatMap((_, index) => {
    const name = isSymbol(tokens[index - 1], ".") ? undefined : nameAt(tokens, index);
    const relation = name?.parts.at(-1) ?? "";
    if (name === undefined || !/^pg_[a-z_]+$/.test(relation) || isSymbol(tokens[name.next], "(")) return [];
    const at = isWord(tokens[name.next], "as") ? name.next + 1 : name.next;
    const alias = tokens[at];
    const isAlias = alias?.kind === "quoted" || (alias?.kind === "word" && canBeAlias(alias.value));
    return [
      {
        relation,
        alias: isAlias ? alias.value : undefined,
        isFirst: isWord(tokens[index - 1], "from"),
        index,
        depth: depthAt(tokens, index),
      },
    ];
  });
}

function depthAt(tokens: readonly Token[], index: number): number {
  const before = tokens.slice(0, index);
  return (
    before.filter((one) => isSymbol(one, "(")).length - before.filter((one) => isSymbol(one, ")")).length
  );
}

function setFunction(tokens: readonly Token[], index: number): TextEdit[] {
  if (isSymbol(tokens[index - 1], ".")) return [];
  const name = nameAt(tokens, index);
  if (name === undefined || !SET_FUNCTIONS.has(name.parts.at(-1) ?? "")) return [];
  const close = isSymbol(tokens[name.next], "(") ? closingBracket(tokens, name.next) : undefined;
  const last = close === undefined ? undefined : tokens[close];
  if (last === undefined) return [];
  return [
    { start: name.start, end: name.start, text: "unnest(" },
    { start: last.end, end: last.end, text: ")" },
  ];
}

/**
 * Columns whose values a sequence gives: `serial` and its kin, and identity columns. Their meaning is made by the
 * planner, which knows where the sequence lives; here only what the statement says is read.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { SequenceColumn, SequenceOptions } from "./analysis.js";
import {
  listField,
  locationOf,
  nodeField,
  stringList,
  textField,
  unwrap,
  unwrapAs,
  type AstNode,
} from "./ast.js";
import { foldIdentifier } from "./names.js";
import type { References } from "./references.js";
import { closingBracket, isSymbol, isWord } from "./token-reader.js";
import type { Utf8Offsets } from "./utf8-offsets.js";

const SERIAL_TYPES: ReadonlyMap<string, SequenceColumn["type"]> = new Map([
  ["smallserial", "smallint"],
  ["serial2", "smallint"],
  ["serial", "integer"],
  ["serial4", "integer"],
  ["bigserial", "bigint"],
  ["serial8", "bigint"],
]);

const IDENTITY_TYPES: ReadonlyMap<string, SequenceColumn["type"]> = new Map([
  ["int2", "smallint"],
  ["int4", "integer"],
  ["int8", "bigint"],
]);

export function isSerialType(name: string): boolean {
  return SERIAL_TYPES.has(name);
}

/** What one ColumnDef says; undefined for a column without a sequence. */
export function sequenceColumn(
  node: AstNode,
  references: References,
  offsets: Utf8Offsets,
): SequenceColumn | undefined {
  const type = nodeField(node, "typeName") ?? {};
  const typeName = stringList(type, "names").at(-1) ?? "";
  const column = columnName(node, references, offsets);
  const serial = SERIAL_TYPES.get(typeName);
  const identity = listField(node, "constraints")
    .map((item) => unwrapAs(item, "Constraint"))
    .find((constraint) => textField(constraint ?? {}, "contype") === "CONSTR_IDENTITY");
  if (serial !== undefined) {
    const name = references.nameAtOffset(offsets.toUtf16(locationOf(type)));
    if (name === undefined) return undefined;
    const { start, end } = name;
    return { column, kind: "serial", type: serial, options: {}, start, end };
  }
  if (identity === undefined) return undefined;
  const identityType = IDENTITY_TYPES.get(typeName);
  if (identityType === undefined) {
    throw new SqlError(
      SQLSTATE.invalidParameterValue,
      "identity column type must be smallint, integer, or bigint",
    );
  }
  const span = identitySpan(identity, references, offsets);
  if (span === undefined) return undefined;
  const kind = textField(identity, "generated_when") === "a" ? "always" : "byDefault";
  return { column, kind, type: identityType, options: sequenceOptions(identity), ...span };
}

/** The tree cuts names to 63 bytes; the token has them whole. */
export function columnName(node: AstNode, references: References, offsets: Utf8Offsets): string {
  const index = references.tokenIndexAt(offsets.toUtf16(locationOf(node)));
  const token = index === undefined ? undefined : references.tokens[index];
  const cut = textField(node, "colname");
  if (token === undefined || !token.value.startsWith(cut)) return cut;
  return token.kind === "quoted" ? token.value : foldIdentifier(token.value);
}

/** GENERATED { ALWAYS | BY DEFAULT } AS IDENTITY [ ( options ) ] */
export function identitySpan(
  node: AstNode,
  references: References,
  offsets: Utf8Offsets,
): { start: number; end: number } | undefined {
  const { tokens } = references;
  const from = references.tokenIndexAt(offsets.toUtf16(locationOf(node)));
  if (from === undefined) return undefined;
  const word = tokens.findIndex((token, index) => index > from && isWord(token, "identity"));
  const close = isSymbol(tokens[word + 1], "(") ? closingBracket(tokens, word + 1) : word;
  const [first, last] = [tokens[from], tokens[close ?? word]];
  return first === undefined || last === undefined ? undefined : { start: first.start, end: last.end };
}

/** SEQUENCE NAME, without its schema: that is the table's. */
function sequenceName(node: AstNode): string | undefined {
  const options = listField(node, "options").map((item) => unwrapAs(item, "DefElem") ?? item);
  const named = options.find((option) => textField(option, "defname") === "sequence_name");
  return stringList(unwrapAs(named?.["arg"], "List") ?? {}, "items").at(-1);
}

/** START, INCREMENT, MINVALUE, MAXVALUE, CYCLE, CACHE and SEQUENCE NAME. */
export function sequenceOptions(node: AstNode): SequenceOptions {
  const options: Record<string, bigint | boolean> = {};
  for (const item of listField(node, "options")) {
    const option = unwrapAs(item, "DefElem") ?? item;
    const value = optionValue(option["arg"]);
    if (value !== undefined) options[textField(option, "defname")] = value;
  }
  const number = (name: string): bigint | undefined => {
    const value = options[name];
    return typeof value === "bigint" ? value : undefined;
  };
  return {
    start: number("start"),
    restart: number("restart"),
    increment: number("increment"),
    minimum: number("minvalue"),
    maximum: number("maxvalue"),
    cycle: options["cycle"] === true,
    cache: number("cache"),
    name: sequenceName(node),
  };
}

function optionValue(value: unknown): bigint | boolean | undefined {
  const wrapped = unwrap(value);
  switch (wrapped?.type) {
    case "Integer":
      return BigInt(Number(wrapped.node["ival"] ?? 0));
    case "Float":
      return BigInt(textField(wrapped.node, "fval"));
    case "Boolean":
      return wrapped.node["boolval"] === true;
    default:
      return undefined;
  }
}

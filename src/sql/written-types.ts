/** Types as PostgreSQL's syntax tree holds them, with their modifiers as pg_attribute.atttypmod has them. */
import { listField, nodeField, stringList, unwrapAs, type AstNode } from "./ast.js";
import type { WrittenType } from "./result-sources.js";

/** Bytes PostgreSQL counts with every length. */
const HEADER = 4;

export function writtenType(node: AstNode): WrittenType {
  const name = stringList(node, "names").at(-1) ?? "";
  const bounds = listField(node, "arrayBounds");
  const isUnderscored = name.startsWith("_") && name.length > 1;
  return {
    name: isUnderscored ? name.slice(1) : name,
    typmod: modifier(name, listField(node, "typmods").map(numberOf)),
    isArray: bounds.length > 0 || isUnderscored,
    ...(bounds.length > 1 && { dimensions: bounds.length }),
  };
}

function modifier(name: string, numbers: readonly number[]): number {
  const [first, second] = numbers;
  if (first === undefined || numbers.some((number) => !Number.isInteger(number))) return -1;
  switch (name) {
    case "varchar":
    case "bpchar":
      return first + HEADER;
    case "numeric":
      return ((first << 16) | ((second ?? 0) & 0x7ff)) + HEADER;
    case "interval":
      return ((first & 0x7fff) << 16) | ((second ?? 0xffff) & 0xffff);
    case "bit":
    case "varbit":
    case "time":
    case "timetz":
    case "timestamp":
    case "timestamptz":
      return first;
    default:
      return -1;
  }
}

/** NaN for what is no number. The tree leaves out 0. */
function numberOf(item: AstNode): number {
  const constant = unwrapAs(item, "A_Const");
  const value = constant && nodeField(constant, "ival");
  if (value === undefined) return Number.NaN;
  return typeof value["ival"] === "number" ? value["ival"] : 0;
}

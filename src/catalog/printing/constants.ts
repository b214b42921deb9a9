/** Literals of the syntax tree. */
import { flagField, nodeField, textField, type AstNode } from "../../sql/ast.js";
import type { Constant } from "./tree.js";

export function constantOf(node: AstNode): Constant {
  if (flagField(node, "isnull")) return { kind: "constant", value: null, form: "null", type: "unknown" };
  const text = nodeField(node, "sval");
  if (text !== undefined)
    return { kind: "constant", value: textField(text, "sval"), form: "text", type: "unknown" };
  const truth = nodeField(node, "boolval");
  if (truth !== undefined)
    return { kind: "constant", value: String(flagField(truth, "boolval")), form: "boolean", type: "boolean" };
  const number = nodeField(node, "fval");
  if (number !== undefined) return numberOf(textField(number, "fval"));
  return numberOf(String(constantInteger(node)));
}

export function constantInteger(node: AstNode | undefined): number {
  const value = node === undefined ? undefined : (nodeField(node, "ival") ?? {})["ival"];
  return typeof value === "number" ? value : 0;
}

/** Whole numbers too large for an integer are bigint, or numeric. */
export function numberOf(text: string): Constant {
  const whole = /^-?\d+$/.test(text);
  const size = whole ? BigInt(text) : 0n;
  const within = (bits: bigint): boolean => size < 1n << bits && size >= -(1n << bits);
  const type = whole && within(31n) ? "integer" : whole && within(63n) ? "bigint" : "numeric";
  return { kind: "constant", value: text, form: "number", type };
}

/** DuckDB's text of bytes as PostgreSQL's: `a\xDE` is `\x61de`. */
export function bytesOf(literal: Constant): Constant {
  const bytes = literal.value?.match(/\\x[0-9A-F]{2}|[^\\]/gs) ?? [];
  if (literal.form !== "text" || bytes.join("") !== literal.value) return literal;
  const hex = bytes.map((byte) =>
    byte.startsWith("\\x") ? byte.slice(2).toLowerCase() : Buffer.from(byte).toString("hex"),
  );
  return { ...literal, value: `\\x${hex.join("")}` };
}

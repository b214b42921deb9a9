/** Casts in the texts DuckDB keeps of views: what this server wrote in PostgreSQL's place, as PostgreSQL's tree has it. */
import { isNode, listField, nodeField, stringList, unwrap, unwrapAs, type AstNode } from "../../sql/ast.js";
import { constantInteger } from "./constants.js";

/** Functions that round a moment: `duckbranch_timestamp(a, 3)`. */
const ROUNDED = /^duckbranch_(timestamp|timestamptz|time|interval)$/;

/**
 * The cast that a call stands for; undefined for any other call.
 *
 *   left(CAST(a AS VARCHAR(3)), 3)              ⇒  CAST(a AS varchar(3))
 *   rtrim(left(CAST(a AS VARCHAR(3)), 3), ' ')  ⇒  CAST(a AS bpchar(3))
 *   duckbranch_timestamp(a, 3)                  ⇒  CAST(a AS timestamp(3))
 */
export function castStoodFor(call: AstNode): AstNode | undefined {
  const name = stringList(call, "funcname").at(-1) ?? "";
  const args = listField(call, "args");
  const [rounded] = ROUNDED.exec(name) ?? [];
  if (rounded !== undefined && args.length === 2)
    return castNode(args[0], name.replace("duckbranch_", ""), [args[1]]);
  if (name === "left") return cutText(call, "varchar");
  if (name !== "rtrim" || args.length !== 2) return undefined;
  const inner = unwrapAs(args[0], "FuncCall");
  return inner === undefined || stringList(inner, "funcname").at(-1) !== "left"
    ? undefined
    : cutText(inner, "bpchar");
}

function cutText(call: AstNode, type: string): AstNode | undefined {
  const [cut, length] = listField(call, "args");
  const cast = unwrapAs(cut, "TypeCast");
  const typeName = cast && nodeField(cast, "typeName");
  if (cast === undefined || typeName === undefined || length === undefined) return undefined;
  const isVarchar = stringList(typeName, "names").at(-1) === "varchar";
  if (!isVarchar || integerIn(listField(typeName, "typmods")[0]) !== integerIn(length)) return undefined;
  return castNode(cast["arg"], type, [length]);
}

const integerIn = (wrapped: unknown): number => constantInteger(unwrap(wrapped)?.node);

function castNode(arg: unknown, type: string, typmods: readonly unknown[]): AstNode {
  const wrapped = type === "interval" ? [constant(ALL_FIELDS), ...typmods] : typmods;
  return { arg, typeName: { names: [{ String: { sval: type } }], typmods: wrapped } };
}

const ALL_FIELDS = 0x7fff;
const constant = (value: number): AstNode => ({ A_Const: { ival: { ival: value } } });

/** DuckDB's own spellings in casts; a VARCHAR of no length is text. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ["varchar", "text"],
  ["JSON", "jsonb"],
]);

/** The tree with the casts that were meant: what is not one is kept as it is. */
export function withStoredCasts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withStoredCasts);
  if (!isNode(value)) return value;
  const call = value["FuncCall"];
  const cast = isNode(call) ? castStoodFor(call) : undefined;
  if (cast !== undefined) return { TypeCast: { ...cast, arg: withStoredCasts(cast["arg"]) } };
  const made = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withStoredCasts(part)]));
  const written = value["TypeCast"];
  return isNode(written) && isNode(made["TypeCast"])
    ? { ...made, TypeCast: { ...made["TypeCast"], typeName: spelled(written) } }
    : made;
}

function spelled(cast: AstNode): AstNode {
  const typeName = nodeField(cast, "typeName") ?? {};
  const name = SPELLINGS.get(stringList(typeName, "names").at(-1) ?? "");
  const isSized = listField(typeName, "typmods").length > 0;
  return name === undefined || isSized ? typeName : { ...typeName, names: [{ String: { sval: name } }] };
}

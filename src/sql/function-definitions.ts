/** CREATE FUNCTION … LANGUAGE sql: what it says. Its body is read when it is planned. */
import { notSupported } from "../core/errors.js";
import type { FunctionForm } from "./definition-forms.js";
import { flagField, listField, nodeField, stringList, textField, unwrapAs, type AstNode } from "./ast.js";
import { readNameBehind } from "./named-objects.js";
import { quoteLiteral } from "./names.js";
import { plainReading, type Reading } from "./reading.js";
import type { References } from "./references.js";
import { isWord } from "./token-reader.js";
import { writtenType } from "./written-types.js";

/** Errors: 0A000 for languages, results and arguments that have no macro. */
export function readFunction(node: AstNode, references: References): Reading {
  if (flagField(node, "is_procedure")) throw notSupported("procedures are not supported");
  readNameBehind(references, "function", "create");
  const options = optionsOf(node);
  const language = options.get("language") ?? "sql";
  if (language.toLowerCase() !== "sql") throw notSupported(`language "${language}" is not supported`);
  for (const name of options.keys())
    if (!KNOWN.has(name)) throw notSupported(`CREATE FUNCTION with ${name.toUpperCase()} is not supported`);
  const routine: FunctionForm = {
    arguments: listField(node, "parameters").map(readArgument),
    returns: typeOf(nodeField(node, "returnType") ?? {}),
    body: bodyOf(node, references),
    strict: options.get("strict") === "true",
    volatility: options.get("volatility") ?? "volatile",
  };
  const orReplace = flagField(node, "replace");
  return plainReading("createMacro", "CREATE FUNCTION", true, { orReplace, routine });
}

/** COST, ROWS and PARALLEL are for a planner that DuckDB does not have. */
const KNOWN: ReadonlySet<string> = new Set(
  "language volatility strict as cost rows parallel leakproof".split(" "),
);

function optionsOf(node: AstNode): ReadonlyMap<string, string> {
  return new Map(
    listField(node, "options").map((item) => {
      const option = unwrapAs(item, "DefElem") ?? item;
      const flag = unwrapAs(option["arg"], "Boolean");
      const text = unwrapAs(option["arg"], "String");
      const value = flag === undefined ? textField(text ?? {}, "sval") : String(flag["boolval"] === true);
      return [textField(option, "defname"), value] as const;
    }),
  );
}

function bodyOf(node: AstNode, { text, tokens }: References): string {
  if ("sql_body" in node) {
    const word = tokens.findLastIndex((token) => isWord(token, "return"));
    if (unwrapAs(node["sql_body"], "ReturnStmt") === undefined || word < 0)
      throw notSupported("BEGIN ATOMIC is not supported");
    return `SELECT ${text.slice(tokens[word]?.end)}`;
  }
  for (const item of listField(node, "options")) {
    const option = unwrapAs(item, "DefElem") ?? item;
    const list = unwrapAs(option["arg"], "List");
    const [source, ...more] = list === undefined ? [] : stringList(list, "items");
    if (textField(option, "defname") === "as" && source !== undefined && more.length === 0) return source;
  }
  throw notSupported("this body of a function is not supported");
}

function readArgument(item: AstNode): FunctionForm["arguments"][number] {
  const parameter = unwrapAs(item, "FunctionParameter") ?? item;
  const mode = textField(parameter, "mode");
  if (mode !== "FUNC_PARAM_DEFAULT" && mode !== "FUNC_PARAM_IN")
    throw notSupported("OUT, INOUT, VARIADIC and TABLE arguments are not supported");
  return {
    name: textField(parameter, "name") || undefined,
    type: typeOf(nodeField(parameter, "argType") ?? {}),
    default: "defexpr" in parameter ? constantOf(parameter["defexpr"]) : undefined,
  };
}

/** PostgreSQL's name of a built-in type. */
function typeOf(node: AstNode): FunctionForm["returns"] {
  if (flagField(node, "setof")) throw notSupported("functions that return sets are not supported");
  const { name, isArray } = writtenType(node);
  return { name, isArray };
}

function constantOf(value: unknown): string {
  const constant = unwrapAs(value, "A_Const");
  if (constant !== undefined && "sval" in constant)
    return quoteLiteral(textField(nodeField(constant, "sval") ?? {}, "sval"));
  if (constant !== undefined && "ival" in constant) {
    const number = nodeField(constant, "ival")?.["ival"];
    return typeof number === "number" ? String(number) : "0";
  }
  if (constant !== undefined && "fval" in constant)
    return textField(nodeField(constant, "fval") ?? {}, "fval");
  if (constant !== undefined && flagField(constant, "isnull")) return "NULL";
  throw notSupported("defaults of arguments that are no constants are not supported");
}

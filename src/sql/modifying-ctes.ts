/**
 * WITH whose queries change rows, which DuckDB does not have: the statement is cut into steps that are read and run one
 * by one. A step that another one reads stands there as a table that holds its rows.
 *
 *   WITH moved AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM moved
 *     ⇒  DELETE FROM a RETURNING *;
 *        WITH moved AS (SELECT * FROM pg_temp.with_step_0) INSERT INTO b SELECT * FROM moved
 *
 * A query of the list that changes nothing stays in the text of the step that reads it; read by several it is a step too,
 * so that it is run once.
 */
import { notSupported, type SqlError } from "../core/errors.js";
import {
  flagField,
  listField,
  nodeField,
  textField,
  unwrap,
  unwrapAs,
  visitAll,
  type AstNode,
} from "./ast.js";
import { tokenise, type Token } from "./lexer.js";
import { withOwnParameters } from "./parameter-subset.js";
import { formatName } from "./names.js";
import type { ParsedTree } from "./pg-parser.js";
import { closingBracket, isSymbol, isWord, sliceTokens } from "./token-reader.js";

/** The text of one step, before it is read. */
export interface StepText {
  /** As WITH calls it; undefined for the statement behind WITH. */
  readonly name: string | undefined;
  readonly text: string;
  /** Steps whose rows it reads, by their place in the list. */
  readonly uses: readonly number[];
  /** Its own $1, $2 … as the whole statement numbers them. */
  readonly parameters: readonly number[];
}

/** One query of the WITH list, or the statement behind it. */
interface Item {
  readonly name: string;
  readonly type: string;
  readonly node: AstNode;
  /** `name (columns) AS MATERIALIZED`, and the query without its brackets. */
  readonly head: string;
  readonly body: string;
  /** Items it reads itself. */
  readonly reads: readonly number[];
}

const MODIFYING = new Set(["InsertStmt", "UpdateStmt", "DeleteStmt"]);

/** The name under which a step reads the rows of another. */
export function stepTable(index: number): readonly [schema: string, name: string] {
  return ["pg_temp", `with_step_${index}`];
}

/** The steps of a statement, the statement behind WITH last; undefined when WITH changes nothing. */
export function stepsOf(
  { type, node }: ParsedTree,
  text: string,
  tokens: readonly Token[],
): readonly StepText[] | undefined {
  const clause = nodeField(node, "withClause");
  if (clause === undefined || !isWord(tokens[0], "with")) return undefined;
  const queries = listField(clause, "ctes").map((item) => unwrapAs(item, "CommonTableExpr") ?? item);
  const types = queries.map((query) => unwrap(query["ctequery"])?.type ?? "");
  if (types.includes("MergeStmt")) throw notSupported("MERGE not supported in WITH query");
  if (!types.some((one) => MODIFYING.has(one))) return undefined;
  if (type !== "SelectStmt" && type !== "MergeStmt" && !MODIFYING.has(type))
    throw notSupported("data-modifying statements in WITH of this statement are not supported");
  const recursive = flagField(clause, "recursive");
  const items = readItems(queries, { type, node }, text, tokens);
  refuseForms(items);
  const owners = ownersOf(items);
  const isStep = items.map(
    (item, at) => MODIFYING.has(item.type) || isLast(items, at) || sizeOf(owners[at]) > 1,
  );
  const numbers = isStep.map((_, at) => isStep.slice(0, at).filter(Boolean).length);
  return items.flatMap((item, at) =>
    isStep[at] === true ? [stepText(items, at, { isStep, numbers, owners, recursive })] : [],
  );
}

function isLast(items: readonly Item[], at: number): boolean {
  return at === items.length - 1;
}

function sizeOf(set: ReadonlySet<number> | undefined): number {
  return set?.size ?? 0;
}

/** The list and, behind it, the statement itself. */
function readItems(
  queries: readonly AstNode[],
  main: { readonly type: string; readonly node: AstNode },
  text: string,
  tokens: readonly Token[],
): readonly Item[] {
  const recursive = isWord(tokens[1], "recursive");
  const names = queries.map((query) => textField(query, "ctename"));
  const items: Item[] = [];
  let at = recursive ? 2 : 1;
  for (const [index, query] of queries.entries()) {
    const open = bodyOf(tokens, at);
    const close = closingBracket(tokens, open);
    const body = unwrap(query["ctequery"]);
    if (close === undefined || body === undefined) throw unreadable();
    items.push({
      name: names[index] ?? "",
      ...body,
      head: sliceTokens(text, tokens, at, open),
      body: sliceTokens(text, tokens, open + 1, close),
      // Without RECURSIVE a query sees those before it, and tables.
      reads: readNames(body.node, names).filter((read) => recursive || read < index),
    });
    // Behind a query may stand SEARCH or CYCLE, which nothing here is made for.
    if (index < queries.length - 1 && !isSymbol(tokens[close + 1], ",")) throw unreadable();
    at = index < queries.length - 1 ? close + 2 : close + 1;
  }
  const reads = readNames({ ...main.node, withClause: undefined }, names);
  return [
    ...items,
    { name: "", ...main, head: "", body: sliceTokens(text, tokens, at, tokens.length), reads },
  ];
}

/** The bracket in front of the query: behind `name (columns) AS [NOT] MATERIALIZED`. */
function bodyOf(tokens: readonly Token[], at: number): number {
  let index = at + 1;
  if (isSymbol(tokens[index], "(")) index = (closingBracket(tokens, index) ?? index) + 1;
  while (["as", "not", "materialized"].some((word) => isWord(tokens[index], word))) index += 1;
  if (!isSymbol(tokens[index], "(")) throw unreadable();
  return index;
}

function unreadable(): SqlError {
  return notSupported("this form of WITH around data-modifying statements is not supported");
}

/** A name that a query inside hides counts as read: a step too many is run, never one too few. */
function readNames(node: unknown, names: readonly string[]): readonly number[] {
  const found = new Set<number>();
  visitAll(node, (type, { schemaname, relname }) => {
    const at = names.findIndex((name) => name === relname);
    if (type === "RangeVar" && schemaname === undefined && at !== -1) found.add(at);
  });
  return [...found].toSorted((left, right) => left - right);
}

function refuseForms(items: readonly Item[]): void {
  for (const [at, item] of items.entries()) {
    const isModifying = MODIFYING.has(item.type);
    if (items.findIndex(({ name }) => name === item.name) !== at)
      throw notSupported(`WITH query name "${item.name}" specified more than once`);
    if (isModifying && item.reads.includes(at))
      throw notSupported(`recursive query "${item.name}" must not contain data-modifying statements`);
    if (item.reads.some((read) => read > at))
      throw notSupported(
        "WITH RECURSIVE whose queries read later ones is not supported beside data-modifying statements",
      );
    for (const read of item.reads) {
      const query = items[read];
      if (read === at || query === undefined || !MODIFYING.has(query.type) || hasReturning(query.node))
        continue;
      throw notSupported(`WITH query "${query.name}" does not have a RETURNING clause`);
    }
  }
}

/** The tree names the clause in one of two ways. */
function hasReturning(node: AstNode): boolean {
  return nodeField(node, "returningClause") !== undefined || listField(node, "returningList").length > 0;
}

/** The steps that each item's rows are for. A query nobody reads belongs to the statement itself, which names it then. */
function ownersOf(items: readonly Item[]): readonly ReadonlySet<number>[] {
  const last = items.length - 1;
  const owners = items.map(() => new Set<number>());
  for (let at = last - 1; at >= 0; at -= 1) {
    for (let user = at + 1; user <= last; user += 1) {
      if (items[user]?.reads.includes(at) !== true) continue;
      const isStep = user === last || MODIFYING.has(items[user]?.type ?? "") || sizeOf(owners[user]) > 1;
      for (const owner of isStep ? [user] : (owners[user] ?? [])) owners[at]?.add(owner);
    }
    if (owners[at]?.size === 0) owners[at]?.add(last);
  }
  return owners;
}

interface Cut {
  readonly isStep: readonly boolean[];
  /** The place of each item that is a step among the steps. */
  readonly numbers: readonly number[];
  readonly owners: readonly ReadonlySet<number>[];
  readonly recursive: boolean;
}

function stepText(items: readonly Item[], at: number, cut: Cut): StepText {
  const item = items[at];
  if (item === undefined) throw unreadable();
  const inline = items.map((_, other) => cut.isStep[other] === false && cut.owners[other]?.has(at) === true);
  const readers = items.filter((_, other) => other === at || inline[other] === true);
  const heads: string[] = [];
  const uses: number[] = [];
  for (const [other, query] of items.entries()) {
    if (inline[other] === true) heads.push(`${query.head} (${query.body}\n)`);
    if (other === at || cut.isStep[other] !== true || !readers.some(({ reads }) => reads.includes(other)))
      continue;
    const number = cut.numbers[other] ?? 0;
    heads.push(`${query.head} (SELECT * FROM ${formatName(stepTable(number))})`);
    uses.push(number);
  }
  const withList = heads.length === 0 ? "" : `WITH ${cut.recursive ? "RECURSIVE " : ""}${heads.join(", ")} `;
  if (withList !== "" && isWord(tokenise(item.body)[0], "with"))
    throw notSupported("WITH inside a query of WITH is not supported beside data-modifying statements");
  const { sql: text, parameters } = withOwnParameters(withList + item.body);
  return { name: isLast(items, at) ? undefined : item.name, text, uses, parameters };
}

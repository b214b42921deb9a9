/**
 * What PostgreSQL says about a table or an index that DuckDB has no word for and that no reader of it can see: taken out
 * of the text. What would be seen is kept, or refused elsewhere.
 */
import { distinctNames } from "./generated-names.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import {
  flagField,
  listField,
  locationOf,
  nodeField,
  stringList,
  textField,
  unwrapAs,
  visitAll,
  type AstNode,
} from "./ast.js";
import type { ConstraintType } from "./analysis.js";
import { defaultConstraintName, nameTest } from "./constraint-labels.js";
import type { References } from "./references.js";
import { closingBracket, isSymbol, isWord, nameAt, splitAtCommas } from "./token-reader.js";
import { isAttribute } from "./tree-refusals.js";
import type { Utf8Offsets } from "./utf8-offsets.js";

export type OnCommit = "drop" | "delete rows";

export function onCommitOf(node: AstNode): OnCommit | undefined {
  switch (textField(node, "oncommit") || textField(node, "onCommit")) {
    case "ONCOMMIT_DROP":
      return "drop";
    case "ONCOMMIT_DELETE_ROWS":
      return "delete rows";
    default:
      return undefined;
  }
}

/** CREATE TABLE t (…) WITH (fillfactor = 70) TABLESPACE x ON COMMIT DROP  ⇒  CREATE TABLE t (…) */
export function dropTableOptions(references: References): void {
  const { tokens, text } = references;
  const open = tokens.findIndex((token) => isSymbol(token, "("));
  const close = closingBracket(tokens, open);
  const [last, next] = [tokens[close ?? open], tokens[(close ?? open) + 1]];
  if (last === undefined || next === undefined) return;
  references.edits.push({ start: last.end, end: text.length, text: "" });
}

/** CREATE TABLE t WITH (…) ON COMMIT DROP AS SELECT …  ⇒  CREATE TABLE t AS SELECT … */
export function dropTableAsOptions(references: References, as: number): void {
  const { tokens } = references;
  const first = tokens.findIndex(
    (token, index) =>
      index > 2 &&
      index < as &&
      (isWord(token, "with") ||
        isWord(token, "without") ||
        isWord(token, "tablespace") ||
        isWord(token, "using") ||
        (isWord(token, "on") && isWord(tokens[index + 1], "commit"))),
  );
  const [from, to] = [tokens[first], tokens[as]];
  if (first < 0 || from === undefined || to === undefined) return;
  references.edits.push({ start: from.start, end: to.start, text: "" });
}

/**
 * a int REFERENCES t DEFERRABLE INITIALLY DEFERRED  ⇒  a int REFERENCES t
 *
 * Reason  DuckDB reads these words behind a table's constraint only
 */
export function dropConstraintAttributes(node: AstNode, references: References, offsets: Utf8Offsets): void {
  const { tokens, edits } = references;
  const columns = listField(node, "tableElts").map((item) => unwrapAs(item, "ColumnDef") ?? {});
  for (const item of columns.flatMap((column) => listField(column, "constraints"))) {
    const constraint = unwrapAs(item, "Constraint") ?? item;
    if (!isAttribute(textField(constraint, "contype"))) continue;
    const at = references.tokenIndexAt(offsets.toUtf16(locationOf(constraint))) ?? -1;
    const isOneWord = isWord(tokens[at], "deferrable");
    const [first, last] = [tokens[at], tokens[isOneWord ? at : at + 1]];
    if (first === undefined || last === undefined) return references.doubt();
    // Those of a foreign key are part of its text.
    if (edits.some(({ start, end }) => start <= first.start && last.end <= end)) continue;
    edits.push({ start: first.start, end: last.end, text: "" });
  }
}

/** Functions that give another value each time: no generated column may use them. */
const CHANGING = new Set(
  "random gen_random_uuid uuid_generate_v4 uuid now clock_timestamp statement_timestamp transaction_timestamp timeofday nextval currval lastval setval version".split(
    " ",
  ),
);

/**
 * GENERATED ALWAYS AS (a * 2) STORED  ⇒  GENERATED ALWAYS AS (a * 2) VIRTUAL
 *
 * Reason  PostgreSQL allows only expressions that always give the same: nobody can see when they are computed
 */
export function storedToVirtual(elements: unknown, references: References, offsets: Utf8Offsets): void {
  visitAll(elements, (type, node) => {
    const constraint = type === "Constraint" ? node : nodeField(node, "Constraint");
    if (constraint === undefined || textField(constraint, "contype") !== "CONSTR_GENERATED") return;
    if (textField(constraint, "generated_kind") === "v") return;
    refuseChanging(constraint);
    const { tokens } = references;
    const from = references.tokenIndexAt(offsets.toUtf16(locationOf(constraint))) ?? 0;
    const open = tokens.findIndex((token, index) => index > from && isSymbol(token, "("));
    const stored = tokens[(closingBracket(tokens, open) ?? open) + 1];
    if (stored === undefined || !isWord(stored, "stored")) return references.doubt();
    references.edits.push({ start: stored.start, end: stored.end, text: "VIRTUAL" });
  });
}

function refuseChanging(constraint: AstNode): void {
  visitAll(constraint["raw_expr"], (type, node) => {
    const name = type === "FuncCall" ? (stringList(node, "funcname").at(-1) ?? "") : "";
    if (CHANGING.has(name) || type === "SQLValueFunction")
      throw new SqlError(SQLSTATE.invalidObjectDefinition, "generation expression is not immutable");
  });
}

/** Where an index without a name gets one, and the columns it is named after. */
export interface UnnamedIndex {
  readonly at: number;
  readonly columns: readonly string[];
}

/**
 * CREATE INDEX CONCURRENTLY i ON t (lower(a) text_pattern_ops DESC) INCLUDE (b) WITH (…) WHERE a > 0  ⇒
 * CREATE INDEX i ON t (lower(a))
 *
 * Reason  an index that is not unique changes no result; a unique one has no WHERE any more (partial-unique.ts)
 */
export function simplifyIndex(node: AstNode, references: References): UnnamedIndex | undefined {
  const { tokens, text } = references;
  if (flagField(node, "nulls_not_distinct")) throw notSupported("NULLS NOT DISTINCT is not supported");
  const on = tokens.findIndex(
    (token, index) => index > 1 && isWord(token, "on") && !isSymbol(tokens[index - 1], "."),
  );
  const word = tokens.findIndex((token) => isWord(token, "index"));
  const concurrently = tokens[word + 1];
  if (concurrently !== undefined && isWord(concurrently, "concurrently"))
    references.edits.push({ start: concurrently.start, end: concurrently.end, text: "" });
  const only = tokens[on + 1];
  const isOnly = only !== undefined && isWord(only, "only");
  if (isOnly) references.edits.push({ start: only.start, end: only.end, text: "" });
  const target = isOnly ? on + 2 : on + 1;
  const behind = nameAt(tokens, target)?.next ?? target;
  const open = tokens.findIndex((token, index) => index >= behind && isSymbol(token, "("));
  const close = closingBracket(tokens, open);
  if (open < 0 || close === undefined) {
    references.doubt();
    return undefined;
  }
  const method = tokens[behind];
  if (method !== undefined && isWord(method, "using"))
    references.edits.push({ start: method.start, end: tokens[open]?.start ?? method.end, text: "" });
  for (const [from, to] of splitAtCommas(tokens, open + 1, close)) simplifyElement(references, from, to);
  const last = tokens[close];
  if (last !== undefined && close < tokens.length - 1)
    references.edits.push({ start: last.end, end: text.length, text: "" });
  if (textField(node, "idxname") !== "") return undefined;
  const parts = [...listField(node, "indexParams"), ...listField(node, "indexIncludingParams")];
  const columns = parts.map((item) => elementName(unwrapAs(item, "IndexElem") ?? item));
  return { at: tokens[on]?.start ?? 0, columns: distinctNames(columns) };
}

/** PostgreSQL names an index after its columns, and after the function of an expression. */
function elementName(element: AstNode): string {
  const name = textField(element, "name");
  if (name !== "") return name;
  const call = unwrapAs(element["expr"], "FuncCall");
  return call === undefined ? "expr" : (stringList(call, "funcname").at(-1) ?? "expr");
}

/** Keeps the column or expression; COLLATE, operator class, direction and place of NULLs go. */
function simplifyElement({ tokens, edits }: References, from: number, to: number): void {
  let end = from + 1;
  if (isSymbol(tokens[from], "(")) end = (closingBracket(tokens, from) ?? from) + 1;
  else {
    const name = nameAt(tokens, from);
    const next = name?.next ?? from + 1;
    end = isSymbol(tokens[next], "(") ? (closingBracket(tokens, next) ?? next) + 1 : next;
  }
  const [kept, last] = [tokens[end - 1], tokens[to - 1]];
  if (kept !== undefined && last !== undefined && end < to)
    edits.push({ start: kept.end, end: last.end, text: "" });
}

/**
 * CREATE TABLE t (a int CONSTRAINT pos CHECK (a > 0), CONSTRAINT k UNIQUE (a))  ⇒  the same with tests that keep the names
 *
 * Reason  DuckDB keeps no name; ON CONFLICT ON CONSTRAINT, DROP CONSTRAINT and drivers' errors need it
 */
export function labelConstraints(
  node: AstNode,
  table: string,
  references: References,
  offsets: Utf8Offsets,
): void {
  const { tokens, edits } = references;
  const labels: string[] = [];
  for (const item of listField(node, "tableElts")) {
    const column = unwrapAs(item, "ColumnDef");
    const own = column === undefined ? [item] : listField(column, "constraints");
    for (const wrapped of own) {
      const constraint = unwrapAs(wrapped, "Constraint") ?? {};
      const type = CONSTRAINT_TYPES.get(textField(constraint, "contype"));
      const at = references.tokenIndexAt(offsets.toUtf16(locationOf(constraint))) ?? -1;
      const name = isWord(tokens[at], "constraint") ? tokens[at + 1]?.value : undefined;
      if (type === undefined || type === "foreign" || name === undefined) continue;
      if (type === "check") labelCheck(references, at, name);
      else {
        const keys = [...stringList(constraint, "keys"), ...stringList(constraint, "fk_attrs")];
        const columns = column === undefined ? keys : [textField(column, "colname")];
        if (name !== defaultConstraintName(table, type, columns))
          labels.push(`, CHECK (${nameTest({ name, type, columns })})`);
      }
    }
  }
  const close = closingBracket(
    tokens,
    tokens.findIndex((token) => isSymbol(token, "(")),
  );
  const end = tokens[close ?? -1];
  if (labels.length > 0 && end !== undefined)
    edits.push({ start: end.start, end: end.start, text: labels.join("") });
}

const CONSTRAINT_TYPES: ReadonlyMap<string, ConstraintType> = new Map([
  ["CONSTR_PRIMARY", "primary"],
  ["CONSTR_UNIQUE", "unique"],
  ["CONSTR_CHECK", "check"],
  ["CONSTR_FOREIGN", "foreign"],
]);

function labelCheck({ tokens, edits }: References, at: number, name: string): void {
  const open = tokens.findIndex((token, index) => index > at && isSymbol(token, "("));
  const [first, last] = [tokens[open], tokens[closingBracket(tokens, open) ?? -1]];
  if (first === undefined || last === undefined) return;
  edits.push({ start: first.end, end: first.end, text: "(" });
  edits.push({ start: last.start, end: last.start, text: `) AND (${nameTest({ name })})` });
}

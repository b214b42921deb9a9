/**
 * A table's CREATE statement, as DuckDB prints it in `duckdb_tables().sql`, taken apart: columns, key, and what a copy
 * under another name needs. DuckDB prints a canonical form, so its tokens are enough; nothing here parses client SQL.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { DATA_CATALOG } from "../engine/database.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { splitStatements } from "../sql/split.js";
import { applyEdits } from "../sql/splice.js";
import type { TextEdit } from "../sql/analysis.js";
import type { PhysicalTable } from "./model.js";
import { physicalName } from "./system-schema.js";

export interface ColumnDefinition {
  readonly name: string;
  /** Type as DuckDB prints it, with COLLATE. */
  readonly type: string;
  /** Computed by the table; never copied or compared. */
  readonly generated: boolean;
}

export interface TableDefinition {
  /** The CREATE TABLE statement. */
  readonly sql: string;
  /** Its CREATE INDEX statements. */
  readonly indexes: readonly string[];
  readonly columns: readonly ColumnDefinition[];
  /** Primary key columns in key order; empty for a table without one. */
  readonly primaryKey: readonly string[];
  /** What stands between the outer parentheses, in order. */
  readonly elements: readonly TableElement[];
}

/** A column or a constraint of a table, as DuckDB prints it. */
export interface TableElement {
  readonly text: string;
  /** Its tokens, with positions in `text`. */
  readonly tokens: readonly Token[];
  /** Undefined for a constraint. */
  readonly column: ColumnDefinition | undefined;
}

const TYPE_ENDS = new Set(["default", "primary", "unique", "not", "check", "generated", "references"]);
const TABLE_CONSTRAINTS = new Set(["primary", "unique", "check", "foreign", "constraint"]);

/**
 * Reads a CREATE TABLE statement printed by DuckDB, and the CREATE INDEX statements behind it. Anything unexpected is
 * XX000: a copy must never guess.
 */
export function readTableDefinition(text: string): TableDefinition {
  const [sql = "", ...indexes] = splitStatements(text).map((statement) => statement.text);
  const tokens = tokenise(sql);
  const columns: ColumnDefinition[] = [];
  const elements: TableElement[] = [];
  let primaryKey: readonly string[] = [];
  for (const element of elementsOf(sql, tokens)) {
    const [first] = element;
    if (first?.kind === "word" && TABLE_CONSTRAINTS.has(first.value)) {
      if (first.value === "primary") primaryKey = namesInParentheses(element);
      elements.push(tableElement(sql, element, undefined));
      continue;
    }
    const column = readColumn(sql, element);
    columns.push(column);
    elements.push(tableElement(sql, element, column));
    if (isInlinePrimaryKey(element)) primaryKey = [column.name];
  }
  const inTable = (name: string): string =>
    columns.find((c) => normaliseName(c.name) === normaliseName(name))?.name ?? name;
  return { sql, indexes, columns, primaryKey: primaryKey.map(inTable), elements };
}

function tableElement(
  sql: string,
  element: readonly Token[],
  column: ColumnDefinition | undefined,
): TableElement {
  const from = element[0]?.start ?? 0;
  const tokens = element.map((token) => ({ ...token, start: token.start - from, end: token.end - from }));
  return { text: sql.slice(from, element.at(-1)?.end), tokens, column };
}

/** The text `readTableDefinition` reads: a definition as it is kept with a preserved table. */
export function definitionText(definition: TableDefinition): string {
  return [definition.sql, ...definition.indexes].map((statement) => `${statement};`).join("\n");
}

/** Columns that hold data of their own: all but generated ones. */
export function storedColumns(definition: TableDefinition): readonly ColumnDefinition[] {
  return definition.columns.filter((column) => !column.generated);
}

/** CREATE TABLE statement for a copy: same columns, keys, checks and defaults. */
export function createStatementFor(definition: TableDefinition, target: PhysicalTable): string {
  return createAs(`CREATE TABLE ${physicalName(target)}`, definition);
}

/** What the catalogue says of such a copy, indexes included. */
export function definitionOfCopy(definition: TableDefinition, target: PhysicalTable): TableDefinition {
  const [sql, ...indexes] = [createStatementFor(definition, target), ...definition.indexes];
  return readTableDefinition(
    [sql, ...indexes].map((statement) => `${statement.replace(/;?\s*$/, "")};`).join("\n"),
  );
}

/** The same for a temporary table of a connection's own. */
export function createTemporaryFor(definition: TableDefinition, name: string): string {
  return createAs(`CREATE TEMP TABLE ${quoteIdentifier(name)}`, definition);
}

function createAs(head: string, { elements }: TableDefinition): string {
  // DuckDB's own foreign keys, in definitions of versions before 15, lead to tables of one schema.
  const kept = elements.filter(({ tokens }) => tokens[0]?.kind !== "word" || tokens[0].value !== "foreign");
  const sql = `${head} (${kept.map(({ text }) => text).join(", ")});`;
  return applyEdits(sql, sequenceEdits(tokenise(sql)));
}

/** `nextval('s')` means main's sequence wherever the copy lives: it is qualified in full. */
function sequenceEdits(tokens: readonly Token[]): TextEdit[] {
  return tokens.flatMap((token, index) => {
    const call = tokens[index - 2];
    if (token.kind !== "string" || call?.value !== "nextval" || tokens[index - 1]?.value !== "(") return [];
    const parts = tokenise(token.value).filter((part) => part.value !== ".");
    const names = parts.map((part) => part.value);
    if (names.length > 2 && names[0] === DATA_CATALOG) return [];
    const qualified = [DATA_CATALOG, ...(names.length === 1 ? ["main", ...names] : names)]
      .map(quoteIdentifier)
      .join(".");
    return [{ start: token.start, end: token.end, text: quoteLiteral(qualified) }];
  });
}

function openParenthesis(sql: string, tokens: readonly Token[]): Token {
  const open = tokens.find((token) => token.kind === "symbol" && token.value === "(");
  if (open === undefined) throw unreadable(sql);
  return open;
}

/** The comma-separated elements between the outer parentheses, as tokens. */
function elementsOf(sql: string, tokens: readonly Token[]): Token[][] {
  const elements: Token[][] = [];
  let element: Token[] = [];
  let depth = 0;
  for (const token of tokens.slice(tokens.indexOf(openParenthesis(sql, tokens)))) {
    if (token.value === "(" && token.kind === "symbol") depth++;
    else if (token.value === ")" && token.kind === "symbol") depth--;
    if (depth === 0) break;
    if (
      depth === 1 &&
      token.kind === "symbol" &&
      (token.value === "," || (token.value === "(" && element.length === 0))
    ) {
      if (element.length > 0) elements.push(element);
      element = [];
    } else element.push(token);
  }
  if (depth !== 0) throw unreadable(sql);
  // DuckDB prints nothing for a foreign key to the table itself, but the comma before it.
  return element.length === 0 ? elements : [...elements, element];
}

function readColumn(sql: string, element: readonly Token[]): ColumnDefinition {
  const [name, ...rest] = element;
  if (name === undefined || (name.kind !== "word" && name.kind !== "quoted")) throw unreadable(sql);
  let depth = 0;
  const end = rest.findIndex((token) => {
    if (token.value === "(" && token.kind === "symbol") depth++;
    if (token.value === ")" && token.kind === "symbol") depth--;
    return depth === 0 && token.kind === "word" && TYPE_ENDS.has(token.value);
  });
  const typeTokens = end === -1 ? rest : rest.slice(0, end);
  const [firstType, lastType] = [typeTokens[0], typeTokens.at(-1)];
  return {
    // DuckDB keeps the case of an unquoted name: take it from the text, not folded.
    name: name.kind === "word" ? sql.slice(name.start, name.end) : name.value,
    type: firstType === undefined || lastType === undefined ? "" : sql.slice(firstType.start, lastType.end),
    generated: end !== -1 && rest[end]?.value === "generated",
  };
}

function isInlinePrimaryKey(element: readonly Token[]): boolean {
  return element.some(
    (token, index) =>
      token.kind === "word" && token.value === "primary" && element[index + 1]?.value === "key",
  );
}

function namesInParentheses(element: readonly Token[]): string[] {
  const open = element.findIndex((token) => token.value === "(" && token.kind === "symbol");
  const close = element.findIndex((token) => token.value === ")" && token.kind === "symbol");
  return element
    .slice(open + 1, close)
    .filter((token) => token.kind !== "symbol")
    .map((token) => token.value);
}

function unreadable(sql: string): SqlError {
  return new SqlError(SQLSTATE.internalError, "a table definition could not be read", { detail: sql });
}

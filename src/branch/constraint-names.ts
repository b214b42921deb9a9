/**
 * Names of constraints. DuckDB keeps none, so a name that PostgreSQL would not have chosen by itself is written into the
 * table's definition, where it goes with the table through forks, preserved copies and other programs.
 *
 * Shape   a key:   CHECK (length('constraint {"name":"n","type":"unique","columns":["a","b"]}') > 0), always true
 *         a check: CHECK ((a > 0) AND (length('constraint {"name":"n"}') > 0))
 */
import type { ConstraintType } from "../sql/analysis.js";
import type { Token } from "../sql/lexer.js";
import { normaliseName, quoteLiteral } from "../sql/names.js";
import { generatedName } from "./generated-names.js";
import type { TableDefinition, TableElement } from "./table-definition.js";

/** A constraint of a table under the name PostgreSQL knows it by. NOT NULL is none. */
export interface TableConstraint {
  readonly name: string;
  readonly type: ConstraintType;
  readonly columns: readonly string[];
  /** Index of the element that says it: a constraint of its own, or the column it stands behind. */
  readonly element: number;
  /** Index of the element that only holds its name. */
  readonly label: number | undefined;
}

interface Label {
  readonly name: string;
  readonly type?: ConstraintType;
  readonly columns?: readonly string[];
}

const LABEL = /length\('constraint (\{(?:[^']|'')*\})'\)/;

/** The always true test that holds a name. */
export function nameTest(label: Label): string {
  return `length(${quoteLiteral(`constraint ${JSON.stringify(label)}`)}) > 0`;
}

/** The name inside a CHECK's text, if it has one. */
export function readLabel(text: string): Label | undefined {
  const match = LABEL.exec(text);
  if (match === null) return undefined;
  const value: unknown = JSON.parse((match[1] ?? "").replaceAll("''", "'"));
  return isLabel(value) ? value : undefined;
}

function isLabel(value: unknown): value is Label {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
}

/** All constraints, in the definition's order, named as PostgreSQL names them. */
export function constraintsOf(definition: TableDefinition, table: string): readonly TableConstraint[] {
  const found: (Omit<TableConstraint, "name"> & { readonly own: string | undefined })[] = [];
  const labels = new Map<number, Label>();
  for (const [index, element] of definition.elements.entries()) {
    const label = element.column === undefined ? readLabel(element.text) : undefined;
    if (label?.type !== undefined) labels.set(index, label);
    else
      found.push(
        ...constraintsIn(element, definition).map((constraint) => ({
          ...constraint,
          element: index,
          label: undefined,
          own: label?.name,
        })),
      );
  }
  const used = new Set<string>();
  return found.map(({ own, ...constraint }) => {
    const at = [...labels].find(([, label]) => names(label, constraint));
    const name = at?.[1].name ?? own ?? freeName(table, constraint, used);
    used.add(name);
    return { ...constraint, name, label: at?.[0] };
  });
}

function names(label: Label, constraint: Pick<TableConstraint, "type" | "columns">): boolean {
  return label.type === constraint.type && columnKey(label.columns ?? []) === columnKey(constraint.columns);
}

function columnKey(columns: readonly string[]): string {
  return columns.map(normaliseName).join("\0");
}

function freeName(
  table: string,
  { type, columns }: Pick<TableConstraint, "type" | "columns">,
  used: ReadonlySet<string>,
): string {
  for (let n = 0; ; n++) {
    const name = defaultConstraintName(table, type, columns, n);
    if (!used.has(name)) return name;
  }
}

/** PostgreSQL's own choice: `t_pkey`, `t_a_b_key`, `t_a_check`, `t_a_fkey`. */
export function defaultConstraintName(
  table: string,
  type: ConstraintType,
  columns: readonly string[],
  nth = 0,
): string {
  const number = nth === 0 ? "" : String(nth);
  switch (type) {
    case "primary":
      return generatedName(table, "", `pkey${number}`);
    case "unique":
      return generatedName(table, columns.join("_"), `key${number}`);
    case "foreign":
      return generatedName(table, columns.join("_"), `fkey${number}`);
    case "check":
      return generatedName(table, columns.length === 1 ? (columns[0] ?? "") : "", `check${number}`);
    default:
      return type satisfies never;
  }
}

function constraintsIn(
  element: TableElement,
  definition: TableDefinition,
): Pick<TableConstraint, "type" | "columns">[] {
  const { tokens, column } = element;
  if (column !== undefined) {
    const found: Pick<TableConstraint, "type" | "columns">[] = [];
    if (wordAt(tokens, "primary") !== -1) found.push({ type: "primary", columns: [column.name] });
    if (wordAt(tokens, "unique") !== -1) found.push({ type: "unique", columns: [column.name] });
    return found;
  }
  const type = tableConstraintType(tokens[0]);
  if (type === undefined) return [];
  if (type !== "check") return [{ type, columns: listedColumns(tokens) }];
  return [{ type, columns: mentionedColumns(tokens, definition) }];
}

/** PRIMARY and UNIQUE behind a column; words inside its default's parentheses do not count. */
export function wordAt(tokens: readonly Token[], word: string): number {
  let depth = 0;
  return tokens.findIndex((token, index) => {
    if (token.kind === "symbol" && token.value === "(") depth += 1;
    if (token.kind === "symbol" && token.value === ")") depth -= 1;
    return index > 0 && depth === 0 && token.kind === "word" && token.value === word;
  });
}

function tableConstraintType(token: Token | undefined): ConstraintType | undefined {
  if (token?.kind !== "word") return undefined;
  const { value } = token;
  return value === "primary" || value === "unique" || value === "check" || value === "foreign"
    ? value
    : undefined;
}

/** The names in the first parentheses. */
function listedColumns(tokens: readonly Token[]): string[] {
  const open = tokens.findIndex((token) => token.kind === "symbol" && token.value === "(");
  const close = tokens.findIndex((token) => token.kind === "symbol" && token.value === ")");
  return tokens
    .slice(open + 1, close)
    .filter((token) => token.kind === "word" || token.kind === "quoted")
    .map((token) => token.value);
}

/** The table's columns that an expression names. */
export function mentionedColumns(tokens: readonly Token[], definition: TableDefinition): string[] {
  const mentioned = new Set(
    tokens
      .filter((token) => token.kind === "word" || token.kind === "quoted")
      .map((token) => normaliseName(token.value)),
  );
  return definition.columns.map(({ name }) => name).filter((name) => mentioned.has(normaliseName(name)));
}

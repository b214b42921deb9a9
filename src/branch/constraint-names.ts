/** Constraints of a table by the names PostgreSQL knows them by; how DuckDB is made to keep a name: constraint-labels.ts. */
import { readDomainCheck } from "../core/domain-checks.js";
import type { ConstraintType } from "../sql/analysis.js";
import type { Token } from "../sql/lexer.js";
import { defaultConstraintName, readLabel, type Label } from "../sql/constraint-labels.js";
import { readForeignKeyCheck } from "../sql/foreign-keys.js";
import { readHeldType } from "../sql/held-types.js";
import { isPolicyCheck } from "../sql/merge-policies.js";
import { normaliseName } from "../sql/names.js";
import { isSymbol } from "../sql/token-reader.js";
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
          own: readForeignKeyCheck(element.text)?.name ?? label?.name,
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
  // A column's length and its domain are no constraints of the table to PostgreSQL, and its merge policy an option.
  const { text } = element;
  const isNone =
    readHeldType(text) !== undefined || readDomainCheck(text) !== undefined || isPolicyCheck(text);
  if (type === undefined || isNone) return [];
  const foreign = readForeignKeyCheck(element.text);
  if (foreign !== undefined) return [{ type: "foreign", columns: foreign.columns }];
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

/** The table's columns that an expression names; what stands before a parenthesis is a function. */
export function mentionedColumns(tokens: readonly Token[], definition: TableDefinition): string[] {
  const mentioned = new Set(
    tokens
      .filter(
        (token, index) =>
          (token.kind === "word" && !RESERVED.has(token.value) && !isSymbol(tokens[index + 1], "(")) ||
          token.kind === "quoted",
      )
      .map((token) => normaliseName(token.value)),
  );
  return definition.columns.map(({ name }) => name).filter((name) => mentioned.has(normaliseName(name)));
}

/** A column of such a name is quoted. */
const RESERVED: ReadonlySet<string> = new Set(["and", "is", "not", "null", "or"]);

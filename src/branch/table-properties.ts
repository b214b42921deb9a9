/**
 * What a table's definition says, as properties under names that stay when what they say changes: two definitions are
 * compared by them, whatever their tables are called and however their texts are spaced. Pure.
 */
import { DATA_CATALOG } from "../engine/database.js";
import { readHeldType } from "../sql/held-types.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { readPolicyCheck } from "../sql/merge-policies.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { closingBracket } from "../sql/token-reader.js";
import type { TableComment } from "./catalog-reader.js";
import { constraintsOf, wordAt, type TableConstraint } from "./constraint-names.js";
import type { TableDefinition, TableElement } from "./table-definition.js";
import { createIndexOn, indexName } from "./table-rebuild.js";

type PropertyKind =
  | "type"
  | "not null"
  | "default"
  | "generated expression"
  | "primary"
  | "unique"
  | "check"
  | "foreign"
  | "held type"
  | "merge policy"
  | "index"
  | "comment";

export interface TableProperty {
  readonly kind: PropertyKind;
  /** As people read it: `default of column "a"`, `check constraint "t_a_check"`. */
  readonly name: string;
  /** The same for all texts that say the same. */
  readonly text: string;
  /** Of a column's property, and of its comment. */
  readonly column?: string;
  /** Index of the element that says it. */
  readonly element?: number;
  /** The constraint it is. */
  readonly constraint?: TableConstraint;
  /** The CREATE INDEX statement, or the comment itself. */
  readonly statement?: string;
}

/** By a key that is the same for the same property of another definition. */
export type TableProperties = ReadonlyMap<string, TableProperty>;

export interface DescribedTable {
  readonly definition: TableDefinition;
  readonly comments: readonly TableComment[];
}

/**
 * A constraint that nobody named is known by what it says: its
 * name would change when another one goes.
 */
export function propertiesOf(table: DescribedTable, name: string): TableProperties {
  const { elements, indexes } = table.definition;
  const properties = new Map<string, TableProperty>();
  const put = (key: string, property: TableProperty): void => {
    properties.set(key, property);
  };
  for (const [at, element] of elements.entries()) {
    for (const property of columnProperties(element, at))
      put(`${property.kind} ${normaliseName(property.column ?? "")}`, property);
    const held = readHeldType(element.text);
    const policy = readPolicyCheck(element.text, element.tokens);
    if (policy !== undefined)
      put(`merge policy ${normaliseName(policy.column)}`, {
        kind: "merge policy",
        name: `merge policy of column ${quoteIdentifier(policy.column)}`,
        text: canonicalText(element.tokens),
        element: at,
      });
    if (held === undefined) continue;
    const text = canonicalText(element.tokens);
    const told = held.kind === "text" ? "length of a column" : "type of a column";
    put(text, { kind: "held type", name: told, text, element: at });
  }
  for (const constraint of constraintsOf(table.definition, name))
    putConstraint(put, table.definition, constraint);
  for (const statement of indexes) {
    const text = canonicalText(tokenise(createIndexOn(statement, NOWHERE)));
    put(`index ${normaliseName(indexName(statement))}`, {
      kind: "index",
      name: `index ${quoteIdentifier(indexName(statement))}`,
      text,
      statement,
    });
  }
  for (const { column, comment } of table.comments) {
    const told = column === null ? "comment" : `comment of column ${quoteIdentifier(column)}`;
    const own = { kind: "comment", name: told, text: comment, statement: comment } as const;
    put(`comment ${normaliseName(column ?? "")}`, column === null ? own : { ...own, column });
  }
  return properties;
}

const NOWHERE = { schema: "-", name: "-" };

const KEY_WORDS: Readonly<Partial<Record<TableConstraint["type"], string>>> = {
  primary: "primary key",
  foreign: "foreign key",
};

function putConstraint(
  put: (key: string, property: TableProperty) => void,
  definition: TableDefinition,
  constraint: TableConstraint,
): void {
  const { type, name, columns, element, label } = constraint;
  const names = columns.map(normaliseName);
  const own = {
    constraint,
    element,
    name: `${KEY_WORDS[type] ?? type} constraint ${quoteIdentifier(name)}`,
  };
  const said = JSON.stringify([names, label === undefined ? null : name]);
  const isCheck = type === "check" || type === "foreign";
  const text = isCheck ? canonicalText(definition.elements[element]?.tokens ?? []) : said;
  const key = type === "primary" ? type : `${type} ${type === "unique" ? names.join("\0") : text}`;
  put(key, { ...own, kind: type, text });
}

function columnProperties({ tokens, column }: TableElement, element: number): readonly TableProperty[] {
  if (column === undefined) return [];
  const found: TableProperty[] = [];
  const add = (kind: PropertyKind, text: string): void => {
    found.push({
      kind,
      name: `${kind} of column ${quoteIdentifier(column.name)}`,
      text,
      column: column.name,
      element,
    });
  };
  add("type", canonicalText(tokenise(column.type)));
  if (wordAt(tokens, "not") !== -1) add("not null", "");
  const initial = behind(tokens, "default");
  if (initial !== undefined) add("default", canonicalText(initial));
  if (column.generated) add("generated expression", canonicalText(behind(tokens, "as") ?? []));
  return found;
}

/** The expression behind a word, in its parentheses. */
function behind(tokens: readonly Token[], word: string): readonly Token[] | undefined {
  const at = wordAt(tokens, word);
  return at === -1 ? undefined : tokens.slice(at + 1, (closingBracket(tokens, at + 1) ?? at) + 1);
}

/** The expression behind DEFAULT as it is written; undefined without one. */
export function defaultText({ text, tokens }: TableElement): string | undefined {
  const expression = behind(tokens, "default");
  const [first, last] = [expression?.[0], expression?.at(-1)];
  return first === undefined || last === undefined ? undefined : text.slice(first.start, last.end);
}

/** The same for texts that say the same with other spaces, letters of names, or a sequence's name in short or in full. */
export function canonicalText(tokens: readonly Token[]): string {
  const texts = tokens.map(({ kind, value }, index) => {
    if (kind === "quoted")
      return /^\w+$/.test(value) ? normaliseName(value) : quoteIdentifier(normaliseName(value));
    if (kind !== "string") return normaliseName(value);
    const isSequence = tokens[index - 2]?.value === "nextval" && tokens[index - 1]?.value === "(";
    return quoteLiteral(isSequence ? sequenceName(value) : value);
  });
  return texts.join(" ");
}

function sequenceName(text: string): string {
  const names = tokenise(text)
    .filter(({ value }) => value !== ".")
    .map(({ value }) => normaliseName(value));
  const prefix = [DATA_CATALOG, "main"].slice(0, Math.max(0, 3 - names.length));
  return JSON.stringify([...prefix, ...names]);
}

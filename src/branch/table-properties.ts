/**
 * What a table's definition says, as properties under names that stay when what they say changes: two definitions are
 * compared by them, whatever their tables are called and however their texts are spaced. Pure.
 */
import { DATA_CATALOG } from "../engine/database.js";
import { readHeldType } from "../sql/held-types.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { closingBracket } from "../sql/token-reader.js";
import type { TableComment } from "./catalog-reader.js";
import { constraintsOf, wordAt } from "./constraint-names.js";
import type { TableDefinition, TableElement } from "./table-definition.js";
import { createIndexOn, indexName } from "./table-rebuild.js";

export interface TableProperty {
  /** As people read it: `default of column "a"`, `check constraint "t_a_check"`. */
  readonly name: string;
  readonly text: string;
}

/** By a key that is the same for the same property of another definition. */
export type TableProperties = ReadonlyMap<string, TableProperty>;

export interface DescribedTable {
  readonly definition: TableDefinition;
  readonly comments: readonly TableComment[];
}

const NOWHERE = { schema: "-", name: "-" };

/**
 * Everything but the foreign keys, which branches go without. A constraint that nobody named is known by what it says: its
 * name would change when another one goes.
 */
export function propertiesOf({ definition, comments }: DescribedTable, table: string): TableProperties {
  const properties = new Map<string, TableProperty>();
  const put = (name: string, text: string, key = name): void => {
    properties.set(key, { name, text });
  };
  for (const element of definition.elements) {
    if (element.column === undefined) continue;
    for (const [what, text] of columnProperties(element)) {
      const name = `${what} ${quoteIdentifier(element.column.name)}`;
      put(name, text, `${what} ${normaliseName(element.column.name)}`);
    }
  }
  for (const { type, name, columns, element, label } of constraintsOf(definition, table)) {
    const named = `${type === "primary" ? "primary key" : type} constraint ${quoteIdentifier(name)}`;
    const said = JSON.stringify([columns.map(normaliseName), label === undefined ? null : name]);
    if (type === "primary") put(named, said, type);
    if (type === "unique") put(named, said, `unique ${columns.map(normaliseName).join("\0")}`);
    if (type !== "check") continue;
    const text = canonicalText(definition.elements[element]?.tokens ?? []);
    put(named, text, `check ${text}`);
  }
  for (const { text, tokens } of definition.elements) {
    const held = readHeldType(text);
    if (held === undefined) continue;
    put(held.kind === "text" ? "length of a column" : "type of a column", "", canonicalText(tokens));
  }
  for (const index of definition.indexes) {
    const text = canonicalText(tokenise(createIndexOn(index, NOWHERE)));
    put(`index ${quoteIdentifier(indexName(index))}`, text, `index ${text}`);
  }
  for (const { column, comment } of comments)
    put(
      column === null ? "comment" : `comment of column ${quoteIdentifier(column)}`,
      comment,
      `comment ${normaliseName(column ?? "")}`,
    );
  return properties;
}

function columnProperties(element: TableElement): readonly (readonly [what: string, text: string])[] {
  const { tokens, column } = element;
  if (column === undefined) return [];
  const found: (readonly [string, string])[] = [["type of column", canonicalText(tokenise(column.type))]];
  if (wordAt(tokens, "not") !== -1) found.push(["not null of column", ""]);
  const initial = behind(tokens, "default");
  if (initial !== undefined) found.push(["default of column", initial]);
  if (column.generated) found.push(["generated expression of column", behind(tokens, "as") ?? ""]);
  return found;
}

/** The expression in parentheses behind a word. */
function behind(tokens: readonly Token[], word: string): string | undefined {
  const at = wordAt(tokens, word);
  return at === -1
    ? undefined
    : canonicalText(tokens.slice(at + 1, (closingBracket(tokens, at + 1) ?? at) + 1));
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

/** Properties of either that differ in the other. */
export function differingProperties(before: TableProperties, after: TableProperties): readonly string[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter((key) => before.get(key)?.text !== after.get(key)?.text);
}

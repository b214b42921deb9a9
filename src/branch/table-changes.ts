/** What one ALTER TABLE action makes of a table's definition, as text for `rebuildTable`. Pure. */
import { readDomainCheck } from "../core/domain-checks.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { ConstraintType } from "../sql/analysis.js";
import { defaultConstraintName, nameTest, withoutName } from "../sql/constraint-labels.js";
import { foreignKeyCheck, readForeignKeyCheck } from "../sql/foreign-keys.js";
import {
  assignedValue,
  heldTypeCheck,
  readHeldType,
  writtenValue,
  type HeldType,
} from "../sql/held-types.js";
import { tokenise } from "../sql/lexer.js";
import { policyCheck, type MergePolicy } from "../sql/merge-policies.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { applyEdits } from "../sql/splice.js";
import { closingBracket, isSymbol } from "../sql/token-reader.js";
import { policyOf } from "./column-policies.js";
import { constraintsOf, mentionedColumns, wordAt, type TableConstraint } from "./constraint-names.js";
import type { PhysicalTable } from "./model.js";
import { storedColumns, type TableDefinition, type TableElement } from "./table-definition.js";
import type { NewDefinition } from "./table-rebuild.js";

/** An action with its expressions as text for DuckDB. */
export type TableChange =
  | { readonly kind: "addColumn"; readonly text: string }
  | { readonly kind: "dropColumn"; readonly column: string }
  | {
      readonly kind: "setType";
      readonly column: string;
      readonly type: string;
      readonly using: string | undefined;
      /** What DuckDB makes of the type's text does not say it. */
      readonly held: HeldType | undefined;
    }
  | { readonly kind: "setDefault"; readonly column: string; readonly expression: string | undefined }
  | { readonly kind: "setNotNull" | "dropNotNull"; readonly column: string }
  | {
      readonly kind: "addConstraint";
      readonly type: ConstraintType;
      readonly name: string | undefined;
      readonly columns: readonly string[];
      readonly text: string;
    }
  | { readonly kind: "dropConstraint"; readonly constraint: TableConstraint }
  | { readonly kind: "setPolicy"; readonly column: string; readonly policy: MergePolicy | undefined }
  | { readonly kind: "renameConstraint"; readonly constraint: TableConstraint; readonly to: string }
  | { readonly kind: "renameColumn"; readonly column: string; readonly to: string }
  | { readonly kind: "move"; readonly place: PhysicalTable };

/** The definition after a change of the table `place`, which its clients know as `table`. */
export function changedDefinition(
  definition: TableDefinition,
  place: PhysicalTable,
  table: string,
  change: TableChange,
): NewDefinition {
  const values = storedColumns(definition).map(({ name }): readonly [string, string] => [
    name,
    quoteIdentifier(name),
  ]);
  const texts = definition.elements.map(({ text }) => text);
  const same = { elements: texts, values, indexes: definition.indexes, renamed: new Map(), place };
  switch (change.kind) {
    case "addColumn":
      return { ...same, elements: [...texts, change.text] };
    case "dropColumn":
      return withoutColumn(definition, same, change.column);
    case "setType":
      return withType(definition, same, change);
    case "setDefault":
      return changeColumn(definition, same, change.column, (element) =>
        withDefault(element, change.expression),
      );
    case "setNotNull":
      return changeColumn(definition, same, change.column, ({ text }) => `${text} NOT NULL`);
    case "dropNotNull":
      return changeColumn(definition, same, change.column, (element) => without(element, ["not", "null"]));
    case "addConstraint":
      return { ...same, elements: [...texts, ...constraintTexts(table, change)] };
    case "dropConstraint":
      return withoutConstraint(definition, same, change.constraint);
    case "setPolicy":
      return withPolicy(definition, same, change);
    case "renameConstraint":
      return withNamedConstraint(definition, same, change.constraint, change.to);
    case "renameColumn":
      return withRenamed(definition, same, change.column, change.to);
    case "move":
      return { ...same, place: change.place };
    default:
      return change satisfies never;
  }
}

/** A constraint's text, and the test that keeps its name where it is not PostgreSQL's own choice. */
function constraintTexts(
  table: string,
  change: Omit<Extract<TableChange, { kind: "addConstraint" }>, "kind">,
): string[] {
  const { name, type, columns, text } = change;
  if (
    type === "foreign" ||
    name === undefined ||
    (type !== "check" && name === defaultConstraintName(table, type, columns))
  )
    return [text];
  if (type !== "check") return [text, `CHECK (${nameTest({ name, type, columns })})`];
  const open = text.indexOf("(");
  return [`CHECK (${text.slice(open, text.lastIndexOf(")") + 1)} AND (${nameTest({ name })}))`];
}

function changeColumn(
  definition: TableDefinition,
  same: NewDefinition,
  column: string,
  change: (element: TableElement) => string,
): NewDefinition {
  const elements = definition.elements.map((element) =>
    isColumn(element, column) ? change(element) : element.text,
  );
  return { ...same, elements };
}

export function isColumn(element: TableElement, column: string): boolean {
  return element.column !== undefined && normaliseName(element.column.name) === normaliseName(column);
}

/** True for a column that says NOT NULL, or is in the key. */
export function isNotNull({ elements, primaryKey }: TableDefinition, column: string): boolean {
  const inKey = primaryKey.some((name) => normaliseName(name) === normaliseName(column));
  return inKey || elements.some((element) => isColumn(element, column) && /\bNOT NULL\b/.test(element.text));
}

/** Constraints and indexes over a dropped column go with it, as in PostgreSQL. */
function withoutColumn(definition: TableDefinition, same: NewDefinition, column: string): NewDefinition {
  const mentions = (text: string): boolean =>
    mentionedColumns(tokenise(text), definition).some(
      (name) => normaliseName(name) === normaliseName(column),
    );
  const labels = constraintsOf(definition, "")
    .filter(({ element, label }) => label !== undefined && mentions(definition.elements[element]?.text ?? ""))
    .map(({ label }) => label);
  const elements = definition.elements.filter((element, index) => {
    if (element.column !== undefined && !element.column.generated) return !isColumn(element, column);
    if (element.column?.generated === true && mentions(element.text) && !isColumn(element, column))
      throw new SqlError(
        SQLSTATE.dependentObjectsStillExist,
        `cannot drop column ${column} because other objects depend on it`,
        { detail: `column ${element.column.name} depends on column ${column}` },
      );
    return !isColumn(element, column) && !labels.includes(index) && !mentions(element.text);
  });
  return {
    ...same,
    dropped: column,
    elements: elements.map(({ text }) => text),
    values: same.values.filter(([name]) => normaliseName(name) !== normaliseName(column)),
    indexes: definition.indexes.filter((index) => !mentions(index)),
  };
}

function withType(
  definition: TableDefinition,
  same: NewDefinition,
  { column, type, using, held }: Extract<TableChange, { kind: "setType" }>,
): NewDefinition {
  const changed = changeColumn(definition, same, column, ({ text, column: old }) => {
    const at = text.indexOf(old?.type ?? "", old?.name.length ?? 0);
    return withTypedDefault(text.slice(0, at) + type + text.slice(at + (old?.type.length ?? 0)), held);
  });
  const values = same.values.map(([name, value]): readonly [string, string] => [
    name,
    normaliseName(name) === normaliseName(column) ? storedValue(`(${using ?? value})`, type, held) : value,
  ]);
  const elements = changed.elements.filter(
    (_, index) => !limits(definition.elements[index], definition, column),
  );
  return {
    ...changed,
    elements: held === undefined ? elements : [...elements, heldTypeCheck(column, held)],
    values,
  };
}

/** What the column holds by default is rounded as its type says. */
function withTypedDefault(element: string, held: HeldType | undefined): string {
  const tokens = tokenise(element);
  const open = wordAt(tokens, "default") + 1;
  const [first, last] = [tokens[open], tokens[closingBracket(tokens, open) ?? -1]];
  if (open === 0 || first === undefined || last === undefined || !isSymbol(first, "(")) return element;
  const written = writtenValue(element.slice(first.end, last.start));
  const value = (held && assignedValue(written, held)) ?? written;
  return element.slice(0, first.end) + value + element.slice(last.start);
}

function storedValue(value: string, type: string, held: HeldType | undefined): string {
  const isDocument = held === undefined && /^jsonb?$/i.test(type.trim());
  if (isDocument) return `duckbranch_jsonb(CAST(${value} AS JSON))`;
  return (held && assignedValue(value, held)) ?? `CAST(${value} AS ${type})`;
}

/** True for a check that holds the column to its type or domain. */
function limits(element: TableElement | undefined, definition: TableDefinition, column: string): boolean {
  if (element === undefined) return false;
  if (readHeldType(element.text) === undefined && readDomainCheck(element.text) === undefined) return false;
  const names = mentionedColumns(element.tokens, definition);
  return names.some((name) => normaliseName(name) === normaliseName(column));
}

function withDefault(element: TableElement, expression: string | undefined): string {
  const at = wordAt(element.tokens, "default");
  let text = element.text;
  if (at !== -1) {
    let end = at + 1;
    let depth = 0;
    for (; end < element.tokens.length; end++) {
      const token = element.tokens[end];
      if (token?.kind !== "symbol") continue;
      if (token.value === "(") depth += 1;
      if (token.value === ")") depth -= 1;
      if (depth === 0) break;
    }
    const [first, last] = [element.tokens[at], element.tokens[end]];
    if (first === undefined || last === undefined) throw new Error(`default of ${element.text}`);
    text = applyEdits(text, [{ start: first.start, end: last.end, text: "" }]);
  }
  return expression === undefined ? text : `${text} DEFAULT (${expression})`;
}

/** The column's text without these words, where they follow each other outside parentheses. */
function without(element: TableElement, words: readonly string[]): string {
  const at = wordAt(element.tokens, words[0] ?? "");
  const [first, last] = [element.tokens[at], element.tokens[at + words.length - 1]];
  if (at === -1 || first === undefined || last === undefined) return element.text;
  return applyEdits(element.text, [{ start: first.start, end: last.end, text: "" }]);
}

function withoutConstraint(
  definition: TableDefinition,
  same: NewDefinition,
  { element: index, label, type }: TableConstraint,
): NewDefinition {
  const elements = definition.elements.flatMap((element, at) => {
    if (at === label) return [];
    if (at !== index) return [element.text];
    if (element.column === undefined) return [];
    const stripped = without(element, type === "primary" ? ["primary", "key"] : ["unique"]);
    // PostgreSQL leaves NOT NULL behind when a primary key goes.
    return [type === "primary" && wordAt(element.tokens, "not") === -1 ? `${stripped} NOT NULL` : stripped];
  });
  return { ...same, elements };
}

function withPolicy(
  definition: TableDefinition,
  same: NewDefinition,
  { column, policy }: Extract<TableChange, { kind: "setPolicy" }>,
): NewDefinition {
  const before = policyOf(definition, column)?.element;
  const others = same.elements.filter((_, index) => index !== before);
  return { ...same, elements: policy === undefined ? others : [...others, policyCheck(column, policy)] };
}

function withNamedConstraint(
  definition: TableDefinition,
  same: NewDefinition,
  constraint: TableConstraint,
  to: string,
): NewDefinition {
  const { element: index, label, type, columns } = constraint;
  const texts = definition.elements.flatMap(({ text }, at) => (at === label ? [] : [{ text, at }]));
  if (type === "foreign") {
    const named = (text: string): string => {
      const key = readForeignKeyCheck(text);
      return key === undefined ? text : foreignKeyCheck({ ...key, name: to });
    };
    return { ...same, elements: texts.map(({ text, at }) => (at === index ? named(text) : text)) };
  }
  if (type !== "check")
    return {
      ...same,
      elements: [...texts.map(({ text }) => text), `CHECK (${nameTest({ name: to, type, columns })})`],
    };
  const elements = texts.map(({ text, at }) => {
    if (at !== index) return text;
    const body = text.slice(text.indexOf("("), text.lastIndexOf(")") + 1);
    return `CHECK (${withoutName(body)} AND (${nameTest({ name: to })}))`;
  });
  return { ...same, elements };
}

/** Every mention of the column in the definition: DuckDB prints names bare or quoted, never qualified. */
function withRenamed(
  definition: TableDefinition,
  same: NewDefinition,
  column: string,
  to: string,
): NewDefinition {
  const rename = (text: string): string => {
    const tokens = tokenise(text);
    const edits = tokens.flatMap((token, index) => {
      const isMention =
        (token.kind === "word" || token.kind === "quoted") &&
        normaliseName(token.value) === normaliseName(column) &&
        tokens[index + 1]?.value !== "(";
      return isMention ? [{ start: token.start, end: token.end, text: quoteIdentifier(to) }] : [];
    });
    return applyEdits(text, edits);
  };
  const labelled = definition.elements.map(({ text, column: own }) => {
    // In a column's text only its own name and its expressions may say it, not its type.
    if (own === undefined || own.generated) return rename(text);
    return normaliseName(own.name) === normaliseName(column)
      ? quoteIdentifier(to) + text.slice(tokenise(text)[0]?.end ?? 0)
      : text;
  });
  return {
    ...same,
    elements: labelled.map((text) =>
      text.replace(labelColumns(column), (whole) => renameInLabel(whole, column, to)),
    ),
    values: same.values.map(([name, value]): readonly [string, string] => [
      normaliseName(name) === normaliseName(column) ? to : name,
      value,
    ]),
    indexes: definition.indexes.map((index) => renameInIndex(index, rename)),
    renamed: new Map([[column, to]]),
  };
}

function labelColumns(column: string): RegExp {
  return column === "" ? /(?!)/ : /"columns":\[[^\]]*\]/g;
}

function renameInLabel(text: string, column: string, to: string): string {
  return text.replaceAll(
    JSON.stringify(column).replaceAll("'", "''"),
    JSON.stringify(to).replaceAll("'", "''"),
  );
}

/** The part behind ON t: the index's and the table's names stay. */
function renameInIndex(index: string, rename: (text: string) => string): string {
  const open = index.indexOf("(", index.search(/ ON /));
  return index.slice(0, open) + rename(index.slice(open));
}

/** The target's definition with what the branch changed of it. Pure. */
import { notSupported } from "../core/errors.js";
import { readLabel } from "../sql/constraint-labels.js";
import { readForeignKeyCheck } from "../sql/foreign-keys.js";
import { readHeldType } from "../sql/held-types.js";
import { normaliseName } from "../sql/names.js";
import { droppedName, mentionsDropped, redefined, type MergedName, type Side } from "./merge-names.js";
import type { PropertyChange } from "./merge-schema.js";
import { changedDefinition, type TableChange } from "./table-changes.js";
import { mentionedColumns, type TableConstraint } from "./constraint-names.js";
import type { TableComment } from "./catalog-reader.js";
import type { TableDefinition, TableElement } from "./table-definition.js";
import {
  canonicalText,
  defaultText,
  propertiesOf,
  type DescribedTable,
  type TableProperty,
} from "./table-properties.js";

const NOWHERE = { schema: "-", name: "-" };

/** Definitions under the names that columns get. Errors: 0A000 for what cannot be done to a table */
export function changeDefinition(
  named: Readonly<Record<Side, DescribedTable>>,
  names: readonly MergedName[],
  changes: readonly PropertyChange[],
  table: string,
): DescribedTable {
  const { source, target } = named;
  const merger = new DefinitionMerger(target, source.definition, table);
  for (const { names: own, name } of names)
    if (name === undefined && own.target !== undefined)
      merger.alter({ kind: "dropColumn", column: droppedName(own.target) });
  const added = names.flatMap(({ names: own, name }) =>
    name !== undefined && own.target === undefined ? [normaliseName(name)] : [],
  );
  for (const change of changes) if (change.after === undefined) merger.take(change);
  for (const name of source.definition.columns.map((column) => normaliseName(column.name)))
    if (added.includes(name)) merger.addColumn(name);
  for (const change of changes) {
    const { after } = change;
    const column = after?.kind === "comment" ? undefined : after?.column;
    if (after !== undefined && !(column !== undefined && added.includes(normaliseName(column))))
      merger.take(change);
  }
  const comments = merger.comments.filter(({ column }) => column === null || !mentionsDropped(column));
  return { definition: merger.definition, comments };
}

class DefinitionMerger {
  definition: TableDefinition;
  comments: readonly TableComment[];
  readonly #source: TableDefinition;
  readonly #table: string;

  constructor(target: DescribedTable, source: TableDefinition, table: string) {
    this.definition = target.definition;
    this.comments = target.comments;
    this.#source = source;
    this.#table = table;
  }

  alter(change: TableChange): void {
    this.definition = redefined(
      this.definition,
      changedDefinition(this.definition, NOWHERE, this.#table, change),
    );
  }

  /** A column as the branch has it, keys that stand behind it included. */
  addColumn(name: string): void {
    const element = this.#source.elements.find(
      ({ column }) => column !== undefined && normaliseName(column.name) === name,
    );
    if (element !== undefined) this.#add([element.text]);
  }

  #add(texts: readonly string[]): void {
    this.definition = redefined(this.definition, {
      elements: [...this.definition.elements.map(({ text }) => text), ...texts],
    });
  }

  /** One change of the branch. */
  take({ before, after }: PropertyChange): void {
    const { kind, column = "" } = after ?? before ?? { kind: "comment" as const };
    switch (kind) {
      case "type":
        if (after !== undefined) this.#setType(column);
        return;
      case "not null":
        this.alter({ kind: after === undefined ? "dropNotNull" : "setNotNull", column });
        return;
      case "default":
        this.alter({ kind: "setDefault", column, expression: after && this.#defaultOf(after) });
        return;
      case "unique":
      case "check":
      case "foreign":
      case "held type":
      case "merge policy":
        if (after === undefined || before !== undefined) this.#dropConstraint(before);
        if (after !== undefined) this.#addConstraint(after);
        return;
      case "index":
        this.#takeIndex(before, after);
        return;
      case "comment":
        this.#takeComment(column, after);
        return;
      case "primary":
        this.#renameKey(after?.constraint);
        return;
      case "generated expression":
        throw notSupported(
          `cannot merge table "${this.#table}": ${kind} of column "${column}" was changed in the branch`,
        );
      default:
        return kind satisfies never;
    }
  }

  /** A check that holds a column to its type goes with the type: the branch's comes. */
  #setType(column: string): void {
    const isOwn = (name: string): boolean => normaliseName(name) === normaliseName(column);
    const type = this.#source.columns.find(({ name }) => isOwn(name))?.type ?? "";
    this.alter({ kind: "setType", column, type, using: undefined, held: undefined });
    const held = this.#source.elements.filter(
      ({ text, tokens }) =>
        readHeldType(text) !== undefined && mentionedColumns(tokens, this.#source).some(isOwn),
    );
    this.#addMissing(held);
  }

  #addMissing(elements: readonly TableElement[]): void {
    const known = new Set(this.definition.elements.map(({ tokens }) => canonicalText(tokens)));
    this.#add(elements.filter(({ tokens }) => !known.has(canonicalText(tokens))).map(({ text }) => text));
  }

  #defaultOf({ element = -1 }: TableProperty): string | undefined {
    const found = this.#source.elements[element];
    return found === undefined ? undefined : defaultText(found);
  }

  #dropConstraint(before: TableProperty | undefined): void {
    const own = [...propertiesOf(this, this.#table).values()].find(
      ({ kind, text }) => kind === before?.kind && text === before.text,
    );
    // It went with a column.
    if (own?.element === undefined) return;
    if (own.constraint !== undefined) {
      this.alter({ kind: "dropConstraint", constraint: own.constraint });
      return;
    }
    const texts = this.definition.elements.map(({ text }) => text);
    this.definition = redefined(this.definition, {
      elements: texts.filter((_, index) => index !== own.element),
    });
  }

  #addConstraint({ kind, element = -1, constraint }: TableProperty): void {
    const found = this.#source.elements[element];
    const label = constraint?.label === undefined ? undefined : this.#source.elements[constraint.label]?.text;
    const name = label === undefined ? found && nameIn(found.text) : readLabel(label)?.name;
    if (name !== undefined) this.#refuseTakenName(name);
    if ((kind === "held type" || kind === "merge policy") && found !== undefined) this.#addMissing([found]);
    else if (found?.column === undefined)
      this.#add([...(found === undefined ? [] : [found.text]), ...(label === undefined ? [] : [label])]);
    else if (kind === "unique" && constraint !== undefined) this.#addUnique(constraint.columns, label);
  }

  /** UNIQUE that stands behind a column; a new column brings it along. */
  #addUnique(columns: readonly string[], label: string | undefined): void {
    const known = [...propertiesOf(this, this.#table).keys()].includes(
      `unique ${columns.map(normaliseName).join("\0")}`,
    );
    const list = columns.map((name) => `"${name.replaceAll('"', '""')}"`).join(", ");
    this.#add([...(known ? [] : [`UNIQUE (${list})`]), ...(label === undefined ? [] : [label])]);
  }

  #renameKey(named: TableConstraint | undefined): void {
    const constraint = propertiesOf(this, this.#table).get("primary")?.constraint;
    if (constraint !== undefined && named !== undefined)
      this.alter({ kind: "renameConstraint", constraint, to: named.name });
  }

  #refuseTakenName(name: string): void {
    const taken = this.definition.elements.some(({ text }) => nameIn(text) === name);
    if (!taken) return;
    throw notSupported(
      `cannot merge table "${this.#table}": both sides have a constraint called "${name}", and not the same`,
    );
  }

  #takeIndex(before: TableProperty | undefined, after: TableProperty | undefined): void {
    const kept = [...propertiesOf(this, this.#table).values()].flatMap(({ kind, text, statement }) =>
      kind !== "index" || statement === undefined || text === before?.text ? [] : [statement],
    );
    const added = after?.statement === undefined ? [] : [after.statement];
    this.definition = redefined(this.definition, { indexes: [...kept, ...added] });
  }

  #takeComment(column: string, after: TableProperty | undefined): void {
    const name = normaliseName(column);
    const others = this.comments.filter((own) => normaliseName(own.column ?? "") !== name);
    const own = { column: column === "" ? null : column, comment: after?.statement ?? "" };
    this.comments = after === undefined ? others : [...others, own];
  }
}

/** The name that a check keeps: its own, or its foreign key's. */
function nameIn(text: string): string | undefined {
  return readForeignKeyCheck(text)?.name ?? readLabel(text)?.name;
}

/** What CREATE INDEX and ADD CONSTRAINT say, made of a row of the catalogue (catalog-rows.ts). */
import type { TextFunction } from "../../engine/text-function.js";
import { printedName } from "./quoting.js";

/** `printed` in functions-of-sql.ts: `(text, type, columns as JSON, the form)`. */
export type PrintText = TextFunction;

/** As catalog-rows.ts writes it. */
interface IndexRow {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly unique: boolean;
  readonly method: string;
  /** Those of INCLUDE stand behind the others. An expression is in parentheses. */
  readonly keys: readonly string[];
  readonly keyCount: number;
  readonly classes: readonly (string | null)[] | null;
  /** 1 for DESC, 2 for NULLS FIRST. */
  readonly options: readonly number[] | null;
  readonly where: string | null;
}

interface ConstraintRow {
  readonly kind: string;
  readonly columns: readonly string[];
  /** Of a check. */
  readonly source: string | null;
  readonly domain: boolean;
  /** Of a foreign key: the table as it is written here. */
  readonly table: string | null;
  readonly target: readonly string[] | null;
  readonly rules: {
    readonly full?: boolean;
    readonly onUpdate?: string;
    readonly onDelete?: string;
    readonly deferrable?: string;
  } | null;
}

/** In the order of the options' bits. */
const ORDERS = ["", " DESC NULLS LAST", " NULLS FIRST", " DESC"];
const ACTIONS: ReadonlyMap<string | undefined, string> = new Map([
  ["r", "RESTRICT"],
  ["c", "CASCADE"],
  ["n", "SET NULL"],
  ["d", "SET DEFAULT"],
]);
const DEFERRED: ReadonlyMap<string | undefined, string> = new Map([
  ["immediate", " DEFERRABLE"],
  ["deferred", " DEFERRABLE INITIALLY DEFERRED"],
]);

const named = (names: readonly string[]): string => names.map(printedName).join(", ");

/** CREATE INDEX; `columns` are the table's, as JSON, `form` is plain or pretty. */
export function indexText(
  print: PrintText,
  definition: string,
  columns: string | null,
  form: string,
): string {
  const row: IndexRow = JSON.parse(definition);
  const keys = row.keys.slice(0, row.keyCount).map((key, nth) => {
    const operators = row.classes?.[nth] ?? "";
    return `${keyText(print, key, columns, form)}${operators && ` ${operators}`}${ORDERS[row.options?.[nth] ?? 0]}`;
  });
  const included = row.keys.slice(row.keyCount);
  const place = `${printedName(row.schema)}.${printedName(row.table)}`;
  return [
    `CREATE ${row.unique ? "UNIQUE " : ""}INDEX ${printedName(row.name)} ON ${place} USING ${row.method} (${keys.join(", ")})`,
    included.length > 0 ? ` INCLUDE (${named(included)})` : "",
    row.where === null ? "" : ` WHERE ${print([row.where, "", columns, form])}`,
  ].join("");
}

/** One key of it, as it stands there. */
export function keyText(print: PrintText, key: string, columns: string | null, form: string): string {
  return key.startsWith("(") ? (print([key, "", columns, `${form} key`]) ?? "") : printedName(key);
}

export function constraintText(
  print: PrintText,
  definition: string,
  columns: string | null,
  form: string,
): string {
  const row: ConstraintRow = JSON.parse(definition);
  switch (row.kind) {
    case "p":
      return `PRIMARY KEY (${named(row.columns)})`;
    case "u":
      return `UNIQUE (${named(row.columns)})`;
    case "f":
      return `FOREIGN KEY (${named(row.columns)}) REFERENCES ${row.table}(${named(row.target ?? [])})${rulesText(row.rules)}`;
    default: {
      const text = print([row.source, "", columns, form]) ?? "";
      // The value of a domain is called VALUE, which is no name.
      return `CHECK (${row.domain ? text.replaceAll('"VALUE"', "VALUE") : text})`;
    }
  }
}

/** What a foreign key says behind its columns, in PostgreSQL's order. */
function rulesText(rules: ConstraintRow["rules"]): string {
  return [
    rules?.full === true ? " MATCH FULL" : "",
    actionText("ON UPDATE", rules?.onUpdate),
    actionText("ON DELETE", rules?.onDelete),
    DEFERRED.get(rules?.deferrable) ?? "",
  ].join("");
}

function actionText(event: string, letter: string | undefined): string {
  const words = ACTIONS.get(letter);
  return words === undefined ? "" : ` ${event} ${words}`;
}

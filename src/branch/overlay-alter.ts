/**
 * ALTER of an overlay. Its own table and the rows it took over are few: they are made anew. The rows of the base stay where
 * they are; which of its columns are read, and what stands for those it does not have, is written down in the layer.
 */
import { SQLSTATE, SqlError, type SqlState } from "../core/errors.js";
import { optionalTextCell, textCell, type Connection } from "../engine/connection.js";
import { tokenise } from "../sql/lexer.js";
import { normaliseName, quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { closingBracket, splitAtCommas } from "../sql/token-reader.js";
import type { TableComment } from "./catalog-reader.js";
import { wordAt } from "./constraint-names.js";
import type { BaseColumn, PhysicalTable, Version } from "./model.js";
import { hidesName } from "./overlay-shape.js";
import { withoutOrder, type OverlayLayer } from "./row-order.js";
import { BATCH, requirePhysical, ROW_ID } from "./rows.js";
import { createBefore } from "./storage.js";
import { physicalName } from "./system-schema.js";
import type { TableChange } from "./table-changes.js";
import {
  readTableDefinition,
  storedColumns,
  type ColumnDefinition,
  type TableDefinition,
  type TableElement,
} from "./table-definition.js";
import { remakeImage, type NewDefinition } from "./table-rebuild.js";

/** An overlay, and what its table says. */
export interface DefinedOverlay {
  readonly version: Version;
  readonly layer: OverlayLayer;
  readonly definition: TableDefinition;
  readonly comments: readonly TableComment[];
}

/**
 * False for what changes rows of the base, or what no overlay can have: see `overlayShape`. A column's default may be
 * anything that is the same for all rows: `isConstant` says whether that is known of it.
 */
export function canAlterOverlay(
  definition: TableDefinition,
  change: TableChange,
  isConstant: boolean,
): boolean {
  switch (change.kind) {
    case "addColumn":
      return isConstant && isPlainColumn(change.text);
    case "dropColumn":
      return !definition.primaryKey.some((key) => normaliseName(key) === normaliseName(change.column));
    case "renameColumn":
      return !hidesName(change.to);
    case "addConstraint":
      return change.type === "check" || change.type === "foreign";
    case "dropConstraint":
      return change.constraint.type !== "primary";
    case "setDefault":
    case "setNotNull":
    case "dropNotNull":
    case "renameConstraint":
    case "setPolicy":
      return true;
    case "setType":
    case "move":
      return false;
    default:
      return change satisfies never;
  }
}

const NOT_PLAIN = new Set("generated as primary unique references check collate constraint".split(" "));

/** A name, a type and perhaps a default; the text is the client's. */
function isPlainColumn(text: string): boolean {
  const tokens = tokenise(text);
  if (hidesName(tokens[0]?.value ?? "") || splitAtCommas(tokens, 0, tokens.length).length !== 1) return false;
  for (let index = 1; index < tokens.length; index++) {
    const token = tokens[index];
    if (token?.kind === "word" && NOT_PLAIN.has(token.value)) return false;
    if (token?.kind === "symbol" && "([{".includes(token.value))
      index = closingBracket(tokens, index) ?? tokens.length;
  }
  return true;
}

const CHANGES_COLUMNS: ReadonlySet<TableChange["kind"]> = new Set([
  "addColumn",
  "dropColumn",
  "renameColumn",
]);

/** What a column of the overlay is after the change. */
interface AlteredColumn {
  readonly base: BaseColumn;
  /** Its value in rows taken over before the change. */
  readonly taken: string;
  /** The value could not be written down as a literal. */
  readonly unwritten: boolean;
}

/**
 * Gives an overlay's tables their new definition. Returns how its rows are put together from then on; `unwritten` where a
 * value of a new column could not be written down: then the table has to be made whole in the same transaction.
 *
 * Atomic  the caller's transaction
 * Errors  23502, 23514 for rows of the base that the new definition does not allow
 */
export async function alterOverlay(
  connection: Connection,
  overlay: DefinedOverlay,
  base: string,
  { change, next }: { readonly change: TableChange; readonly next: NewDefinition },
): Promise<{ readonly layer: OverlayLayer; readonly unwritten: boolean }> {
  const { version } = overlay;
  // Its own rows are made anew.
  const layer = withoutOrder(overlay.layer);
  await refuseBaseRows(connection, version, base, change);
  const own = requirePhysical(version);
  await remakeImage(connection, own, next, overlay.comments);
  if (!CHANGES_COLUMNS.has(change.kind)) return { layer, unwritten: false };
  const changed = await definitionAfter(connection, own, change, next);
  const columns = await alteredColumns(connection, overlay, changed, next.renamed);
  await rebuildBefore(connection, layer.before, changed, columns);
  return {
    layer: withRenamedKeys({ ...layer, columns: columns.map((column) => column.base) }, next.renamed),
    unwritten: columns.some(({ unwritten }) => unwritten),
  };
}

/** As DuckDB has it now: it is asked for the new column alone, not for the table's definition (see known-definitions.ts). */
async function definitionAfter(
  connection: Connection,
  own: PhysicalTable,
  { kind }: TableChange,
  { elements }: NewDefinition,
): Promise<TableDefinition> {
  const texts = [...elements];
  if (kind === "addColumn") texts.splice(-1, 1, await lastColumn(connection, own));
  return readTableDefinition(`CREATE TABLE ${physicalName(own)}(${texts.join(", ")});`);
}

/** The text of a column without constraints but NOT NULL. */
async function lastColumn(connection: Connection, own: PhysicalTable): Promise<string> {
  const row = (await connection.rows(`SELECT * FROM (DESCRIBE ${physicalName(own)})`)).at(-1);
  if (row === undefined) throw new SqlError(SQLSTATE.internalError, `"${own.name}" is gone`);
  const value = optionalTextCell(row, "default");
  const text = `${quoteIdentifier(textCell(row, "column_name"))} ${textCell(row, "column_type")}`;
  return `${text}${value === null ? "" : ` DEFAULT(${value})`}${textCell(row, "null") === "NO" ? " NOT NULL" : ""}`;
}

/** Rows of the base are not in the table that DuckDB checks. Errors: to be put in PostgreSQL's words by the caller */
async function refuseBaseRows(
  connection: Connection,
  { name }: Version,
  base: string,
  change: TableChange,
): Promise<void> {
  const refused = refusedBy(change);
  if (refused === undefined) return;
  const [row] = await connection.rows(
    `SELECT 1 AS refused FROM ${base} AS ${quoteIdentifier(name)} WHERE ${refused.condition} LIMIT 1`,
  );
  if (row !== undefined) throw new SqlError(refused.code, `a row of "${name}" does not allow the change`);
}

/** Which rows a change does not allow. */
function refusedBy(change: TableChange): { readonly condition: string; readonly code: SqlState } | undefined {
  if (change.kind === "setNotNull")
    return { condition: `${quoteIdentifier(change.column)} IS NULL`, code: SQLSTATE.notNullViolation };
  if (change.kind !== "addConstraint" || change.type !== "check") return undefined;
  const body = change.text.slice(change.text.indexOf("(") + 1, change.text.lastIndexOf(")"));
  return { condition: `NOT (${body}\n)`, code: SQLSTATE.checkViolation };
}

/** Rows are asked for by the names that the keys have now. */
function withRenamedKeys(layer: OverlayLayer, renamed: NewDefinition["renamed"]): OverlayLayer {
  const { touched } = layer;
  if (touched === undefined) return layer;
  const names = new Map([...renamed].map(([from, to]) => [normaliseName(from), normaliseName(to)]));
  return { ...layer, touched: { ...touched, keys: touched.keys.map((key) => names.get(key) ?? key) } };
}

async function alteredColumns(
  connection: Connection,
  { layer, definition }: DefinedOverlay,
  changed: TableDefinition,
  renamed: ReadonlyMap<string, string>,
): Promise<readonly AlteredColumn[]> {
  const before = layer.columns ?? definition.columns.map(({ name }) => ({ name, from: name }));
  const oldNames = new Map([...renamed].map(([from, to]) => [normaliseName(to), from]));
  const columns: AlteredColumn[] = [];
  for (const element of changed.elements) {
    if (element.column === undefined) continue;
    const { name } = element.column;
    const old = oldNames.get(normaliseName(name)) ?? name;
    const base = before.find((column) => normaliseName(column.name) === normaliseName(old));
    columns.push(
      base === undefined
        ? await addedColumn(connection, element.column, element)
        : { base: { ...base, name }, taken: quoteIdentifier(old), unwritten: false },
    );
  }
  return columns;
}

/** In all rows that are there a new column has its default as it is now. */
async function addedColumn(
  connection: Connection,
  { name, type }: ColumnDefinition,
  element: TableElement,
): Promise<AlteredColumn> {
  const value = `CAST((${defaultOf(element)}) AS ${type})`;
  const [row] = await connection.rows(`SELECT CAST(${value} AS VARCHAR) AS text`);
  const text = row === undefined ? null : optionalTextCell(row, "text");
  const literal = `CAST(${text === null ? "NULL" : quoteLiteral(text)} AS ${type})`;
  const [same] = await connection.rows(`SELECT ${literal} IS NOT DISTINCT FROM ${value} AS same`);
  return same?.["same"] === true
    ? { base: { name, value: literal }, taken: literal, unwritten: false }
    : { base: { name, value }, taken: value, unwritten: true };
}

/** The expression behind DEFAULT, which DuckDB prints in parentheses; NULL without one. */
function defaultOf({ text, tokens }: TableElement): string {
  const at = wordAt(tokens, "default");
  if (at === -1) return "NULL";
  const [open, close] = [tokens[at + 1], tokens[closingBracket(tokens, at + 1) ?? -1]];
  if (open === undefined || close === undefined)
    throw new SqlError(SQLSTATE.internalError, "a column's default could not be read", { detail: text });
  return text.slice(open.end, close.start);
}

/** The rows taken over follow the overlay's columns. */
async function rebuildBefore(
  connection: Connection,
  before: PhysicalTable,
  changed: TableDefinition,
  columns: readonly AlteredColumn[],
): Promise<void> {
  const aside = { ...before, name: `${before.name}#new` };
  const stored = new Set(storedColumns(changed).map(({ name }) => name));
  const values = columns.filter(({ base }) => stored.has(base.name)).map(({ taken }) => taken);
  const hidden = [BATCH, ROW_ID].map(quoteIdentifier);
  await connection.run(`${createBefore(aside, changed)};
    INSERT INTO ${physicalName(aside)} SELECT ${[...hidden, ...values].join(", ")} FROM ${physicalName(before)};
    DROP TABLE ${physicalName(before)};
    ALTER TABLE ${physicalName(aside)} RENAME TO ${quoteIdentifier(before.name)}`);
}

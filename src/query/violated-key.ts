/**
 * Which unique key a row violated. Of a row that is already in the table DuckDB tells columns and values; of one the
 * transaction itself has written the values alone.
 */
import { constraintsOf } from "../branch/constraint-names.js";
import type { PhysicalTable } from "../branch/model.js";
import { physicalName } from "../branch/system-schema.js";
import type { TableDefinition } from "../branch/table-definition.js";
import { indexName, indexParts } from "../branch/table-rebuild.js";
import type { Connection } from "../engine/connection.js";
import type { InsertedValue, RelationalStatement } from "../sql/analysis.js";
import { defaultConstraintName } from "../sql/constraint-labels.js";
import { isSameName, quoteIdentifier } from "../sql/names.js";
import { partialKey } from "../sql/partial-unique.js";
import type { BoundParameter } from "./types.js";

/** A column of a key, or an expression. */
interface KeyPart {
  readonly shown: string;
  readonly sql: string;
  readonly column: string | undefined;
  /** Of a partial index its CASE … END: DuckDB's messages may have it in other words. */
  readonly partial?: string;
}

/** A key that must be unique: a constraint, or a unique index. */
interface UniqueKey {
  readonly name: string;
  readonly parts: readonly KeyPart[];
}

export interface MatchedKey extends UniqueKey {
  readonly values: readonly string[];
}

/** The statement that failed, with its values. */
export interface WrittenRows {
  readonly statement: RelationalStatement;
  readonly parameters: readonly BoundParameter[];
}

/** A column as a part of a key. */
function columnPart(column: string): KeyPart {
  return { shown: column, sql: quoteIdentifier(column), column };
}

export function uniqueKeys(definition: TableDefinition, table: string): readonly UniqueKey[] {
  const constraints = constraintsOf(definition, table).flatMap(({ name, type, columns }) =>
    type === "primary" || type === "unique" ? [{ name, parts: columns.map(columnPart) }] : [],
  );
  const indexes = definition.indexes
    .filter((sql) => /^CREATE UNIQUE/i.test(sql))
    .map((sql) => ({
      name: indexName(sql),
      parts: indexParts(sql).map(({ text, column }) =>
        column === undefined ? expressionPart(text) : columnPart(column),
      ),
    }));
  return [...constraints, ...indexes];
}

/** Of a partial index (sql/partial-unique.ts) what it is over. */
function expressionPart(text: string): KeyPart {
  const plain = text.replace(/^\((.*)\)$/s, "$1");
  const key = partialKey(plain);
  if (key === undefined) return { shown: plain, sql: text, column: undefined };
  return { shown: key, sql: text, column: undefined, partial: plain };
}

/** Without a definition: a key of one column whose name DuckDB tells. */
export function guess(key: string, cause: string, table: string): MatchedKey | undefined {
  if (key.startsWith("CASE ")) return undefined;
  const single = /^([^:,]+): ([^:,]*)$/.exec(key);
  if (single === null) return undefined;
  const column = single[1] ?? "";
  const type = cause.includes("violates primary key") ? "primary" : "unique";
  const name = defaultConstraintName(table, type, [column]);
  return { name, parts: [columnPart(column)], values: [single[2] ?? ""] };
}

/** `id: 1, part: a` names its columns; several keys that it may name are partial. */
export function namedKeys(key: string, candidates: readonly UniqueKey[]): readonly MatchedKey[] {
  const expressions = key.split(" END: ").length - 1;
  const found = candidates.flatMap((candidate): MatchedKey[] => {
    const { parts } = candidate;
    if (isPartialKey(candidate) && parts.length !== expressions) return [];
    const pattern = parts
      .map(({ shown, partial }) =>
        partial === undefined ? `${escaped(shown)}: (.*)` : "CASE .*? END: (.*?)",
      )
      .join(", ");
    const match = new RegExp(`^${pattern}$`, "s").exec(key);
    return match === null ? [] : [{ ...candidate, values: match.slice(1) }];
  });
  const [first] = found;
  if (first === undefined || !isPartialKey(first)) return found.slice(0, 1);
  const told = key.replaceAll(/ ELSE CAST\(NULL AS [^()]*(?:\([^()]*\))?\) END/g, " ELSE NULL END");
  const exact = found.filter(({ parts }) => parts.every(({ partial = "" }) => told.includes(partial)));
  return exact.length === 1 ? exact : found;
}

function isPartialKey({ parts }: UniqueKey): boolean {
  return parts.some(({ partial }) => partial !== undefined);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Keys whose values may be those DuckDB tells: as many, of their types, and written by the statement. */
export function possibleKeys(
  key: string,
  candidates: readonly UniqueKey[],
  definition: TableDefinition | undefined,
  written: WrittenRows | undefined,
): readonly MatchedKey[] {
  const values = key.split(", ");
  return candidates
    .filter(({ parts }) => parts.length === values.length)
    .map((candidate) => ({ ...candidate, values }))
    .filter(({ parts }) =>
      parts.every(({ column = "" }, at) => fits(values[at] ?? "", typeOf(column, definition))),
    )
    .filter((candidate) => mayBeWritten(candidate, definition, written));
}

const INTEGER = /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/i;
const VALUE_SHAPES: readonly (readonly [type: RegExp, value: RegExp])[] = [
  [INTEGER, /^-?\d+$/],
  [/^UUID$/i, /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i],
  [/^BOOLEAN$/i, /^(?:true|false)$/],
  [/^(?:DATE|TIMESTAMP)/i, /^-?\d{4,}-\d\d-\d\d|^-?infinity$/],
];

function typeOf(column: string, definition: TableDefinition | undefined): string {
  return definition?.columns.find(({ name }) => isSameName(name, column))?.type ?? "";
}

function fits(value: string, type: string): boolean {
  return VALUE_SHAPES.every(([ofType, shape]) => !ofType.test(type) || shape.test(value));
}

/** False where the statement is seen to write other values, or none, in the key's columns. */
function mayBeWritten(
  { parts, values }: MatchedKey,
  definition: TableDefinition | undefined,
  written: WrittenRows | undefined,
): boolean {
  if (written === undefined) return true;
  const { verb, insert, assignments } = written.statement;
  if (verb === "update")
    return parts.some(
      ({ column }) => column === undefined || assignments.some((given) => isSameName(given.column, column)),
    );
  if (insert === undefined || insert.rows === 0 || insert.conflict === "update") return true;
  const given =
    insert.columns.length > 0 ? insert.columns : (definition?.columns ?? []).map(({ name }) => name);
  return insert.values.some((row) =>
    parts.every(({ column = "" }, at) => {
      const cell = row[given.findIndex((name) => isSameName(name, column))];
      const text = cell === undefined ? undefined : writtenText(cell, written.parameters);
      return text === undefined || mayEqual(text, values[at] ?? "", typeOf(column, definition));
    }),
  );
}

function mayEqual(text: string | null, value: string, type: string): boolean {
  if (text === null) return false;
  // 7.4 is inserted as 7; what is no number is not judged.
  if (INTEGER.test(type)) return !(Math.abs(Number(text) - Number(value)) >= 1);
  return type !== "VARCHAR" || text.trimEnd() === value.trimEnd();
}

/** Null for NULL; undefined for what cannot be told from the text. */
function writtenText(value: InsertedValue, parameters: readonly BoundParameter[]): string | null | undefined {
  if (value.kind === "null") return null;
  if (value.kind === "constant") return constantText(value.text);
  const parameter = value.kind === "parameter" ? parameters[value.number - 1] : undefined;
  if (parameter?.bytes === null) return null;
  return parameter?.format === "text" ? Buffer.from(parameter.bytes).toString() : undefined;
}

/** `{"ival":{"ival":7},"location":0}` ⇒ `7` */
function constantText(constant: string): string | undefined {
  const [, kind, value] = /^\{"([isf])val":\{(?:"[isf]val":(.*?))?\},"location"/s.exec(constant) ?? [];
  if (kind === undefined || kind === "i") return kind && (value ?? "0");
  const text: unknown = JSON.parse(value ?? '""');
  return typeof text === "string" ? text : undefined;
}

/** The only candidate, or the only one whose values the table has. */
export async function existingKey(
  candidates: readonly MatchedKey[],
  isThere: (key: MatchedKey) => Promise<boolean>,
): Promise<MatchedKey | undefined> {
  if (candidates.length < 2) return candidates[0];
  const there: MatchedKey[] = [];
  for (const candidate of candidates) if (await isThere(candidate)) there.push(candidate);
  return there.length === 1 ? there[0] : undefined;
}

export async function holds(
  connection: Connection,
  table: PhysicalTable | null | undefined,
  key: MatchedKey,
): Promise<boolean> {
  if (table == null) return false;
  const tests = key.parts.map(({ sql }) => `CAST(${sql} AS VARCHAR) = ?`);
  const rows = await connection.rows(
    `SELECT 1 AS found FROM ${physicalName(table)} WHERE ${tests.join(" AND ")} LIMIT 1`,
    [...key.values],
  );
  return rows.length > 0;
}

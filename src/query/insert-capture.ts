/**
 * Keeps the rows of an INSERT whose values would not come a second time (a sequence's next number, the time, a random
 * one), so that a rollback to a savepoint can put the very same rows back.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { optionalTextCell, textCell, type Connection } from "../engine/connection.js";
import type { DataChunk } from "../engine/types.js";
import type { RelationalStatement } from "../sql/analysis.js";
import { quoteIdentifier } from "../sql/names.js";
import { namesMoment } from "../sql/repetition.js";

/** More rows than these are not kept. */
export const MAX_CAPTURED_ROWS = 10_000;

/** Values of one INSERT when rows are put back. */
const MAX_BATCH_VALUES = 1_000;

/** A default that is the same for every row and at every time: NULL, a number, a text, a text with its type. */
const CONSTANT_DEFAULT =
  /^(?:NULL|-?[\d.]+(?:e[+-]?\d+)?|'((?:[^']|'')*)'|CAST\('((?:[^']|'')*)' AS [\w ()",.]+\))$/i;

/** The rows an INSERT made: their values as text, and DuckDB's hash over the values themselves. */
export interface InsertedRows {
  readonly columns: readonly string[];
  readonly values: readonly (readonly (string | null)[])[];
  readonly hashes: readonly string[];
}

/** True when a row that leaves columns out is the same whenever it is inserted. `target` is quoted and qualified. */
export async function hasConstantDefaults(connection: Connection, target: string): Promise<boolean> {
  const rows = await connection.rows(`SELECT "default" AS value FROM (DESCRIBE ${target})`);
  return rows.every((row) => isConstant(optionalTextCell(row, "value")));
}

function isConstant(value: string | null): boolean {
  if (value === null) return true;
  const match = CONSTANT_DEFAULT.exec(value);
  return match !== null && !namesMoment(match[1] ?? match[2] ?? "");
}

/** An INSERT made to return its rows as well, and what reads them from the answer. */
export class InsertCapture {
  readonly #columns: readonly string[];

  /** `columns` are those that hold values of their own. */
  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  /** `INSERT …` ⇒ `INSERT … RETURNING a::VARCHAR, b::VARCHAR, hash(a, b)`, behind the client's own list if it has one. */
  returning(sql: string, statement: RelationalStatement): string {
    return `${sql}\n${statement.returning ? "," : "RETURNING"} ${this.#suffix()}`;
  }

  #suffix(): string {
    const names = this.#columns.map(quoteIdentifier);
    const texts = names.map((name) => `CAST(${name} AS VARCHAR)`);
    return [...texts, `CAST(hash(${names.join(", ")}) AS VARCHAR)`].join(", ");
  }

  /** How many columns of the answer are not the client's: the last ones. */
  get width(): number {
    return this.#columns.length + 1;
  }

  /** Undefined when there are too many to keep. */
  read(chunks: readonly DataChunk[], rowCount: number, columnCount: number): InsertedRows | undefined {
    if (rowCount > MAX_CAPTURED_ROWS) return undefined;
    const first = columnCount - this.width;
    const rows = chunks.flatMap((chunk) => chunk.getRows().map((row) => row.slice(first).map(asText)));
    return {
      columns: this.#columns,
      values: rows.map((row) => row.slice(0, -1)),
      hashes: rows.map((row) => row.at(-1) ?? ""),
    };
  }
}

function asText(value: unknown): string | null {
  if (value === null || typeof value === "string") return value;
  throw new SqlError(SQLSTATE.internalError, "a captured value is not text");
}

/** Inserts kept rows again. Throws when one of them is not the same any more. */
export async function insertAgain(
  connection: Connection,
  target: string,
  { columns, values, hashes }: InsertedRows,
): Promise<void> {
  const names = columns.map(quoteIdentifier).join(", ");
  const batchRows = Math.max(1, Math.floor(MAX_BATCH_VALUES / columns.length));
  for (let from = 0; from < values.length; from += batchRows) {
    const batch = values.slice(from, from + batchRows);
    const places = batch.map((row, at) => `(${row.map((_, i) => `$${at * row.length + i + 1}`).join(", ")})`);
    const inserted = await connection.rows(
      `INSERT INTO ${target} (${names}) VALUES ${places.join(", ")} RETURNING CAST(hash(${names}) AS VARCHAR) AS hash`,
      batch.flat(),
    );
    const written = inserted.map((row) => textCell(row, "hash"));
    requireSame(written, hashes.slice(from, from + batchRows));
  }
}

/** Throws when two runs of one statement did not write the same rows. */
export function requireSame(written: readonly string[], before: readonly string[]): void {
  const same = written.length === before.length && written.every((hash, index) => hash === before[index]);
  if (!same) {
    throw new SqlError(SQLSTATE.serializationFailure, "a statement did not write the same rows again");
  }
}

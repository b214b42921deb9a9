/**
 * What an UPDATE holds in memory until its transaction ends: DuckDB keeps the old and the new value of every cell it changes, and
 * cannot put them into temporary files as it does with everything else a merge makes. Measured: 1.5 million rows of a bigint and
 * a text of 25 letters took some 200 MB.
 */
import { textCell, type Connection } from "../engine/connection.js";

const BYTES_PER_CELL = 100;
/** Of the memory limit. */
const MOST_FOR_UPDATES = 1 / 4;
/** So few are never asked about. */
const FEW_CELLS = 100_000;

const UNITS: Readonly<Record<string, number>> = {
  bytes: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Whether so many cells can be updated well within DuckDB's memory limit. */
export async function updatesFitMemory(connection: Connection, cells: number): Promise<boolean> {
  if (cells <= FEW_CELLS) return true;
  const [row] = await connection.rows("SELECT value FROM duckdb_settings() WHERE name = 'memory_limit'");
  const limit = row === undefined ? undefined : bytesOf(textCell(row, "value"));
  return limit === undefined || cells * BYTES_PER_CELL <= limit * MOST_FOR_UPDATES;
}

/** `238.4 MiB`; undefined where DuckDB says it otherwise. */
function bytesOf(text: string): number | undefined {
  const [, number = "", unit = ""] = /^([\d.]+) (\w+)$/.exec(text) ?? [];
  const size = UNITS[unit];
  return size === undefined ? undefined : Number(number) * size;
}

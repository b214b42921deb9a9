/**
 * Reads VARCHAR, BLOB, BIT and BIGNUM vectors as byte slices.
 *
 * Shape   entry = 16 bytes: length u32 · 12 inline bytes, or prefix u32 · pointer u64 when longer than 12
 * Limits  a pointer may only be followed through the binding, ~2 µs a call. Long strings mostly lie next to each other,
 *         so entries that touch or overlap exactly are fetched as one run; nothing between two entries is ever read
 */
import { NULL_LENGTH, type Cells } from "./vector-cells.js";
import { bytesBehind, type ColumnVector } from "./vectors.js";

const ENTRY_BYTES = 16;
const INLINE_BYTES = 12;
/** With fewer strings per run than this, sorting by address first pays for itself. */
const POOR_RUN_LENGTH = 4;

interface Run {
  low: number;
  high: number;
  /** The row whose pointer is `low`. */
  lowRow: number;
  /** Positions in the order array, last exclusive. */
  readonly first: number;
  last: number;
}

/** Fills `cells` with rows `first` … `first + count - 1`. The entries' memory is copied once, runs once each. */
export function readStrings(vector: ColumnVector, first: number, count: number, cells: Cells): void {
  const memory = vector.bytes(ENTRY_BYTES);
  const base = cells.used;
  cells
    .reserve(count * ENTRY_BYTES)
    .set(memory.subarray(first * ENTRY_BYTES, (first + count) * ENTRY_BYTES), base);
  cells.used += count * ENTRY_BYTES;
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
  const { starts, lengths } = cells;
  const longRows: number[] = [];
  for (let i = 0; i < count; i++) {
    const row = first + i;
    if (vector.isNull(row)) {
      lengths[i] = NULL_LENGTH;
      continue;
    }
    const length = words[row * 4] ?? 0;
    lengths[i] = length;
    if (length <= INLINE_BYTES) starts[i] = base + i * ENTRY_BYTES + 4;
    else longRows.push(row);
  }
  if (longRows.length > 0) fetchLong({ memory, words, first, cells }, longRows);
}

interface LongStrings {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array;
  readonly first: number;
  readonly cells: Cells;
}

function fetchLong(source: LongStrings, rows: number[]): void {
  let runs = findRuns(source.words, rows);
  if (runs.length > 8 && runs.length * POOR_RUN_LENGTH > rows.length) {
    // Values of a dictionary come in any order and many times: sorted, they are few runs again.
    rows.sort((a, b) => addressOf(source.words, a) - addressOf(source.words, b));
    runs = findRuns(source.words, rows);
  }
  for (const run of runs) fetchRun(source, rows, run);
}

/** User-space addresses have 47 bits (57 with five-level paging only on request), so a double holds them exactly. */
function addressOf(words: Uint32Array, row: number): number {
  return (words[row * 4 + 3] ?? 0) * 4294967296 + (words[row * 4 + 2] ?? 0);
}

function findRuns(words: Uint32Array, rows: readonly number[]): Run[] {
  const runs: Run[] = [];
  let run: Run | undefined;
  for (const [position, row] of rows.entries()) {
    const low = addressOf(words, row);
    const high = low + (words[row * 4] ?? 0);
    if (run !== undefined && low >= run.low && low <= run.high) {
      if (high > run.high) run.high = high;
      run.last = position + 1;
    } else if (run !== undefined && high === run.low) {
      run.low = low;
      run.lowRow = row;
      run.last = position + 1;
    } else {
      run = { low, high, lowRow: row, first: position, last: position + 1 };
      runs.push(run);
    }
  }
  return runs;
}

function fetchRun({ memory, words, first, cells }: LongStrings, rows: readonly number[], run: Run): void {
  const size = run.high - run.low;
  const base = cells.used;
  cells.reserve(size).set(bytesBehind(memory, run.lowRow * ENTRY_BYTES + 8, size), base);
  cells.used += size;
  for (let position = run.first; position < run.last; position++) {
    const row = rows[position] ?? 0;
    cells.starts[row - first] = base + (addressOf(words, row) - run.low);
  }
}

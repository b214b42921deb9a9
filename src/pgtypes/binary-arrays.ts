/**
 * PostgreSQL's binary arrays.
 *
 * Shape   dimensions i32 · has NULLs i32 · element OID i32 · per dimension: size i32, lower bound i32 (1) · per element:
 *         length i32 (-1 = NULL) · bytes. An array without elements has no dimensions
 * Limits  lists of lists must be rectangular and not NULL inside, else SqlError 0A000
 */
import { notSupported } from "../core/errors.js";
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import type { EngineType } from "../engine/types.js";
import type { ColumnVector } from "../engine/vectors.js";
import { writeInt32 } from "./big-endian.js";
import type { ColumnEncoder } from "./cell-writer.js";
import { describeType } from "./oids.js";
import { isListLike, openList, type ListLike, type ListRows } from "./text-arrays.js";

/** One level of nesting: the list vector and where its rows' elements lie. Rows count from `base` in the vector. */
interface Level {
  readonly vector: ColumnVector;
  readonly base: number;
  readonly rows: ListRows;
}

/** Element type below all list levels. */
export function leafType(type: ListLike): EngineType {
  return isListLike(type.valueType) ? leafType(type.valueType) : type.valueType;
}

/** `lowerBound`: the number of the first element; 0 for int2vector and oidvector, 1 for arrays. */
export function arrayBinary(type: ListLike, leafEncoder: ColumnEncoder, lowerBound = 1): ColumnEncoder {
  const leaves = new Cells();
  const { oid } = describeType(leafType(type));
  return (vector, first, count, cells) => {
    const levels = openLevels(vector, type, first, count);
    const deepest = levels.at(-1);
    if (deepest === undefined) throw new Error("a list has at least one level");
    const { child, low, high } = deepest.rows;
    leaves.reset(high - low);
    leafEncoder(child, low, high - low, leaves);
    for (let i = 0; i < count; i++) {
      if (vector.isNull(first + i)) {
        cells.putNull(i);
        continue;
      }
      const start = cells.used;
      writeArray(new Extent(levels, i), { oid, leaves, low, lowerBound }, cells);
      cells.finish(i, start);
    }
  };
}

function openLevels(vector: ColumnVector, type: ListLike, first: number, count: number): Level[] {
  const levels: Level[] = [];
  let level = { vector, type, first, count };
  for (;;) {
    const rows = openList(level.vector, level.type, level.first, level.count);
    levels.push({ vector: level.vector, base: level.first, rows });
    if (!isListLike(level.type.valueType)) return levels;
    level = { vector: rows.child, type: level.type.valueType, first: rows.low, count: rows.high - rows.low };
  }
}

/** The dimensions and leaves of one array, checked to be rectangular. */
class Extent {
  readonly sizes: number[] = [];
  /** Rows of the leaf vector, in order. */
  readonly leafRows: number[] = [];
  readonly #levels: readonly Level[];

  constructor(levels: readonly Level[], row: number) {
    this.#levels = levels;
    this.#visit(0, row);
  }

  #visit(depth: number, row: number): void {
    const level = this.#levels[depth];
    if (level === undefined) throw new Error("an array is deeper than its type");
    if (level.vector.isNull(level.base + row)) throw notRectangular();
    const size = level.rows.lengthOf(row);
    const known = this.sizes[depth];
    if (known !== undefined && known !== size) throw notRectangular();
    this.sizes[depth] = size;
    const offset = level.rows.offsetOf(row);
    for (let i = 0; i < size; i++) {
      if (depth === this.#levels.length - 1) this.leafRows.push(offset + i);
      else this.#visit(depth + 1, offset + i - level.rows.low);
    }
  }
}

function notRectangular(): Error {
  return notSupported(
    "a nested list that is not rectangular cannot be sent in binary format",
    "ask for the text format, or cast the column to VARCHAR",
  );
}

interface Leaves {
  readonly oid: number;
  readonly leaves: Cells;
  readonly low: number;
  readonly lowerBound: number;
}

function writeArray(extent: Extent, { oid, leaves, low, lowerBound }: Leaves, cells: Cells): void {
  const { sizes, leafRows } = extent;
  const dimensions = leafRows.length === 0 ? 0 : sizes.length;
  const hasNull = leafRows.some((row) => leaves.length(row - low) === NULL_LENGTH);
  const bytes = cells.reserve(12 + 8 * dimensions);
  let at = writeInt32(bytes, cells.used, dimensions);
  at = writeInt32(bytes, at, hasNull ? 1 : 0);
  at = writeInt32(bytes, at, oid);
  for (let i = 0; i < dimensions; i++)
    at = writeInt32(bytes, writeInt32(bytes, at, sizes[i] ?? 0), lowerBound);
  cells.used = at;
  for (const row of leafRows) {
    const length = leaves.length(row - low);
    writeInt32(cells.reserve(4), cells.used, length);
    cells.used += 4;
    const start = leaves.start(row - low);
    if (length > 0) cells.append(leaves.bytes, start, start + length);
  }
}

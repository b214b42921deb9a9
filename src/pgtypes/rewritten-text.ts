/** Columns that DuckDB keeps as text and PostgreSQL sends as another one. */
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import { readStrings } from "../engine/vector-strings.js";
import type { ColumnEncoder } from "./cell-writer.js";

/** Writes a cell's bytes; the text is `bytes` from `start` to `end`. */
type TextWriter = (cells: Cells, bytes: Uint8Array, start: number, end: number) => void;

/** Asks `write` for every cell that is not NULL. */
export function rewrittenText(write: TextWriter): ColumnEncoder {
  return (vector, first, count, cells) => {
    const read = new Cells();
    read.reset(count);
    readStrings(vector, first, count, read);
    for (let i = 0; i < count; i++) {
      if (read.length(i) === NULL_LENGTH) {
        cells.putNull(i);
        continue;
      }
      const begun = cells.used;
      write(cells, read.bytes, read.start(i), read.start(i) + read.length(i));
      cells.finish(i, begun);
    }
  };
}

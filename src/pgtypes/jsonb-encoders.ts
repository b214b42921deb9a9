/** jsonb, which DuckDB keeps as the JSON that was written or made: sent as PostgreSQL would have kept it. */
import { canonicalJson } from "../core/canonical-json.js";
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import type { ColumnEncoder } from "./cell-writer.js";
import { readStrings } from "../engine/vector-strings.js";

/** The binary form has it in front of the text. */
const VERSION = 1;
const UTF8 = new TextEncoder();

export const jsonbText: ColumnEncoder = (vector, first, count, cells) => {
  writeDocuments(vector, first, count, cells, () => {});
};

export const jsonbBinary: ColumnEncoder = (vector, first, count, cells) => {
  writeDocuments(vector, first, count, cells, () => cells.push(VERSION));
};

function writeDocuments(
  ...[vector, first, count, cells, begin]: [...Parameters<ColumnEncoder>, () => void]
): void {
  const written = new Cells();
  written.reset(count);
  readStrings(vector, first, count, written);
  for (let i = 0; i < count; i++) {
    if (written.length(i) === NULL_LENGTH) {
      cells.putNull(i);
      continue;
    }
    const start = cells.used;
    const end = written.start(i) + written.length(i);
    begin();
    const text = UTF8.encode(
      canonicalJson(Buffer.from(written.bytes.subarray(written.start(i), end)).toString()),
    );
    cells.append(text, 0, text.length);
    cells.finish(i, start);
  }
}

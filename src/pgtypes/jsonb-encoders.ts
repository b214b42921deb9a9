/** jsonb, which DuckDB keeps as the JSON that was written or made: sent as PostgreSQL would have kept it. */
import { canonicalJson } from "../core/canonical-json.js";
import type { Cells } from "../engine/vector-cells.js";
import { rewrittenText } from "./rewritten-text.js";

/** The binary form has it in front of the text. */
const VERSION = 1;
const UTF8 = new TextEncoder();

export const jsonbText = rewrittenText(writeDocument);

export const jsonbBinary = rewrittenText((cells, bytes, start, end) => {
  cells.push(VERSION);
  writeDocument(cells, bytes, start, end);
});

function writeDocument(cells: Cells, bytes: Uint8Array, start: number, end: number): void {
  const text = UTF8.encode(canonicalJson(Buffer.from(bytes.subarray(start, end)).toString()));
  cells.append(text, 0, text.length);
}

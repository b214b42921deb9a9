/** Encoded rows kept for later, handed out by count. */

/** DataRow messages back to back. */
export interface EncodedRows {
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/** A queue of encoded rows. Cuts only between messages. */
export class BufferedRows {
  #parts: EncodedRows[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(part: EncodedRows): void {
    this.#parts.push(part);
    this.#bytes += part.bytes.length;
  }

  clear(): void {
    this.#parts = [];
    this.#bytes = 0;
  }

  /** At most `maxRows` rows of the first part, undefined when there are none. */
  take(maxRows: number): EncodedRows | undefined {
    const first = this.#parts[0];
    if (first === undefined) return undefined;
    const taken = first.rows <= maxRows ? first : cut(first, maxRows);
    this.#bytes -= taken.bytes.length;
    if (taken === first) {
      this.#parts.shift();
    } else {
      const bytes = first.bytes.subarray(taken.bytes.length);
      this.#parts[0] = { bytes, rows: first.rows - taken.rows };
    }
    return taken;
  }
}

/** The first `rows` messages: a type byte and a length that counts itself, each. */
function cut(part: EncodedRows, rows: number): EncodedRows {
  const view = new DataView(part.bytes.buffer, part.bytes.byteOffset, part.bytes.byteLength);
  let end = 0;
  for (let row = 0; row < rows; row++) end += 1 + view.getInt32(end + 1);
  return { bytes: part.bytes.subarray(0, end), rows };
}

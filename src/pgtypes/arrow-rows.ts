/**
 * Rows of a result as an Arrow IPC stream: a schema, a record batch for each batch of rows, and the mark of its end.
 *
 * Source  https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
 */
import * as arrow from "apache-arrow";
import type { DataChunk, EngineType } from "../engine/types.js";
import { openColumn } from "../engine/vectors.js";
import { arrowColumn, TextColumn, type ArrowColumn } from "./arrow-columns.js";

interface NamedColumn {
  readonly name: string;
  /** Null where this server made the rows. */
  readonly type: EngineType | null;
}

/** Every call gives the bytes that follow those of the call before. */
export class ArrowRowEncoder {
  readonly #types: readonly (EngineType | null)[];
  readonly #columns: readonly (ArrowColumn | TextColumn)[];
  readonly #schema: arrow.Schema;
  readonly #sink = new Pieces();
  readonly #writer = new arrow.RecordBatchStreamWriter();

  constructor(columns: readonly NamedColumn[], timeZone: string) {
    this.#types = columns.map(({ type }) => type);
    this.#columns = columns.map(({ type }) =>
      type === null ? new TextColumn() : arrowColumn(type, timeZone),
    );
    this.#schema = new arrow.Schema(
      columns.map(
        ({ name }, index) => new arrow.Field(name, this.#columns[index]?.type ?? new arrow.Null(), true),
      ),
    );
  }

  head(): Uint8Array {
    this.#writer.reset(this.#sink, this.#schema);
    return this.#sink.take();
  }

  encodeChunk(chunk: DataChunk): Uint8Array {
    for (const [index, column] of this.#columns.entries()) {
      const type = this.#types[index] ?? null;
      if (type === null || column instanceof TextColumn)
        throw new Error("a chunk has no column for a type the server made");
      column.append(openColumn(chunk, index, type), 0, chunk.rowCount);
    }
    return this.#batch(chunk.rowCount);
  }

  encodeText(rows: readonly (readonly (string | null)[])[]): Uint8Array {
    for (const [index, column] of this.#columns.entries()) {
      if (!(column instanceof TextColumn)) throw new Error("rows of texts have types");
      for (const row of rows) column.push(row[index] ?? null);
    }
    return this.#batch(rows.length);
  }

  tail(): Uint8Array {
    this.#writer.finish();
    return this.#sink.take();
  }

  #batch(length: number): Uint8Array {
    const children = this.#columns.map((column) => column.take());
    const type = new arrow.Struct(this.#schema.fields);
    const data = arrow.makeData({ type, length, nullCount: 0, children });
    this.#writer.write(new arrow.RecordBatch(this.#schema, data));
    return this.#sink.take();
  }
}

/** Where the writer's pieces are until they are taken: at once, for nobody waits for them. */
class Pieces extends arrow.AsyncByteQueue {
  readonly #pieces: Uint8Array[] = [];

  override write(piece: Uint8Array): void {
    this.#pieces.push(piece);
  }

  take(): Uint8Array {
    return Buffer.concat(this.#pieces.splice(0));
  }
}

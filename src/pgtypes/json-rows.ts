/**
 * Rows of a result as JSON texts, for programs that read JSON.
 *
 * Shape   a row is an object by column name, or an array · values as PostgreSQL's to_json writes them: timestamps ISO 8601,
 *         bytea hexadecimal, json as it is, NaN and Infinity quoted · numbers that double precision would change are strings
 * Limits  no text has a line end in it: rows can be lines
 */
import type { DataChunk, EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import { openColumn } from "../engine/vectors.js";
import type { ColumnEncoder } from "./cell-writer.js";
import { jsonEncoder, type ScalarText } from "./json-encoders.js";
import { keyedTypeOf } from "./keyed/registry.js";
import { isJson } from "./oids.js";
import { textEncoder } from "./text-encoders.js";

export type JsonRowShape = "object" | "array";

/** One column of the rows; its type is null where this server made the rows. */
interface NamedColumn {
  readonly name: string;
  readonly type: EngineType | null;
}

interface JsonColumn {
  readonly key: Uint8Array;
  readonly type: EngineType | null;
  readonly encode: ColumnEncoder | undefined;
  /** Holds texts of clients, whose JSON DuckDB accepts but others may not. */
  readonly holdsJson: boolean;
  readonly cells: Cells;
}

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();
const NULL_TEXT = UTF8.encode("null");
const [NEWLINE, RETURN, BLANK] = [0x0a, 0x0d, 0x20];

/** Encodes the rows of one result. What it gives is valid until the next call. */
export class JsonRowEncoder {
  readonly #columns: readonly JsonColumn[];
  readonly #separator: Uint8Array;
  readonly #open: number;
  readonly #close: number;
  readonly #out = new Cells();
  #isFirst = true;

  /** `separator` stands between any two rows, also of different calls. */
  constructor(columns: readonly NamedColumn[], shape: JsonRowShape, timeZone: string, separator: string) {
    this.#columns = columns.map(({ name, type }, index) => {
      const label = shape === "object" ? `${JSON.stringify(name)}:` : "";
      return {
        key: UTF8.encode(index === 0 ? label : `,${label}`),
        type,
        encode: type === null ? undefined : valueEncoder(type, timeZone),
        holdsJson: type !== null && mayHoldJson(type),
        cells: new Cells(),
      };
    });
    this.#separator = UTF8.encode(separator);
    [this.#open, this.#close] = shape === "object" ? [0x7b, 0x7d] : [0x5b, 0x5d];
  }

  encodeChunk(chunk: DataChunk): Uint8Array {
    const count = chunk.rowCount;
    for (const [index, { type, encode, cells }] of this.#columns.entries()) {
      if (type === null || encode === undefined)
        throw new Error("a chunk has no column for a type the server made");
      cells.reset(count);
      encode(openColumn(chunk, index, type), 0, count, cells);
    }
    return this.#join(count);
  }

  /** Encodes rows this server made itself: their values are strings. */
  encodeText(rows: readonly (readonly (string | null)[])[]): Uint8Array {
    for (const [index, { cells }] of this.#columns.entries()) {
      cells.reset(rows.length);
      for (const [row, values] of rows.entries()) {
        const value = values[index] ?? null;
        if (value === null) cells.putNull(row);
        else cells.put(row, UTF8.encode(JSON.stringify(value)));
      }
    }
    return this.#join(rows.length);
  }

  #join(count: number): Uint8Array {
    const out = this.#out;
    out.reset(0);
    for (let row = 0; row < count; row++) {
      if (this.#isFirst) this.#isFirst = false;
      else out.append(this.#separator, 0, this.#separator.length);
      out.push(this.#open);
      for (const column of this.#columns) {
        out.append(column.key, 0, column.key.length);
        this.#writeValue(column, row);
      }
      out.push(this.#close);
    }
    return out.bytes.subarray(0, out.used);
  }

  #writeValue({ cells, holdsJson }: JsonColumn, row: number): void {
    const out = this.#out;
    const length = cells.length(row);
    if (length === NULL_LENGTH) return out.append(NULL_TEXT, 0, NULL_TEXT.length);
    const value = holdsJson ? lineOf(validJson(cells.slice(row))) : cells.slice(row);
    out.append(value, 0, value.length);
  }
}

/** Line ends can only be blanks between the parts of a JSON text. Writes into the bytes: they are used once. */
function lineOf(json: Uint8Array): Uint8Array {
  for (const [at, byte] of json.entries()) if (byte === NEWLINE || byte === RETURN) json[at] = BLANK;
  return json;
}

/** DuckDB takes bare NaN and Infinity in JSON, which others cannot read: such a value is given as a string. */
function validJson(bytes: Uint8Array): Uint8Array {
  const text = TEXT.decode(bytes);
  try {
    JSON.parse(text);
    return bytes;
  } catch {
    return UTF8.encode(JSON.stringify(text));
  }
}

function valueEncoder(type: EngineType, timeZone: string): ColumnEncoder {
  const encoderOf = (inner: EngineType): ColumnEncoder => textEncoder(inner, { timeZone });
  const scalars: ScalarText = { timeZone, exactNumbers: true, encoderOf };
  // A range or an address is a STRUCT to DuckDB alone.
  const isKeyed = type.typeId === EngineTypeId.STRUCT && keyedTypeOf(type) !== undefined;
  return isKeyed ? quotedText(textEncoder(type, { timeZone })) : jsonEncoder(type, scalars);
}

function quotedText(encode: ColumnEncoder): ColumnEncoder {
  const texts = new Cells();
  return (vector, first, count, cells) => {
    texts.reset(count);
    encode(vector, first, count, texts);
    for (let i = 0; i < count; i++) {
      if (texts.length(i) === NULL_LENGTH) cells.putNull(i);
      else cells.put(i, UTF8.encode(JSON.stringify(TEXT.decode(texts.slice(i)))));
    }
  };
}

function mayHoldJson(type: EngineType): boolean {
  if (isJson(type)) return true;
  switch (type.typeId) {
    case EngineTypeId.LIST:
    case EngineTypeId.ARRAY:
      return mayHoldJson(type.valueType);
    case EngineTypeId.MAP:
      return mayHoldJson(type.valueType);
    case EngineTypeId.STRUCT:
      return type.entryTypes.some(mayHoldJson);
    case EngineTypeId.UNION:
      return type.memberTypes.some(mayHoldJson);
    default:
      return false;
  }
}

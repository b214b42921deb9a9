/**
 * STRUCT with named fields, MAP and UNION as JSON text, since PostgreSQL has no type to announce for them.
 *
 * Shape   STRUCT `{"a":1,"b":"x"}` · MAP an object, keys as text · UNION its value under its tag, `{"tag":1}` · LIST an
 *         array · values inside as PostgreSQL's to_json writes them (timestamps ISO 8601, NaN and Infinity quoted)
 */
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId, LIST, STRUCT, UTINYINT } from "../engine/vector-values.js";
import type { ColumnVector } from "../engine/vectors.js";
import type { ColumnEncoder } from "./cell-writer.js";
import { SURE_DIGITS, survivesDouble } from "../core/double-digits.js";
import { isJson } from "./oids.js";
import { isListLike, openList, type ListLike } from "./text-arrays.js";
import { timestamptzText, timestampText } from "./text-datetime.js";

type StructType = Extract<EngineType, { typeId: EngineTypeId.STRUCT }>;
type MapType = Extract<EngineType, { typeId: EngineTypeId.MAP }>;
type UnionType = Extract<EngineType, { typeId: EngineTypeId.UNION }>;

/** What JSON needs from the text encoders; given in, since text of a STRUCT is JSON again. */
export interface ScalarText {
  readonly timeZone: string;
  /** Numbers that a reader with doubles would change are strings. */
  readonly exactNumbers?: boolean;
  encoderOf(type: EngineType): ColumnEncoder;
}

const UTF8 = new TextEncoder();
const NULL_TEXT = UTF8.encode("null");
const LETTER_T = 0x54;
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const [COMMA, COLON, QUOTE, BACKSLASH] = [0x2c, 0x3a, 0x22, 0x5c];

/** An encoder of JSON values. A NULL row stays a NULL cell; inside a container it is written as `null`. */
export function jsonEncoder(type: EngineType, scalars: ScalarText): ColumnEncoder {
  if (isListLike(type)) return listJson(type, scalars);
  switch (type.typeId) {
    case EngineTypeId.STRUCT:
      return structJson(type, scalars);
    case EngineTypeId.MAP:
      return mapJson(type, scalars);
    case EngineTypeId.UNION:
      return unionJson(type, scalars);
    case EngineTypeId.BOOLEAN:
      return rewritten(scalars.encoderOf(type), writeBoolean);
    case EngineTypeId.TIMESTAMP:
      return rewritten(timestampText("us", LETTER_T), writeJsonString);
    case EngineTypeId.TIMESTAMP_S:
      return rewritten(timestampText("s", LETTER_T), writeJsonString);
    case EngineTypeId.TIMESTAMP_MS:
      return rewritten(timestampText("ms", LETTER_T), writeJsonString);
    case EngineTypeId.TIMESTAMP_NS:
      return rewritten(timestampText("ns", LETTER_T), writeJsonString);
    case EngineTypeId.TIMESTAMP_TZ:
      return rewritten(timestamptzText(scalars.timeZone, LETTER_T, true), writeJsonString);
    default:
      return scalarJson(type, scalars);
  }
}

function scalarJson(type: EngineType, scalars: ScalarText): ColumnEncoder {
  const text = scalars.encoderOf(type);
  if (isJson(type)) return text;
  if (!isNumeric(type)) return rewritten(text, writeJsonString);
  return rewritten(text, scalars.exactNumbers === true ? writeExactNumber : writeNumber);
}

function isNumeric({ typeId }: EngineType): boolean {
  return (
    (typeId >= EngineTypeId.TINYINT && typeId <= EngineTypeId.DOUBLE) ||
    typeId === EngineTypeId.HUGEINT ||
    typeId === EngineTypeId.UHUGEINT ||
    typeId === EngineTypeId.DECIMAL ||
    typeId === EngineTypeId.BIGNUM
  );
}

type CellRewriter = (bytes: Uint8Array, start: number, length: number, cells: Cells) => void;

function rewritten(encode: ColumnEncoder, rewrite: CellRewriter): ColumnEncoder {
  const source = new Cells();
  return (vector, first, count, cells) => {
    source.reset(count);
    encode(vector, first, count, source);
    for (let i = 0; i < count; i++) {
      if (source.length(i) === NULL_LENGTH) {
        cells.putNull(i);
        continue;
      }
      const start = cells.used;
      rewrite(source.bytes, source.start(i), source.length(i), cells);
      cells.finish(i, start);
    }
  };
}

function writeBoolean(bytes: Uint8Array, start: number, _length: number, cells: Cells): void {
  const text = UTF8.encode(bytes[start] === 0x74 ? "true" : "false");
  cells.append(text, 0, text.length);
}

/** NaN and the infinities are no JSON numbers. */
function writeNumber(bytes: Uint8Array, start: number, length: number, cells: Cells): void {
  const last = bytes[start + length - 1] ?? 0;
  if (last < 0x30 || last > 0x39) writeJsonString(bytes, start, length, cells);
  else cells.append(bytes, start, start + length);
}

const LATIN1 = new TextDecoder("latin1");

function writeExactNumber(bytes: Uint8Array, start: number, length: number, cells: Cells): void {
  const isShort = length <= SURE_DIGITS;
  if (isShort || survivesDouble(LATIN1.decode(bytes.subarray(start, start + length))))
    writeNumber(bytes, start, length, cells);
  else writeJsonString(bytes, start, length, cells);
}

const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
]);

function writeJsonString(bytes: Uint8Array, start: number, length: number, cells: Cells): void {
  cells.push(QUOTE);
  for (let i = start; i < start + length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === QUOTE || byte === BACKSLASH) cells.push(BACKSLASH);
    if (byte >= 0x20) {
      cells.push(byte);
      continue;
    }
    const escape = UTF8.encode(SHORT_ESCAPES.get(byte) ?? `\\u${byte.toString(16).padStart(4, "0")}`);
    cells.append(escape, 0, escape.length);
  }
  cells.push(QUOTE);
}

function writeValue(values: Cells, index: number, cells: Cells): void {
  const length = values.length(index);
  const start = values.start(index);
  if (length === NULL_LENGTH) cells.append(NULL_TEXT, 0, NULL_TEXT.length);
  else cells.append(values.bytes, start, start + length);
}

/** Calls `build` for every row that is not NULL. */
function eachRow(
  vector: ColumnVector,
  first: number,
  count: number,
  cells: Cells,
  build: (i: number) => void,
): void {
  for (let i = 0; i < count; i++) {
    if (vector.isNull(first + i)) {
      cells.putNull(i);
      continue;
    }
    const start = cells.used;
    build(i);
    cells.finish(i, start);
  }
}

function listJson(type: ListLike, scalars: ScalarText): ColumnEncoder {
  const encode = jsonEncoder(type.valueType, scalars);
  const elements = new Cells();
  return (vector, first, count, cells) => {
    const rows = openList(vector, type, first, count);
    elements.reset(rows.high - rows.low);
    encode(rows.child, rows.low, rows.high - rows.low, elements);
    eachRow(vector, first, count, cells, (i) => {
      cells.push(OPEN_LIST);
      for (let element = 0; element < rows.lengthOf(i); element++) {
        if (element > 0) cells.push(COMMA);
        writeValue(elements, rows.offsetOf(i) - rows.low + element, cells);
      }
      cells.push(CLOSE_LIST);
    });
  };
}

interface Field {
  readonly key: Uint8Array;
  readonly type: EngineType;
  readonly encode: ColumnEncoder;
  readonly values: Cells;
}

function openField(name: string, type: EngineType, scalars: ScalarText): Field {
  const key = UTF8.encode(`${JSON.stringify(name)}:`);
  return { key, type, encode: jsonEncoder(type, scalars), values: new Cells() };
}

/** Encodes field `index` of every row; in a UNION the fields follow the tag. */
function encodeField(field: Field, vector: ColumnVector, index: number, first: number, count: number): void {
  field.values.reset(count);
  field.encode(vector.structChild(index, field.type), first, count, field.values);
}

function structJson(type: StructType, scalars: ScalarText): ColumnEncoder {
  // By position: row(…) makes fields that all have the name "", and a wrong type reads memory that is not its own.
  const fields = type.entryTypes.map((entry, i) =>
    openField(type.entryNames[i] || `f${i + 1}`, entry, scalars),
  );
  return (vector, first, count, cells) => {
    for (const [index, field] of fields.entries()) encodeField(field, vector, index, first, count);
    eachRow(vector, first, count, cells, (i) => {
      cells.push(OPEN_OBJECT);
      for (const [index, field] of fields.entries()) {
        if (index > 0) cells.push(COMMA);
        cells.append(field.key, 0, field.key.length);
        writeValue(field.values, i, cells);
      }
      cells.push(CLOSE_OBJECT);
    });
  };
}

function unionJson(type: UnionType, scalars: ScalarText): ColumnEncoder {
  const fields = type.memberTags.map((tag) => openField(tag, type.memberTypeForTag(tag), scalars));
  return (vector, first, count, cells) => {
    const tags = vector.structChild(0, UTINYINT).bytes(1);
    for (const [index, field] of fields.entries()) encodeField(field, vector, index + 1, first, count);
    eachRow(vector, first, count, cells, (i) => {
      const field = fields[tags[first + i] ?? 0];
      if (field === undefined) throw new Error("a union's tag names no member");
      cells.push(OPEN_OBJECT);
      cells.append(field.key, 0, field.key.length);
      writeValue(field.values, i, cells);
      cells.push(CLOSE_OBJECT);
    });
  };
}

function mapJson(type: MapType, scalars: ScalarText): ColumnEncoder {
  const list = entryList(type);
  const keyText = rewritten(scalars.encoderOf(type.keyType), writeJsonString);
  const valueJson = jsonEncoder(type.valueType, scalars);
  const keys = new Cells();
  const values = new Cells();
  return (vector, first, count, cells) => {
    const rows = openList(vector, list, first, count);
    const size = rows.high - rows.low;
    keys.reset(size);
    keyText(rows.child.structChild(0, type.keyType), rows.low, size, keys);
    values.reset(size);
    valueJson(rows.child.structChild(1, type.valueType), rows.low, size, values);
    eachRow(vector, first, count, cells, (i) => {
      cells.push(OPEN_OBJECT);
      for (let entry = 0; entry < rows.lengthOf(i); entry++) {
        if (entry > 0) cells.push(COMMA);
        const element = rows.offsetOf(i) - rows.low + entry;
        writeValue(keys, element, cells);
        cells.push(COLON);
        writeValue(values, element, cells);
      }
      cells.push(CLOSE_OBJECT);
    });
  };
}

/** A MAP is stored as a list of structs of key and value. */
function entryList(type: MapType): ListLike {
  return LIST(STRUCT({ key: type.keyType, value: type.valueType }));
}

/**
 * What COPY … FROM STDIN makes of one column: PostgreSQL reads the field, DuckDB stores it.
 *
 * Shape   the readers check a field by PostgreSQL's rules and put an item into the column's JSON array; `item` says what the
 *         items are, `expression` is the SQL that turns one into the column's type, exactly that value
 * Speed   plain values are told by their bytes and stay the bytes they are
 */
import { arrayDelimiter } from "../core/keyed-types.js";
import { parseBytea } from "../core/bytea.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { EngineType } from "../engine/types.js";
import { canonicalJson } from "../core/canonical-json.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { plainBinaryWriter } from "./copy-binary-plain.js";
import { binaryFieldReader } from "./copy-binary-values.js";
import type { JsonColumn } from "./copy-json-column.js";
import { keyedFields, keyedTypeOf } from "./keyed/registry.js";
import { parseArrayLiteral, type ArrayItem } from "./parse-array.js";
import { parseBits } from "./parse-bytes.js";
import {
  readDate,
  readInterval,
  readTime,
  readTimestamp,
  readTimestamptz,
  readTimetz,
} from "./copy-moments.js";
import { recordReader } from "./copy-records.js";
import { decimalReader, integerReader, readDouble, readReal } from "./copy-numbers.js";
import { plainFieldTest } from "./copy-plain.js";
import { parseBoolean, parseUuid } from "./parse-numbers.js";
import type { InputOptions } from "./parse-value.js";
import { isComposite, leafOf } from "./user-types.js";
import { requireUtf8 } from "./utf8.js";

/** Reads one field that is not NULL. Throws SqlError as PostgreSQL's input functions do. */
type FieldReader = (text: string) => string;

/** Reads the field at `start` ‥ `end` and puts its item. Throws SqlError, and then puts nothing. */
type FieldWriter = (bytes: Uint8Array, start: number, end: number, out: JsonColumn) => void;

export interface CopyColumnInput {
  readonly readText: FieldWriter;
  readonly readBinary: FieldWriter;
  /** Of the array's items, as DuckDB's from_json names types. */
  readonly item: string;
  /** SQL of the value, given SQL of the item. */
  readonly expression: (source: string) => string;
}

/** How fields become values of a type. 0A000 for the types whose values no text of PostgreSQL's can name. */
export function copyColumnInput(type: EngineType, options: InputOptions): CopyColumnInput {
  const item = itemShape(type);
  const isRaw = item !== '"VARCHAR"';
  const read = fieldReader(type, options);
  const put = (out: JsonColumn, text: string): void => {
    if (isRaw) out.putRawString(text);
    else out.putString(text);
  };
  return {
    item,
    expression: (source) => valueExpression(type, source, 0),
    readText: textWriter(type, read, put),
    readBinary: binaryWriter(type, read, put),
  };
}

/** As PostgreSQL's text of the same value, but for texts, and for plain values of everyday types. */
function binaryWriter(type: EngineType, read: FieldReader, put: PutItem): FieldWriter {
  if (read === anyText) return putVerified;
  if (isComposite(leafOf(type))) return refuseBinary;
  const putPlain = plainBinaryWriter(type);
  const textOf = binaryFieldReader(type);
  return (bytes, start, end, out) => {
    if (putPlain?.(bytes, start, end, out) === true) return;
    put(out, read(textOf(bytes.subarray(start, end))));
  };
}

function refuseBinary(): never {
  throw notSupported(
    "COPY FROM in binary format into composite types is not supported",
    "use the text format",
  );
}

function putVerified(bytes: Uint8Array, start: number, end: number, out: JsonColumn): void {
  requireUtf8(bytes.subarray(start, end));
  out.putText(bytes, start, end);
}

type PutItem = (out: JsonColumn, text: string) => void;

/** Every text is a value of a VARCHAR; other types look at the bytes first, and read only what is not plain. */
function textWriter(type: EngineType, read: FieldReader, put: PutItem): FieldWriter {
  if (read === anyText) return (bytes, start, end, out) => out.putText(bytes, start, end);
  const isPlain = plainFieldTest(type);
  const isRaw = itemShape(type) !== '"VARCHAR"';
  return (bytes, start, end, out) => {
    if (!isPlain(bytes, start, end)) put(out, read(textAt(bytes, start, end)));
    else if (isRaw) out.putRaw(bytes, start, end);
    else out.putText(bytes, start, end);
  };
}

function textAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}

function anyText(text: string): string {
  return text;
}

/** Integers of 64 bits are JSON's own numbers, lists its own lists; all else is a string. */
function itemShape(type: EngineType): string {
  switch (type.typeId) {
    case EngineTypeId.TINYINT:
    case EngineTypeId.UTINYINT:
    case EngineTypeId.SMALLINT:
    case EngineTypeId.USMALLINT:
    case EngineTypeId.INTEGER:
    case EngineTypeId.UINTEGER:
    case EngineTypeId.BIGINT:
      return '"BIGINT"';
    default:
      return listShape(type);
  }
}

function fieldReader(type: EngineType, options: InputOptions): FieldReader {
  switch (type.typeId) {
    case EngineTypeId.TINYINT:
    case EngineTypeId.UTINYINT:
    case EngineTypeId.SMALLINT:
    case EngineTypeId.USMALLINT:
    case EngineTypeId.INTEGER:
    case EngineTypeId.UINTEGER:
    case EngineTypeId.BIGINT:
    case EngineTypeId.UBIGINT:
    case EngineTypeId.HUGEINT:
    case EngineTypeId.UHUGEINT:
    case EngineTypeId.BIGNUM:
    case EngineTypeId.INTEGER_LITERAL:
      return integerReader(type.typeId);
    case EngineTypeId.DECIMAL:
      return decimalReader(type.width, type.scale);
    case EngineTypeId.FLOAT:
      return readReal;
    case EngineTypeId.DOUBLE:
      return readDouble;
    case EngineTypeId.BOOLEAN:
      return (text) => String(parseBoolean(text));
    case EngineTypeId.VARCHAR:
      if (type.alias === "jsonb") return canonicalJson;
      return type.alias === "JSON" ? readJson : anyText;
    case EngineTypeId.ENUM:
      return enumReader(type.values);
    case EngineTypeId.BLOB:
      return (text) => Buffer.from(parseBytea(text)).toString("hex");
    case EngineTypeId.BIT:
      return parseBits;
    case EngineTypeId.UUID:
      return readUuid;
    case EngineTypeId.DATE:
      return readDate;
    case EngineTypeId.TIME:
    case EngineTypeId.TIME_NS:
      return readTime;
    case EngineTypeId.TIME_TZ:
      return (text) => readTimetz(text, options.timeZone);
    case EngineTypeId.TIMESTAMP:
    case EngineTypeId.TIMESTAMP_S:
    case EngineTypeId.TIMESTAMP_MS:
    case EngineTypeId.TIMESTAMP_NS:
      return readTimestamp;
    case EngineTypeId.TIMESTAMP_TZ:
      return (text) => readTimestamptz(text, options.timeZone);
    case EngineTypeId.INTERVAL:
      return readInterval;
    case EngineTypeId.STRUCT:
      if (isComposite(type)) return recordReader(type, (entry) => fieldReader(entry, options));
      return keyedReader(type, options) ?? readJson;
    case EngineTypeId.MAP:
      return readJson;
    case EngineTypeId.LIST:
    case EngineTypeId.ARRAY:
      return listReader(type, options);
    case EngineTypeId.UNION:
    case EngineTypeId.GEOMETRY:
    case EngineTypeId.VARIANT:
    case EngineTypeId.SQLNULL:
    case EngineTypeId.ANY:
    case EngineTypeId.STRING_LITERAL:
      throw notSupported(`COPY FROM into a column of type ${type.toString()} is not supported`);
    default:
      return type satisfies never;
  }
}

/** Every element of a list arrives as a text; structures and maps are JSON for the client too. */
function valueExpression(type: EngineType, source: string, depth: number): string {
  switch (type.typeId) {
    case EngineTypeId.BLOB:
      return `unhex(${source})`;
    case EngineTypeId.STRUCT:
    case EngineTypeId.MAP:
      return `CAST(CAST(${source} AS JSON) AS ${type.toString()})`;
    case EngineTypeId.LIST:
    case EngineTypeId.ARRAY: {
      const item = `e${depth}`;
      const element = valueExpression(type.valueType, item, depth + 1);
      return element === item ? source : `list_transform(${source}, lambda ${item}: ${element})`;
    }
    default:
      return source;
  }
}

function isList(type: EngineType): type is Extract<EngineType, { readonly valueType: EngineType }> {
  return type.typeId === EngineTypeId.LIST || type.typeId === EngineTypeId.ARRAY;
}

/** `["VARCHAR"]` for a list, `[["VARCHAR"]]` for a list of lists. */
function listShape(type: EngineType): string {
  return isList(type) ? `[${listShape(type.valueType)}]` : '"VARCHAR"';
}

function listReader(type: EngineType, options: InputOptions): FieldReader {
  let element = type;
  let dimensions = 0;
  for (; isList(element); dimensions++) element = element.valueType;
  const read = fieldReader(element, options);
  const delimiter = arrayDelimiter(keyedTypeOf(element)?.name);
  return (text) => {
    const items = parseArrayLiteral(text, delimiter);
    return JSON.stringify(readItems(text, items, dimensions, read));
  };
}

/** PostgreSQL's arrays may have any number of dimensions; a DuckDB column has those of its type. */
function readItems(
  text: string,
  items: readonly ArrayItem[],
  dimensions: number,
  read: FieldReader,
): readonly ArrayItem[] {
  return items.map((item) => {
    if (item === null) return null;
    if ((typeof item === "string") !== (dimensions === 1)) {
      throw new SqlError(SQLSTATE.invalidTextRepresentation, `malformed array literal: "${text}"`, {
        detail: "The column's arrays have another number of dimensions.",
      });
    }
    return typeof item === "string" ? read(item) : readItems(text, item, dimensions - 1, read);
  });
}

/** The STRUCT's fields as JSON. */
function keyedReader(type: EngineType, options: InputOptions): FieldReader | undefined {
  const keyed = keyedTypeOf(type);
  if (keyed === undefined) return undefined;
  return (text) => JSON.stringify(keyedFields(keyed, keyed.read(text, options)));
}

function readJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new SqlError(SQLSTATE.invalidTextRepresentation, "invalid input syntax for type json", {
      detail: "The value is not JSON.",
    });
  }
}

function enumReader(labels: readonly string[]): FieldReader {
  const known = new Set(labels);
  return (text) => {
    if (known.has(text)) return text;
    throw new SqlError(SQLSTATE.invalidTextRepresentation, `invalid input value for enum: "${text}"`);
  };
}

const PLAIN_UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function readUuid(text: string): string {
  if (PLAIN_UUID.test(text)) return text;
  const digits = parseUuid(text).toString(16).padStart(32, "0");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

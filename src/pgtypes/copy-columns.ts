/**
 * What COPY … FROM STDIN makes of one column: PostgreSQL reads the text, DuckDB stores it.
 *
 * Shape   `read` checks a field by PostgreSQL's rules and gives a text that DuckDB's cast reads as exactly that value;
 *         `expression` is the SQL that turns this text into the column's type
 * Speed   plain values are told by one regular expression and stay the string they are
 */
import { parseBytea } from "../core/bytea.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { invalidSyntax } from "./input-errors.js";
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
import { decimalReader, integerReader, readDouble, readReal } from "./copy-numbers.js";
import { parseBoolean, parseUuid } from "./parse-numbers.js";
import type { InputOptions } from "./parse-value.js";

/** Reads one field that is not NULL. Throws SqlError as PostgreSQL's input functions do. */
export type FieldReader = (text: string) => string;

export interface CopyColumnInput {
  /** Undefined where every text is a value and stays as it is. */
  readonly read: FieldReader | undefined;
  /** SQL of the value, given SQL of the text `read` gave. */
  readonly expression: (source: string) => string;
}

/** How fields become values of a type. 0A000 for the types whose values no text of PostgreSQL's can name. */
export function copyColumnInput(type: EngineType, options: InputOptions): CopyColumnInput {
  return { read: fieldReader(type, options), expression: (source) => valueExpression(type, source, 0) };
}

function fieldReader(type: EngineType, options: InputOptions): FieldReader | undefined {
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
      return type.alias === "JSON" ? readJson : undefined;
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

/** Lists arrive as JSON, where every element is one text; structures and maps are JSON for the client too. */
function valueExpression(type: EngineType, source: string, depth: number): string {
  switch (type.typeId) {
    case EngineTypeId.BLOB:
      return `unhex(${source})`;
    case EngineTypeId.STRUCT:
    case EngineTypeId.MAP:
      return `CAST(CAST(${source} AS JSON) AS ${type.toString()})`;
    case EngineTypeId.LIST:
    case EngineTypeId.ARRAY: {
      const list = depth > 0 ? source : `from_json(${source}, '${listShape(type)}')`;
      const item = `e${depth}`;
      const element = valueExpression(type.valueType, item, depth + 1);
      return element === item ? list : `list_transform(${list}, lambda ${item}: ${element})`;
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
  const read = fieldReader(element, options) ?? ((text: string) => text);
  return (text) => {
    const items = parseArrayLiteral(text);
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

function readJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw invalidSyntax("json", text);
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

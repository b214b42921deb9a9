/** Chooses the text encoder of a type. */
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { ColumnEncoder, EncodingOptions } from "./cell-writer.js";
import { paddedText } from "./padded-text.js";
import { jsonbText } from "./jsonb-encoders.js";
import { jsonEncoder } from "./json-encoders.js";
import { keyedText } from "./keyed/encoders.js";
import { keyedTypeOf, type StructType } from "./keyed/registry.js";
import { unsendable } from "./oids.js";
import { recordText } from "./records.js";
import { arrayText, isVector, vectorText } from "./text-arrays.js";
import { isRow } from "./user-types.js";
import { bignumText, bitText, blobText, enumText, uuidText, varcharText } from "./text-bytes.js";
import type { TimeUnit } from "./instants.js";
import { styledDate, styledInterval, styledTimestamp, styledTimestamptz } from "./styled-datetime.js";
import {
  dateText,
  intervalText,
  timeNanosText,
  timeText,
  timestampText,
  timestamptzText,
  timetzText,
} from "./text-datetime.js";
import {
  bigintText,
  booleanText,
  decimalText,
  doubleEncoder,
  floatEncoder,
  hugeintText,
  integerText,
  smallintText,
  tinyintText,
  ubigintText,
  uhugeintText,
  uintegerText,
  usmallintText,
  utinyintText,
} from "./text-numbers.js";

const nullText: ColumnEncoder = (_vector, _first, count, cells) => {
  for (let i = 0; i < count; i++) cells.putNull(i);
};

/** The encoder of a column's text format. Encoders of nested types own scratch memory: one per column. */
export function textEncoder(type: EngineType, options: EncodingOptions): ColumnEncoder {
  switch (type.typeId) {
    case EngineTypeId.BOOLEAN:
      return booleanText;
    case EngineTypeId.TINYINT:
      return tinyintText;
    case EngineTypeId.UTINYINT:
      return utinyintText;
    case EngineTypeId.SMALLINT:
      return smallintText;
    case EngineTypeId.USMALLINT:
      return usmallintText;
    case EngineTypeId.INTEGER:
      return integerText;
    case EngineTypeId.UINTEGER:
      return uintegerText;
    case EngineTypeId.BIGINT:
      return bigintText;
    case EngineTypeId.UBIGINT:
      return ubigintText;
    case EngineTypeId.HUGEINT:
      return hugeintText;
    case EngineTypeId.UHUGEINT:
      return uhugeintText;
    case EngineTypeId.BIGNUM:
      return bignumText;
    case EngineTypeId.DECIMAL:
      return decimalText(type);
    case EngineTypeId.FLOAT:
      return floatEncoder(options);
    case EngineTypeId.DOUBLE:
      return doubleEncoder(options);
    case EngineTypeId.VARCHAR:
      if (type.alias === "jsonb") return jsonbText;
      return paddedText(type) ?? varcharText;
    case EngineTypeId.ENUM:
      return enumText(type);
    case EngineTypeId.BLOB:
      return blobText(options);
    case EngineTypeId.BIT:
      return bitText;
    case EngineTypeId.UUID:
      return uuidText;
    case EngineTypeId.DATE:
      return options.dateStyle === undefined ? dateText : styledDate(options.dateStyle);
    case EngineTypeId.TIME:
      return timeText;
    case EngineTypeId.TIME_NS:
      return timeNanosText;
    case EngineTypeId.TIME_TZ:
      return timetzText;
    case EngineTypeId.TIMESTAMP:
      return timestamp("us", options);
    case EngineTypeId.TIMESTAMP_S:
      return timestamp("s", options);
    case EngineTypeId.TIMESTAMP_MS:
      return timestamp("ms", options);
    case EngineTypeId.TIMESTAMP_NS:
      return timestamp("ns", options);
    case EngineTypeId.TIMESTAMP_TZ:
      return options.dateStyle === undefined
        ? timestamptzText(options.timeZone)
        : styledTimestamptz(options.timeZone, options.dateStyle);
    case EngineTypeId.INTERVAL:
      return options.intervalStyle === undefined ? intervalText : styledInterval(options.intervalStyle);
    case EngineTypeId.LIST:
    case EngineTypeId.ARRAY:
      if (isVector(type)) return vectorText(type, textEncoder(type.valueType, options));
      return arrayText(type, textEncoder(type.valueType, options));
    case EngineTypeId.STRUCT:
      return structText(type, options);
    case EngineTypeId.MAP:
    case EngineTypeId.UNION:
      return json(type, options);
    case EngineTypeId.SQLNULL:
      return nullText;
    case EngineTypeId.GEOMETRY:
    case EngineTypeId.VARIANT:
    case EngineTypeId.ANY:
    case EngineTypeId.STRING_LITERAL:
    case EngineTypeId.INTEGER_LITERAL:
      throw unsendable(type);
    default:
      return type satisfies never;
  }
}

function structText(type: StructType, options: EncodingOptions): ColumnEncoder {
  const keyed = keyedTypeOf(type);
  if (keyed !== undefined) return keyedText(keyed, options);
  if (!isRow(type)) return json(type, options);
  return recordText(
    type,
    type.entryTypes.map((entry) => textEncoder(entry, options)),
  );
}

function timestamp(unit: TimeUnit, { dateStyle }: EncodingOptions): ColumnEncoder {
  return dateStyle === undefined ? timestampText(unit) : styledTimestamp(unit, dateStyle);
}

/** Dates in JSON are ISO whatever the style. */
function json(type: EngineType, options: EncodingOptions): ColumnEncoder {
  const plain = { ...options, dateStyle: undefined };
  const encoderOf = (inner: EngineType): ColumnEncoder => textEncoder(inner, plain);
  return jsonEncoder(type, { timeZone: options.timeZone, encoderOf });
}

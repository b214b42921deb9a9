/** Chooses the text encoder of a type. */
import type { EngineType } from "../engine/types.js";
import { EngineTypeId } from "../engine/vector-values.js";
import type { ColumnEncoder, EncodingOptions } from "./cell-writer.js";
import { jsonEncoder } from "./json-encoders.js";
import { isRecord, unsendable } from "./oids.js";
import { recordText } from "./records.js";
import { arrayText, isVector, vectorText } from "./text-arrays.js";
import { bignumText, bitText, blobText, enumText, uuidText, varcharText } from "./text-bytes.js";
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
      return varcharText;
    case EngineTypeId.ENUM:
      return enumText(type);
    case EngineTypeId.BLOB:
      return blobText(options);
    case EngineTypeId.BIT:
      return bitText;
    case EngineTypeId.UUID:
      return uuidText;
    case EngineTypeId.DATE:
      return dateText;
    case EngineTypeId.TIME:
      return timeText;
    case EngineTypeId.TIME_NS:
      return timeNanosText;
    case EngineTypeId.TIME_TZ:
      return timetzText;
    case EngineTypeId.TIMESTAMP:
      return timestampText("us");
    case EngineTypeId.TIMESTAMP_S:
      return timestampText("s");
    case EngineTypeId.TIMESTAMP_MS:
      return timestampText("ms");
    case EngineTypeId.TIMESTAMP_NS:
      return timestampText("ns");
    case EngineTypeId.TIMESTAMP_TZ:
      return timestamptzText(options.timeZone);
    case EngineTypeId.INTERVAL:
      return intervalText;
    case EngineTypeId.LIST:
    case EngineTypeId.ARRAY:
      if (isVector(type)) return vectorText(type, textEncoder(type.valueType, options));
      return arrayText(type, textEncoder(type.valueType, options));
    case EngineTypeId.STRUCT:
      if (isRecord(type))
        return recordText(
          type,
          type.entryTypes.map((entry) => textEncoder(entry, options)),
        );
      return json(type, options);
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

function json(type: EngineType, options: EncodingOptions): ColumnEncoder {
  const encoderOf = (inner: EngineType): ColumnEncoder => textEncoder(inner, options);
  return jsonEncoder(type, { timeZone: options.timeZone, encoderOf });
}

/** Binary format of every type, in the form of the PostgreSQL type it is announced as. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import type { EngineType } from "../engine/types.js";
import { Cells, NULL_LENGTH } from "../engine/vector-cells.js";
import { readStrings } from "../engine/vector-strings.js";
import { EngineTypeId, LIST, withAlias } from "../engine/vector-values.js";
import type { ColumnVector } from "../engine/vectors.js";
import { writeInt16, writeInt32, writeSafeInt64, writeWords } from "./big-endian.js";
import { arrayBinary, leafType } from "./binary-arrays.js";
import {
  decimalBinary,
  hugeintBinary,
  integersBinary,
  ubigintBinary,
  uhugeintBinary,
} from "./binary-numeric.js";
import { INFINITE_DAYS, MICROS_PER_DAY } from "./calendar.js";
import { boundedEncoder, type ColumnEncoder, type EncodingOptions } from "./cell-writer.js";
import { instant, readInstant, type TimeUnit } from "./instants.js";
import { jsonbBinary } from "./jsonb-encoders.js";
import { isNameOfOid } from "./oids.js";
import { recordBinary } from "./records.js";
import { splitTimetz } from "./text-datetime.js";
import { isVector, type ListLike } from "./text-arrays.js";
import { specialNumericBinary } from "./special-numeric.js";
import { textEncoder } from "./text-encoders.js";
import { keyedBinary } from "./keyed/encoders.js";
import { keyedTypeOf, type StructType } from "./keyed/registry.js";
import { bignumText } from "./text-bytes.js";
import { isRow } from "./user-types.js";

/** Days from 1970-01-01 to 2000-01-01, PostgreSQL's epoch. */
const EPOCH_DAYS = 10_957;
const TWO_32 = 4294967296;

/** Chooses the binary encoder of a type. JSON, ENUM and the nested types are text in either format. */
export function binaryEncoder(type: EngineType, options: EncodingOptions): ColumnEncoder {
  switch (type.typeId) {
    case EngineTypeId.BOOLEAN:
      return booleanBinary;
    case EngineTypeId.TINYINT:
      return int2((vector) => vector.int8());
    case EngineTypeId.UTINYINT:
      return int2((vector) => vector.bytes(1));
    case EngineTypeId.SMALLINT:
      return int2((vector) => vector.int16());
    case EngineTypeId.USMALLINT:
      return int4((vector) => vector.uint16());
    case EngineTypeId.INTEGER:
      return int4((vector) => vector.int32(1));
    case EngineTypeId.UINTEGER:
      return uintegerBinary;
    case EngineTypeId.BIGINT:
      return type.alias !== undefined && UNSIGNED.has(type.alias) ? oidBinary : int8Binary;
    case EngineTypeId.VARCHAR:
      if (type.alias === "jsonb") return jsonbBinary;
      if (isNameOfOid(type))
        throw notSupported(
          `type ${type.alias} is available in text format only`,
          "cast it to text, or to oid",
        );
      return textEncoder(type, options);
    case EngineTypeId.TIME:
      return int8Binary;
    case EngineTypeId.UBIGINT:
      return ubigintBinary;
    case EngineTypeId.HUGEINT:
      return hugeintBinary;
    case EngineTypeId.UHUGEINT:
      return uhugeintBinary;
    case EngineTypeId.BIGNUM:
      return integersBinary(bignumText);
    case EngineTypeId.DECIMAL:
      return decimalBinary(type);
    case EngineTypeId.FLOAT:
      return floatBinary;
    case EngineTypeId.DOUBLE:
      return type.alias === "numeric" ? specialNumericBinary : doubleBinary;
    case EngineTypeId.BLOB:
      return readStrings;
    case EngineTypeId.BIT:
      return bitBinary();
    case EngineTypeId.UUID:
      return uuidBinary;
    case EngineTypeId.DATE:
      return dateBinary;
    case EngineTypeId.TIME_NS:
      return timeNanosBinary;
    case EngineTypeId.TIME_TZ:
      return timetzBinary;
    case EngineTypeId.TIMESTAMP:
    case EngineTypeId.TIMESTAMP_TZ:
      return timestampBinary("us");
    case EngineTypeId.TIMESTAMP_S:
      return timestampBinary("s");
    case EngineTypeId.TIMESTAMP_MS:
      return timestampBinary("ms");
    case EngineTypeId.TIMESTAMP_NS:
      return timestampBinary("ns");
    case EngineTypeId.INTERVAL:
      return intervalBinary;
    case EngineTypeId.LIST:
    case EngineTypeId.ARRAY:
      if (isVector(type)) return vectorBinary(type);
      return arrayBinary(type, binaryEncoder(leafType(type), options));
    case EngineTypeId.STRUCT:
      return structBinary(type, options);
    default:
      return textEncoder(type, options);
  }
}

function structBinary(type: StructType, options: EncodingOptions): ColumnEncoder {
  const keyed = keyedTypeOf(type);
  if (keyed !== undefined) return keyedBinary(keyed);
  if (!isRow(type)) return textEncoder(type, options);
  return recordBinary(
    type,
    type.entryTypes.map((entry) => binaryEncoder(entry, options)),
  );
}

/** Types of four bytes without a sign, held as BIGINT. */
const UNSIGNED: ReadonlySet<string> = new Set(["oid", "xid", "cid"]);

function vectorBinary(type: ListLike): ColumnEncoder {
  if (type.alias === "int2vector")
    return arrayBinary(
      type,
      int2((vector) => vector.int16()),
      0,
    );
  return arrayBinary(LIST(withAlias(type.valueType, "oid")), oidBinary, 0);
}

const booleanBinary: ColumnEncoder = boundedEncoder(1, (vector) => {
  const values = vector.int8();
  return (bytes, at, row) => {
    bytes[at] = values[row] === 0 ? 0 : 1;
    return at + 1;
  };
});

function int2(open: (vector: ColumnVector) => ArrayLike<number>): ColumnEncoder {
  return boundedEncoder(2, (vector) => {
    const values = open(vector);
    return (bytes, at, row) => writeInt16(bytes, at, values[row] ?? 0);
  });
}

function int4(open: (vector: ColumnVector) => ArrayLike<number>): ColumnEncoder {
  return boundedEncoder(4, (vector) => {
    const values = open(vector);
    return (bytes, at, row) => writeInt32(bytes, at, values[row] ?? 0);
  });
}

const uintegerBinary: ColumnEncoder = boundedEncoder(8, (vector) => {
  const values = vector.uint32(1);
  return (bytes, at, row) => writeWords(bytes, at, 0, values[row] ?? 0);
});

/** An oid is unsigned, and must fit the lower half of its BIGINT. */
const oidBinary: ColumnEncoder = boundedEncoder(4, (vector) => {
  const words = vector.int32(2);
  return (bytes, at, row) => {
    if (words[2 * row + 1] !== 0) throw new SqlError(SQLSTATE.numericValueOutOfRange, "OID out of range");
    return writeInt32(bytes, at, words[2 * row] ?? 0);
  };
});

const int8Binary: ColumnEncoder = boundedEncoder(8, (vector) => {
  const words = vector.uint32(2);
  return (bytes, at, row) => writeWords(bytes, at, words[2 * row + 1] ?? 0, words[2 * row] ?? 0);
});

/** IEEE 754 is its bits: the same words as those of an integer of its size. */
const floatBinary = int4((vector) => vector.int32(1));
const doubleBinary = int8Binary;

const uuidBinary: ColumnEncoder = boundedEncoder(16, (vector) => {
  const memory = vector.bytes(16);
  return (bytes, at, row) => {
    for (let i = 0; i < 16; i++) bytes[at + i] = memory[row * 16 + 15 - i] ?? 0;
    bytes[at] = (bytes[at] ?? 0) ^ 0x80;
    return at + 16;
  };
});

const dateBinary: ColumnEncoder = boundedEncoder(4, (vector) => {
  const days = vector.int32(1);
  return (bytes, at, row) => {
    const day = days[row] ?? 0;
    if (day === INFINITE_DAYS) return writeInt32(bytes, at, 0x7fffffff);
    if (day === -INFINITE_DAYS) return writeInt32(bytes, at, -0x80000000);
    if (day - EPOCH_DAYS <= -INFINITE_DAYS) throw outOfRange("date");
    return writeInt32(bytes, at, day - EPOCH_DAYS);
  };
});

const timeNanosBinary: ColumnEncoder = boundedEncoder(8, (vector) => {
  const words = vector.uint32(2);
  return (bytes, at, row) => {
    const nanos = (words[2 * row + 1] ?? 0) * TWO_32 + (words[2 * row] ?? 0);
    return writeSafeInt64(bytes, at, Math.floor(nanos / 1000));
  };
});

/** Microseconds i64, then the zone in seconds *west* of UTC i32. */
const timetzBinary: ColumnEncoder = boundedEncoder(12, (vector) => {
  const words = vector.uint32(2);
  return (bytes, at, row) => {
    const { micros, offset } = splitTimetz(words, row);
    return writeInt32(bytes, writeSafeInt64(bytes, at, micros), -offset);
  };
});

/** Microseconds since 2000-01-01; infinities are the ends of the range. */
function timestampBinary(unit: TimeUnit): ColumnEncoder {
  return boundedEncoder(8, (vector) => {
    const words = vector.uint32(2);
    return (bytes, at, row) => {
      const special = readInstant(words, row, unit);
      if (special === "infinity") return writeWords(bytes, at, 0x7fffffff, -1);
      if (special === "-infinity") return writeWords(bytes, at, -0x80000000, 0);
      return writeMicros(bytes, at, instant.days - EPOCH_DAYS, instant.micros);
    };
  });
}

function writeMicros(bytes: Uint8Array, at: number, days: number, micros: number): number {
  const value = days * MICROS_PER_DAY + micros;
  if (Number.isSafeInteger(value)) return writeSafeInt64(bytes, at, value);
  const wide = BigInt(days) * BigInt(MICROS_PER_DAY) + BigInt(micros);
  if (BigInt.asIntN(64, wide) !== wide) throw outOfRange("timestamp");
  return writeWords(bytes, at, Number(wide >> 32n), Number(wide & 0xffffffffn));
}

function outOfRange(type: string): SqlError {
  return new SqlError(SQLSTATE.datetimeFieldOverflow, `${type} out of range`);
}

/** Microseconds i64 · days i32 · months i32; DuckDB has months, days, microseconds. */
const intervalBinary: ColumnEncoder = boundedEncoder(16, (vector) => {
  const words = vector.int32(4);
  return (bytes, at, row) => {
    const next = writeWords(bytes, at, words[4 * row + 3] ?? 0, words[4 * row + 2] ?? 0);
    return writeInt32(bytes, writeInt32(bytes, next, words[4 * row + 1] ?? 0), words[4 * row] ?? 0);
  };
});

/** Number of bits i32, then the bits from the highest one on; DuckDB pads in front, PostgreSQL behind. */
function bitBinary(): ColumnEncoder {
  const text = new Cells();
  return (vector, first, count, cells) => {
    text.reset(count);
    textEncoder(vector.type, { timeZone: "UTC" })(vector, first, count, text);
    for (let i = 0; i < count; i++) {
      const length = text.length(i);
      if (length === NULL_LENGTH) {
        cells.putNull(i);
        continue;
      }
      const size = 4 + ((length + 7) >> 3);
      const bytes = cells.reserve(size).fill(0, cells.used, cells.used + size);
      const at = writeInt32(bytes, cells.used, length);
      for (let bit = 0; bit < length; bit++) {
        if (text.bytes[text.start(i) + bit] === 0x31)
          bytes[at + (bit >> 3)] = (bytes[at + (bit >> 3)] ?? 0) | (0x80 >> (bit & 7));
      }
      cells.used += size;
      cells.finish(i, cells.used - size);
    }
  };
}

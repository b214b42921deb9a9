/**
 * Values of composite types as the STRUCTs they are bound as. All of one type have the same STRUCT, whatever their fields
 * hold, so that they can be elements of one list.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { isUnbounded } from "../core/unbounded-numeric.js";
import type { EngineType, EngineValue } from "../engine/types.js";
import {
  ARRAY,
  EngineTypeId,
  LIST,
  VARCHAR,
  decimalValue,
  listItems,
  listValue,
  structValue,
  withFields,
} from "../engine/vector-values.js";
import { keyedTypeOf } from "./keyed/registry.js";
import { describeType, type RecordType } from "./oids.js";
import { requireKept } from "./parse-numbers.js";
import { elementTypeOf } from "./typed-list.js";
import { digitsOf, type ExactNumber, type TypedValue } from "./typed-value.js";
import { isComposite } from "./user-types.js";

/** What the fields' own types are bound as, by OID. */
type PlainType = (oid: number) => EngineType;

/** `fields`: one per field of the type and in its order. Errors: 22003 for a number its field has no room for. */
export function typedRecord(type: RecordType, fields: readonly TypedValue[], plain: PlainType): TypedValue {
  const bound = type.entryTypes.map((entry) => boundType(entry, plain));
  const values = bound.map((entry, index) =>
    fitted(fields[index]?.value ?? null, entry, type.entryTypes[index]),
  );
  return {
    value: structValue(
      Object.fromEntries(type.entryNames.map((name, index) => [name, values[index] ?? null])),
    ),
    type: withFields(type, bound),
  };
}

function boundType(type: EngineType, plain: PlainType): EngineType {
  switch (type.typeId) {
    case EngineTypeId.DECIMAL:
      return type;
    case EngineTypeId.ENUM:
      return VARCHAR;
    case EngineTypeId.LIST:
      return LIST(boundType(type.valueType, plain));
    case EngineTypeId.ARRAY:
      return ARRAY(boundType(type.valueType, plain), type.length);
    case EngineTypeId.STRUCT: {
      if (keyedTypeOf(type) !== undefined) return type;
      const fields = type.entryTypes.map((entry) => boundType(entry, plain));
      return isComposite(type) ? withFields(type, fields) : VARCHAR;
    }
    default:
      return plain(describeType(type).oid);
  }
}

/** A number with its field's scale; `declared` is the field's own type. */
function fitted(value: EngineValue, type: EngineType, declared: EngineType | undefined): EngineValue {
  if (value === null) return null;
  if (type.typeId === EngineTypeId.DECIMAL) {
    const number = exactNumber(value);
    if (declared !== undefined && isUnbounded(type)) requireKept(number);
    const unscaled = rescaled(number, type.scale);
    if (digitsOf(unscaled) > type.width)
      throw new SqlError(SQLSTATE.numericValueOutOfRange, "numeric field overflow");
    return decimalValue(unscaled, type.width, type.scale);
  }
  const element = elementTypeOf(type);
  const items = element === undefined ? undefined : listItems(value);
  if (element === undefined || items === undefined) return value;
  return listValue(items.map((item) => fitted(item, element, declared && elementTypeOf(declared))));
}

function exactNumber(value: EngineValue): ExactNumber {
  if (typeof value === "bigint") return { unscaled: value, scale: 0 };
  if (value !== null && typeof value === "object" && "scale" in value)
    return { unscaled: value.value, scale: value.scale };
  throw new SqlError(SQLSTATE.datatypeMismatch, "a field of a record is no number");
}

/** Half is rounded away from zero, as PostgreSQL's numeric does. */
function rescaled({ unscaled, scale }: ExactNumber, wanted: number): bigint {
  if (scale <= wanted) return unscaled * 10n ** BigInt(wanted - scale);
  const unit = 10n ** BigInt(scale - wanted);
  const size = unscaled < 0n ? -unscaled : unscaled;
  const rounded = (size + unit / 2n) / unit;
  return unscaled < 0n ? -rounded : rounded;
}

/** A parameter's value with the DuckDB type it is bound as. */
import type { EngineType, EngineValue } from "../engine/types.js";
import {
  BIGNUM,
  DECIMAL,
  HUGEINT,
  LIST,
  SQLNULL,
  UHUGEINT,
  decimalValue,
  listValue,
} from "../engine/vector-values.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { SQLSTATE, SqlError } from "../core/errors.js";

export interface TypedValue {
  readonly value: EngineValue;
  readonly type: EngineType;
}

export const SQL_NULL: TypedValue = { value: null, type: SQLNULL };

const MAX_DECIMAL_DIGITS = 38;

/** A number `unscaled` · 10^-scale, before it is known how large the DECIMAL must be. */
export interface ExactNumber {
  readonly unscaled: bigint;
  readonly scale: number;
}

/**
 * The smallest DECIMAL that holds a number; as an integer type when the place it is bound to (`inferred`) is one.
 *
 * Limits  more than 38 digits: an integer becomes BIGNUM, anything else is SqlError 22003 (never rounded)
 */
export function typedNumber({ unscaled, scale }: ExactNumber, inferred: EngineType | undefined): TypedValue {
  const digits = digitsOf(unscaled);
  if (scale === 0 && (isWideInteger(inferred) || digits > MAX_DECIMAL_DIGITS)) return typedInteger(unscaled);
  const width = Math.max(digits, scale, 1);
  if (width > MAX_DECIMAL_DIGITS) {
    throw new SqlError(SQLSTATE.numericValueOutOfRange, "value overflows numeric format", {
      detail: `numbers with a fraction have at most ${MAX_DECIMAL_DIGITS} digits`,
    });
  }
  return { value: decimalValue(unscaled, width, scale), type: DECIMAL(width, scale) };
}

function digitsOf(unscaled: bigint): number {
  return String(unscaled < 0n ? -unscaled : unscaled).length;
}

function isWideInteger(type: EngineType | undefined): boolean {
  switch (type?.typeId) {
    case EngineTypeId.HUGEINT:
    case EngineTypeId.UHUGEINT:
    case EngineTypeId.UBIGINT:
    case EngineTypeId.BIGNUM:
      return true;
    default:
      return false;
  }
}

function typedInteger(value: bigint): TypedValue {
  if (BigInt.asIntN(128, value) === value) return { value, type: HUGEINT };
  return { value, type: BigInt.asUintN(128, value) === value ? UHUGEINT : BIGNUM };
}

/** Items of one type as a list. Decimals of different sizes are widened to one that holds them all. */
export function typedList(items: readonly TypedValue[], emptyType: EngineType): TypedValue {
  const known = items.filter(({ type }) => type.typeId !== EngineTypeId.SQLNULL);
  const first = known[0];
  if (first === undefined) return { value: listValue(items.map(() => null)), type: LIST(emptyType) };
  if (known.every(({ type }) => type.toString() === first.type.toString())) {
    return { value: listValue(items.map(({ value }) => value)), type: LIST(first.type) };
  }
  return widenDecimals(items);
}

function widenDecimals(items: readonly TypedValue[]): TypedValue {
  const scale = Math.max(...items.map(({ type }) => (type.typeId === EngineTypeId.DECIMAL ? type.scale : 0)));
  const numbers = items.map(({ value, type }) => {
    if (value === null) return null;
    if (typeof value === "bigint") return value * 10n ** BigInt(scale);
    if (type.typeId !== EngineTypeId.DECIMAL || typeof value !== "object" || !("scale" in value)) {
      throw new SqlError(SQLSTATE.datatypeMismatch, "array elements have different types");
    }
    return value.value * 10n ** BigInt(scale - value.scale);
  });
  const width = Math.max(scale, ...numbers.map((number) => (number === null ? 1 : digitsOf(number))));
  if (width > MAX_DECIMAL_DIGITS) {
    throw new SqlError(SQLSTATE.numericValueOutOfRange, "value overflows numeric format", {
      detail: `the numbers of one array together need ${width} digits, at most ${MAX_DECIMAL_DIGITS} are possible`,
    });
  }
  const values = numbers.map((number) => (number === null ? null : decimalValue(number, width, scale)));
  return { value: listValue(values), type: LIST(DECIMAL(width, scale)) };
}

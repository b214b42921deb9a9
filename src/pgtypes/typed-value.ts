/** A parameter's value with the DuckDB type it is bound as. */
import type { EngineType, EngineValue } from "../engine/types.js";
import { BIGNUM, DECIMAL, HUGEINT, SQLNULL, UHUGEINT, decimalValue } from "../engine/vector-values.js";
import { EngineTypeId } from "../engine/vector-values.js";
import { SQLSTATE, SqlError } from "../core/errors.js";

export interface TypedValue {
  readonly value: EngineValue;
  readonly type: EngineType;
}

export const SQL_NULL: TypedValue = { value: null, type: SQLNULL };

/** Digits of the largest DECIMAL. */
export const MAX_DECIMAL_DIGITS = 38;

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

export function digitsOf(unscaled: bigint): number {
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
  return { value, type: integerTypeOf([value]) };
}

/** The smallest of DuckDB's wide integer types that holds all these values. */
export function integerTypeOf(values: readonly bigint[]): EngineType {
  if (values.every((value) => BigInt.asIntN(128, value) === value)) return HUGEINT;
  return values.every((value) => BigInt.asUintN(128, value) === value) ? UHUGEINT : BIGNUM;
}

/**
 * Arrays as the lists they are bound as. All elements of an array have one type, however deep they lie: numbers, each
 * read as the smallest type that holds it, get the smallest that holds them all.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { EngineType, EngineValue } from "../engine/types.js";
import {
  ARRAY,
  DECIMAL,
  EngineTypeId,
  LIST,
  arrayValue,
  decimalValue,
  listValue,
} from "../engine/vector-values.js";
import { MAX_DECIMAL_DIGITS, digitsOf, integerTypeOf, type TypedValue } from "./typed-value.js";

/** An element, or the elements of one dimension. Never a NULL instead of a dimension. */
export type ArrayTree = TypedValue | readonly ArrayTree[];

/** Type of the elements of a list or array type. */
export function elementTypeOf(type: EngineType | undefined): EngineType | undefined {
  const isList = type?.typeId === EngineTypeId.LIST || type?.typeId === EngineTypeId.ARRAY;
  return isList ? type.valueType : undefined;
}

/**
 * Makes a list of an array's outermost dimension.
 *
 * Shape   `inferred` is the type of the place it goes to: an ARRAY of the same length where that is one, and the type of
 *         elements where there are none, or only NULLs; `plain` is that type where nothing is known of the place
 */
export function typedList(
  items: readonly ArrayTree[],
  plain: EngineType,
  inferred: EngineType | undefined,
): TypedValue {
  const elements = leavesOf(items).filter(({ type }) => type.typeId !== EngineTypeId.SQLNULL);
  const common = elements.length === 0 ? undefined : commonType(elements);
  return listOf(items, { common, plain }, inferred);
}

interface ElementType {
  /** Undefined when there is no element but NULLs. */
  readonly common: EngineType | undefined;
  readonly plain: EngineType;
}

function listOf(
  items: readonly ArrayTree[],
  known: ElementType,
  inferred: EngineType | undefined,
): TypedValue {
  const expected = elementTypeOf(inferred);
  const built = items.map((item) =>
    isDimension(item)
      ? listOf(item, known, expected)
      : elementOf(item, known.common ?? expected ?? known.plain),
  );
  const elementType = built[0]?.type ?? expected ?? known.plain;
  const values = built.map(({ value }) => value);
  // A wrong length stays a list: DuckDB refuses it.
  if (inferred?.typeId === EngineTypeId.ARRAY && inferred.length === values.length) {
    return { value: arrayValue(values), type: ARRAY(elementType, values.length) };
  }
  return { value: listValue(values), type: LIST(elementType) };
}

function isDimension(item: ArrayTree): item is readonly ArrayTree[] {
  return Array.isArray(item);
}

function leavesOf(items: readonly ArrayTree[]): TypedValue[] {
  return items.flatMap((item) => (isDimension(item) ? leavesOf(item) : [item]));
}

function elementOf({ value, type }: TypedValue, common: EngineType): TypedValue {
  return { value: value === null ? null : convert({ value, type }, common), type: common };
}

/** Values of one type have it; numbers of several have the smallest that holds them all. */
function commonType(elements: readonly TypedValue[]): EngineType {
  const types = new Map(elements.map(({ type }) => [type.toString(), type]));
  const [only] = types.size === 1 ? types.values() : [];
  if (only !== undefined) return only;
  const numbers = elements.map(numberOf);
  const scale = Math.max(...numbers.map((number) => number.scale));
  const unscaled = numbers.map((number) => number.unscaled * 10n ** BigInt(scale - number.scale));
  if (scale === 0 && elements.some(({ type }) => type.typeId !== EngineTypeId.DECIMAL))
    return integerTypeOf(unscaled);
  const width = Math.max(scale, ...unscaled.map(digitsOf));
  if (width <= MAX_DECIMAL_DIGITS) return DECIMAL(width, scale);
  throw new SqlError(SQLSTATE.numericValueOutOfRange, "value overflows numeric format", {
    detail: `the numbers of one array together need ${width} digits, at most ${MAX_DECIMAL_DIGITS} are possible`,
  });
}

function convert(element: TypedValue, type: EngineType): EngineValue {
  if (element.type.toString() === type.toString()) return element.value;
  const { unscaled, scale } = numberOf(element);
  if (type.typeId !== EngineTypeId.DECIMAL) return unscaled;
  return decimalValue(unscaled * 10n ** BigInt(type.scale - scale), type.width, type.scale);
}

function numberOf({ value }: TypedValue): { readonly unscaled: bigint; readonly scale: number } {
  if (typeof value === "bigint") return { unscaled: value, scale: 0 };
  if (value !== null && typeof value === "object" && "scale" in value) {
    return { unscaled: value.value, scale: value.scale };
  }
  throw new SqlError(SQLSTATE.datatypeMismatch, "array elements have different types");
}

/** Types that only one kind of value may have: an id is not any text. */

declare const brand: unique symbol;

/** `Base`, told apart from all other values of that type by `Name`. Exists at compile time only. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** The one place where a plain value becomes a branded one; callers vouch for it. */
export function asBrand<Base, Name extends string>(value: Base): Brand<Base, Name> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a brand cannot be made in any other way
  return value as Brand<Base, Name>;
}

/** How an object of a user's is found by its name. */
import { normaliseName } from "../sql/names.js";

/** By the schema a name is written with, `public` being DuckDB's `main`; or else in the first of `searchPath` that has one. */
export function findNamed<T extends { readonly schema: string }>(
  all: readonly T[],
  nameOf: (one: T) => string,
  parts: readonly string[],
  searchPath: readonly string[],
): T | undefined {
  const [name = "", schema] = parts.map(normaliseName).toReversed();
  const schemas = schema === undefined ? searchPath : [schema === "public" ? "main" : schema];
  for (const wanted of schemas) {
    const found = all.find(
      (one) => normaliseName(one.schema) === normaliseName(wanted) && normaliseName(nameOf(one)) === name,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

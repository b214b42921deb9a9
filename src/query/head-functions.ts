/** Which function of a user's a name means on a branch. */
import { MAIN } from "../branch/model.js";
import type { HeadObject, HeadObjectKind } from "../branch/head-objects.js";
import { isInternalSchema } from "../branch/system-schema.js";
import { normaliseName } from "../sql/names.js";
import type { NameScope } from "./relation-names.js";

type ObjectScope = Pick<NameScope, "state" | "head" | "searchPath">;

/** As written, or else in the first schema of the search path that has it. */
export function headObject(
  { state, head, searchPath }: ObjectScope,
  kind: HeadObjectKind,
  parts: readonly string[],
): HeadObject | undefined {
  const [name = "", schema, ...more] = parts.toReversed();
  if (more.length > 0 || (schema !== undefined && isInternalSchema(schema))) return undefined;
  // `main.f` is main's own, from a branch.
  if (schema !== undefined && normaliseName(schema) === "main")
    return state.findObject(MAIN, { kind, schema: "main", name });
  for (const one of schema === undefined ? searchPath : [inDuckDb(schema)]) {
    const found = state.findObject(head, { kind, schema: one, name });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** DuckDB's schema `main` is `public` to clients. */
function inDuckDb(schema: string): string {
  return normaliseName(schema) === "public" ? "main" : schema;
}

export function headFunction(scope: ObjectScope, parts: readonly string[]): HeadObject | undefined {
  return headObject(scope, "function", parts);
}

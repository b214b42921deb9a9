/** The types of a view's columns where DuckDB does not keep them: those of the tables' columns it shows, and of casts. */
import type { Version } from "../branch/model.js";
import { sourcesIn } from "../catalog/view-types.js";
import type { WrittenType } from "../sql/result-sources.js";
import { sourceColumns, tablesRead, type SourceColumn } from "../sql/source-types.js";

type Columns = readonly SourceColumn[] | undefined;
type Lookup = (parts: readonly string[]) => Promise<Columns>;

/** In the order of the view's columns; undefined where its text does not say. `lookup` reads other relations of the head. */
export async function viewColumnTypes(
  { schema, definition }: Pick<Version, "schema" | "definition">,
  lookup: Lookup,
): Promise<readonly (WrittenType | undefined)[] | undefined> {
  const sources = definition === null ? undefined : sourcesIn(definition);
  if (sources === undefined) return undefined;
  const known = new Map<string, Columns>();
  for (const parts of tablesRead(sources))
    known.set(JSON.stringify(parts), await readBy(schema, parts, lookup));
  return sourceColumns(sources, (parts) => known.get(JSON.stringify(parts)))?.map(({ type }) => type);
}

/** Names in a view are looked up in its own schema first. */
async function readBy(schema: string, parts: readonly string[], lookup: Lookup): Promise<Columns> {
  const [name = "", ...others] = parts.toReversed();
  if (others.length > 0) return await lookup([others[0] === "main" ? "public" : (others[0] ?? ""), name]);
  const own = schema === "main" ? undefined : await lookup([schema, name]);
  return own ?? (await lookup(["public", name]));
}

/** Names of a query's relations: PostgreSQL gives one inside a query that has the name of one around it another. */
import type { Label, Query, Source } from "./tree.js";

/** Renames where needed, from the outermost query on. */
export function nameRelations(query: Query, used: ReadonlySet<string> = new Set()): void {
  const taken = new Set(used);
  const labels = query.kind === "select" ? query.from.flatMap(labelsOf) : [];
  for (const label of labels) {
    const first = label.text;
    for (let nth = 1; taken.has(label.text); nth++) label.text = `${first}_${nth}`;
    taken.add(label.text);
  }
  for (const inner of queriesIn(query)) nameRelations(inner, taken);
}

function labelsOf(source: Source): Label[] {
  return source.kind === "join" ? [...labelsOf(source.left), ...labelsOf(source.right)] : [source.alias];
}

/** The queries that stand directly inside a value. */
function queriesIn(value: unknown): Query[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((part) => (isQuery(part) ? [part] : queriesIn(part)));
}

const KINDS: ReadonlySet<unknown> = new Set(["select", "values", "set"]);

function isQuery(value: unknown): value is Query {
  return typeof value === "object" && value !== null && "kind" in value && KINDS.has(value.kind);
}

/** What LIKE … takes over beside columns and constraints: indexes, under names of their own, and comments on columns and indexes. */
import { MAIN, type PhysicalTable, type Version } from "../branch/model.js";
import { commentsOf, definitionOf, physicalDefinition } from "../branch/catalog-reader.js";
import { indexName, indexParts } from "../branch/table-rebuild.js";
import type { Transaction } from "../branch/transaction.js";
import { distinctNames, generatedName } from "../sql/generated-names.js";
import { quoteIdentifier, quoteLiteral } from "../sql/names.js";
import { notedText, readNotes, type IndexNote } from "../sql/table-notes.js";
import type { LikeClause } from "../sql/table-like.js";
import { kindsOf } from "./existing-objects.js";
import type { SequencePlace } from "./owned-sequences.js";
import { step, type PlanContext, type PlannedStatement } from "./plan-context.js";
import { resolveName } from "./relation-names.js";

/** An index of the source. */
export interface LikeIndex {
  readonly isUnique: boolean;
  /** As DuckDB writes them. */
  readonly parts: readonly string[];
  /** What its name is made of. */
  readonly names: readonly string[];
  readonly note: IndexNote | undefined;
}

interface LikeSource {
  readonly physical: PhysicalTable;
  /** Undefined for a table of main as it is. */
  readonly version: Version | undefined;
}

/** Undefined for a temporary table, and for what has no table of its own now. */
function likeSource({ scope }: PlanContext, { parts }: LikeClause): LikeSource | undefined {
  const meaning = resolveName(scope, parts);
  if (meaning.kind === "unknown") return { physical: meaning.relation, version: undefined };
  if (meaning.kind !== "relation") return undefined;
  const { head, relation, version } = meaning;
  if (head === MAIN && version.definition === null) return { physical: relation, version: undefined };
  return version.physical === null ? undefined : { physical: version.physical, version };
}

/** Of a LIKE clause that asks for comments: statements that give them to the new table's columns; `target` is its name in SQL. */
export async function likeCommentSteps(
  context: PlanContext,
  { connection }: Transaction,
  like: LikeClause,
  target: string,
): Promise<readonly PlannedStatement[]> {
  const source = like.comments ? likeSource(context, like) : undefined;
  if (source === undefined) return [];
  const comments = await commentsOf(connection, source.physical);
  return comments.flatMap(({ column, comment }) =>
    column === null || comment === null
      ? []
      : [step(`COMMENT ON COLUMN ${target}.${quoteIdentifier(column)} IS ${quoteLiteral(comment)}`)],
  );
}

/** Of the source of a LIKE clause that asks for them; none of a temporary table, which has no notes. */
export async function likeIndexes(
  context: PlanContext,
  { connection }: Transaction,
  like: LikeClause,
): Promise<readonly LikeIndex[]> {
  const source = like.indexes ? likeSource(context, like) : undefined;
  if (source === undefined) return [];
  const { physical, version } = source;
  const definition =
    version === undefined
      ? await physicalDefinition(connection, physical)
      : await definitionOf(connection, version);
  const indexes = definition?.indexes ?? [];
  if (indexes.length === 0) return [];
  const own = (await commentsOf(connection, physical)).find(({ column }) => column === null);
  const notes = readNotes(own?.comment ?? null).indexes;
  return indexes.map((sql) => {
    const note = notes[indexName(sql)];
    const parts = indexParts(sql);
    const keys = note?.keys ?? parts.map(({ text, column }) => column ?? text);
    return {
      isUnique: /^CREATE UNIQUE/i.test(sql),
      parts: parts.map(({ text }) => text),
      names: [...keys.map(nameOfKey), ...(note?.include ?? [])],
      note: note?.comment === undefined || like.comments ? note : withoutComment(note),
    };
  });
}

/** An expression goes by its function. */
function nameOfKey(key: string): string {
  return key.startsWith("(") ? (/^\(+([a-z_]\w*)\(/i.exec(key)?.[1] ?? "expr") : key;
}

function withoutComment(note: IndexNote): IndexNote {
  const { comment: _, ...others } = note;
  return others;
}

/** Statements that make them; `target` is the new table in SQL, `table` its name to clients. */
export async function likeIndexSteps(
  { connection }: Transaction,
  place: SequencePlace,
  { target, table }: { readonly target: string; readonly table: string },
  indexes: readonly LikeIndex[],
): Promise<readonly PlannedStatement[]> {
  const taken = new Set<string>();
  const isTaken = async (name: string): Promise<boolean> =>
    taken.has(name) || (await kindsOf(connection, { ...place, name })).size > 0;
  const steps: PlannedStatement[] = [];
  let comment: string | null = null;
  for (const { isUnique, parts, names, note } of indexes) {
    const columns = distinctNames(names).join("_");
    let name = generatedName(table, columns, "idx");
    for (let n = 1; await isTaken(name); n++) name = generatedName(table, columns, `idx${n}`);
    taken.add(name);
    const kind = isUnique ? "UNIQUE INDEX" : "INDEX";
    steps.push(step(`CREATE ${kind} ${quoteIdentifier(name)} ON ${target} (${parts.join(", ")})`));
    if (note !== undefined) comment = notedText(comment, { kind: "index", note }, name);
  }
  return comment === null
    ? steps
    : [...steps, step(`COMMENT ON TABLE ${target} IS ${quoteLiteral(comment)}`)];
}

/** Which relations a view reads, and which of their columns: by the names in its text. */
import { SqlError } from "../../core/errors.js";
import { listField, stringList, textField, unwrapAs, visitAll, type AstNode } from "../../sql/ast.js";
import { clientSchema, foldIdentifier, isSameName } from "../../sql/names.js";
import { parseLoaded } from "../../sql/pg-parser.js";
import type { KnownRelation } from "./scope.js";

interface RelationRead {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
}

/** Names in a query. */
interface Mentions {
  readonly relations: readonly (readonly [schema: string, name: string])[];
  readonly columns: ReadonlySet<string>;
  readonly isAll: boolean;
}

/**
 * Of the relations known, those the query names; `path` is where a name that stands alone is found. Columns are those of
 * such a name, whichever relation's; all of them where the text says `*`. All relations, of a text that cannot be read.
 */
export function relationsRead(
  query: string,
  known: readonly KnownRelation[],
  path: readonly string[],
): RelationRead[] {
  const mentions = mentionsIn(query);
  const found = mentions === undefined ? known : known.filter((one) => isNamed(one, known, mentions, path));
  return found.map(({ schema, name, columns }) => {
    const names = columns.map((column) => column.name);
    const used = names.filter((column) => mentions?.columns.has(foldIdentifier(column)));
    // Something of it is read: count(*) names no column.
    return { schema, name, columns: mentions?.isAll === false && used.length > 0 ? used : names };
  });
}

function isNamed(
  one: KnownRelation,
  known: readonly KnownRelation[],
  { relations }: Mentions,
  path: readonly string[],
): boolean {
  return relations.some(([schema, name]) => {
    if (!isSameName(one.name, name)) return false;
    if (schema !== "") return isSameName(one.schema, clientSchema(schema));
    const first = path.find((place) =>
      known.some((other) => other.schema === place && isSameName(other.name, name)),
    );
    return first === one.schema;
  });
}

function mentionsIn(query: string): Mentions | undefined {
  const tree = parsed(query);
  if (tree === undefined) return undefined;
  const relations: [schema: string, name: string][] = [];
  const columns = new Set<string>();
  const common = new Set<string>();
  let isAll = false;
  visitAll(tree, (type, node) => {
    if (type === "RangeVar") relations.push([textField(node, "schemaname"), textField(node, "relname")]);
    if (type === "CommonTableExpr") common.add(textField(node, "ctename"));
    if (type !== "ColumnRef") return;
    columns.add(foldIdentifier(stringList(node, "fields").at(-1) ?? ""));
    isAll ||= unwrapAs(listField(node, "fields").at(-1), "A_Star") !== undefined;
  });
  const others = relations.filter(([schema, name]) => schema !== "" || !common.has(name));
  return { relations: others, columns, isAll };
}

function parsed(query: string): AstNode | undefined {
  try {
    return parseLoaded(query);
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

/**
 * What a view reads stays what it was when the view was made, as in PostgreSQL, which keeps OIDs. Here a view is a text, and
 * DuckDB looks its names up where it is read: among the session's temporary tables, then in the view's schema, then in main.
 */
import { MAIN, type RelationName } from "../branch/model.js";
import { DATA_CATALOG } from "../engine/database.js";
import type { NameReference, RelationalStatement, TextEdit } from "../sql/analysis.js";
import { tokenise } from "../sql/lexer.js";
import { formatName, isSameName, normaliseName } from "../sql/names.js";
import { applyEdits } from "../sql/splice.js";
import { resolveName, type NameScope } from "./relation-names.js";

/** True for a view that PostgreSQL makes a temporary one: it reads such a table. */
export function readsTemporary(scope: NameScope, { names }: RelationalStatement): boolean {
  return names.some(({ role, parts }) => role === "read" && resolveName(scope, parts).kind === "temporary");
}

/** `CREATE VIEW` ⇒ `CREATE TEMP VIEW` */
export function temporaryView(statement: RelationalStatement): RelationalStatement {
  const keyword = tokenise(statement.text).find(({ value }) => normaliseName(value) === "view");
  const at = keyword?.start ?? 0;
  const temporary = { start: at, end: at, text: "TEMP " };
  return { ...statement, temporary: true, edits: [...statement.edits, temporary] };
}

/** CREATE VIEW with the schemas of names that another relation could take from what they mean now; its text has them, too. */
export function boundView(
  scope: NameScope,
  view: RelationName,
  statement: RelationalStatement,
): { readonly statement: RelationalStatement; readonly text: string } {
  const edits: TextEdit[] = [];
  const names = statement.names.map((name) => {
    const meant = headRelation(scope, name);
    if (meant === undefined || isSameName(meant.schema, view.schema)) return name;
    const parts = [isSameName(meant.schema, "main") ? "public" : meant.schema, meant.name];
    edits.push({ start: name.start, end: name.end, text: formatName(parts) });
    return { ...name, parts };
  });
  return { statement: { ...statement, names }, text: applyEdits(statement.text, edits) };
}

/** For a temporary view of main, by position: such a view comes behind all other temporary relations. */
export function fullNames(scope: NameScope, { names }: RelationalStatement): Map<number, string> {
  const texts = new Map<number, string>();
  for (const name of names) {
    const meant = headRelation(scope, name);
    if (meant !== undefined)
      texts.set(name.start, `${DATA_CATALOG}.${formatName([meant.schema, meant.name])}`);
  }
  return texts;
}

/** A relation of the session's head that is read by its name alone. */
function headRelation(scope: NameScope, { role, parts }: NameReference): RelationName | undefined {
  if (role !== "read" || parts.length > 1) return undefined;
  const meaning = resolveName(scope, parts);
  if (meaning.kind === "relation") return meaning.relation;
  return meaning.kind === "unknown" && scope.isNew(meaning.relation) ? meaning.relation : undefined;
}

/**
 * True on main where a view's text has the name of a temporary table of the session's in it: DuckDB would read that one,
 * in this view or in one beneath it.
 */
export function mayReadTemporary({ state, head, temporary }: NameScope): boolean {
  if (head !== MAIN || temporary.size === 0) return false;
  const texts = state
    .liveVersionsOf(MAIN)
    .flatMap(({ kind, definition }) => (kind === "view" ? normaliseName(definition ?? "") : []));
  return [...temporary].some((name) => texts.some((text) => text.includes(name.replaceAll('"', '""'))));
}

/**
 * Definitions of main as DuckDB prints them: `main` stands there for the schema that clients call `public`. In the text of a
 * branch it stands for the head main.
 */
import { MAIN, type AnyView, type HeadId } from "../branch/model.js";
import type { DefinedView } from "../branch/definition-texts.js";
import type { NameReference, RelationalStatement, StatementAnalysis } from "../sql/analysis.js";
import { formatName, normaliseName } from "../sql/names.js";
import { withReals } from "../sql/duckdb-texts.js";
import { applyEdits } from "../sql/splice.js";

/** The statement as a branch reads it that has it from `head`. `SELECT * FROM main.t ⇒ SELECT * FROM public.t` */
export function inheritedFrom(head: HeadId, statement: RelationalStatement): RelationalStatement {
  if (head !== MAIN || !statement.names.some(isInMain)) return statement;
  return { ...statement, names: statement.names.map((name) => (isInMain(name) ? inPublic(name) : name)) };
}

/** A view's text as PostgreSQL's parser reads it. */
export function readableText({ head, definition }: Pick<AnyView, "head" | "definition">): string {
  return head === MAIN ? withReals(definition ?? "") : (definition ?? "");
}

/** A view's text as a branch may have it for its own. */
export async function ownText(
  analyse: (text: string) => Promise<readonly StatementAnalysis[]>,
  { head, definition }: Pick<DefinedView, "head" | "definition">,
): Promise<string> {
  const [statement] = head === MAIN ? await analyse(withReals(definition)) : [];
  if (statement?.kind !== "relational") return definition;
  const edits = statement.names
    .filter((name) => isInMain(name) && name.role !== "sequence")
    .map(({ start, end, parts }) => ({ start, end, text: formatName(["public", ...parts.slice(1)]) }));
  return applyEdits(statement.text, edits);
}

function isInMain({ parts: [first = "", ...others] }: NameReference): boolean {
  return others.length === 1 && normaliseName(first) === "main";
}

function inPublic(name: NameReference): NameReference {
  return { ...name, parts: ["public", ...name.parts.slice(1)] };
}

/** Generated columns of the row an INSERT proposes: DuckDB's `excluded` has the stored columns alone. */
import type { TableDefinition, TableElement } from "../branch/table-definition.js";
import type { RelationalStatement, TextEdit } from "../sql/analysis.js";
import { tokenise, type Token } from "../sql/lexer.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import { applyEdits } from "../sql/splice.js";
import { isSymbol } from "../sql/token-reader.js";

/** `excluded.s`  ⇒  `CAST((excluded."a" + 1) AS INTEGER)` where s is generated from a + 1 */
export function excludedEdits(
  { text, insert, edits }: RelationalStatement,
  definition: TableDefinition,
): readonly TextEdit[] {
  const generated = definition.elements.filter(({ column }) => column?.generated === true);
  if (insert?.conflict !== "update" || generated.length === 0) return [];
  const tokens = tokenise(text);
  return tokens.flatMap((token, at): TextEdit[] => {
    const [dot, name] = [tokens[at + 1], tokens[at + 2]];
    if (!isName(token, "excluded") || name === undefined || !isSymbol(dot, ".") || isDotted(tokens, at))
      return [];
    const element = generated.find(({ column }) => isName(name, column?.name ?? ""));
    const expression = element === undefined ? undefined : proposed(element, definition);
    const isEdited = edits.some(({ start, end }) => start < name.end && end > token.start);
    return expression === undefined || isEdited
      ? []
      : [{ start: token.start, end: name.end, text: expression }];
  });
}

/** What the column holds, computed from the proposed row. */
function proposed({ text, tokens, column }: TableElement, definition: TableDefinition): string | undefined {
  const from = tokens.findIndex(
    (token, at) =>
      token.value === "as" && tokens[at - 1]?.value === "always" && isSymbol(tokens[at + 1], "("),
  );
  const [start, end] = [tokens[from + 1]?.start, tokens.findLast((token) => isSymbol(token, ")"))?.end];
  if (from === -1 || start === undefined || end === undefined) return undefined;
  const edits = tokens.flatMap((token, at): TextEdit[] => {
    const isCall = isSymbol(tokens[at + 1], "(");
    if (at <= from || isCall || isDotted(tokens, at)) return [];
    const named = definition.columns.find(({ name }) => isName(token, name));
    if (named === undefined) return [];
    return [{ start: token.start, end: token.end, text: `excluded.${quoteIdentifier(named.name)}` }];
  });
  const expression = applyEdits(text.slice(0, end), edits).slice(start);
  return `CAST(${expression} AS ${column?.type ?? ""})`;
}

function isDotted(tokens: readonly Token[], at: number): boolean {
  return isSymbol(tokens[at - 1], ".");
}

function isName(token: Token, name: string): boolean {
  const isWritten = token.kind === "word" || token.kind === "quoted";
  return isWritten && normaliseName(token.value) === normaliseName(name);
}

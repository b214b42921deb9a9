/**
 * Keywords that result columns are called by without AS.
 *
 *   SELECT count(*) data, max(x) value FROM t  ⇒  SELECT count(*) AS data, max(x) AS value FROM t
 *
 * Reason  DuckDB takes no keyword there without AS; PostgreSQL takes nearly all
 */
import { listField, locationOf, nodeField, textField, unwrapAs, visitAll, type AstNode } from "./ast.js";
import { isOperand } from "./dialect/operators.js";
import { DUCKDB_KEYWORDS } from "./duckdb-keywords.js";
import type { Token } from "./lexer.js";
import type { References } from "./references.js";
import { isSymbol, isWord } from "./token-reader.js";
import { Utf8Offsets } from "./utf8-offsets.js";

/** Words behind a list of results. */
const ENDING = new Set(
  "from where group having order limit offset fetch for union intersect except window into on returning".split(
    " ",
  ),
);

export function markBareLabels(tree: AstNode, references: References): void {
  let offsets: Utf8Offsets | undefined;
  visitAll(tree, (type, node) => {
    for (const item of resultsOf(type, node)) {
      const target = unwrapAs(item, "ResTarget") ?? item;
      const name = textField(target, "name");
      if (!DUCKDB_KEYWORDS.has(name)) continue;
      offsets ??= new Utf8Offsets(references.text);
      const from = references.tokenIndexAt(offsets.toUtf16(locationOf(target)));
      const label = from === undefined ? undefined : bareLabel(references.tokens, from, name);
      if (label !== undefined) references.edits.push({ start: label.start, end: label.start, text: "AS " });
    }
  });
}

function resultsOf(type: string, node: AstNode): readonly AstNode[] {
  // A side of a set operation has no type.
  if (type === "SelectStmt" || (type === "" && "limitOption" in node)) return listField(node, "targetList");
  const clause = nodeField(node, "returningClause");
  return clause === undefined ? listField(node, "returningList") : listField(clause, "exprs");
}

/** The last token of the result that begins at `from`, where AS is not in front of it. */
function bareLabel(tokens: readonly Token[], from: number, name: string): Token | undefined {
  let depth = 0;
  for (let index = from; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (isSymbol(token, "(") || isSymbol(token, "[")) depth += 1;
    else if (isSymbol(token, ")") || isSymbol(token, "]")) depth -= 1;
    if (depth < 0 || (depth === 0 && (isSymbol(token, ",") || isWord(token, "as")))) return undefined;
    if (depth > 0 || index === from || token?.kind !== "word" || token.value !== name) continue;
    if (endsResults(tokens[index + 1]) && isOperand(tokens[index - 1])) return token;
  }
  return undefined;
}

function endsResults(token: Token | undefined): boolean {
  if (token === undefined || [",", ")", ";"].some((end) => isSymbol(token, end))) return true;
  return token.kind === "word" && ENDING.has(token.value);
}

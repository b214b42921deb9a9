/** What CREATE INDEX says that DuckDB's index does not keep: none of it changes a result, all of it is told to clients. */
import { listField, stringList, textField, unwrapAs, type AstNode } from "./ast.js";
import type { References } from "./references.js";
import { isSymbol, isWord } from "./token-reader.js";
import type { IndexNote } from "./table-notes.js";

/** Undefined for an index of ascending keys and nothing else. */
export function readIndexNote(node: AstNode, references: References): IndexNote | undefined {
  const method = textField(node, "accessMethod");
  const options = listField(node, "indexParams").map(optionOf);
  const include = listField(node, "indexIncludingParams").map((item) =>
    textField(unwrapAs(item, "IndexElem") ?? item, "name"),
  );
  const classes = listField(node, "indexParams").map(classOf);
  const where = node["whereClause"] === undefined ? undefined : whereText(references);
  const note = {
    ...(method !== "" && method !== "btree" && { method }),
    ...(options.some((option) => option !== 0) && { options }),
    ...(classes.some((name) => name !== "") && { classes }),
    ...(include.length > 0 && { include }),
    ...(where !== undefined && { where }),
  };
  return Object.keys(note).length === 0 ? undefined : note;
}

/** PostgreSQL shows classes of operators that are not the type's own. */
function classOf(item: AstNode): string {
  const name = stringList(unwrapAs(item, "IndexElem") ?? item, "opclass").at(-1) ?? "";
  return name.endsWith("_pattern_ops") || name === "jsonb_path_ops" ? name : "";
}

/** As pg_index.indoption has it: DESC alone puts NULLs first. */
function optionOf(item: AstNode): number {
  const element = unwrapAs(item, "IndexElem") ?? item;
  const descends = textField(element, "ordering") === "SORTBY_DESC";
  const nulls = textField(element, "nulls_ordering");
  const isFirst = nulls === "SORTBY_NULLS_DEFAULT" ? descends : nulls === "SORTBY_NULLS_FIRST";
  return (descends ? 1 : 0) + (isFirst ? 2 : 0);
}

/** Behind the WHERE that stands in no brackets. */
function whereText({ tokens, text }: References): string | undefined {
  let depth = 0;
  for (const token of tokens) {
    if (isSymbol(token, "(")) depth++;
    else if (isSymbol(token, ")")) depth--;
    else if (depth === 0 && isWord(token, "where")) return text.slice(token.end).replace(/;\s*$/, "").trim();
  }
  return undefined;
}

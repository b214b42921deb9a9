/** NULL without a type, where nothing else gives it one. */
import { listField, locationOf, nodeField, unwrapAs, flagField, type AstNode } from "./ast.js";
import { resTargets } from "./column-names.js";
import type { References } from "./references.js";
import { Utf8Offsets } from "./utf8-offsets.js";

/**
 * A column that is NULL is a text: DuckDB makes it an integer, also of the table that CREATE TABLE AS makes.
 *
 *   SELECT NULL AS a  ⇒  SELECT CAST(NULL AS VARCHAR) AS a
 *
 * Limits  not in set operations, nor in what INSERT selects: there it has the type of what stands beside it, or is filled
 */
export function typeNulls(query: AstNode, references: References): void {
  if (nodeField(query, "larg") !== undefined) return;
  let offsets: Utf8Offsets | undefined;
  for (const target of resTargets(listField(query, "targetList"))) {
    const constant = unwrapAs(target["val"], "A_Const");
    if (constant === undefined || !flagField(constant, "isnull")) continue;
    offsets ??= new Utf8Offsets(references.text);
    const index = references.tokenIndexAt(offsets.toUtf16(locationOf(constant)));
    const token = index === undefined ? undefined : references.tokens[index];
    if (token !== undefined)
      references.edits.push({ start: token.start, end: token.end, text: "CAST(NULL AS VARCHAR)" });
  }
}

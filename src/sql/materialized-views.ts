/** CREATE, REFRESH and what else says MATERIALIZED VIEW: such a view is a table, and its query a note of that (table-notes.ts). */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { flagField, listField, nodeField, unwrapAs, type AstNode } from "./ast.js";
import { plainReading, type Reading } from "./reading.js";
import type { References } from "./references.js";
import { isWord } from "./token-reader.js";
import type { TreeWalker } from "./tree-walker.js";

/** What a statement says of a materialized view. */
export type MaterializedForm =
  | { readonly kind: "create"; readonly withData: boolean }
  | { readonly kind: "refresh"; readonly withData: boolean; readonly concurrently: boolean }
  /** DROP, ALTER and COMMENT: what they name has to be one. */
  | { readonly kind: "named" }
  /** A step of REFRESH: nobody else changes its rows. */
  | { readonly kind: "filled" };

/** CREATE MATERIALIZED VIEW m …  ⇒  CREATE TABLE m … */
export function madeAsTable({ tokens, edits }: References): void {
  const [first, last] = [
    tokens.find((token) => isWord(token, "materialized")),
    tokens.find((token) => isWord(token, "view")),
  ];
  if (first !== undefined && last !== undefined)
    edits.push({ start: first.start, end: last.end, text: "TABLE" });
}

/** Errors: 0A000 */
export function refuseModifying(query: AstNode): void {
  const steps = listField(nodeField(query, "withClause") ?? {}, "ctes");
  const changes = steps
    .map((step) => nodeField(unwrapAs(step, "CommonTableExpr") ?? {}, "ctequery"))
    .some((step) => step !== undefined && unwrapAs(step, "SelectStmt") === undefined);
  if (changes) throw notSupported("materialized views must not use data-modifying statements in WITH");
}

/** REFRESH MATERIALIZED VIEW [CONCURRENTLY] m [WITH [NO] DATA] */
export function readRefresh(node: AstNode, walker: TreeWalker, references: References): Reading {
  const name = walker.relationName(nodeField(node, "relation") ?? {});
  if (name === undefined) references.doubt();
  else references.addName("write", name, "table");
  const concurrently = flagField(node, "concurrent");
  const withData = !flagField(node, "skipData");
  if (concurrently && !withData)
    throw new SqlError(SQLSTATE.syntaxError, "CONCURRENTLY and WITH NO DATA options cannot be used together");
  return plainReading("refresh", "REFRESH MATERIALIZED VIEW", true, {
    materialized: { kind: "refresh", withData, concurrently },
  });
}

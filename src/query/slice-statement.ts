/** Part of a statement's text with what was read in it: an expression, a type, a query. */
import type { RelationalStatement, TextSpan } from "../sql/analysis.js";

/** The statement cut down to a span; names and edits that leave it are left out. */
export function sliceStatement(statement: RelationalStatement, span: TextSpan): RelationalStatement {
  const isInside = (item: TextSpan): boolean => item.start >= span.start && item.end <= span.end;
  const shift = <T extends TextSpan>(item: T): T => ({
    ...item,
    start: item.start - span.start,
    end: item.end - span.start,
  });
  return {
    ...statement,
    text: statement.text.slice(span.start, span.end),
    names: statement.names.filter(isInside).map((name) => {
      const moved = shift(name);
      return { ...moved, aliasAt: name.aliasAt === undefined ? undefined : name.aliasAt - span.start };
    }),
    edits: statement.edits.filter(isInside).map(shift),
    narrow: [],
  };
}

/** CREATE TABLE t (LIKE source INCLUDING …): where each clause stands, and what it takes over. The planner knows the source. */
import type { TextSpan } from "./analysis.js";
import { listField, locationOf, nodeField, unwrapAs, type AstNode } from "./ast.js";
import type { References } from "./references.js";
import { isSymbol } from "./token-reader.js";
import type { Utf8Offsets } from "./utf8-offsets.js";

export interface LikeClause extends TextSpan {
  /** The source's name as written. */
  readonly parts: readonly string[];
  readonly comments: boolean;
  readonly constraints: boolean;
  readonly defaults: boolean;
  readonly generated: boolean;
  readonly identity: boolean;
  readonly indexes: boolean;
}

/** PostgreSQL's bits of TableLikeClause. */
const BITS = {
  comments: 1 << 0,
  constraints: 1 << 2,
  defaults: 1 << 3,
  generated: 1 << 4,
  identity: 1 << 5,
  indexes: 1 << 6,
};

/** The LIKE clauses of CREATE TABLE, in their order. */
export function readLikes(node: AstNode, references: References, offsets: Utf8Offsets): LikeClause[] {
  const { tokens } = references;
  return listField(node, "tableElts").flatMap((item) => {
    const like = unwrapAs(item, "TableLikeClause");
    const name = references.nameAtOffset(
      offsets.toUtf16(locationOf(nodeField(like ?? {}, "relation") ?? {})),
    );
    const first = tokens[(name?.index ?? 0) - 1];
    if (like === undefined) return [];
    const end = tokens.findIndex(
      (token, index) =>
        index >= (name?.next ?? tokens.length) && (isSymbol(token, ",") || isSymbol(token, ")")),
    );
    const last = tokens[end - 1];
    if (name === undefined || first === undefined || last === undefined) {
      references.doubt();
      return [];
    }
    const options = Number(like["options"] ?? 0);
    const has = (bit: number): boolean => (options & bit) !== 0;
    return [
      {
        start: first.start,
        end: last.end,
        parts: name.parts,
        comments: has(BITS.comments),
        constraints: has(BITS.constraints),
        defaults: has(BITS.defaults),
        generated: has(BITS.generated),
        identity: has(BITS.identity),
        indexes: has(BITS.indexes),
      },
    ];
  });
}

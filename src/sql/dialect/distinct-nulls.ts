import { notSupported } from "../../core/errors.js";
import { isWord } from "../token-reader.js";
import type { DialectPass } from "./pass.js";

/**
 * What UNIQUE means without saying it.
 *
 *   UNIQUE NULLS DISTINCT (a)  ⇒  UNIQUE (a)
 *
 * Reason  DuckDB has no words for it; SQLAlchemy and Alembic write what they found in the catalogue
 */
export const distinctNullsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap((token, index) => {
    const next = tokens[index + 1];
    if (isWord(token, "nulls") && isWord(next, "not") && isWord(tokens[index + 2], "distinct"))
      throw notSupported("NULLS NOT DISTINCT is not supported");
    return isWord(token, "nulls") && next !== undefined && isWord(next, "distinct")
      ? [{ start: token.start, end: next.end, text: "" }]
      : [];
  });

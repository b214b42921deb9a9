import type { DialectPass } from "./pass.js";

/**
 * Numbers to the base 16, 8 or 2, as PostgreSQL has them since version 16.
 *
 *   0x1F  ⇒  31
 *
 * Reason  DuckDB reads `0 AS x1F`, and answers 0
 */
export const numberLiteralsPass: DialectPass = ({ tokens }) =>
  tokens.flatMap(({ kind, start, end, value }) =>
    kind === "number" && /^0[xob]/i.test(value)
      ? [{ start, end, text: BigInt(value.replaceAll("_", "")).toString() }]
      : [],
  );

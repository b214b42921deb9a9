/** Conditions, which take what is boolean and nothing else: see sql/dialect/boolean-operands.ts. */
import { CONDITIONS } from "../../engine/failure-values.js";
import { of, type Definitions } from "./definition.js";

/** DuckDB casts an argument to a macro's type only where that loses nothing: no number, and no text that has a type. */
export const BOOLEANS: Definitions = Object.fromEntries(
  Object.keys(CONDITIONS).map((kind) => [`duckbranch_boolean_${kind}`, [of("_1", "BOOLEAN")]]),
);

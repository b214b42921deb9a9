/** Whether an expression that DuckDB printed has the same value whenever it is computed. Pure; false also where nobody knows. */
import { tokenise } from "../sql/lexer.js";

/** What is written with parentheses and depends on nothing else. */
const CONSTANT = new Set(
  "cast list_value struct_pack row decimal numeric varchar enum struct map union rtrim round".split(" "),
);

export function isConstantExpression(sql: string): boolean {
  const tokens = tokenise(sql);
  return !tokens.some(({ kind, value }, index) => {
    if (kind === "word" && /^current_|^local/.test(value)) return true;
    const isCall = (kind === "word" || kind === "quoted") && tokens[index + 1]?.value === "(";
    return isCall && !CONSTANT.has(value);
  });
}

/**
 * Merge policies of columns: what a merge by cells makes of a cell that both sides changed. DuckDB keeps no options of columns,
 * so a policy stands in the table's definition as a check that is always true, where it goes with the table through forks,
 * preserved copies, renames of the column and restarts. The catalogue shows it in pg_attribute.attoptions, not as a constraint.
 *
 * Shape   CHECK ((typeof("qty") <> '') AND ('merge policy sum_delta' IS NOT NULL))
 *         Older files say length('merge policy …') > 0
 */
import type { Token } from "./lexer.js";
import { quoteIdentifier } from "./names.js";
import { isSymbol, isWord } from "./token-reader.js";

const MERGE_POLICIES = ["sum_delta", "max", "min", "set_union", "json_keys", "lww", "fail"] as const;
export type MergePolicy = (typeof MERGE_POLICIES)[number];

const MARK = /\('merge policy ([a-z_]+)'(?:\)| IS NOT NULL)/;

/** The CHECK that keeps a column's policy. */
export function policyCheck(column: string, policy: MergePolicy): string {
  return `CHECK ((typeof(${quoteIdentifier(column)}) <> '') AND ('merge policy ${policy}' IS NOT NULL))`;
}

/** The policy of this name; undefined for any other word. */
export function policyNamed(name: string): MergePolicy | undefined {
  return MERGE_POLICIES.find((policy) => policy === name.toLowerCase());
}

/** Those that a column may have: `lww` is known and refused. */
export function policyNames(): string {
  return MERGE_POLICIES.filter((policy) => policy !== "lww").join(", ");
}

/** True for the text of such a check. */
export function isPolicyCheck(text: string): boolean {
  return MARK.test(text);
}

/** The column and its policy; undefined for any other text. */
export function readPolicyCheck(
  text: string,
  tokens: readonly Token[],
): { readonly column: string; readonly policy: MergePolicy } | undefined {
  const policy = policyNamed(MARK.exec(text)?.[1] ?? "");
  const at = tokens.findIndex((token, index) => isWord(token, "typeof") && isSymbol(tokens[index + 1], "("));
  const column = tokens[at + 2];
  return policy === undefined || at < 0 || column === undefined
    ? undefined
    : { column: column.value, policy };
}

const NUMBER = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/;
const ORDERED =
  /^(?:VARCHAR|DATE|TIME|TIME WITH TIME ZONE|TIMESTAMP(?:_S|_MS|_NS| WITH TIME ZONE)?|INTERVAL|ENUM\(.*\))$/s;

/** Whether a policy can be had of values of a type, as DuckDB prints it. */
export function policyFits(policy: MergePolicy, type: string): boolean {
  switch (policy) {
    case "sum_delta":
      return NUMBER.test(type);
    case "max":
    case "min":
      return NUMBER.test(type) || ORDERED.test(type);
    case "set_union":
      return type.endsWith("[]");
    case "json_keys":
      return type === "JSON";
    case "lww":
    case "fail":
      return true;
    default:
      return policy satisfies never;
  }
}

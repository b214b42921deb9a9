/** The merge policies of a table's columns, as its definition keeps them: see sql/merge-policies.ts. */
import { normaliseName } from "../sql/names.js";
import { isPolicyCheck, policyFits, readPolicyCheck, type MergePolicy } from "../sql/merge-policies.js";
import type { CellPolicies } from "./merge-cells.js";
import type { CellPolicy } from "./merge-policy-values.js";
import type { TableDefinition } from "./table-definition.js";

interface ColumnPolicy {
  readonly column: string;
  readonly policy: MergePolicy;
  /** Index of the element that keeps it. */
  readonly element: number;
}

function policiesOf({ elements }: TableDefinition): readonly ColumnPolicy[] {
  return elements.flatMap(({ column, text, tokens }, element): ColumnPolicy[] => {
    if (column !== undefined || !isPolicyCheck(text)) return [];
    const found = readPolicyCheck(text, tokens);
    return found === undefined ? [] : [{ ...found, element }];
  });
}

/** The policy of one column. */
export function policyOf(definition: TableDefinition, column: string): ColumnPolicy | undefined {
  return policiesOf(definition).find((own) => normaliseName(own.column) === normaliseName(column));
}

/** The policies that settle cells of a table's rows. */
export function cellPolicies(definition: TableDefinition): CellPolicies {
  return new Map(
    policiesOf(definition).flatMap(({ column, policy }): [string, CellPolicy][] => {
      const name = normaliseName(column);
      const type = definition.columns.find((own) => normaliseName(own.name) === name)?.type;
      return type === undefined ? [] : [[name, { policy, type }]];
    }),
  );
}

/**
 * Those by which a merge is undone: what was added is taken away again, and what was merged by keys is unmerged by keys. The
 * others know no way back: a cell that was changed since is a conflict.
 */
export function undoPolicies(definition: TableDefinition): CellPolicies {
  const policies = [...cellPolicies(definition)];
  return new Map(policies.filter(([, { policy }]) => policy === "sum_delta" || policy === "json_keys"));
}

/** Policies whose columns have types now that they cannot be had of. */
export function unfitPolicies(definition: TableDefinition): readonly string[] {
  return policiesOf(definition).flatMap(({ column, policy }) => {
    const type = definition.columns.find(({ name }) => normaliseName(name) === normaliseName(column))?.type;
    return type === undefined || policyFits(policy, type)
      ? []
      : [`column "${column}" is of type ${type}, for which there is no merge policy "${policy}"`];
  });
}

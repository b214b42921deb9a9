/** ALTER TABLE … ALTER COLUMN … SET (merge_policy = 'max'): what is asked of a column before its definition says it. */
import { policyOf } from "../branch/column-policies.js";
import type { TableChange } from "../branch/table-changes.js";
import { storedColumns, type TableDefinition } from "../branch/table-definition.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { textCell, type Connection } from "../engine/connection.js";
import type { Alteration } from "../sql/analysis.js";
import { policyFits, policyNamed, policyNames, type MergePolicy } from "../sql/merge-policies.js";
import { normaliseName } from "../sql/names.js";

/**
 * The change of the definition; undefined where it says so already.
 *
 * Errors  22023 no such policy, 42804 not of this type, 42P16 a key or generated column, 0A000 no primary key, or `lww`
 */
export async function policyChange(
  connection: Connection,
  definition: TableDefinition,
  { column, policy: name }: Extract<Alteration, { kind: "setPolicy" }>,
): Promise<TableChange | undefined> {
  const policy = name === undefined ? undefined : readPolicy(name);
  if (policyOf(definition, column)?.policy === policy) return undefined;
  if (policy === undefined) return { kind: "setPolicy", column, policy };
  const isColumn = (other: string): boolean => normaliseName(other) === normaliseName(column);
  const stored = storedColumns(definition).find((own) => isColumn(own.name));
  if (stored === undefined || definition.primaryKey.some(isColumn))
    throw new SqlError(
      SQLSTATE.invalidTableDefinition,
      `column "${column}" is ${stored === undefined ? "generated" : "in the primary key"}: no merge has a conflict in it`,
    );
  if (definition.primaryKey.length === 0)
    throw notSupported(
      "a table without a primary key has no merge policies",
      "its rows are not merged by cells",
    );
  await requireFittingType(connection, { column, policy }, stored.type);
  return { kind: "setPolicy", column, policy };
}

function readPolicy(name: string): MergePolicy {
  const policy = policyNamed(name);
  if (policy === undefined)
    throw new SqlError(SQLSTATE.invalidParameterValue, `invalid value for option "merge_policy": ${name}`, {
      hint: `available policies: ${policyNames()}`,
    });
  if (policy === "lww")
    throw notSupported('merge policy "lww" is not supported: when a row was last changed is not kept');
  return policy;
}

/** Errors: 42804 */
export async function requireFittingType(
  connection: Connection,
  declared: { readonly column: string; readonly policy: MergePolicy } | undefined,
  type: string,
): Promise<void> {
  if (declared === undefined) return;
  const [row] = await connection.rows(`SELECT typeof(CAST(NULL AS ${type})) AS printed`);
  if (row === undefined || policyFits(declared.policy, textCell(row, "printed"))) return;
  throw new SqlError(
    SQLSTATE.datatypeMismatch,
    `merge policy "${declared.policy}" of column "${declared.column}" cannot be had of type ${type.toLowerCase()}`,
    {
      hint: "sum_delta takes numbers, max and min what has an order, set_union arrays, json_keys json and jsonb",
    },
  );
}

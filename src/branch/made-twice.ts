/** Tables that both sides of a merge made under one name, and that say the same: one table, to which both have added rows. */
import type { Descent } from "./descent.js";
import type { Branch, HeadId, Version } from "./model.js";
import { propertiesOf } from "./table-properties.js";
import type { TableDefinition } from "./table-definition.js";
import { viewNote } from "./materialized-views.js";
import type { Transaction } from "./transaction.js";

interface Heads {
  readonly branch: Branch;
  readonly target: HeadId;
  readonly descents: readonly Descent[];
}

/** By the branch's table, the target's. */
export async function tablesMadeTwice(
  transaction: Transaction,
  { branch, target, descents }: Heads,
): Promise<ReadonlyMap<Version, Version>> {
  const { state } = transaction;
  const twins = new Map<Version, Version>();
  for (const { base, source } of descents) {
    if (source?.kind !== "table" || base !== undefined || state.findBase(branch, source) !== undefined)
      continue;
    const there = state.find(target, source);
    if (there?.kind !== "table") continue;
    const [ours, theirs] = [await transaction.definitionOf(there), await transaction.definitionOf(source)];
    const queries = [await viewNote(transaction, there), await viewNote(transaction, source)];
    const [query, other] = queries.map((note) => note?.query);
    if (said(ours) === said(theirs) && query === other) twins.set(source, there);
  }
  return twins;
}

/** Everything but comments. */
function said(definition: TableDefinition): string {
  const properties = propertiesOf({ definition, comments: [] }, "-");
  return [...properties]
    .map(([key, { text }]) => JSON.stringify([key, text]))
    .toSorted()
    .join();
}

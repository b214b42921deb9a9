/**
 * In which order the steps of a WITH that changes rows are run. In PostgreSQL all of them see the tables as they were
 * before the statement; here they run one after the other, and what would see another's work is refused.
 */
import { notSupported } from "../core/errors.js";
import type { NameReference, WithStep } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import { resolveName, type NameMeaning, type NameScope } from "./relation-names.js";

/** What two names mean the same relation by; undefined for what no step can write. */
function relationKey(meaning: NameMeaning): string | undefined {
  switch (meaning.kind) {
    case "temporary":
      return JSON.stringify(["temporary", normaliseName(meaning.name)]);
    case "relation":
    case "unknown": {
      const { schema, name } = meaning.relation;
      return JSON.stringify([meaning.head, normaliseName(schema), normaliseName(name)]);
    }
    case "catalog":
    case "system":
      return undefined;
    default:
      return meaning satisfies never;
  }
}

/** The relation a step writes; undefined for a query. */
export function targetKey(scope: NameScope, { statement }: WithStep): string | undefined {
  const target = statement.names.find(({ role }) => role === "write");
  return target === undefined ? undefined : relationKey(resolveName(scope, target.parts));
}

/**
 * The order, as places in the list. PostgreSQL runs the statement itself first, which draws what it reads of the others,
 * and then the others from the last to the first. That is the order here where it can be seen; a statement that writes
 * another table than they do runs behind them.
 *
 * Errors  0A000 where two steps write one table and the outcome is not certain to be PostgreSQL's
 */
export function orderOfSteps(
  steps: readonly WithStep[],
  targets: readonly (string | undefined)[],
): readonly number[] {
  const written = targets.filter((target) => target !== undefined);
  const allApart = new Set(written).size === written.length;
  const last = steps.length - 1;
  const order: number[] = [];
  const place = (at: number): void => {
    if (order.includes(at)) return;
    for (const used of steps[at]?.uses ?? []) place(used);
    order.push(at);
  };
  if (targets[last] !== undefined && allApart) for (const at of steps.keys()) place(at);
  else for (const at of [last, ...[...steps.keys()].slice(0, -1).toReversed()]) place(at);
  for (const [index, later] of order.entries()) {
    for (const earlier of order.slice(0, index))
      if (targets[later] !== undefined && targets[earlier] === targets[later])
        refuseUncertain(steps, earlier, later);
  }
  return order;
}

/**
 * The later step looks for its rows in a table that the earlier one has changed. Only an INSERT looks for none; whether its
 * keys are free must not depend on an order PostgreSQL leaves open.
 */
function refuseUncertain(steps: readonly WithStep[], earlier: number, later: number): void {
  const [first, second] = [steps[earlier]?.statement, steps[later]?.statement];
  const onlyInserts = second?.insert !== undefined && second.insert.conflict !== "update";
  const bothPlain = first?.insert?.conflict === "none" && second?.insert?.conflict === "none";
  if (onlyInserts && (bothPlain || usesOf(steps, later).has(earlier))) return;
  throw notSupported(
    "data-modifying statements in WITH that change the same table are not supported in this form",
    "run them one after the other, in a transaction",
  );
}

/** The steps whose rows a step reads, directly or not. */
function usesOf(steps: readonly WithStep[], at: number): ReadonlySet<number> {
  const uses = new Set(steps[at]?.uses);
  for (const used of uses) for (const further of steps[used]?.uses ?? []) uses.add(further);
  return uses;
}

/** A name in a step that must show the rows it showed before the first step. */
export interface OldRead {
  readonly step: number;
  readonly name: NameReference;
  readonly key: string;
}

/** What steps read of tables that steps before them write; of a view it is not known what it reads. */
export function oldReads(
  scope: NameScope,
  steps: readonly WithStep[],
  order: readonly number[],
  targets: readonly (string | undefined)[],
): readonly OldRead[] {
  const written = new Set<string>();
  const reads: OldRead[] = [];
  for (const step of order) {
    for (const name of steps[step]?.statement.names ?? []) {
      if (written.size === 0 || name.role !== "read" || isStepTable(name)) continue;
      const meaning = resolveName(scope, name.parts);
      const key = relationKey(meaning);
      if (key === undefined) continue;
      const isTable = meaning.kind === "relation" && meaning.version.kind === "table";
      if (written.has(key) || !isTable) reads.push({ step, name, key });
    }
    const target = targets[step];
    if (target !== undefined) written.add(target);
  }
  return reads;
}

/** The rows of another step, under the name that the text was given for them. */
function isStepTable({ role, parts }: NameReference): boolean {
  return (
    role === "read" && parts.length === 2 && parts[0] === "pg_temp" && /^with_step_\d+$/.test(parts[1] ?? "")
  );
}

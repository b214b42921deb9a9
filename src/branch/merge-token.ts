/**
 * The token of a plan, by which MERGE does what EXPLAIN MERGE has shown or nothing. It is a fingerprint of the plan's every row
 * and of what was asked for, and says as of which commit it was made: nothing is stored, and it outlives the program. While the
 * program runs on, any change of the branch or of a merged table is noticed; after a restart, any that makes it another plan. One of
 * a branch that is brought up to date does not outlive it.
 *
 * Shape  plan_<fingerprint, 32 hexadecimal digits; of the options, 8>_<opening of the file, 8>_<sequence>
 */
import { createHash } from "node:crypto";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { textCell } from "../engine/connection.js";
import type { BranchContext } from "./branch-context.js";
import { isChangedSince } from "./merge-commit.js";
import type { MergeAttempt, MergeRequest } from "./merge-types.js";
import type { RelationName, Sequence } from "./model.js";
import { rowsOf } from "./rows.js";
import type { Strategy } from "./strategy.js";

const TOKEN = /^plan_([0-9a-f]{32})([0-9a-f]{8})_([0-9a-f]{8})_([0-9]{1,15})$/;

type StrategyOf = (table: RelationName) => Strategy;

export async function planToken(
  { registry }: BranchContext,
  attempt: MergeAttempt,
  strategyOf: StrategyOf,
  request: MergeRequest,
): Promise<string> {
  const { sequence } = attempt.transaction.snapshot;
  return `plan_${await fingerprintOf(attempt, strategyOf)}${optionsOf(request)}_${registry.opening}_${sequence}`;
}

/** Errors: 22023 for what is no token, or one of other options, 40001 for that of another plan */
export async function refuseOtherPlan(
  context: BranchContext,
  attempt: MergeAttempt,
  strategyOf: StrategyOf,
  request: MergeRequest & { readonly token: string },
): Promise<void> {
  const { token } = request;
  const [, fingerprint, options, opening, sequence] = TOKEN.exec(token) ?? [];
  if (fingerprint === undefined)
    throw new SqlError(SQLSTATE.invalidParameterValue, `"${token}" is not the token of a merge`, {
      hint: "EXPLAIN MERGE answers with the token of its plan",
    });
  const isNoticed = opening === context.registry.opening;
  const hasMoved = isNoticed ? isMoved(context, attempt, Number(sequence)) : attempt.sync !== undefined;
  if (!hasMoved && fingerprint === (await fingerprintOf(attempt, strategyOf))) return;
  if (!hasMoved && options !== optionsOf(request))
    throw new SqlError(
      SQLSTATE.invalidParameterValue,
      `the plan of this merge of branch "${attempt.branch.name}" was shown for other options`,
      { hint: "merge with the strategies and the granularity that EXPLAIN MERGE was asked with" },
    );
  throw new SqlError(
    SQLSTATE.serializationFailure,
    `the plan of this merge of branch "${attempt.branch.name}" is not the one that was shown`,
    { hint: "EXPLAIN MERGE, with the same options, shows the present one" },
  );
}

/** A branch that is brought up to date takes over everything of its parent, not only what the plan has rows of. */
function isMoved(context: BranchContext, attempt: MergeAttempt, sequence: Sequence): boolean {
  const { sync, source } = attempt;
  const isOther = sync !== undefined && context.registry.headChangedAt(source.id) > sequence;
  return isOther || isChangedSince(context, attempt, sequence);
}

async function fingerprintOf(
  { transaction, branch, sync, source: merged, target, tables, objects, plans }: MergeAttempt,
  strategyOf: StrategyOf,
): Promise<string> {
  const { connection, state } = transaction;
  const rows: unknown[] = [];
  for (const { planTable, granularity, input } of plans) {
    const { schema, name } = input.relation;
    rows.push([schema, name, strategyOf(input.relation), granularity, await digest(connection, planTable)]);
  }
  for (const { source } of objects.created) rows.push(await digest(connection, rowsOf(state, source)));
  const said = {
    branch: [branch.id, branch.pin, target],
    ...(sync === undefined ? {} : { parent: [merged.id, state.branches.get(merged.id)?.pin] }),
    definitions: tables.map(({ target: { objectId }, schema: { steps, changes } }) => [
      objectId,
      steps,
      changes,
    ]),
    objects,
    rows,
  };
  return createHash("sha256").update(JSON.stringify(said, inOrder)).digest("hex").slice(0, 32);
}

/** They may be written in other ways and mean the same. */
function optionsOf(request: MergeRequest): string {
  const { strategy, granularity, keyless, exceptions, schemas, columns } = request;
  const said = JSON.stringify([strategy, granularity, keyless, exceptions, schemas ?? [], columns ?? []]);
  return createHash("sha256").update(said).digest("hex").slice(0, 8);
}

/** What was read from the file has its fields in another order. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map || value instanceof Set) return [...value];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The same for the same rows in any order. */
async function digest(connection: Connection, relation: string): Promise<string> {
  const [row] = await connection.rows(
    `SELECT concat_ws(' ', count(*), sum(hash(r)::HUGEINT), bit_xor(hash(r))) AS digest FROM ${relation} AS r`,
  );
  return row === undefined ? "" : textCell(row, "digest");
}

/** EXCEPT strategy FOR …: of a schema, a table or a column of rows merged by cells; the most specific one counts. */
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { normaliseName } from "../sql/names.js";
import { displayName } from "./merge-ledger.js";
import type { MergeTable } from "./merge-input.js";
import type { MergeAttempt, MergeRequest, WinnerOf } from "./merge-types.js";
import { relationKey, type RelationKey, type RelationName } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import { winnerUnder, type Strategy } from "./strategy.js";

/** Of definitions: by the names that the branch has. */
export function winners(request: MergeRequest): WinnerOf {
  const named = new Map(request.exceptions.map(({ table, strategy }) => [relationKey(table), strategy]));
  return (relation) => winnerUnder(named.get(relationKey(relation)) ?? ofSchema(request, relation));
}

function ofSchema({ schemas = [], strategy }: MergeRequest, { schema }: RelationName): Strategy {
  const found = schemas.find((exception) => normaliseName(exception.schema) === normaliseName(schema));
  return found?.strategy ?? strategy;
}

/** Errors: 42P01, 3F000 what the branch does not have, 22023 what was said twice */
export function strategyByTable(
  request: MergeRequest,
  attempt: MergeAttempt,
): (table: RelationName) => Strategy {
  const { state } = attempt.transaction;
  const named = new Map<RelationKey, Strategy>();
  for (const { table, strategy } of request.exceptions) {
    if (state.find(attempt.branch.id, table) === undefined) throw missingTable(table, attempt);
    if (named.has(relationKey(table))) throw saidTwice(`table "${displayName(table)}"`);
    named.set(relationKey(table), strategy);
  }
  refuseSchemas(request, state, attempt);
  const unknown = (request.columns ?? []).find(
    ({ table }) => state.find(attempt.branch.id, table) === undefined,
  );
  if (unknown !== undefined) throw missingTable(unknown.table, attempt);
  const asked = (table: RelationName): Strategy => named.get(relationKey(table)) ?? ofSchema(request, table);
  // Plans of tables that the branch renamed have the target's name, which may be another table's on the branch.
  const renamed = new Map(
    attempt.tables.flatMap(({ source, target }): [RelationKey, Strategy][] =>
      relationKey(source) === relationKey(target) ? [] : [[relationKey(target), asked(source)]],
    ),
  );
  return (table) => renamed.get(relationKey(table)) ?? asked(table);
}

function refuseSchemas({ schemas = [] }: MergeRequest, state: RegistryState, { branch }: MergeAttempt): void {
  const names = schemas.map(({ schema }) => normaliseName(schema));
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index) throw saidTwice(`schema "${name}"`);
    const isThere =
      name === "main" ||
      state.findObject(branch.id, { kind: "schema", schema: "", name }) !== undefined ||
      state.visible(branch.id).some((own) => normaliseName(own.schema) === name);
    if (!isThere) throw new SqlError(SQLSTATE.invalidSchemaName, `schema "${name}" does not exist`);
  }
}

/** Errors: 22023 for what has no cells */
export function refuseColumns({ columns = [], granularity }: MergeRequest): void {
  if (columns.length === 0) return;
  if (granularity !== "cell")
    throw new SqlError(SQLSTATE.invalidParameterValue, "strategies of columns need granularity 'cell'");
  const other = columns.find((column) => winnerUnder(column.strategy) === undefined);
  if (other !== undefined)
    throw new SqlError(SQLSTATE.invalidParameterValue, `strategy "${other.strategy}" is none of a column`, {
      hint: "use branch_wins or main_wins",
    });
}

/** The table with what settles cells of these columns. A policy to fail stays. Errors: 42703, 0A000, 22023 */
export function withColumnStrategies(table: MergeTable, { columns = [] }: MergeRequest): MergeTable {
  const own = columns.filter((exception) => relationKey(exception.table) === relationKey(table.source));
  if (own.length === 0) return table;
  const { input } = table;
  const name = displayName(table.source);
  if (input.key.length === 0)
    throw notSupported(`table "${name}" has no primary key: it is not merged by cells`);
  const policies = new Map(input.policies);
  const known = new Set(input.columns.map(normaliseName));
  const said = new Set<string>();
  for (const { column, strategy } of own) {
    const key = normaliseName(column);
    if (!known.has(key))
      throw new SqlError(SQLSTATE.undefinedColumn, `column "${column}" of relation "${name}" does not exist`);
    if (said.has(key)) throw saidTwice(`column "${column}"`);
    said.add(key);
    const policy = strategy === "branch_wins" ? "branch_wins" : "main_wins";
    if (policies.get(key)?.policy !== "fail") policies.set(key, { policy, type: "" });
  }
  return { ...table, input: { ...input, policies } };
}

function missingTable(table: RelationName, { tables }: MergeAttempt): SqlError {
  const own = tables.find(({ target }) => relationKey(target) === relationKey(table))?.source;
  const hint = own && { hint: `The branch calls it "${displayName(own)}".` };
  return new SqlError(SQLSTATE.undefinedTable, `relation "${displayName(table)}" does not exist`, hint);
}

function saidTwice(what: string): SqlError {
  return new SqlError(SQLSTATE.invalidParameterValue, `${what} was given more than one strategy`);
}

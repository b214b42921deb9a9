/**
 * Budgets of branches: rows and bytes of their own, time of their statements (terms.ts). What a branch holds is counted, not kept
 * account of: so it is right whatever was rolled back, by whichever session, and behind a restart. Decision 0046.
 */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { numberCell, type Connection } from "../engine/connection.js";
import { quoteIdentifier as quote } from "../sql/names.js";
import type { BranchActivity } from "./activity.js";
import { holdersOf, lineOf, spentMsOf } from "./budget-family.js";
import { requireWritable } from "./branch-rules.js";
import { descents } from "./descent.js";
import type { KnownDefinitions } from "./known-definitions.js";
import {
  relationKey,
  type Branch,
  type HeadId,
  type RelationKey,
  type RelationName,
  type Version,
} from "./model.js";
import { rollbackQuietly } from "./preserve.js";
import type { Registry } from "./registry.js";
import type { RegistryState } from "./registry-state.js";
import { BATCH, ROW_ID, rowsOf } from "./rows.js";
import { physicalName } from "./system-schema.js";
import type { TableDefinition } from "./table-definition.js";
import type { Transaction } from "./transaction.js";

/** What one table of a branch counts. */
interface Taken {
  readonly rows: number;
  readonly bytes: number;
}

/** What a transaction leaves of the tables that it wrote. */
export type MeasuredTables = ReadonlyMap<RelationKey, { readonly version: Version; readonly taken: Taken }>;

type Tables = ReadonlyMap<RelationKey, Taken>;

const NOTHING: Taken = { rows: 0, bytes: 0 };

export class BranchBudgets {
  readonly #registry: Registry;
  readonly #definitions: KnownDefinitions;
  readonly #activity: BranchActivity;
  /** Of branches with a budget, as of their last commit. */
  readonly #known = new Map<HeadId, Tables>();

  constructor(registry: Registry, definitions: KnownDefinitions, activity: BranchActivity) {
    this.#registry = registry;
    this.#definitions = definitions;
    this.#activity = activity;
  }

  /** Counts what a transaction is about to commit; undefined without a budget, which costs a look into a map. */
  async measure(transaction: Transaction): Promise<MeasuredTables | undefined> {
    const { head, connection, state } = transaction;
    const now = this.#registry.state;
    const branch = now.branches.get(head);
    const limiting = branch === undefined ? [] : limiters(now, branch);
    if (branch === undefined || limiting.length === 0) return undefined;
    const holders = limiting.flatMap((limiter) => [...holdersOf(now, limiter)]);
    for (const holder of new Set([head, ...holders]))
      if (!this.#known.has(holder)) await this.#countAll(holder);
    const measured = new Map<RelationKey, { version: Version; taken: Taken }>();
    const lost = lostTables(state, branch);
    for (const relation of measuredRelations(transaction)) {
      const own = state.own(head, relation);
      const version = own ?? transaction.snapshot.state.own(head, relation);
      if (version === undefined) continue;
      const key = relationKey(relation);
      const table =
        own?.kind === "table"
          ? await count(connection, { state, branch, version: own }, await transaction.definitionOf(own))
          : NOTHING;
      measured.set(key, { version, taken: plus(table, await countLost(connection, state, lost.get(key))) });
    }
    return measured;
  }

  /**
   * Takes what a transaction needs of its branch's budget: under the commit latch, just before its commit.
   *
   * Errors  53400 the budget does not allow it; 40001 somebody else has written one of its tables since it began, or the budget
   *         was set meanwhile
   */
  claim(transaction: Transaction, measured: MeasuredTables | undefined, state: RegistryState): void {
    const { head } = transaction;
    const branch = state.branches.get(head);
    if (branch !== undefined) refuseOvertime(state, branch, this.#activity);
    const limiting = branch === undefined ? [] : limiters(state, branch);
    if (branch === undefined || limiting.length === 0) return this.forget(head);
    const before = this.#known.get(head);
    const isCounted = measured !== undefined && before !== undefined;
    if (!isCounted || [...measured.values()].some(({ version }) => !transaction.isUnchanged(version)))
      throw overtaken(branch);
    const after = new Map(before);
    for (const [key, { taken }] of measured) after.set(key, taken);
    // A merge ends the branch whose rows it takes over.
    const began = transaction.snapshot.state.branches;
    const planned = (one: Branch): Branch => {
      const own = transaction.state.branches.get(one.id);
      return own === undefined || own === began.get(one.id) ? one : own;
    };
    for (const limiter of limiting) {
      const had = this.#sumOf(state, holdersOf(state, limiter), branch, before);
      refuseExcess(limiter, had, this.#sumOf(state, holdersOf(state, limiter, planned), branch, after));
    }
    this.#known.set(head, after);
  }

  /** Of all those branches, `own` being what `branch` has. Errors: 40001 one of them was not counted yet */
  #sumOf(state: RegistryState, holders: Iterable<HeadId>, branch: Branch, own: Tables): Taken {
    let [rows, bytes] = [0, 0];
    for (const holder of holders) {
      const known = holder === branch.id ? own : this.#known.get(holder);
      if (known === undefined && state.liveVersionsOf(holder).length > 0) throw overtaken(branch);
      for (const taken of known?.values() ?? []) {
        rows += taken.rows;
        bytes += taken.bytes;
      }
    }
    return { rows, bytes };
  }

  /** It is counted anew when it is asked for: after a commit that failed, without a budget, or when the branch has ended. */
  forget(head: HeadId): void {
    this.#known.delete(head);
  }

  /** While nobody commits: what is counted is what there is. */
  async #countAll(head: HeadId): Promise<void> {
    using connection = await this.#registry.database.connect("data");
    await connection.run("BEGIN");
    try {
      await this.#registry.commit(connection, async (state) => {
        const view = { connection, definitions: this.#registry.definitions };
        const all = new Map<RelationKey, Taken>();
        const branch = state.branches.get(head);
        const lost = branch === undefined ? new Map<RelationKey, Version>() : lostTables(state, branch);
        for (const version of state.liveVersionsOf(head)) {
          if (branch === undefined) break;
          const key = relationKey(version);
          const counted = { state, branch, version };
          const table =
            version.kind === "table"
              ? await count(connection, counted, await this.#definitions.definitionOf(view, version))
              : NOTHING;
          all.set(key, plus(table, await countLost(connection, state, lost.get(key))));
        }
        this.#known.set(head, all);
        return undefined;
      });
    } finally {
      await rollbackQuietly(connection);
    }
  }
}

/** The tables that were written; where definitions changed all of the branch, for one may have taken another's place. */
function measuredRelations({
  head,
  written,
  definitionsChanged,
  state,
  snapshot,
}: Transaction): readonly RelationName[] {
  const changed = written.filter((relation) => relation.head === head);
  if (!definitionsChanged) return changed;
  const all = [...changed, ...state.liveVersionsOf(head), ...snapshot.state.liveVersionsOf(head)];
  return [...new Map(all.map((relation) => [relationKey(relation), relation])).values()];
}

/** Tables that the branch dropped or replaced, by their names, under which it has something of its own: at least a mark. */
function lostTables(state: RegistryState, branch: Branch): ReadonlyMap<RelationKey, Version> {
  const lost = new Map<RelationKey, Version>();
  for (const { base, source } of descents(state, branch))
    if (source === undefined && base?.kind === "table") lost.set(relationKey(base), base);
  return lost;
}

function plus(a: Taken, b: Taken): Taken {
  return { rows: a.rows + b.rows, bytes: a.bytes + b.bytes };
}

/** Those whose rows or bytes are limited. */
function limiters(state: RegistryState, branch: Branch): readonly Branch[] {
  return [...lineOf(state, branch)].filter(({ terms }) => terms.maxRows !== null || terms.maxBytes !== null);
}

function overtaken({ name }: Branch): SqlError {
  return new SqlError(
    SQLSTATE.serializationFailure,
    `could not serialize access to branch "${name}", whose budget another session has taken of`,
  );
}

/** A branch that has too much already may still become smaller. Errors: 53400 */
function refuseExcess({ name, terms }: Branch, before: Taken, after: Taken): void {
  for (const [what, limit] of [["rows", terms.maxRows] as const, ["bytes", terms.maxBytes] as const]) {
    if (limit !== null && after[what] > limit && after[what] > before[what])
      throw exceeded(
        name,
        `${after[what]} ${what}, those of branches made from it included, are more than the ${limit} it may have`,
      );
  }
}

/** For a statement that writes. Errors: 55000, 53400 statements have taken all the time they may */
export function requireBudget(state: RegistryState, activity: BranchActivity, branch: Branch): void {
  requireWritable(state, branch, Date.now());
  refuseOvertime(state, branch, activity);
}

function refuseOvertime(state: RegistryState, branch: Branch, activity: BranchActivity): void {
  const error = overtime(state, activity, branch.id);
  if (error !== undefined) throw error;
}

/** What statements on the head may still take; below zero when they have taken more than they may, infinite where nothing limits them. */
export function timeLeftMs(state: RegistryState, activity: BranchActivity, head: HeadId): number {
  let left = Number.POSITIVE_INFINITY;
  for (const { limiter, maxMs } of timeLimits(state, head))
    left = Math.min(left, maxMs - spentMsOf(state, activity, limiter));
  return left;
}

/** 53400 when statements have taken more than they may. */
export function overtime(state: RegistryState, activity: BranchActivity, head: HeadId): SqlError | undefined {
  for (const { limiter, maxMs } of timeLimits(state, head)) {
    const spentMs = spentMsOf(state, activity, limiter);
    if (spentMs > maxMs)
      return exceeded(
        limiter.name,
        `statements, those on branches made from it included, took ${(spentMs / 1000).toFixed(1)} seconds of the ${maxMs / 1000} they may take`,
      );
  }
  return undefined;
}

/** What statements on the head may take together; infinite where nothing limits them. */
export function timeLimitMs(state: RegistryState, head: HeadId): number {
  return Math.min(...[...timeLimits(state, head)].map(({ maxMs }) => maxMs));
}

/** 53400 for a statement that read for longer than a branch without time left is read; undefined when nothing limits it any more. */
export function readingOvertime(state: RegistryState, head: HeadId): SqlError | undefined {
  const limitMs = timeLimitMs(state, head);
  const limiter = [...timeLimits(state, head)].find(({ maxMs }) => maxMs === limitMs)?.limiter;
  if (limiter === undefined) return undefined;
  return exceeded(
    limiter.name,
    `its time is over, and a statement that reads may take ${limitMs / 1000} seconds`,
  );
}

function* timeLimits(
  state: RegistryState,
  head: HeadId,
): Generator<{ readonly limiter: Branch; readonly maxMs: number }> {
  const branch = state.branches.get(head);
  if (branch === undefined) return;
  for (const limiter of lineOf(state, branch)) {
    const { maxMs } = limiter.terms;
    if (maxMs !== null) yield { limiter, maxMs };
  }
}

function exceeded(name: string, detail: string): SqlError {
  return new SqlError(SQLSTATE.configurationLimitExceeded, `branch "${name}" has exceeded its budget`, {
    detail,
    hint: "it can still be read and merged; ALTER BRANCH … SET gives it another budget",
  });
}

/**
 * Rows that the branch wrote and rows that it deleted; of a table without a primary key the more of those that it has and those
 * that it took over; of a copied table all, or all of the table it was copied from if there are more: it may have been emptied.
 * Bytes are those of their texts.
 */
async function count(
  connection: Connection,
  { state, branch, version }: CountedTable,
  definition: TableDefinition,
): Promise<Taken> {
  const { physical, layer } = version;
  if (physical === null) return NOTHING;
  const base = layer === null ? state.findBase(branch, version) : undefined;
  const own = physicalName(physical);
  const before = layer?.kind === "overlay" ? physicalName(layer.before) : undefined;
  const copied = base?.kind === "table" && base.objectId === version.objectId ? [rowsOf(state, base)] : [];
  const all = [own, ...copied].map((table) => `(SELECT count(*) FROM ${table} AS r)`);
  const rows = before === undefined ? `greatest(${all.join(", ")})` : changedRows(own, before, definition);
  const hidden = `EXCLUDE (${quote(BATCH)}, ${quote(ROW_ID)})`;
  const bytes = [bytesOf(own, ""), ...(before === undefined ? [] : [bytesOf(before, hidden)])].join(" + ");
  const [row] = await connection.rows(`SELECT ${rows} AS rows, (${bytes})::BIGINT AS bytes`);
  return row === undefined ? NOTHING : { rows: numberCell(row, "rows"), bytes: numberCell(row, "bytes") };
}

/** All rows of a table that the branch dropped count as deleted. */
async function countLost(
  connection: Connection,
  state: RegistryState,
  base: Version | undefined,
): Promise<Taken> {
  if (base === undefined) return NOTHING;
  const rows = rowsOf(state, base);
  const [row] = await connection.rows(
    `SELECT (SELECT count(*) FROM ${rows} AS r) AS rows, ${bytesOf(`${rows} AS r`, "")}::BIGINT AS bytes`,
  );
  return row === undefined ? NOTHING : { rows: numberCell(row, "rows"), bytes: numberCell(row, "bytes") };
}

interface CountedTable {
  readonly state: RegistryState;
  readonly branch: Branch;
  readonly version: Version;
}

function changedRows(own: string, before: string, { primaryKey: key }: TableDefinition): string {
  const all = `(SELECT count(*) FROM ${own})`;
  if (key.length === 0) return `greatest(${all}, (SELECT count(*) FROM ${before}))`;
  const same = key.map((column) => `o.${quote(column)} = b.${quote(column)}`).join(" AND ");
  return `${all} + (SELECT count(*) FROM ${before} AS b WHERE NOT EXISTS (FROM ${own} AS o WHERE ${same}))`;
}

function bytesOf(table: string, except: string): string {
  return `(SELECT coalesce(sum(strlen(ROW(*COLUMNS(* ${except}))::VARCHAR)), 0) FROM ${table})`;
}

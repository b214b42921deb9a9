/** What follows when keys that rows refer to are gone: ON DELETE and ON UPDATE, by statements on the tables that refer to them. */
import type { ForeignKey } from "../branch/foreign-keys.js";
import type { RelationName } from "../branch/model.js";
import { headRows, noteGone, strandedKeys } from "../branch/reference-checks.js";
import type { Transaction } from "../branch/transaction.js";
import { notSupported, SQLSTATE, SqlError } from "../core/errors.js";
import { clientSchema, formatName, quoteIdentifier as quote } from "../sql/names.js";
import type { PlanContext } from "./plan-context.js";
import { newStage, type CapturedKeys } from "./reference-captures.js";

/** Runs a statement of the server's own, in names of the session's head, with all that it entails. */
export async function runNested(context: PlanContext, transaction: Transaction, text: string): Promise<void> {
  const { connection } = transaction;
  const [statement] = await context.services.analyse(text);
  const { plan } = context;
  if (statement?.kind !== "relational" || plan === undefined)
    throw new SqlError(SQLSTATE.internalError, `cannot run ${text}`);
  const inside = {
    ...context,
    scope: { ...context.scope, state: transaction.state },
    runBound: {
      change: async (sql: string) => await connection.change(sql),
      firstRow: async (sql: string) => await connection.firstRow(sql),
    },
  };
  for (const step of await plan(inside, statement)) {
    const changed = await connection.change(step.sql);
    step.afterwards?.();
    await step.check?.(step.changed ?? changed);
    await step.guard?.();
  }
}

/** The table in the words of a session: `public` is DuckDB's `main`. */
export function clientName({ schema, name }: RelationName): string {
  return formatName([clientSchema(schema), name]);
}

/**
 * Lets the rows that refer to keys which are gone follow them.
 *
 * Errors  0A000 for an UPDATE whose new keys cannot be told, or that gives one row's key to another
 */
export async function followKeys(
  context: PlanContext,
  transaction: Transaction,
  key: ForeignKey,
  action: "c" | "n" | "d",
  { gone, isDelete }: { readonly gone: CapturedKeys; readonly isDelete: boolean },
): Promise<void> {
  const { head } = context.scope;
  const { connection } = transaction;
  if (!isDelete) await refuseMovedKeys(context, transaction, key, gone);
  if ((await noteGone(transaction, head, key, gone)) === 0) return;
  const stranded = strandedKeys(transaction, head, key, gone);
  if (stranded === undefined) return;
  const stage = newStage();
  const table = `temp.main.${quote(stage)}`;
  const parents = headRows(transaction, head, key.to);
  await connection.run(`CREATE TEMP TABLE ${quote(stage)} AS ${withNewKeys(stranded, key, gone, parents)}`);
  const [count] = await connection.firstRow(`SELECT count(*) FROM ${table}`);
  const isKnown = isDelete || action !== "c" || gone.becomes !== undefined || gone.isSingle;
  if (Number(count) > 0 && !isKnown) throw unknownKeys(key);
  if (Number(count) > 0) await runNested(context, transaction, followingText(key, action, isDelete, stage));
  await connection.run(`DROP TABLE ${table}`);
}

/** Also what they become, as n0, n1 …, where that is known: of a single row the only key that was not there before. */
function withNewKeys(
  stranded: string,
  { target }: ForeignKey,
  { table, becomes, columnOf, isSingle }: CapturedKeys,
  parents: string | undefined,
): string {
  if (table === undefined || (becomes === undefined && !isSingle)) return stranded;
  if (becomes !== undefined) {
    const added = target.map((column, at) => `g.${quote(becomes(column))} AS n${at}`);
    const same = target.map((column, at) => `g.${quote(columnOf(column))} = s.k${at}`);
    return `SELECT s.*, ${added.join(", ")} FROM (${stranded}) AS s JOIN ${table} AS g ON ${same.join(" AND ")}`;
  }
  const fresh = target.map((column, at) => `p.${quote(column)} AS n${at}`);
  const known = target.map((column) => `g.${quote(columnOf(column))} = p.${quote(column)}`);
  return `SELECT s.*, f.* FROM (${stranded}) AS s,
    (SELECT ${fresh.join(", ")} FROM ${parents ?? ""} AS p ANTI JOIN ${table} AS g ON ${known.join(" AND ")}) AS f`;
}

function followingText(
  { from, columns }: ForeignKey,
  action: "c" | "n" | "d",
  isDelete: boolean,
  stage: string,
): string {
  const same = columns.map((column, at) => `c.${quote(column)} = g.k${at}`).join(" AND ");
  const lost = `pg_temp.${quote(stage)} AS g`;
  if (isDelete && action === "c") return `DELETE FROM ${clientName(from)} AS c USING ${lost} WHERE ${same}`;
  const values = { c: (at: number) => `g.n${at}`, n: () => "NULL", d: () => "DEFAULT" };
  const set = columns.map((column, at) => `${quote(column)} = ${values[action](at)}`);
  return `UPDATE ${clientName(from)} AS c SET ${set.join(", ")} FROM ${lost} WHERE ${same}`;
}

/** A row that refers to a key which another row has now would have to be told from those that refer to this one. */
async function refuseMovedKeys(
  { scope }: PlanContext,
  transaction: Transaction,
  key: ForeignKey,
  { table, columnOf, becomes, isSingle }: CapturedKeys,
): Promise<void> {
  if (isSingle) return;
  if (table === undefined || becomes === undefined) throw unknownKeys(key);
  const [children, parents] = [key.from, key.to].map((each) => headRows(transaction, scope.head, each));
  if (children === undefined || parents === undefined) return;
  const old = key.target.map((column) => `g.${quote(columnOf(column))}`);
  const changed = key.target.map(
    (column, at) => `${old[at] ?? ""} IS DISTINCT FROM g.${quote(becomes(column))}`,
  );
  const stays = key.target.map((column, at) => `p.${quote(column)} = ${old[at] ?? ""}`);
  const refers = key.columns.map((column, at) => `c.${quote(column)} = ${old[at] ?? ""}`);
  const rows = await transaction.connection.rows(
    `SELECT 1 AS found FROM ${table} AS g SEMI JOIN ${parents} AS p ON ${stays.join(" AND ")}
       SEMI JOIN ${children} AS c ON ${refers.join(" AND ")} WHERE (${changed.join(" OR ")}) LIMIT 1`,
  );
  if (rows.length > 0)
    throw notSupported(
      `an UPDATE that gives one row's key to another is not supported where table "${key.from.name}" follows it`,
    );
}

function unknownKeys({ from, to }: ForeignKey): SqlError {
  return notSupported(
    `this form of UPDATE is not supported: rows of table "${from.name}" follow the key of "${to.name}"`,
    "set the key to an expression, in a statement with a condition that is the same each time it is evaluated",
  );
}

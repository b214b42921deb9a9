/** Foreign keys that wait: which of them do in a transaction, and what there is to be asked when it ends, or at SET CONSTRAINTS. */
import { isOf, leadsTo, type ForeignKey } from "../branch/foreign-keys.js";
import type { RelationName } from "../branch/model.js";
import type { Transaction } from "../branch/transaction.js";
import { SQLSTATE, SqlError } from "../core/errors.js";

type ConstraintMode = "deferred" | "immediate";

/** What SET CONSTRAINTS has said, of all and by name. */
export interface ConstraintModes {
  all: ConstraintMode | undefined;
  readonly named: Map<string, ConstraintMode>;
}

interface Waiting {
  readonly modes: ConstraintModes;
  /** By what is asked: the same question is asked once. */
  readonly checks: Map<string, { readonly key: ForeignKey; readonly check: () => Promise<void> }>;
}

const waitingOf = new WeakMap<Transaction, Waiting>();

export function newConstraintModes(): ConstraintModes {
  return { all: undefined, named: new Map() };
}

/** The transaction goes by these modes, also where they change. */
export function useModes(transaction: Transaction, modes: ConstraintModes): void {
  waitingOf.set(transaction, { modes, checks: new Map() });
}

/** Whether the foreign key is looked at when the transaction ends. */
export function isDeferred(transaction: Transaction, { deferrable, name }: ForeignKey): boolean {
  if (deferrable === "not") return false;
  const modes = waitingOf.get(transaction)?.modes;
  return (modes?.named.get(name) ?? modes?.all ?? deferrable) === "deferred";
}

/** `question` tells it from others about the same foreign key. In a transaction without modes it is asked now. */
export async function checkLater(
  transaction: Transaction,
  key: ForeignKey,
  question: string,
  check: () => Promise<void>,
): Promise<void> {
  const waiting = waitingOf.get(transaction);
  if (waiting === undefined) return await check();
  const { name, from } = key;
  waiting.checks.set(JSON.stringify([from.schema, from.name, name, question]), { key, check });
}

/** [] for all. What has waited until now is asked. Errors: 23503 */
export async function runDeferredChecks(
  transaction: Transaction,
  names: readonly string[] = [],
): Promise<void> {
  const checks = waitingOf.get(transaction)?.checks ?? new Map<string, never>();
  for (const [question, { key, check }] of checks) {
    if (names.length > 0 && !names.includes(key.name)) continue;
    await check();
    checks.delete(question);
  }
}

/**
 * What waits is asked by the names there were: as in PostgreSQL, neither table may be altered or dropped meanwhile.
 *
 * Errors  55006
 */
export function refuseWaiting(
  transaction: Transaction,
  relation: RelationName,
  command: "ALTER TABLE" | "DROP TABLE",
): void {
  const checks = [...(waitingOf.get(transaction)?.checks.values() ?? [])];
  if (!checks.some(({ key }) => isOf(key, relation) || leadsTo(key, relation))) return;
  throw new SqlError(
    SQLSTATE.objectInUse,
    `cannot ${command} "${relation.name}" because it has pending trigger events`,
  );
}

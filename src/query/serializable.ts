/**
 * SERIALIZABLE: a transaction that wrote may commit only if nothing it read was changed by a commit since its snapshot.
 * Those that commit then have the effect of running one after the other in the order of their commits. One that only
 * reads is serial at its snapshot. See docs/decisions/0018.
 */
import type { HeadId } from "../branch/model.js";
import { MAIN, relationKey } from "../branch/model.js";
import type { Registry, WrittenRelation } from "../branch/registry.js";
import type { CommitCheck, Transaction } from "../branch/transaction.js";
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { functionsOfMain } from "./branch-functions.js";
import { resolveName, type NameScope } from "./relation-names.js";

/** What a statement reads; "anything" where its text does not say. */
export type StatementReads = readonly WrittenRelation[] | "anything";

/** What one transaction has read. */
export class SerializableReads {
  #relations = new Map<string, WrittenRelation>();
  #anything = false;

  add(reads: StatementReads): void {
    if (reads === "anything") this.#anything = true;
    else for (const read of reads) this.#relations.set(`${read.head} ${relationKey(read)}`, read);
  }

  /** Forgets everything, and gives the check of the commit; undefined when there is nothing to check. */
  take(registry: Registry): CommitCheck | undefined {
    if (this.#relations.size === 0 && !this.#anything) return undefined;
    const [relations, anything] = [[...this.#relations.values()], this.#anything];
    this.#relations = new Map();
    this.#anything = false;
    return (state, { sequence }) => {
      const heads: readonly HeadId[] = anything ? [MAIN, ...state.branches.keys()] : [];
      const changed =
        heads.some((head) => registry.headChangedAt(head) > sequence) ||
        relations.some((relation) => registry.changedAt(relation) > sequence);
      if (changed) throw unserializable();
    };
  }
}

function unserializable(): SqlError {
  return new SqlError(
    SQLSTATE.serializationFailure,
    "could not serialize access due to read/write dependencies among transactions",
    { hint: "The transaction might succeed if retried." },
  );
}

/** The relations a statement reads, those it changes by a condition among them. */
export async function readsOf(
  transaction: Transaction | undefined,
  scope: NameScope,
  statement: RelationalStatement,
): Promise<StatementReads> {
  const statements = statement.parts ?? [statement];
  if (statement.steps !== undefined || statements.some(({ certain }) => !certain)) return "anything";
  const names = statements.flatMap((part) => part.names);
  const calls = names.some(({ role }) => role === "function");
  // A macro of the user may read tables that no statement names.
  if (calls && scope.head === MAIN && !(await functionsOfMain(scope.state, transaction)).isEmpty)
    return "anything";
  const reads: WrittenRelation[] = [];
  for (const name of names) {
    if (!isRead(name, statement)) continue;
    const meaning = resolveName(scope, name.parts);
    switch (meaning.kind) {
      case "relation":
        if (meaning.version.kind !== "table") return "anything";
        reads.push({ head: meaning.head, schema: meaning.relation.schema, name: meaning.relation.name });
        break;
      case "unknown":
        reads.push({ head: meaning.head, schema: meaning.relation.schema, name: meaning.relation.name });
        break;
      case "temporary":
      case "catalog":
      case "system":
        break;
      default:
        return meaning satisfies never;
    }
  }
  return reads;
}

function isRead({ role }: NameReference, { verb }: RelationalStatement): boolean {
  return role === "read" || (role === "write" && verb !== "insert");
}

import type { Registry } from "../branch/registry.js";
import type { Transaction } from "../branch/transaction.js";
import type { CatalogContents } from "../catalog/session-catalog.js";
import type { NameScope } from "./relation-names.js";

/**
 * What tells one state of the definitions a session sees from another: those committed have a number (see Registry), those
 * of the session's own transaction and its temporary tables are told apart by counting the statements that change any.
 */
export class OwnDefinitions {
  #changes = 0;
  #isChanging = false;

  beginStatement(changes: boolean): void {
    this.#isChanging = changes;
    if (changes) this.#changes++;
  }

  /** A rollback took some of them back. */
  takeBack(): void {
    this.#changes++;
  }

  /** Another text, other definitions. Undefined while a statement changes them: what it reads is soon not so any more. */
  version(committed: number, temporary: ReadonlySet<string>): string | undefined {
    return this.#isChanging ? undefined : JSON.stringify([committed, this.#changes, ...temporary]);
  }
}

/**
 * What a session sees and every other on its head too; undefined where it has what others do not: temporary tables, its
 * transaction's changes, a snapshot older than the newest definitions.
 */
export function sharedDefinitions(
  registry: Registry,
  { head, temporary }: NameScope,
  definitions: number,
  transaction: Transaction | undefined,
): CatalogContents["shared"] {
  const isOwn = temporary.size > 0 || transaction?.definitionsChanged === true;
  if (isOwn || definitions !== registry.definitions) return undefined;
  return { version: `${head} ${registry.definedAt(head)}`, definitions };
}

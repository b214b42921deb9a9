/** Views of the target are bound again after a merge has changed definitions: none may break by it. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { useCatalog } from "../engine/database.js";
import { mainObjects } from "./catalog-reader.js";
import type { DefinitionTexts } from "./definition-texts.js";
import { displayName } from "./merge-ledger.js";
import type { MergeAttempt } from "./merge-types.js";
import { MAIN, relationKey, type Branch, type HeadId, type RelationKey, type RelationName } from "./model.js";
import { physicalName } from "./system-schema.js";
import type { Transaction } from "./transaction.js";

/** What could be read before the merge, by the names things have after it. */
export type Bindings = ReadonlyMap<RelationKey, RelationName>;

/** Nothing where no definition changes that others lean on. */
export async function readableBefore(attempt: MergeAttempt, texts: DefinitionTexts): Promise<Bindings> {
  const { transaction, target, tables, objects, branch } = attempt;
  const isTouched = objects.dropped.length + objects.views.length > 0;
  const readable = new Map<RelationKey, RelationName>();
  if (!isTouched && tables.every(({ schema }) => !schema.remakes)) return readable;
  for (const view of await viewsOf(transaction, target))
    if ((await failureOf(transaction, texts, target, view)) === undefined)
      readable.set(relationKey(view), view);
  for (const { before, after } of objects.views) {
    const wasReadable = before === undefined || readable.delete(relationKey(before));
    if (after === undefined || !wasReadable) continue;
    // What could not be read on the branch need not be readable here.
    if ((await failureOf(transaction, texts, branch.id, after.source)) === undefined)
      readable.set(relationKey(after), after);
  }
  return readable;
}

async function viewsOf(transaction: Transaction, head: HeadId): Promise<readonly RelationName[]> {
  const relations =
    head === MAIN ? await mainObjects(transaction.connection) : transaction.state.visible(head);
  return relations.filter(({ kind }) => kind === "view");
}

/** Errors: 2BP01 with a line for each */
export async function refuseUnreadable(
  { transaction, target, branch }: MergeAttempt,
  texts: DefinitionTexts,
  readable: Bindings,
): Promise<void> {
  const lines: string[] = [];
  for (const view of readable.values()) {
    const failure = await failureOf(transaction, texts, target, view);
    if (failure !== undefined) lines.push(`view "${displayName(view)}": ${failure}`);
  }
  refuseBroken(branch, lines);
}

/** 2BP01 unless there are none. */
export function refuseBroken(branch: Branch, lines: readonly string[]): void {
  if (lines.length === 0) return;
  throw new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot merge branch "${branch.name}" because views depend on what it changes`,
    { detail: lines.join("\n"), hint: "change or drop these views first" },
  );
}

/** Why a view of a head cannot be read. */
async function failureOf(
  transaction: Transaction,
  texts: DefinitionTexts,
  head: HeadId,
  view: RelationName,
): Promise<string | undefined> {
  const { connection } = transaction;
  if (head === MAIN) return await bindingFailure(connection, physicalName(view));
  const version = transaction.state.find(head, view);
  if (version?.kind !== "view") return `relation "${displayName(view)}" does not exist`;
  // What a branch does not have must not be found on main.
  await useCatalog(connection, "void");
  try {
    return await bindingFailure(connection, await texts.viewRows(transaction, head, version));
  } catch (error) {
    return messageOf(error);
  } finally {
    await useCatalog(connection, "data");
  }
}

async function bindingFailure(connection: Connection, rows: string): Promise<string | undefined> {
  try {
    await connection.rows(`SELECT * FROM ${rows} LIMIT 0`);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof SqlError && error.code !== SQLSTATE.queryCanceled) return error.message;
  throw error;
}

/** Views of main are bound again after a merge has changed definitions: none may break by it. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import type { Connection } from "../engine/connection.js";
import { mainObjects } from "./catalog-reader.js";
import { displayName } from "./merge-ledger.js";
import type { MergeAttempt } from "./merge-types.js";
import { MAIN, type RelationName } from "./model.js";
import { physicalName } from "./system-schema.js";

/** Those that can be read before it; none where no table is made anew. A branch's view is resolved whenever it is read. */
export async function readableViews({
  transaction,
  target,
  tables,
  objects,
}: MergeAttempt): Promise<readonly RelationName[]> {
  if (target !== MAIN || objects.dropped.length + tables.filter(({ schema }) => schema.remakes).length === 0)
    return [];
  const views = (await mainObjects(transaction.connection)).filter(({ kind }) => kind === "view");
  const readable: RelationName[] = [];
  for (const view of views)
    if ((await bindingFailure(transaction.connection, view)) === undefined) readable.push(view);
  return readable;
}

/** Errors: 2BP01 with a line for each */
export async function refuseBrokenViews(
  { transaction, branch }: MergeAttempt,
  views: readonly RelationName[],
): Promise<void> {
  const lines: string[] = [];
  for (const view of views) {
    const failure = await bindingFailure(transaction.connection, view);
    if (failure !== undefined) lines.push(`view "${displayName(view)}": ${failure}`);
  }
  if (lines.length === 0) return;
  throw new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot merge branch "${branch.name}" because views depend on what it changes`,
    { detail: lines.join("\n"), hint: "change or drop these views first" },
  );
}

async function bindingFailure(connection: Connection, view: RelationName): Promise<string | undefined> {
  try {
    await connection.rows(`SELECT * FROM ${physicalName(view)} LIMIT 0`);
    return undefined;
  } catch (error) {
    if (error instanceof SqlError) return error.message;
    throw error;
  }
}

/** Views and functions of the target are bound again after a merge has changed definitions: none may break by it. */
import { SQLSTATE, SqlError } from "../core/errors.js";
import { textCell, type Connection, type Row } from "../engine/connection.js";
import { DATA_CATALOG, useCatalog } from "../engine/database.js";
import { formatName } from "../sql/names.js";
import { mainObjects } from "./catalog-reader.js";
import type { DefinitionTexts } from "./definition-texts.js";
import type { ObjectName } from "./head-objects.js";
import { materializedViews, viewText } from "./materialized-views.js";
import { displayName } from "./merge-ledger.js";
import type { MergeAttempt } from "./merge-types.js";
import { MAIN, type Branch, type HeadId, type RelationName } from "./model.js";
import { physicalName } from "./system-schema.js";
import type { Transaction } from "./transaction.js";

/** What could be read before the merge, by the names things have after it. */
export type Bindings = ReadonlySet<string>;

/** A definition changes that others may lean on. */
export function touchesOthers({ tables, objects }: MergeAttempt): boolean {
  const { dropped, renamed, views, others } = objects;
  return (
    [dropped, renamed, views, others].some((some) => some.length > 0) ||
    tables.some(({ schema }) => schema.remakes)
  );
}

/** Nothing where no definition changes that others lean on. */
export async function readableBefore(attempt: MergeAttempt, texts: DefinitionTexts): Promise<Bindings> {
  const { transaction, target, objects, branch } = attempt;
  const { views, others } = objects;
  const readable = new Set<string>();
  if (!touchesOthers(attempt)) return readable;
  const states = await bindingsOf(transaction, texts, target);
  for (const [what, failure] of states) if (failure === undefined) readable.add(what);
  for (const { name, after } of others)
    if (name.kind === "function" && after === undefined) readable.delete(functionNamed(name));
  for (const { before, after } of views) {
    const wasReadable = before === undefined || readable.delete(viewNamed(before));
    if (after === undefined || !wasReadable) continue;
    // What could not be read on the branch need not be readable here.
    const failure = await onBranch(
      transaction,
      async () => await texts.viewRows(transaction, branch.id, after.source),
    );
    if (failure === undefined) readable.add(viewNamed(after));
  }
  return readable;
}

/** Errors: 2BP01 with a line for each */
export async function refuseUnreadable(
  { transaction, target, branch }: MergeAttempt,
  texts: DefinitionTexts,
  readable: Bindings,
): Promise<void> {
  if (readable.size === 0) return;
  const states = await bindingsOf(transaction, texts, target);
  const lines = [...readable].flatMap((what) => {
    // A materialized view goes, or gets another name, as a table.
    const isGone = !states.has(what) && !what.startsWith(MATERIALIZED);
    const failure = isGone ? "it does not exist any more" : states.get(what);
    return failure === undefined ? [] : [`${what}: ${failure}`];
  });
  refuseBroken(branch, lines);
}

/** 2BP01 unless there are none. */
export function refuseBroken(branch: Branch, lines: readonly string[]): void {
  if (lines.length === 0) return;
  throw new SqlError(
    SQLSTATE.dependentObjectsStillExist,
    `cannot merge branch "${branch.name}" because others depend on what it changes`,
    { detail: lines.join("\n"), hint: "change or drop these first" },
  );
}

function viewNamed(view: RelationName): string {
  return `view "${displayName(view)}"`;
}

const MATERIALIZED = "materialized view ";

function functionNamed(name: Pick<ObjectName, "schema" | "name">): string {
  return `function "${displayName(name)}"`;
}

/** Why each view and function of a head cannot be bound; undefined for those that can. */
async function bindingsOf(
  transaction: Transaction,
  texts: DefinitionTexts,
  head: HeadId,
): Promise<ReadonlyMap<string, string | undefined>> {
  const { connection, state } = transaction;
  const found = new Map<string, string | undefined>();
  for (const view of await materializedViews(transaction, head)) {
    const shown = { ...view, head, definition: viewText(view.name, view.note) };
    found.set(
      `${MATERIALIZED}"${displayName(view)}"`,
      await onBranch(transaction, async () => await texts.viewRows(transaction, head, shown)),
    );
  }
  if (head === MAIN) {
    for (const view of await mainObjects(connection))
      if (view.kind === "view")
        found.set(viewNamed(view), await bindingFailure(connection, `SELECT * FROM ${physicalName(view)}`));
    if (state.visibleObjects(MAIN, "function").length === 0) return found;
    for (const row of await macrosIn(connection, DATA_CATALOG)) {
      const name = { schema: textCell(row, "schema_name"), name: textCell(row, "function_name") };
      const failure = await bindingFailure(connection, callOf(row, [DATA_CATALOG, name.schema, name.name]));
      found.set(functionNamed(name), found.get(functionNamed(name)) ?? failure);
    }
    return found;
  }
  for (const view of state.visible(head))
    if (view.kind === "view")
      found.set(
        viewNamed(view),
        await onBranch(transaction, async () => await texts.viewRows(transaction, head, view)),
      );
  for (const object of state.visibleObjects(head, "function"))
    found.set(
      functionNamed(object),
      await onBranch(transaction, async () => await texts.functionCalls(transaction, head, object)),
    );
  return found;
}

/** What a branch does not have must not be found on main. */
async function onBranch(
  { connection }: Transaction,
  rows: () => Promise<string>,
): Promise<string | undefined> {
  await useCatalog(connection, "void");
  try {
    return await bindingFailure(connection, `SELECT * FROM ${await rows()}`);
  } catch (error) {
    return messageOf(error);
  } finally {
    await useCatalog(connection, "data");
  }
}

async function macrosIn(connection: Connection, catalog: string): Promise<readonly Row[]> {
  return await connection.rows(
    `SELECT schema_name, function_name, function_type, len(parameters)::INTEGER AS parameters FROM duckdb_functions()
     WHERE database_name = ? AND NOT internal AND function_type IN ('macro', 'table_macro')`,
    [catalog],
  );
}

function callOf(row: Row, name: readonly string[]): string {
  const values = Array.from({ length: Number(row["parameters"]) }, () => "NULL").join(", ");
  const call = `${formatName(name)}(${values})`;
  return row["function_type"] === "table_macro" ? `SELECT * FROM ${call}` : `SELECT ${call}`;
}

async function bindingFailure(connection: Connection, query: string): Promise<string | undefined> {
  try {
    await connection.rows(`${query} LIMIT 0`);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof SqlError && error.code !== SQLSTATE.queryCanceled) return error.message;
  throw error;
}

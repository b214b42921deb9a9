/** The views that go with what DROP names: under CASCADE they are dropped before it, without it they stand in the way. */
import { mainObjects } from "../branch/catalog-reader.js";
import { MAIN } from "../branch/model.js";
import type { Transaction } from "../branch/transaction.js";
import type { CatalogFunction } from "../catalog/function-catalog.js";
import { PRINTED_TYPES } from "../catalog/function-texts.js";
import { SQLSTATE } from "../core/errors.js";
import type { NameReference, RelationalStatement } from "../sql/analysis.js";
import { normaliseName } from "../sql/names.js";
import { functionsOfHead } from "./branch-functions.js";
import { refuseWaiting } from "./deferred-references.js";
import {
  dependentViews,
  refuseDependents,
  shownName,
  told,
  type DependentView,
  type Dropped,
} from "./dependent-views.js";
import { othersDepend } from "./dependents.js";
import type { PlanContext } from "./plan-context.js";
import { writableName } from "./writable-names.js";

/** Errors: 2BP01 without CASCADE where there are any, or where a schema has something in it */
export async function dependentsOf(
  context: PlanContext,
  transaction: Transaction,
  { cascade, materialized }: RelationalStatement,
  drops: readonly NameReference[],
): Promise<readonly DependentView[]> {
  const dropped: Dropped[] = [];
  const inSchemas: Dropped[] = [];
  for (const name of drops) {
    if (name.object === "macro") dropped.push(...(await functionNamed(context, transaction, name)));
    else if (name.object === "schema") {
      const contents = await contentsOf(context, transaction, name);
      if (!cascade) refuseContents(name, contents);
      inSchemas.push(...contents);
    } else dropped.push(...relationNamed(context, name, materialized !== undefined));
  }
  const all = [...dropped, ...inSchemas];
  if (all.length === 0) return [];
  for (const one of all) if (one.kind !== "function") refuseWaiting(transaction, one, "DROP TABLE");
  const views = await dependentViews(context, transaction, all);
  if (!cascade) refuseDependents(dropped, views);
  noticeCascade(context, [...inSchemas, ...views]);
  return views;
}

function noticeCascade({ notice }: PlanContext, gone: readonly Dropped[]): void {
  const [only] = gone;
  if (only === undefined) return;
  const what = gone.length === 1 ? told(only) : `${gone.length} other objects`;
  notice("NOTICE", SQLSTATE.successfulCompletion, `drop cascades to ${what}`);
}

function relationNamed(
  { scope }: PlanContext,
  name: NameReference,
  isMaterialized: boolean,
): readonly Dropped[] {
  const kind = isMaterialized ? "materialized view" : name.object;
  if (kind !== "table" && kind !== "view" && kind !== "materialized view") return [];
  const meaning = writableName(scope, name);
  return meaning.kind === "temporary" ? [] : [{ ...meaning.relation, kind }];
}

async function functionNamed(
  { scope: { head, searchPath } }: PlanContext,
  transaction: Transaction,
  { parts }: NameReference,
): Promise<readonly Dropped[]> {
  const functions = await functionsOfHead(head, transaction.state, transaction);
  const found = functions.named(parts, searchPath);
  return found === undefined ? [] : [asDropped(found)];
}

function asDropped({ schema, name, declaration }: CatalogFunction): Dropped {
  const types = (declaration?.arguments ?? []).map((type) => PRINTED_TYPES.get(type) ?? type);
  return { schema, name, kind: "function", shown: `${shownName(name)}(${types.join(", ")})` };
}

/** Tables, views and functions of a schema. */
async function contentsOf(
  context: PlanContext,
  transaction: Transaction,
  { parts }: NameReference,
): Promise<readonly Dropped[]> {
  const schema = normaliseName(parts.at(-1) ?? "");
  const isIn = (own: { readonly schema: string }): boolean => normaliseName(own.schema) === schema;
  const { head } = context.scope;
  const relations =
    head === MAIN ? await mainObjects(transaction.connection) : transaction.state.visible(head);
  const functions = await functionsOfHead(head, transaction.state, transaction);
  const own = [
    ...relations.flatMap(({ schema: place, name, kind }): Dropped[] =>
      kind === "table" || kind === "view" ? [{ schema: place, name, kind }] : [],
    ),
    ...functions.all.map(asDropped),
  ];
  const prefix = `${shownName(parts.at(-1) ?? "")}.`;
  return own.filter(isIn).map((one) => ({ ...one, shown: prefix + (one.shown ?? shownName(one.name)) }));
}

function refuseContents({ parts }: NameReference, contents: readonly Dropped[]): void {
  const schema = shownName(parts.at(-1) ?? "");
  const lines = contents.map((one) => `${told(one)} depends on schema ${schema}`);
  if (lines.length > 0) throw othersDepend(`schema ${schema}`, lines);
}

/** Views that read what is to be dropped. DuckDB drops under them; PostgreSQL refuses, or drops them too. */
import { mainObjects } from "../branch/catalog-reader.js";
import { MAIN, relationKey, type RelationKey, type RelationName } from "../branch/model.js";
import { materializedViews, viewText } from "../branch/materialized-views.js";
import type { Transaction } from "../branch/transaction.js";
import { notSupported } from "../core/errors.js";
import type { NameReference } from "../sql/analysis.js";
import { normaliseName, quoteIdentifier } from "../sql/names.js";
import type { PlanContext } from "./plan-context.js";
import { othersDepend } from "./dependents.js";

/** A view, and the relation it was found by: `view v depends on table t`. */
export interface DependentView extends RelationName {
  readonly kind: ViewKind;
  readonly on: Dropped;
}

type ViewKind = "view" | "materialized view";

interface ViewText extends RelationName {
  readonly kind: ViewKind;
  readonly definition: string;
}

/** What goes, and views may use. */
export interface Dropped extends RelationName {
  readonly kind: "table" | "function" | ViewKind;
  /** How PostgreSQL names it, where that is not its name: a function with its arguments' types. */
  readonly shown?: string;
}

/**
 * The views of the head that read these relations or call these functions, and those that read them in turn, each before those that read it.
 *
 * Errors  0A000 for a view that names one of them in a way that could not be read
 */
export async function dependentViews(
  context: PlanContext,
  transaction: Transaction,
  dropped: readonly Dropped[],
): Promise<readonly DependentView[]> {
  const views = await viewsOf(context, transaction);
  const known = new Set<RelationKey>(dropped.map(relationKey));
  const found: DependentView[] = [];
  const follow = async (on: Dropped): Promise<void> => {
    for (const view of views) {
      if (known.has(relationKey(view)) || !(await reads(context, view, on))) continue;
      known.add(relationKey(view));
      const { schema, name, kind } = view;
      found.push({ schema, name, kind, on });
      await follow({ schema, name, kind });
    }
  };
  for (const relation of dropped) await follow(relation);
  return found;
}

/** As PostgreSQL names an object in what it tells about it. */
export function shownName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : quoteIdentifier(name);
}

async function viewsOf({ scope }: PlanContext, transaction: Transaction): Promise<readonly ViewText[]> {
  const relations =
    scope.head === MAIN ? await mainObjects(transaction.connection) : transaction.state.visible(scope.head);
  const views = relations.flatMap(({ schema, name, kind, definition }) =>
    kind === "view" && definition !== null ? [{ schema, name, kind, definition }] : [],
  );
  const materialized = await materializedViews(transaction, scope.head);
  return [
    ...views,
    ...materialized.map(({ schema, name, note }) => ({
      schema,
      name,
      kind: "materialized view" as const,
      definition: viewText(name, note),
    })),
  ];
}

async function reads({ services }: PlanContext, view: ViewText, on: Dropped): Promise<boolean> {
  const { name } = on;
  // Reading a text costs more than looking whether the name is in it at all.
  const text = normaliseName(view.definition);
  if (!text.includes(normaliseName(name).replaceAll('"', '""'))) return false;
  const [statement] = await services.analyse(view.definition);
  if (statement?.kind !== "relational" || !statement.certain)
    throw notSupported(
      `whether view "${view.name}" reads "${name}" could not be determined`,
      "drop the view first",
    );
  const places = new Set([normaliseName(view.schema), "main"]);
  return statement.names.some((read) => isNamed(read, on, places));
}

function isNamed(
  { role, parts }: NameReference,
  { schema, name, kind }: Dropped,
  places: ReadonlySet<string>,
): boolean {
  const [last = "", qualifier] = parts.toReversed();
  if (role !== (kind === "function" ? "function" : "read") || normaliseName(last) !== normaliseName(name))
    return false;
  if (qualifier === undefined) return places.has(normaliseName(schema));
  const written = normaliseName(qualifier) === "public" ? "main" : normaliseName(qualifier);
  return written === normaliseName(schema);
}

/** 2BP01 in PostgreSQL's words. */
export function refuseDependents(dropped: readonly Dropped[], views: readonly DependentView[]): void {
  if (views.length === 0) return;
  const [first] = dropped;
  const isOne = dropped.length === 1 && first !== undefined;
  const what = isOne ? told(first) : "desired object(s)";
  const lines = views.map(({ name, kind, on }) => `${kind} ${shownName(name)} depends on ${told(on)}`);
  throw othersDepend(what, lines, isOne ? "it" : "them");
}

/** `view v`, `function f(integer)` */
export function told({ kind, name, shown }: Dropped): string {
  return `${kind} ${shown ?? shownName(name)}`;
}

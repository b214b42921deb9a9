/** Views that a branch made, replaced, renamed or dropped: three-way by what they say. */
import { SqlError } from "../core/errors.js";
import type { DefinitionConflicts } from "./definition-conflicts.js";
import type { DefinedView, DefinitionTexts } from "./definition-texts.js";
import type { Descent } from "./descent.js";
import { refuseBroken } from "./merge-bindings.js";
import type { WinnerOf } from "./merge-types.js";
import { displayName } from "./merge-ledger.js";
import { MAIN, relationKey, type Branch, type HeadId, type RelationName, type Version } from "./model.js";
import { commentsOf, type TableComment } from "./catalog-reader.js";
import { physicalName } from "./system-schema.js";
import { giveViewComments } from "./view-comments.js";
import type { Transaction } from "./transaction.js";

/** One view of the target: what it is, and what it becomes. `before` undefined: it is made; `after` undefined: it goes. */
export interface ViewChange {
  readonly before: Version | undefined;
  readonly after: (DefinedView & { readonly source: Version }) | undefined;
  /** As people read it. */
  readonly step: string;
}

interface ComparedViews extends ViewSides {
  readonly winnerOf: WinnerOf;
}

export interface ViewSides {
  readonly transaction: Transaction;
  readonly texts: DefinitionTexts;
  readonly branch: Branch;
  readonly target: HeadId;
}

/** A line per view that both sides changed in different ways goes to `conflicts`. */
export async function mergeViews(
  sides: ComparedViews,
  descents: readonly Descent[],
  conflicts: DefinitionConflicts,
): Promise<readonly ViewChange[]> {
  const changes: ViewChange[] = [];
  for (const descent of descents) {
    const { base, source } = descent;
    if ((source ?? base)?.kind !== "view") continue;
    const change = await mergeView(sides, descent, conflicts);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

async function mergeView(
  sides: ComparedViews,
  { base, source }: Descent,
  conflicts: DefinitionConflicts,
): Promise<ViewChange | undefined> {
  const canonical = async (view: Version | undefined): Promise<string | undefined> =>
    view === undefined ? undefined : await canonicalOf(sides, view);
  const there =
    base === undefined
      ? sides.transaction.state.find(sides.target, source ?? NOWHERE)
      : counterpart(sides, base);
  const shown = displayName(source ?? base ?? NOWHERE);
  if (base === undefined) {
    if (source === undefined || (await isSameView(sides, source, there))) return undefined;
    // A name that something else has is told by those who know what the merge drops.
    return { before: undefined, after: defined(source, source, source), step: "new view" };
  }
  const winner = sides.winnerOf(source ?? base);
  const [was, here, now] = [await canonical(base), await canonical(source), await canonical(there)];
  if (source === undefined) {
    if (there === undefined) return undefined;
    const isDropped =
      now === was ||
      conflicts.settle(
        winner,
        `view "${shown}" was dropped in the branch, and changed on the target`,
        shown,
      ) === "source";
    return isDropped ? { before: there, after: undefined, step: "dropped view" } : undefined;
  }
  const isMoved = !isSame(source, base);
  if (there === undefined) {
    if (here === was && !isMoved) return undefined;
    const line = `view "${shown}" was changed in the branch, and dropped on the target`;
    return conflicts.settle(winner, line, shown) === "source"
      ? { before: undefined, after: defined(source, source, source), step: "new view" }
      : undefined;
  }
  if (isMoved && !isSame(there, base) && !isSame(there, source)) {
    conflicts.refuse(
      `view "${displayName(base)}" was renamed to "${shown}" in the branch and to "${displayName(there)}" on the target`,
      shown,
    );
    return undefined;
  }
  const isBoth = here !== was && now !== was && here !== now;
  const line = `view "${shown}" was changed on both sides in different ways`;
  const chosen = isBoth ? conflicts.settle(winner, line, shown) : "source";
  if (chosen === undefined) return undefined;
  const name = isMoved ? source : there;
  const says = here === was || here === now || chosen === "target" ? there : source;
  if (says === there && isSame(name, there)) return undefined;
  const steps = [
    ...(says === there ? [] : ["changed view"]),
    ...(isSame(name, there) ? [] : [`view renamed to "${displayName(name)}"`]),
  ];
  return { before: there, after: defined(name, says, source), step: steps.join(", ") };
}

const NOWHERE: RelationName = { schema: "", name: "" };

async function canonicalOf({ transaction, texts, branch }: ViewSides, view: Version): Promise<string> {
  return await texts.canonicalView(transaction, branch.id, defined(view, view, view));
}

async function isSameView(sides: ViewSides, source: Version, there: Version | undefined): Promise<boolean> {
  return there?.kind === "view" && (await canonicalOf(sides, source)) === (await canonicalOf(sides, there));
}

/** The view on the target: a renamed one of a branch is known by its identity, others by the name. */
function counterpart({ transaction: { state }, target }: ViewSides, base: Version): Version | undefined {
  const there = state.find(target, base);
  if (there?.objectId === base.objectId) return there;
  const renamed = state
    .liveVersionsOf(target)
    .find(({ kind, objectId }) => kind === "view" && objectId === base.objectId);
  return renamed ?? (there?.kind === "view" ? there : undefined);
}

function defined(
  { schema, name }: RelationName,
  { definition, head }: Version,
  source: Version,
): DefinedView & { readonly source: Version } {
  return { schema, name, definition: definition ?? "", head, source };
}

function isSame(a: RelationName, b: RelationName): boolean {
  return relationKey(a) === relationKey(b);
}

/** Of views of main, by what becomes of them. */
type ViewComments = ReadonlyMap<ViewChange, readonly TableComment[]>;

/** Before anything is made: its name may be wanted. What is said of the views is kept. */
export async function dropChangedViews(
  transaction: Transaction,
  target: HeadId,
  changes: readonly ViewChange[],
): Promise<ViewComments> {
  const comments = new Map<ViewChange, readonly TableComment[]>();
  for (const change of changes) {
    const { before, after } = change;
    if (target !== MAIN) await lockNames(transaction, target, before, after);
    if (before === undefined) continue;
    if (target === MAIN) {
      transaction.markReplaced(before);
      // Under another name it has those that the branch gave it.
      if (after !== undefined && relationKey(after) === relationKey(before))
        comments.set(change, await commentsOf(transaction.connection, before, "view"));
      await transaction.connection.run(`DROP VIEW ${physicalName(before)}`);
    } else dropOnBranch(transaction, target, before);
  }
  if (changes.length > 0) transaction.markDefinitionsChanged();
  return comments;
}

async function lockNames(
  transaction: Transaction,
  target: HeadId,
  ...names: readonly (RelationName | undefined)[]
): Promise<void> {
  for (const name of names) if (name !== undefined) await transaction.lock(name, target);
}

/** A branch's own version of a name ends; what it inherits is covered. */
export function dropOnBranch(transaction: Transaction, target: HeadId, view: Version): void {
  if (view.head === target) transaction.endVersion(view);
  const { schema, name, objectId } = view;
  if (transaction.state.find(target, view) === undefined) return;
  const mark = { kind: "dropped", physical: null, definition: null } as const;
  transaction.addVersion({ head: target, schema, name, objectId, ...mark });
}

/** Once the tables are what they become. Errors: 2BP01 with a line for each that reads what is not there */
export async function makeChangedViews(
  { transaction, texts, target, branch }: ViewSides,
  changes: readonly ViewChange[],
  comments: ViewComments,
): Promise<void> {
  const made = changes.flatMap(({ before, after }) => (after === undefined ? [] : [{ before, after }]));
  if (target !== MAIN) {
    for (const { before, after } of made)
      makeOnBranch(transaction, target, before, { ...after, definition: await texts.ownText(after) });
    return;
  }
  const statements = new Map<string, string>();
  for (const { after } of made) {
    transaction.markReplaced(after);
    statements.set(`view "${displayName(after)}"`, await texts.viewOnMain(transaction, after));
  }
  await runInAnyOrder(transaction, branch, statements);
  for (const [{ after }, said] of comments)
    if (after !== undefined) await giveViewComments(transaction.connection, after, said);
}

function makeOnBranch(
  transaction: Transaction,
  target: HeadId,
  before: Version | undefined,
  { schema, name, definition }: DefinedView,
): void {
  const mark = transaction.state.own(target, { schema, name });
  if (mark !== undefined) transaction.endVersion(mark);
  const identity = before === undefined ? {} : { objectId: before.objectId };
  transaction.addVersion({
    head: target,
    schema,
    name,
    kind: "view",
    physical: null,
    definition,
    ...identity,
  });
}

/** One may need another. Statements by what they make. Errors: 2BP01 for those that cannot be made */
async function runInAnyOrder(
  transaction: Transaction,
  branch: Branch,
  statements: ReadonlyMap<string, string>,
): Promise<void> {
  for (let left = statements; left.size > 0;) {
    const refused = new Map<string, string>();
    const failures: string[] = [];
    for (const [what, sql] of left) {
      try {
        await transaction.connection.run(sql);
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        refused.set(what, sql);
        failures.push(`${what}: ${error.message}`);
      }
    }
    if (refused.size === left.size) refuseBroken(branch, failures);
    left = refused;
  }
}

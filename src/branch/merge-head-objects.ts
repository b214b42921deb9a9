/** Functions, types, sequences and schemas that a branch made, replaced or dropped: three-way by what they say. */
import { tokenise } from "../sql/lexer.js";
import { quoteLiteral } from "../sql/names.js";
import { objectKey, type HeadObject, type ObjectName } from "./head-objects.js";
import type { DefinitionConflicts } from "./definition-conflicts.js";
import { displayName } from "./merge-ledger.js";
import { commentedBy, PUBLIC, type Commented } from "./object-comments.js";
import type { Branch, HeadId } from "./model.js";
import type { RegistryState } from "./registry-state.js";
import type { WinnerOf } from "./merge-types.js";
import type { Transaction } from "./transaction.js";

/** What a name of the target means, and what it gets to mean. `before` undefined: it is made; `after` undefined: it goes. */
export interface ObjectStep {
  readonly name: ObjectName;
  readonly before: HeadObject | undefined;
  readonly after: HeadObject | undefined;
  /** Of a type, where it is not the branch's own: the labels of both. */
  readonly definition: string | null;
  /** As people read it. */
  readonly step: string;
}

export interface ObjectHeads {
  readonly transaction: Transaction;
  readonly branch: Branch;
  readonly target: HeadId;
}

/** A line per object that both sides changed in different ways goes to `conflicts`. */
export function mergeHeadObjects(
  { transaction: { state }, branch, target, winnerOf }: ObjectHeads & { readonly winnerOf: WinnerOf },
  conflicts: DefinitionConflicts,
): readonly ObjectStep[] {
  const steps: ObjectStep[] = [];
  for (const own of state.objectsOf(branch.id)) {
    if (own.to !== null) continue;
    const { kind, schema, name } = own;
    const base = baseOf(state, branch, own);
    const after = own.dropped ? undefined : own;
    const before = state.findObject(target, own);
    const [was, here, there] = [base, after, before].map(canonical);
    if (here === there || here === was) continue;
    const commented = kind === "comment" ? commentedBy(own) : undefined;
    const shown = objectText(own);
    const about = objectName(own);
    const merged = there === was ? undefined : unitedLabels(base, after, before);
    const isConflict = there !== was && merged === undefined;
    const line = `${shown} ${conflictText(base, after, before)}`;
    const isTwin = base === undefined && commented === undefined;
    if (isConflict && isTwin) conflicts.refuse(line, about);
    const winner = winnerOf(commented ?? { schema, name });
    if (isConflict && (isTwin || conflicts.settle(winner, line, about) !== "source")) continue;
    if (commented !== undefined && after !== undefined && !willHave(state, { branch, target }, commented)) {
      const lost = `${shown} was changed in the branch, and what it is on was dropped on the target`;
      if (winner === "target") conflicts.settle(winner, lost, about);
      else conflicts.refuse(lost, about);
      continue;
    }
    const verb = before === undefined ? "new" : after === undefined ? "dropped" : "changed";
    const definition = merged ?? after?.definition ?? null;
    steps.push({ name: { kind, schema, name }, before, after, definition, step: `${verb} ${kind}` });
  }
  return steps;
}

/** As people read it. */
export function objectText({ kind, schema, name }: ObjectName): string {
  if (kind === "comment") return `comment on ${commentedText(commentedBy({ schema, name }))}`;
  return `${kind} "${displayName({ schema: kind === "schema" ? "main" : schema, name })}"`;
}

/** The name alone, of what is changed or what a comment is on. */
export function objectName(name: ObjectName): string {
  if (name.kind === "schema") return name.name;
  return displayName(name.kind === "comment" ? commentedBy(name) : name);
}

function commentedText(commented: Commented): string {
  const { kind, name, column } = commented;
  const shown = kind === "schema" ? { schema: "main", name: name === PUBLIC ? "public" : name } : commented;
  const object = `${kind} "${displayName(shown)}"`;
  return column === null ? object : `column "${column}" of ${object}`;
}

/** What a comment is on: the target has it, or the merge makes it. */
function willHave(
  state: RegistryState,
  { branch, target }: Pick<ObjectHeads, "branch" | "target">,
  { kind, schema, name }: Commented,
): boolean {
  if (kind === "view")
    return (
      state.find(target, { schema, name })?.kind === "view" ||
      state.own(branch.id, { schema, name })?.kind === "view"
    );
  if (kind === "schema" && name === PUBLIC) return true;
  const thing = { kind, schema, name };
  return (
    state.findObject(target, thing) !== undefined || state.ownObject(branch.id, thing)?.dropped === false
  );
}

type SaidObject = Pick<HeadObject, "kind" | "definition" | "physical">;

/** What a merge is undone on is what it left. */
export function baseOf(state: RegistryState, { id, held }: Branch, own: ObjectName): SaidObject | undefined {
  if (held?.left === undefined) return state.findBaseObject(id, own);
  const left = held.left.find((object) => objectKey(object) === objectKey(own));
  return left?.isThere === true ? left : undefined;
}

/** Equal for objects that are the same; undefined for none. */
export function canonical(object: SaidObject | undefined): string | undefined {
  if (object === undefined) return undefined;
  const { kind, definition, physical } = object;
  switch (kind) {
    case "function": {
      const tokens = tokenise(definition ?? "").filter(({ value }) => value !== ";");
      const body = tokens.findIndex(({ kind: own, value }) => own === "symbol" && value === "(");
      return JSON.stringify(tokens.slice(body).map((token) => [token.kind, token.value]));
    }
    case "type":
      return definition ?? "";
    case "sequence":
      return JSON.stringify(physical);
    case "comment":
      return definition ?? "";
    case "schema":
      return "";
    default:
      return kind satisfies never;
  }
}

function conflictText(
  base: SaidObject | undefined,
  after: HeadObject | undefined,
  before: HeadObject | undefined,
): string {
  if (base === undefined) return "was made on both sides";
  if (after === undefined) return "was dropped in the branch, and changed on the target";
  if (before === undefined) return "was changed in the branch, and dropped on the target";
  return "was changed on both sides in different ways";
}

/** Labels of both sides, the target's first, without those that one side took away; undefined where it is no matter of labels. */
export function unitedLabels(...sides: readonly (SaidObject | undefined)[]): string | undefined {
  const [base, here, there] = sides.map(labelsOf);
  if (base === undefined || here === undefined || there === undefined) return undefined;
  const isGone = (label: string): boolean =>
    base.includes(label) && !(here.includes(label) && there.includes(label));
  const united = [...there, ...here.filter((label) => !there.includes(label))].filter((one) => !isGone(one));
  return united.length === 0 ? undefined : `ENUM(${united.map(quoteLiteral).join(", ")})`;
}

/** Of a column that is an enum, or an array of one. */
export function labelsOfColumn(type: string): readonly string[] | undefined {
  return labelsOf({ kind: "type", definition: type.replace(/\[\]$/, ""), physical: null });
}

/** A domain is kept as an enum of one label that no client writes. */
export function labelsOf(object: SaidObject | undefined): readonly string[] | undefined {
  if (object?.kind !== "type" || object.definition?.startsWith("ENUM(") !== true) return undefined;
  const labels = tokenise(object.definition).flatMap(({ kind, value }) => (kind === "string" ? [value] : []));
  return labels.some((label) => label.startsWith("{")) ? undefined : labels;
}
